//! What is chosen of small samples, by kind.

use super::fixture::*;
use super::*;
use crate::schema::{Verdict, vote_id};
use crate::screen::Concern;
use std::collections::BTreeSet;

/// The prompts of the pairs that a kind chose, in order.
fn of_kind(next: &Next, by: SelectedBy) -> Vec<&str> {
    next.pairs.iter().filter(|pair| pair.selection.by == by).map(|pair| pair.prompt_id.as_str()).collect()
}

#[test]
fn without_votes_there_are_random_pairs_and_trees() {
    let samples = samples(10, 4);
    let next = chosen(&samples, &[], &settings(33));
    let kinds = next.by_kind();
    assert_eq!(
        kinds,
        BTreeMap::from([(SelectedBy::Random, 4), (SelectedBy::Tree, 26), (SelectedBy::Gain, 3)])
    );
    assert_eq!(next.counts, PairCounts { all: 60, eligible: 60, ..PairCounts::default() });
    assert!(next.pairs.iter().all(|pair| pair.selection.propensity == 4.0 / 60.0));
    // The prior's difference has variance 2 everywhere, so that all pairs tell as much.
    assert!(next.pairs.windows(2).all(|both| both[0].selection.gain_nats == both[1].selection.gain_nats));
    assert_eq!(next.unconnected, 0);
}

/// Whether people's votes and chosen pairs lead from each response of a sample to each other.
fn is_connected(sample: &Sample, edges: &[[String; 2]]) -> bool {
    let mut reached = BTreeSet::from([sample.responses[0].id.as_str()]);
    for _ in &sample.responses {
        for [a, b] in edges {
            if reached.contains(a.as_str()) || reached.contains(b.as_str()) {
                reached.extend([a.as_str(), b.as_str()]);
            }
        }
    }
    reached.len() == sample.responses.len()
}

#[test]
fn trees_connect_each_sample_with_the_votes_that_are_there() {
    let samples = samples(12, 5);
    let votes: Vec<Vote> = samples.iter().skip(4).map(|s| vote(s, 2, "ann", Verdict::Strength(-2))).collect();
    let next = chosen(&samples, &votes, &only(NOTHING, 48));
    for (place, sample) in samples.iter().enumerate() {
        let of_sample = next.pairs.iter().filter(|pair| pair.prompt_id == sample.prompt.id);
        let mut edges: Vec<[String; 2]> = of_sample.map(|pair| pair.responses.clone()).collect();
        edges.extend(votes.iter().filter(|v| v.prompt_id == sample.prompt.id).map(|v| v.responses.clone()));
        assert!(is_connected(sample, &edges), "sample {place}: {edges:?}");
    }
    assert_eq!(next.unconnected, 0);
    // A judge's word does not connect: beside a random pair there is room for two trees of four.
    let judges: Vec<Vote> = samples.iter().map(|s| vote(s, 0, "judge", Verdict::Strength(1))).collect();
    assert_eq!(chosen(&samples, &judges, &only(NOTHING, 10)).unconnected, 10);
}

#[test]
fn a_tree_leaves_out_what_is_foreseen() {
    let samples = samples(1, 3);
    // Pair 1 is that of the first and the third response: nine judges agree on it.
    let votes: Vec<Vote> =
        (0..9).map(|i| vote(&samples[0], 1, &format!("judge {i}"), Verdict::Strength(-3))).collect();
    let all = NextSettings { judge_weight: 1.0, ..only(NOTHING, 3) };
    let gains: BTreeMap<String, f64> = chosen(&samples, &votes, &all)
        .pairs
        .into_iter()
        .map(|pair| (pair.pair, pair.selection.gain_nats))
        .collect();
    let clear = nth_pair(&samples[0], 1).id;
    assert!(gains.iter().all(|(pair, gain)| *pair == clear || *gain > gains[&clear]), "{gains:?}");
    let without_it = NextSettings { judge_weight: 1.0, ..only(NOTHING, 2) };
    let seeds = (0..40).map(|seed| chosen(&samples, &votes, &NextSettings { seed, ..without_it.clone() }));
    for next in seeds {
        let random = &next.pairs[0].pair;
        assert_eq!(next.pairs.iter().any(|pair| pair.pair == clear), *random == clear);
    }
}

