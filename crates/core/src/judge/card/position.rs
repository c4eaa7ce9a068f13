//! Whether it matters which response stands first.

use super::measures::Position;
use super::table::{JudgeVote, Stance, Table};
use crate::report::Measure;
use crate::schema::Side;
use crate::statistics::{Share, binomial_test, cluster_mean};

/// Measures all pairs that the judge voted on, whether people did or not: position bias needs no one's opinion.
pub(super) fn position(table: &Table<'_>) -> Position {
    let judge = || table.comparisons.iter().filter_map(|pair| pair.judge.as_ref());
    let both: Vec<[Side; 2]> = judge().filter_map(|vote| vote.by_order).filter_map(sides).collect();
    let inconsistent = || both.iter().filter(|[shown_first, shown_second]| shown_first != shown_second);
    // The first is preferred where it is shown first, and not where it is shown second.
    let first_both_times = Share::that(inconsistent().map(|sides| sides[0] == Side::First));
    let people = table.comparisons.iter().flat_map(|pair| &pair.people);
    let people_first = people.filter_map(|person| Some(person.stance.side()? == person.shown_first?));
    let biases = table
        .comparisons
        .iter()
        .filter_map(|pair| Some((pair.judge.as_ref()?.position_bias?, pair.prompt())));
    Position {
        consistency: Measure::from_option(
            Share::that(both.iter().map(|sides| sides[0] == sides[1])),
            "no pair was asked in both orders with a side in each",
        ),
        judge_first: Measure::from_option(
            Share::that(judge().flat_map(picks_of_what_is_shown_first)),
            "its votes have no order",
        ),
        inconsistent_p_value: first_both_times.map(|share| binomial_test(share.count, share.total, 0.5)),
        first_among_inconsistent: Measure::from_option(
            first_both_times,
            "no pair was asked in both orders with contradicting answers",
        ),
        people_first: Measure::from_option(
            Share::that(people_first),
            "no vote of a person takes a side and tells what was shown first",
        ),
        bias_nats: Measure::from_option(
            cluster_mean(biases),
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
