//! Samples and votes whose drift is known because it was planted.

use crate::drift::simulation::{Draws, annotator_at};
use crate::schema::{
    Annotator, AnnotatorKind, Message, Prompt, Response, Role, Sample, Side, Verdict, Vote, pairs,
};
use crate::statistics::sigmoid;
use jiff::Timestamp;
use serde_json::json;

/// Of all votes, in days.
pub const SPAN: f64 = 365.0;
const START_SECOND: i64 = 1_700_000_000;

/// What is true of the votes; sizes in nats.
#[derive(Clone, Copy, Debug)]
pub struct Study {
    pub seed: u64,
    pub n_votes: usize,
    /// By how much the worth of length rises in the middle.
    pub jump: f64,
    pub n_annotators: usize,
    /// The standard deviation of the annotators' own worth of length, and of their readiness to say "both bad".
    pub spread: f64,
    /// By how much the log-odds of "both bad" rise from the first vote to the last.
    pub stricter: f64,
    /// Votes on each pair, by annotators of about the same time.
    pub votes_a_pair: usize,
}

impl Default for Study {
    fn default() -> Self {
        Self {
            seed: 0,
            n_votes: 600,
            jump: 0.0,
            n_annotators: 1,
            spread: 0.0,
            stricter: 0.0,
            votes_a_pair: 1,
        }
    }
}

/// The time of a share of the span.
pub fn time_at(share: f64) -> Timestamp {
    Timestamp::from_second(START_SECOND + (share * SPAN * 86_400.0) as i64).unwrap()
}

impl Study {
    pub fn simulate(self) -> (Vec<Sample>, Vec<Vote>) {
        let mut draws = Draws::new(self.seed, "study");
        let own: Vec<[f64; 2]> =
            (0..self.n_annotators).map(|_| [0, 1].map(|_| self.spread * draws.normal())).collect();
        let n_pairs = self.n_votes / self.votes_a_pair;
        let samples: Vec<Sample> = (0..n_pairs).map(|number| sample(number, &mut draws)).collect();
        let mut votes = Vec::new();
        for (number, sample) in samples.iter().enumerate() {
            // What the annotators of one pair see alike.
            let seen = if self.votes_a_pair > 1 { 1.5 * draws.normal() } else { 0.0 };
            for _ in 0..self.votes_a_pair {
                let share = number as f64 / n_pairs as f64;
                let annotator = annotator_at(&mut draws, share, self.n_annotators);
                votes.push(self.vote(sample, (annotator, own[annotator], seen), share, &mut draws));
            }
        }
        (samples, votes)
    }

    fn vote(
        self,
        sample: &Sample,
        (annotator, own, seen): (usize, [f64; 2], f64),
        share: f64,
        draws: &mut Draws,
    ) -> Vote {
        let pair = pairs(sample).next().unwrap();
        let [a, b] = [pair.first, pair.second].map(|response| response.text.chars().count() as f64);
        let jump = if share >= 0.5 { self.jump } else { 0.0 };
        let is_first_shown = draws.uniform() < 0.5;
        let position = if is_first_shown { 0.2 } else { -0.2 };
        // The root mean square of the differences is about 100 characters.
        let eta = seen + position + (0.1 + own[0] + jump) * libm::tanh((a - b) / 100.0);
        let is_first = draws.uniform() < sigmoid(eta);
        let both_bad = draws.uniform() < sigmoid(-3.0 + own[1] + self.stricter * share);
        let size = 1 + (draws.uniform() * 3.0) as i8;
        let verdict = match (both_bad, draws.uniform() < 0.1) {
            (true, _) => Verdict::BothBad,
            (_, true) => Verdict::Strength(0),
            _ => Verdict::Strength(if is_first { -size } else { size }),
        };
        let who = Annotator { id: format!("annotator {annotator}"), kind: AnnotatorKind::Human };
        let responses = [pair.first.id.clone(), pair.second.id.clone()];
        Vote {
            shown_first: Some(if is_first_shown { Side::First } else { Side::Second }),
            decided_at: Some(time_at(share)),
            ..Vote::new(pair.id, sample.prompt.id.clone(), responses, who, verdict)
        }
    }
}

/// A prompt with two responses, some of which have a list, apologise or ask back.
pub fn sample(number: usize, draws: &mut Draws) -> Sample {
    let category = ["billing", "orders", "returns"][draws.below(3)];
    let mut response = |place: usize| -> Response {
        let mut text = format!("reply {number} {place}{}", " word".repeat(5 + draws.below(50)));
        for (share, more) in
            [(0.2, "\n- one\n- two"), (0.2, " We are sorry for this."), (0.2, " Which order is it?")]
        {
            if draws.uniform() < share {
                text += more;
            }
        }
        let temperature = [0.4, 0.7, 1.0][draws.below(3)];
        let sampling = json!({"temperature": temperature, "top_p": 1.0, "max_tokens": 256, "seed": 1});
        serde_json::from_value(json!({"id": format!("r{place}"), "text": text, "sampling": sampling}))
            .unwrap()
    };
    let responses = vec![response(0), response(1)];
    let message = Message::new(Role::User, format!("question {number}{}", " more".repeat(draws.below(20))));
    let prompt =
        Prompt { category: Some(category.to_owned()), ..Prompt::new(format!("q{number}"), vec![message]) };
    Sample { prompt, responses, extra: Default::default() }
}