#[test]
fn anchors_are_pairs_that_people_judged_long_ago() {
    let samples = samples(30, 2);
    let mut votes = Vec::new();
    for (place, days) in [(0, 200), (1, 71), (2, 69), (3, 300), (4, 90), (5, 400)] {
        votes.push(aged(vote(&samples[place], 0, "ann", Verdict::Strength(1)), days));
    }
    // Asked again since, judged by two, undated, and by a judge alone.
    votes.push(aged(vote(&samples[3], 0, "bob", Verdict::Strength(1)), 5));
    votes.push(aged(vote(&samples[4], 0, "bob", Verdict::Strength(-1)), 100));
    votes.push(vote(&samples[6], 0, "ann", Verdict::Strength(1)));
    votes.push(aged(vote(&samples[7], 0, "judge", Verdict::Strength(1)), 300));
    // Ann has judged one pair again.
    votes.push(aged(vote(&samples[5], 0, "ann", Verdict::Strength(1)), 100));
    let shares = Shares { anchors: 0.5, ..NOTHING };
    let next = chosen(&samples, &votes, &only(shares, 10));
    assert_eq!((next.anchors.due, next.anchors.judged_again, next.anchors.needed), (4, 1, 194));
    let found: BTreeSet<&str> = next
        .pairs
        .iter()
        .filter(|pair| matches!(pair.selection.by, SelectedBy::Anchor))
        .map(|pair| pair.prompt_id.as_str())
        .collect();
    let random: BTreeSet<&str> = of_kind(&next, SelectedBy::Random).into_iter().collect();
    let due: BTreeSet<&str> =
        ["n0", "n1", "n4", "n5"].into_iter().filter(|id| !random.contains(id)).collect();
    assert_eq!(found, due);
    for seed in 0..10 {
        let one = only(Shares { anchors: 0.1, ..NOTHING }, 10);
        let one = chosen(&samples, &votes, &NextSettings { seed, ..one });
        let is_drawn = of_kind(&one, SelectedBy::Random) == ["n4"];
        assert_eq!(
            of_kind(&one, SelectedBy::Anchor) == ["n4"],
            !is_drawn,
            "what two people judged comes first"
        );
    }
}

