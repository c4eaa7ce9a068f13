//! Tests on anchors: what one annotator said of the same pair or response twice, a while apart.

use super::document::{DriftSettings, Test};
use super::observations::{Observations, Seen};
use super::results::{Change, Outcome, Outcomes};
use super::standards::scores;
use crate::drift::evidence::{Score, TREND_DAYS, bowker, cochran_q, paired_difference, stuart_maxwell};
use crate::schema::{Rating, UNNAMED_PREFIX};
use crate::statistics::{Estimate, cluster_mean_and_error, mcnemar_test};
use std::collections::{BTreeMap, BTreeSet};

/// With fewer anchors nothing is tested.
const LEAST_ANCHORS: usize = 20;
/// An annotator's own mean needs so many anchors.
const LEAST_OF_ANNOTATOR: usize = 5;

/// Votes: whether a side is taken as often, and the longer side as often.
pub(super) fn test_votes(observations: &Observations<'_>, settings: &DriftSettings, outcomes: &mut Outcomes) {
    let is_named = |seen: &Seen| !observations.annotators[seen.annotator].starts_with(UNNAMED_PREFIX);
    // Two votes of one unnamed voice need not be one person's.
    let named: Vec<Seen> = observations.seen.iter().copied().filter(is_named).collect();
    let anchors =
        repeated(&named, |seen| (seen.annotator, seen.pair), |seen| seen.time_days, settings.anchor_gap_days);
    if anchors.len() < LEAST_ANCHORS {
        if !anchors.is_empty() {
            let reason = format!("{} pairs were judged again, and it takes {LEAST_ANCHORS}", anchors.len());
            outcomes.leave_out("anchors", reason);
        }
        return;
    }
    let has_side = |seen: &Seen| seen.outcome != 0.5;
    let lost = anchors.iter().filter(|(first, later)| has_side(first) && !has_side(later)).count();
    let won = anchors.iter().filter(|(first, later)| !has_side(first) && has_side(later)).count();
    let found = [lost as f64 - won as f64, mcnemar_test(lost, won)];
    let about = format!("{lost} lost their side, {won} got one");
    outcomes.push(Outcome::new(Test::AnchorSide, about, found, anchors.len()));
    let mut table = vec![vec![0; 3]; 3];
    for (first, later) in &anchors {
        if let (Some(first), Some(later)) = (longer(observations, first), longer(observations, later)) {
            table[first][later] += 1;
        }
    }
    match stuart_maxwell(&table) {
        Some(found) => {
            let about = "longer, shorter or neither";
            let numbers = [found.statistic, found.p_value];
            // Not a test of its own: answers that change in a ring are no move towards the longer or the shorter, and one more test would cost all others of their power.
            let symmetry = bowker(&table);
            outcomes.push(Outcome {
                symmetry,
                ..Outcome::new(Test::AnchorLonger, about, numbers, anchors.len())
            });
        }
        None => outcomes.leave_out("anchors, longer or shorter", "no answer changed"),
    }
}

/// The answer in terms of length: longer, shorter, neither; none where both are as long.
fn longer(observations: &Observations<'_>, seen: &Seen) -> Option<usize> {
    let pair = &observations.index.pairs()[seen.pair].pair;
    let [first, second] = [pair.first, pair.second].map(|response| response.text.chars().count());
    let is_first_longer = match first.cmp(&second) {
        std::cmp::Ordering::Equal => return None,
        order => order.is_gt(),
    };
    Some(match seen.outcome {
        0.5 => 2,
        outcome => usize::from((outcome == 1.0) != is_first_longer),
    })
}

