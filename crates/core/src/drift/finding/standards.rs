//! Tests of how good something has to be: what is said of both sides of a pair, and ratings.

use super::document::{AnnotatorSeverity, DriftSettings, Test};
use super::observations::{Observations, days};
use super::results::{Change, Outcome, Outcomes};
use crate::drift::evidence::{Clusters, Score, severity, share_trend};
use crate::drift::times;
use crate::schema::{Rating, Verdict};
use crate::statistics::Estimate;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// An answer that was given less often is in no test of its share.
const LEAST_ANSWERS: usize = 20;

/// What a verdict adds to a share, 0 to 1.
pub(super) type Share = fn(Verdict) -> f64;

/// Shares of both bad and of ties, and the mean strength.
pub(super) fn test_shares(observations: &Observations<'_>, outcomes: &mut Outcomes) {
    let shares: [(Test, &str, Share); 3] = [
        (Test::BothBad, "both bad", |verdict| yes(verdict == Verdict::BothBad)),
        (Test::Ties, "ties", |verdict| yes(verdict == Verdict::Strength(0))),
        (Test::Strength, "strength", strength),
    ];
    let times: Vec<f64> = observations.seen.iter().map(|seen| seen.time_days).collect();
    let annotators: Vec<usize> = observations.seen.iter().map(|seen| seen.annotator).collect();
    let pairs: Vec<usize> = observations.seen.iter().map(|seen| seen.pair).collect();
    let clusters = Clusters::new(&annotators, &pairs);
    for (test, about, share) in shares {
        let values: Vec<f64> = observations.seen.iter().map(|seen| share(seen.verdict)).collect();
        let first = values.first().copied().unwrap_or_default();
        let most = values.iter().filter(|value| **value == first).count();
        if values.len() - most.min(values.len()) < LEAST_ANSWERS || most < LEAST_ANSWERS {
            // An answer that was never offered is not worth a word.
            if values.iter().any(|value| *value != first) {
                outcomes.leave_out(about, format!("fewer than {LEAST_ANSWERS} votes differ in it"));
            }
            continue;
        }
        match share_trend(&values, &times, &clusters) {
            Ok(found) => outcomes.push(Outcome {
                change: Some(Change {
                    per_30_days: found.per_30_days,
                    standard_error: found.standard_error,
                    span_days: observations.span_days(),
                }),
                ..Outcome::new(
                    test,
                    format!(
                        "{about} {:.0} % to {:.0} %",
                        100.0 * found.first_and_last[0],
                        100.0 * found.first_and_last[1]
                    ),
                    [found.per_30_days.value / found.standard_error, found.p_value],
                    values.len(),
                )
            }),
            Err(reason) => outcomes.leave_out(about, reason),
        }
    }
}

fn yes(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// The size of a preference as a share of the largest; none is 0.
pub(super) fn strength(verdict: Verdict) -> f64 {
    match verdict {
        Verdict::Strength(strength) => f64::from(strength.unsigned_abs()) / 3.0,
        _ => 0.0,
    }
}

/// Severity by annotator, for each criterion that was rated.
pub(super) fn test_ratings(ratings: &[Rating], settings: &DriftSettings, outcomes: &mut Outcomes) {
    let annotators: BTreeSet<&str> = ratings.iter().map(|rating| rating.annotator.id.as_str()).collect();
    let annotators: Vec<&str> = annotators.into_iter().collect();
    for (criterion, scores) in scores(ratings, settings.now) {
        let found = match severity(&scores) {
            Ok(found) => found,
            Err(reason) => {
                outcomes.leave_out(format!("severity in {criterion}"), reason);
                continue;
            }
        };
        outcomes.severity.extend(found.annotators.iter().map(|own| AnnotatorSeverity {
            criterion: criterion.to_owned(),
            annotator: annotators[own.annotator].to_owned(),
            per_30_days: own.per_30_days,
            shrunk_per_30_days: own.shrunk_per_30_days,
        }));
        let common = found.common.and_then(|common| {
            let per_30_days = Estimate::normal(common.mean, common.standard_error)?;
            Some(Change { per_30_days, standard_error: common.standard_error, span_days: span_days(&scores) })
        });
        let numbers = [found.test.statistic, found.test.p_value];
        outcomes.push(Outcome {
            change: common,
            ..Outcome::new(Test::Severity, criterion, numbers, scores.len())
        });
    }
}

/// From the first score to the last, in days.
fn span_days(scores: &[Score]) -> f64 {
    let days = || scores.iter().map(|score| score.time_days);
    (days().fold(f64::NEG_INFINITY, f64::max) - days().fold(f64::INFINITY, f64::min)).max(0.0)
}

fn response(rating: &Rating) -> (Option<&str>, &str) {
    (rating.prompt_id.as_deref(), &rating.response)
}

/// Each thing once, with its number in their order.
fn numbered<T: Ord>(things: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let once: BTreeSet<T> = things.collect();
    once.into_iter().zip(0..).collect()
}

/// Ratings with a time by criterion; items are responses, annotators numbered in the order of their ids.
pub(super) fn scores(ratings: &[Rating], now: Option<Timestamp>) -> BTreeMap<&str, Vec<Score>> {
    // A response's id is unique in its sample alone.
    let responses = numbered(ratings.iter().map(response));
    let annotators = numbered(ratings.iter().map(|rating| rating.annotator.id.as_str()));
    let mut scores: BTreeMap<&str, Vec<Score>> = BTreeMap::new();
    for rating in ratings {
        if let Ok(time) = times::of_rating(rating, now) {
            scores.entry(&rating.criterion).or_default().push(Score {
                item: responses[&response(rating)],
                annotator: annotators[rating.annotator.id.as_str()],
                value: (rating.value - rating.scale_low) / (rating.scale_high - rating.scale_low),
                time_days: days(time),
            });
        }
    }
    scores
}
