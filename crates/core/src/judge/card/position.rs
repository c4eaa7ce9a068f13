//! Whether it matters which response stands first.

use super::measures::Position;
use super::table::{JudgeVote, Stance, Table};
use crate::report::Measure;
use crate::schema::Side;
use crate::statistics::{Estimate, Share, cluster_mean, sign_flip_test};

/// What standing first is worth over some votes, in nats of log-odds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositionSummary {
    /// How many votes tell it.
    pub votes: usize,
    /// Its mean, above 0 where what stands first is preferred: the bias of the judge, which averaging both orders takes out.
    pub mean_nats: f64,
    /// The mean with its interval, in which votes on one prompt hang together; none with fewer than two prompts.
    pub bias: Option<Estimate>,
    /// The mean of its sizes, either way: how far the order moves a verdict, which is above 0 for an unbiased judge too.
    pub mean_size_nats: f64,
}

/// What standing first is worth over what votes say of it in nats, each with its prompt; none where there is no such number.
pub fn position_summary<'a>(biases: impl IntoIterator<Item = (f64, &'a str)>) -> Option<PositionSummary> {
    let biases: Vec<(f64, &str)> = biases.into_iter().filter(|(bias, _)| bias.is_finite()).collect();
    let mean =
        |of: fn(f64) -> f64| biases.iter().map(|(bias, _)| of(*bias)).sum::<f64>() / biases.len() as f64;
    (!biases.is_empty()).then(|| PositionSummary {
        votes: biases.len(),
        mean_nats: mean(|bias| bias),
        bias: cluster_mean(biases.iter().copied()),
        mean_size_nats: mean(f64::abs),
    })
}

/// Measures all pairs that the judge voted on, whether people did or not: position bias needs no one's opinion.
pub(super) fn position(table: &Table<'_>) -> Position {
    let judge = || table.comparisons.iter().filter_map(|pair| Some((pair.judge.as_ref()?, pair.prompt())));
    let both = || judge().filter_map(|(vote, prompt)| Some((sides(vote.by_order?)?, prompt)));
    // The first is preferred where it is shown first, and not where it is shown second.
    let inconsistent: Vec<(bool, &str)> = both()
        .filter(|(sides, _)| sides[0] != sides[1])
        .map(|(sides, prompt)| (sides[0] == Side::First, prompt))
        .collect();
    let signs = inconsistent.iter().map(|(is_first, prompt)| (if *is_first { 1 } else { -1 }, *prompt));
    let people = table.comparisons.iter().flat_map(|pair| pair.people.iter().map(|one| (one, pair.prompt())));
    let people_first =
        people.filter_map(|(person, prompt)| Some((person.stance.side()? == person.shown_first?, prompt)));
    let picks = judge().flat_map(|(vote, prompt)| {
        picks_of_what_is_shown_first(vote).into_iter().map(move |is_first| (is_first, prompt))
    });
    let bias = position_summary(judge().filter_map(|(vote, prompt)| Some((vote.position_bias?, prompt))));
    Position {
        consistency: Measure::from_option(
            Share::that_in_groups(both().map(|(sides, prompt)| (sides[0] == sides[1], prompt))),
            "no pair was asked in both orders with a side in each",
        ),
        judge_first: Measure::from_option(Share::that_in_groups(picks), "its votes have no order"),
        inconsistent_p_value: (!inconsistent.is_empty()).then(|| sign_flip_test(signs)),
        first_among_inconsistent: Measure::from_option(
            Share::that_in_groups(inconsistent.iter().copied()),
            "no pair was asked in both orders with contradicting answers",
        ),
        people_first: Measure::from_option(
            Share::that_in_groups(people_first),
            "no vote of a person takes a side and tells what was shown first",
        ),
        bias_nats: Measure::from_option(
            bias.and_then(|summary| summary.bias),
            "it takes log-odds in both orders, for pairs of two or more prompts",
        ),
    }
}

fn sides(by_order: [Stance; 2]) -> Option<[Side; 2]> {
    Some([by_order[0].side()?, by_order[1].side()?])
}

/// For each order that was asked and answered with a side, whether that was the one shown first.
fn picks_of_what_is_shown_first(vote: &JudgeVote<'_>) -> Vec<bool> {
    match (vote.by_order, vote.shown_first) {
        (Some([shown_first, shown_second]), _) => {
            let picks = [(shown_first, Side::First), (shown_second, Side::Second)];
            picks.into_iter().filter_map(|(stance, first)| Some(stance.side()? == first)).collect()
        }
        (None, Some(first)) => {
            vote.stance.and_then(Stance::side).map(|side| side == first).into_iter().collect()
        }
        (None, None) => Vec::new(),
    }
}
