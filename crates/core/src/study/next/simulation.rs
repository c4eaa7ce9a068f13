//! With planted strengths: what is chosen by gain finds the order with fewer votes than what is drawn.

use super::posterior::{Compared, Posterior};
use super::*;
use crate::random::{Purpose, ResponseRandom};
use crate::schema::{Annotator, AnnotatorKind, Verdict};
use crate::statistics::sigmoid;

const N_RESPONSES: usize = 12;
const ROUNDS: usize = 12;
const PAIRS_A_ROUND: usize = 12;
/// How much stronger each response is than the next, in logits.
const STEP: f64 = 0.5;
const RUNS: u64 = 60;

fn name(place: usize) -> String {
    format!("r{place:02}")
}

fn place(name: &str) -> usize {
    name[1..].parse().unwrap()
}

/// A sample whose responses' strengths fall from the first to the last.
fn sample() -> Sample {
    let text = |j: usize| format!("reply {j} {}", "word ".repeat(j * j));
    let response = |j: usize| serde_json::json!({"id": name(j), "text": text(j)});
    serde_json::from_value(serde_json::json!({
        "prompt": {"id": "n", "tags": [], "messages": [{"role": "user", "content": "which?"}]},
        "responses": (0..N_RESPONSES).map(response).collect::<Vec<_>>(),
    }))
    .unwrap()
}

/// What somebody new says of a chosen pair.
fn answer(pair: &NextPair, round: usize, run: u64) -> Vote {
    let [a, b] = [&pair.responses[0], &pair.responses[1]].map(|name| place(name));
    let p = sigmoid(STEP * (b as f64 - a as f64));
    let draw = ResponseRandom::new(run, &pair.pair, round as u32).uniform(Purpose::Sign, 0);
    let verdict = Verdict::Strength(if draw < p { -1 } else { 1 });
    let annotator = Annotator { id: format!("person {round}"), kind: AnnotatorKind::Human };
    Vote::new(pair.pair.clone(), "n".to_owned(), pair.responses.clone(), annotator, verdict)
}

/// The share of pairs of responses that the votes put in their right order.
fn in_order(votes: &[Vote]) -> f64 {
    let compared = |vote: &Vote| Compared {
        responses: [place(&vote.responses[0]), place(&vote.responses[1])],
        outcome: f64::from(u8::from(vote.verdict == Verdict::Strength(-1))),
        weight: 1.0,
    };
    let votes: Vec<Compared> = votes.iter().map(compared).collect();
    let posterior = Posterior::new(N_RESPONSES, &votes, 1.0);
    let all = (0..N_RESPONSES).flat_map(|b| (0..b).map(move |a| [a, b]));
    let n_right = all.clone().filter(|pair| posterior.difference(*pair).mean > 0.0).count();
    n_right as f64 / all.count() as f64
}

/// After each round, the share in order in the mean over runs, where so much is drawn at random.
fn course(random: f64) -> Vec<f64> {
    let samples = [sample()];
    let mut sums = vec![0.0; ROUNDS];
    for run in 0..RUNS {
        let mut votes: Vec<Vote> = Vec::new();
        for (round, sum) in sums.iter_mut().enumerate() {
            let settings = NextSettings {
                shares: Shares { random, anchors: 0.0, disputed: 0.0, leverage: 0.0 },
                seed: 1000 * run + round as u64,
                ..NextSettings::new(PAIRS_A_ROUND, jiff::Timestamp::UNIX_EPOCH)
            };
            let next = choose(&samples, &votes, &BTreeMap::new(), &settings).unwrap();
            votes.extend(next.pairs.iter().map(|pair| answer(pair, round, run)));
            *sum += in_order(&votes) / RUNS as f64;
        }
    }
    sums
}

#[test]
fn the_order_is_found_with_fewer_votes_than_at_random() {
    let (by_gain, at_random) = (course(LEAST_RANDOM_SHARE), course(1.0));
    // What random pairs reach with all votes, chosen ones reach with three quarters of them.
    let last = at_random[ROUNDS - 1];
    assert!(by_gain[ROUNDS * 3 / 4 - 1] >= last, "{by_gain:.3?}\n{at_random:.3?}");
}
