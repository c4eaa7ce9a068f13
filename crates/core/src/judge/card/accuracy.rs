//! How often the judge is right, beside people and beside rules that read nothing.

use super::measures::{Baselines, Concordance, LeftOneOut};
use super::table::{Comparison, Majority, Stance, Table, majority};
use crate::agreement::{Disagreement, cohen_kappa, gwet_ac1};
use crate::report::Measure;
use crate::schema::Side;
use crate::statistics::{Share, bootstrap, cluster_mean, cluster_share, sign_flip_test};
use std::collections::BTreeMap;

const N_REPLICATES: u32 = 999;
const NO_PAIR: &str = "there is no pair on which the judge and its reference both take a side";

/// The share of verdicts that are those of people's majority, where both take a side.
pub(super) fn accuracy<'a>(table: &Table<'a>) -> Measure<Share> {
    let sides = |pair: &Comparison<'a>| Some((pair.both_sides()?, pair.prompt()));
    let right = table.shared().filter_map(sides).map(|((people, judge), prompt)| (people == judge, prompt));
    Measure::from_option(Share::that_in_groups(right), NO_PAIR)
}

/// What the longer response, and a coin, get right on the same pairs.
pub(super) fn baselines(table: &Table<'_>) -> Measure<Baselines> {
    let (mut longest_right, mut judge_ahead) = (Vec::new(), Vec::new());
    for pair in table.shared() {
        let Some((people, judge)) = pair.both_sides() else { continue };
        let longest = if pair.length_difference() >= 0.0 { Side::First } else { Side::Second };
        judge_ahead.push((i32::from(judge == people) - i32::from(longest == people), pair.prompt()));
        longest_right.push((longest == people, pair.prompt()));
    }
    let longest_p_value = sign_flip_test(judge_ahead);
    let longest = Share::that_in_groups(longest_right);
    Measure::from_option(longest.map(|longest| Baselines { longest, longest_p_value, random: 0.5 }), NO_PAIR)
}

/// Agreement on three answers: the first, the second, neither.
pub(super) fn concordance(table: &Table<'_>) -> Measure<Concordance> {
    let class = |stance: Stance| match stance {
        Stance::First => 0,
        Stance::Neither => 1,
        Stance::Second => 2,
    };
    let mut by_prompt: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for pair in table.shared() {
        let people = match pair.majority {
            Majority::Side(Side::First) => Stance::First,
            Majority::Side(Side::Second) => Stance::Second,
            Majority::Tie => Stance::Neither,
            Majority::Split | Majority::Nobody => continue,
        };
        let Some(judge) = pair.judge_stance() else { continue };
        by_prompt.entry(pair.prompt()).or_default().push((class(people), class(judge)));
    }
    let same = by_prompt
        .iter()
        .flat_map(|(prompt, ratings)| ratings.iter().map(|(people, judge)| (people == judge, *prompt)));
    let percent = Share::that_in_groups(same);
    let groups: Vec<&Vec<(usize, usize)>> = by_prompt.values().collect();
    let ratings: Vec<(usize, usize)> = groups.iter().copied().flatten().copied().collect();
    let kappa = |ratings: &[(usize, usize)]| cohen_kappa(ratings, Disagreement::Nominal);
    let kappa_of_groups = |drawn: &[usize]| {
        let ratings: Vec<(usize, usize)> =
            drawn.iter().flat_map(|group| groups[*group].iter().copied()).collect();
        kappa(&ratings)
    };
    let concordance = percent.map(|percent| Concordance {
        percent,
        kappa: kappa(&ratings),
        kappa_interval: bootstrap("judge card: kappa", groups.len(), N_REPLICATES, kappa_of_groups),
        ac1: gwet_ac1(&ratings, 3),
    });
    Measure::from_option(
        concordance,
        "there is no pair on which the reference has a majority and the judge an answer",
    )
}

/// Leaves out each person in turn, and measures the person and the judge by the majority of the others.
///
/// A comparison needs a side of the person, of the others and of the judge, so that both are measured by the same.
pub(super) fn left_one_out(table: &Table<'_>) -> Measure<LeftOneOut> {
    let mut rows: Vec<(f64, f64, &str)> = Vec::new();
    for pair in table.shared() {
        let Some(judge) = pair.judge_stance().and_then(Stance::side) else { continue };
        for (place, person) in pair.people.iter().enumerate() {
            let others = pair.people.iter().enumerate().filter(|(other, _)| *other != place);
            let others = majority(others.map(|(_, other)| other.stance));
            if let (Some(own), Majority::Side(others)) = (person.stance.side(), others) {
                let agrees = |side: Side| f64::from(u8::from(side == others));
                rows.push((agrees(own), agrees(judge), pair.prompt()));
            }
        }
    }
    let found = || {
        let difference = cluster_mean(rows.iter().map(|(people, judge, prompt)| (judge - people, *prompt)));
        Some(LeftOneOut {
            comparisons: rows.len(),
            people: cluster_share(rows.iter().map(|(people, _, prompt)| (*people, *prompt)))?,
            judge: cluster_share(rows.iter().map(|(_, judge, prompt)| (*judge, *prompt)))?,
            difference: difference.filter(|difference| difference.low < difference.high),
        })
    };
    Measure::from_option(
        found(),
        "it takes pairs of two or more prompts on which several people, and the judge, take a side",
    )
}