/// Ratings: whether scores of the same response rise or fall, and whether annotators differ in that.
pub(super) fn test_ratings(ratings: &[Rating], settings: &DriftSettings, outcomes: &mut Outcomes) {
    let annotators: BTreeSet<&str> = ratings.iter().map(|rating| rating.annotator.id.as_str()).collect();
    let is_named: Vec<bool> = annotators.iter().map(|id| !id.starts_with(UNNAMED_PREFIX)).collect();
    for (criterion, mut scores) in scores(ratings, settings.now) {
        scores.retain(|score| is_named[score.annotator]);
        let anchors = repeated(
            &scores,
            |score| (score.annotator, score.item),
            |score| score.time_days,
            settings.anchor_gap_days,
        );
        if anchors.len() >= LEAST_ANCHORS {
            rated(criterion, &anchors, outcomes);
        } else if !anchors.is_empty() {
            let reason = format!("{} scores were given again, and it takes {LEAST_ANCHORS}", anchors.len());
            outcomes.leave_out(format!("anchors of {criterion}"), reason);
        }
    }
}

fn rated(criterion: &str, anchors: &[(&Score, &Score)], outcomes: &mut Outcomes) {
    let difference = |(first, later): &(&Score, &Score)| later.value - first.value;
    let mut by_annotator: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    anchors.iter().for_each(|pair| by_annotator.entry(pair.0.annotator).or_default().push(difference(pair)));
    let names: Vec<String> = anchors.iter().map(|(first, _)| first.annotator.to_string()).collect();
    // A single annotator's anchors are clusters of their own.
    let item_names: Vec<String> = anchors.iter().map(|(first, _)| first.item.to_string()).collect();
    let names = if by_annotator.len() < 2 { item_names } else { names };
    let differences = || anchors.iter().map(difference).zip(names.iter().map(String::as_str));
    if let (Some(_), Some((mean, error))) =
        (paired_difference(differences()), cluster_mean_and_error(differences()))
        && error > 0.0
    {
        let clusters = if by_annotator.len() < 2 { anchors.len() } else { by_annotator.len() };
        let p_value = crate::statistics::student_survival(mean / error, clusters as f64 - 1.0);
        let about = format!("{criterion} {:+.1} % of the scale", 100.0 * mean);
        outcomes.push(Outcome::new(Test::AnchorRating, about, [mean / error, p_value], anchors.len()));
    }
    let own = |differences: &Vec<f64>| {
        if differences.len() < LEAST_OF_ANNOTATOR {
            return None;
        }
        cluster_mean_and_error(differences.iter().copied().zip(0..))
    };
    let means: Vec<(f64, f64)> = by_annotator.values().filter_map(own).collect();
    if let Some(found) = cochran_q(&means) {
        outcomes.push(Outcome {
            change: change(anchors, found.mean, found.standard_error),
            ..Outcome::new(
                Test::AnchorAnnotators,
                criterion,
                [found.q.statistic, found.q.p_value],
                anchors.len(),
            )
        });
    }
}

/// The mean change from the first to the later scores, as one in 30 days over the mean time between them.
fn change(anchors: &[(&Score, &Score)], mean: f64, standard_error: f64) -> Option<Change> {
    let days: f64 = anchors.iter().map(|(first, later)| later.time_days - first.time_days).sum();
    let span_days = days / anchors.len() as f64;
    let in_30_days = TREND_DAYS / span_days;
    let per_30_days = Estimate::normal(mean * in_30_days, standard_error * in_30_days)?;
    Some(Change { per_30_days, standard_error: standard_error * in_30_days, span_days })
}

/// The first and the last of what was said under one key, where they are far enough apart; items are in the order of time or not.
fn repeated<T, K: Ord>(
    items: &[T],
    key: impl Fn(&T) -> K,
    day: impl Fn(&T) -> f64,
    gap_days: f64,
) -> Vec<(&T, &T)> {
    let mut ends: BTreeMap<K, (&T, &T)> = BTreeMap::new();
    for item in items {
        let ends = ends.entry(key(item)).or_insert((item, item));
        if day(item) < day(ends.0) {
            ends.0 = item;
        }
        if day(item) >= day(ends.1) {
            ends.1 = item;
        }
    }
    ends.into_values().filter(|(first, last)| day(last) - day(first) >= gap_days).collect()
}