#[test]
fn what_was_said_plays_no_part_in_the_choice_of_anchors() {
    let samples = samples(40, 2);
    let settings = only(Shares { anchors: 0.2, ..NOTHING }, 30);
    let anchors = |verdict: fn(usize) -> Verdict| {
        let voted = |(i, sample)| aged(vote(sample, 0, "ann", verdict(i)), 100);
        let votes: Vec<Vote> = samples.iter().enumerate().map(voted).collect();
        let next = chosen(&samples, &votes, &settings);
        of_kind(&next, SelectedBy::Anchor).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let expected = anchors(|_| Verdict::Strength(0));
    assert_eq!(expected.len(), 6);
    assert_eq!(anchors(|_| Verdict::Strength(-3)), expected);
    assert_eq!(anchors(|i| Verdict::Strength(if i % 3 == 0 { 0 } else { 2 })), expected);
}

#[test]
fn disputed_pairs_are_those_on_which_judges_answer_for_both_sides() {
    let samples = samples(20, 2);
    let votes = [
        // One judge flips with the order; two disagree; both agree; a person has spoken; a panel repeats its members.
        judged(&samples[0], "judge a", [-1, 1]),
        judged(&samples[1], "judge a", [-1, -1]),
        judged(&samples[1], "judge b", [1, 0]),
        judged(&samples[2], "judge a", [-1, -1]),
        judged(&samples[2], "judge b", [-1, 0]),
        judged(&samples[3], "judge a", [-1, 1]),
        vote(&samples[3], 0, "ann", Verdict::Strength(1)),
    ];
    let shares = Shares { disputed: 0.9, ..NOTHING };
    let next = chosen(&samples, &votes, &NextSettings { seed: 1, ..only(shares, 10) });
    assert_eq!(of_kind(&next, SelectedBy::Disputed), ["n0", "n1"], "the most even first");
    let reason = next.pairs.iter().find(|pair| pair.prompt_id == "n1").map(|pair| pair.reason.as_str());
    assert_eq!(reason, Some("judges answer 2 to 1 on it"));
}

#[test]
fn judges_whose_votes_hold_a_verdict_alone_are_disputed_too() {
    let samples = samples(20, 2);
    let mut votes: Vec<Vote> = Vec::new();
    for (sample, says) in samples.iter().zip([[-1, 3], [2, -2], [1, 1], [0, 1]]) {
        for (judge, strength) in ["judge a", "judge b"].iter().zip(says) {
            votes.push(vote(sample, 0, judge, Verdict::Strength(strength)));
        }
    }
    // People who differ are not judges.
    votes.push(vote(&samples[4], 0, "judge a", Verdict::Strength(1)));
    votes.push(vote(&samples[5], 0, "ann", Verdict::Strength(1)));
    votes.push(vote(&samples[5], 0, "bob", Verdict::Strength(-1)));
    let shares = Shares { disputed: 0.9, ..NOTHING };
    let next = chosen(&samples, &votes, &only(shares, 10));
    let random: BTreeSet<&str> = of_kind(&next, SelectedBy::Random).into_iter().collect();
    let found: BTreeSet<&str> = of_kind(&next, SelectedBy::Disputed).into_iter().collect();
    let expected: BTreeSet<&str> = ["n0", "n1"].into_iter().filter(|id| !random.contains(id)).collect();
    assert_eq!(found, expected);
    assert!(!found.is_empty());
}

#[test]
fn each_round_draws_other_pairs_under_one_seed() {
    let samples = samples(200, 2);
    let votes: Vec<Vote> = samples.iter().map(|s| vote(s, 0, "ann", Verdict::Strength(1))).collect();
    let settings = only(Shares { random: 1.0, ..NOTHING }, 20);
    let drawn = |n_votes: usize| -> BTreeSet<String> {
        chosen(&samples, &votes[..n_votes], &settings).pairs.into_iter().map(|pair| pair.pair).collect()
    };
    assert_eq!(drawn(20), drawn(20));
    // Of 20 of 200 drawn twice, two are the same in the mean.
    assert!(drawn(20).intersection(&drawn(40)).count() < 10);
    let other: Vec<Vote> =
        votes[..20].iter().map(|vote| Vote { verdict: Verdict::Strength(-3), ..vote.clone() }).collect();
    let of_others: BTreeSet<String> =
        chosen(&samples, &other, &settings).pairs.into_iter().map(|pair| pair.pair).collect();
    assert_eq!(of_others, drawn(20), "what was said plays no part");
}

#[test]
fn what_cannot_be_used_is_counted() {
    let samples = samples(4, 2);
    let at = |time: &str| Some(time.parse().unwrap());
    let ann = |sample: &Sample| vote(sample, 0, "ann", Verdict::Strength(1));
    let votes = [
        aged(ann(&samples[0]), 3),
        Vote { decided_at: at("1970-01-01T00:00:07Z"), ..ann(&samples[1]) },
        Vote { shown_at: at("2030-01-01T00:00:00Z"), ..ann(&samples[2]) },
        Vote { pair: "another".to_owned(), ..ann(&samples[3]) },
    ];
    let targets = [vote_id(&votes[0]), votes[1].pair.clone(), "nobody's".to_owned(), "another's".to_owned()];
    let weights: BTreeMap<String, f64> = targets.into_iter().map(|target| (target, 0.5)).collect();
    let next = choose(&samples, &votes, &weights, &settings(4)).unwrap();
    let expected = Doubts { unknown_votes: 1, clock_not_set: 1, from_future: 1, unknown_weights: 2 };
    assert_eq!(next.doubts, expected);
}

#[test]
fn leverage_is_that_of_the_fit_with_two_responses() {
    let samples = samples(8, 2);
    let votes: Vec<Vote> = samples[..3]
        .iter()
        .zip([(1, 100), (4, 100), (4, 10)])
        .flat_map(|(sample, (n, days))| {
            (0..n).map(move |i| aged(vote(sample, 0, &format!("p{i}"), Verdict::Strength(0)), days))
        })
        .collect();
    let shares = Shares { leverage: 0.5, ..NOTHING };
    let next = chosen(&samples, &votes, &NextSettings { seed: 3, ..only(shares, 6) });
    // All ties: p = 1/2, V = 1 / (n / 4 + 1 / 2), so that the leverage is n / (n + 2).
    let reasons: Vec<(&str, &str)> = next
        .pairs
        .iter()
        .filter(|pair| pair.selection.by == SelectedBy::Leverage)
        .map(|pair| (pair.prompt_id.as_str(), &pair.reason[pair.reason.len() - 4..]))
        .collect();
    assert_eq!(reasons, [("n1", "0.67"), ("n0", "0.33")]);
}

#[test]
fn votes_that_have_faded_ask_for_newer_ones() {
    let samples = samples(10, 2);
    let votes = [
        aged(vote(&samples[0], 0, "ann", Verdict::Strength(1)), 30),
        aged(vote(&samples[1], 0, "ann", Verdict::Strength(1)), 30),
        aged(vote(&samples[1], 0, "bob", Verdict::Strength(1)), 1),
        aged(vote(&samples[2], 0, "ann", Verdict::Strength(1)), 30),
    ];
    let mut weights: BTreeMap<String, f64> = votes[..2].iter().map(|vote| (vote_id(vote), 0.1)).collect();
    weights.insert(votes[3].pair.clone(), 0.3);
    let shares = Shares { leverage: 0.5, ..NOTHING };
    let next = choose(&samples, &votes, &weights, &NextSettings { seed: 2, ..only(shares, 6) }).unwrap();
    assert_eq!(of_kind(&next, SelectedBy::Faded), ["n0", "n2"]);
    assert_eq!(of_kind(&next, SelectedBy::Leverage), [""; 0], "none is seventy days old");
}

#[test]
fn what_is_unfit_flagged_or_taken_is_never_chosen() {
    let mut samples = samples(12, 2);
    samples[0].responses[1].text = samples[0].responses[0].text.to_uppercase();
    samples[1].responses[0].text = " \n".to_owned();
    samples[2].responses[0].text = "Write to help@example.org then".to_owned();
    let flag = vote(&samples[3], 0, "ann", Verdict::Flag);
    let mut settings = settings(100);
    settings.taken.insert(nth_pair(&samples[4], 0).id);
    let next = chosen(&samples, std::slice::from_ref(&flag), &settings);
    assert_eq!(next.counts, PairCounts { all: 12, eligible: 7, screened: 3, flagged: 1, taken: 1 });
    assert_eq!(next.pairs.len(), 7);
    let found: BTreeSet<&str> = next.pairs.iter().map(|pair| pair.prompt_id.as_str()).collect();
    assert!(["n0", "n1", "n2", "n3", "n4"].iter().all(|id| !found.contains(id)), "{found:?}");
    settings.drop = BTreeSet::new();
    let next = chosen(&samples, &[flag], &settings);
    assert_eq!(next.counts.screened, 2, "what nobody can answer is left out in any case");
    settings.drop = [Concern::Email].into();
    assert_eq!(chosen(&samples, &[], &settings).counts.screened, 3);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let samples = samples(2, 2);
    let refused = |change: &dyn Fn(&mut NextSettings)| {
        let mut settings = settings(2);
        change(&mut settings);
        choose(&samples, [] as [Vote; 0], &BTreeMap::new(), &settings).unwrap_err().to_string()
    };
    assert!(refused(&|s| s.shares.random = 0.05).contains("0.05"));
    assert!(refused(&|s| s.shares.anchors = 0.8).contains("are 1.1 together"));
    assert!(refused(&|s| s.shares.random = 1.0).contains("are 1.3 together"));
    assert!(refused(&|s| s.shares.leverage = f64::NAN).contains("NaN"));
    assert!(refused(&|s| s.discordance = 0.05).contains("discordance"));
    assert!(refused(&|s| s.prior_deviation = 0.0).contains("prior deviation"));
}

#[test]
fn the_words_say_how_many_of_which_kind() {
    let samples = samples(10, 3);
    let votes: Vec<Vote> =
        samples.iter().map(|s| aged(vote(s, 0, "ann", Verdict::Strength(1)), 90)).collect();
    let text = chosen(&samples, &votes, &settings(20)).to_string();
    for part in
        ["Next: 20 of 30 pairs", "drawn at random", "0.0667", "anchors due again", "194 pairs", "10 are due"]
    {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}
