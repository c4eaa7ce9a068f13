//! What holds of every choice, and how often a pair is drawn.

use super::fixture::*;
use super::*;
use crate::schema::{Pair, Response, Verdict, pairs, vote_id};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Over 2,000 seeds each pair is drawn as often as its propensity says, and each two together as often as without replacement.
#[test]
fn random_pairs_are_drawn_as_often_as_their_propensity_says() {
    let samples = samples(4, 4);
    let votes = [
        aged(vote(&samples[0], 0, "ann", Verdict::Strength(1)), 100),
        judged(&samples[1], "judge", [-1, 1]),
        vote(&samples[2], 3, "bob", Verdict::Strength(-2)),
    ];
    let (n_seeds, shares) = (2000, Shares { random: 0.25, ..Shares::default() });
    let mut drawn: BTreeMap<String, f64> = BTreeMap::new();
    let (mut together, mut propensity) = (0.0, 0.0);
    let two = [nth_pair(&samples[0], 0).id, nth_pair(&samples[1], 0).id];
    for seed in 0..n_seeds {
        let next = chosen(&samples, &votes, &NextSettings { seed, ..only(shares, 12) });
        let random: BTreeSet<&String> = next
            .pairs
            .iter()
            .filter(|pair| pair.selection.by == SelectedBy::Random)
            .map(|pair| &pair.pair)
            .collect();
        random.iter().for_each(|pair| *drawn.entry((*pair).clone()).or_default() += 1.0);
        together += f64::from(u8::from(two.iter().all(|pair| random.contains(pair))));
        propensity = next.pairs[0].selection.propensity;
    }
    assert_eq!(propensity, 3.0 / 24.0);
    assert_eq!(drawn.len(), 24);
    let expected = propensity * n_seeds as f64;
    let chi_square: f64 = drawn
        .values()
        .map(|n| (n - expected) * (n - expected) / (expected * (1.0 - propensity)))
        .sum::<f64>()
        * 23.0
        / 24.0;
    // 23 degrees of freedom: 49.7 is reached once in a thousand.
    assert!(chi_square < 49.7, "{chi_square}");
    // 3 of 24 hold two given pairs with probability 3 · 2 / (24 · 23).
    let (share, error) = (together / n_seeds as f64, (0.010_87_f64 * 0.989_13 / n_seeds as f64).sqrt());
    assert!((share - 0.010_87).abs() < 3.3 * error, "{share}");
}

/// Any verdict of anyone at any time on any pair.
fn any_vote() -> impl Strategy<Value = (usize, usize, usize, i64, i8)> {
    (0..6usize, 0..6usize, 0..4usize, 0..400i64, -4..=5i8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn chosen_pairs_can_be_asked_are_different_and_as_many_as_wanted(
        votes in prop::collection::vec(any_vote(), 0..60), n_pairs in 0..50usize, seed in 0..1000u64,
        shares in [0.1..0.4f64, 0.0..0.2f64, 0.0..0.2f64, 0.0..0.2f64],
        weights in prop::collection::vec(prop_oneof![Just(0.0), Just(f64::NAN), 0.0..3.0f64, Just(1e9)], 60),
    ) {
        let mut samples = samples(6, 4);
        samples[0].responses[1].text = samples[0].responses[0].text.clone();
        samples.push(Sample { responses: vec![Response::new("a", "x")], ..samples[1].clone() });
        let votes: Vec<Vote> = votes
            .into_iter()
            .map(|(sample, pair, who, days, said)| {
                let verdict = match said {
                    -3..=3 => Verdict::Strength(said),
                    -4 => Verdict::Flag,
                    4 => Verdict::BothBad,
                    _ => Verdict::Skip,
                };
                aged(vote(&samples[sample], pair, ["ann", "bob", "judge a", "judge b"][who], verdict), days)
            })
            .collect();
        let weights: BTreeMap<String, f64> =
            votes.iter().zip(weights).map(|(vote, weight)| (vote_id(vote), weight)).collect();
        let [random, anchors, disputed, leverage] = shares;
        let settings =
            NextSettings { seed, ..only(Shares { random, anchors, disputed, leverage }, n_pairs) };
        let next = choose(&samples, &votes, &weights, &settings).unwrap();
        let flagged: BTreeSet<&String> =
            votes.iter().filter(|vote| vote.verdict == Verdict::Flag).map(|vote| &vote.pair).collect();
        let is_fit = |pair: &Pair<'_>| pair.first.text != pair.second.text;
        let fit: BTreeSet<String> = samples
            .iter()
            .flat_map(|sample| pairs(sample).filter(is_fit).map(|pair| pair.id))
            .collect();
        let found: BTreeSet<&String> = next.pairs.iter().map(|pair| &pair.pair).collect();
        prop_assert_eq!(found.len(), next.pairs.len());
        prop_assert!(found.iter().all(|pair| fit.contains(*pair)));
        prop_assert_eq!(next.pairs.len(), n_pairs.min(next.counts.eligible));
        prop_assert!(next.counts.eligible + flagged.len() >= fit.len());
        let n_random = next.by_kind().get(&SelectedBy::Random).copied().unwrap_or(0);
        prop_assert!(n_random as f64 >= 0.1 * next.pairs.len() as f64);
        for pair in &next.pairs {
            let Selection { propensity, gain_nats, .. } = pair.selection;
            prop_assert_eq!(propensity, n_random as f64 / next.counts.eligible as f64);
            prop_assert!((0.0..=std::f64::consts::LN_2).contains(&gain_nats), "{}", gain_nats);
        }
        let turned: Vec<Vote> = votes.iter().rev().cloned().collect();
        prop_assert_eq!(&choose(&samples, &turned, &weights, &settings).unwrap(), &next);
        samples.reverse();
        let other = choose(&samples, &votes, &weights, &settings).unwrap();
        let mut both = [next.pairs, other.pairs];
        both.iter_mut().for_each(|pairs| pairs.sort_by(|a, b| a.pair.cmp(&b.pair)));
        prop_assert_eq!(&both[0], &both[1]);
    }
}
