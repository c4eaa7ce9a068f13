//! From votes and ratings to a report: what moves, since when, what it could have missed, and what to do.
//!
//! [`report`] makes one; its text form is its [`Display`](std::fmt::Display). [`report_with_curves`] shows the same stretch by stretch.
//!
//! - Features are computed from texts and records: length, lists, refusal, apology, a question back, temperature, log-probability, and any numeric field of the responses.
//! - Where responses name models that were compared with each other, their strengths are terms too.
//! - A term is in the model where it differs in at least twenty votes, is no combination of others, and does not decide all votes; what is left out is named with the reason.
//! - Of a tie and of "both bad" half a vote goes to each side. Skips, flags and unparsed verdicts are no opinion.
//! - P-values are adjusted by Holm over everything that was tested, so that the report as a whole keeps its level.

mod advice;
mod anchored;
mod criteria;
mod curves;
mod document;
mod features;
mod observations;
#[cfg(test)]
mod planted;
mod results;
mod shift;
mod standards;
mod terms;
#[cfg(test)]
mod tests;
mod text;
mod weighing;

pub use curves::{Curve, CurveKind, Curves, Stretch};
pub use document::{
    Advice, AnnotatorSeverity, Counts, DriftReport, DriftSettings, Kind, KnownDate, LeftOut, Remedy, Test,
    TestResult, UnreadableReport, Verdict,
};
pub use features::Feature;

use crate::drift::times::{self, LEAST_DAYS};
use crate::drift::weights::{GroupKind, choose, choose_by_group, forced};
use crate::schema::{Extra, PairIndex, Rating, Sample, Vote};
use jiff::Timestamp;
use observations::{Observations, days, time_of};
use results::Outcomes;
use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet};
use terms::{Fitted, fitted};

/// Tests votes and ratings for drift, and says what old votes are worth.
///
/// The standard in question is people's where any voted, else the judges'; ratings likewise. Of revised votes the last counts.
/// They may come one by one from a file: little of each is kept.
/// The result depends on the records alone, and not on their order.
pub fn report<V: Borrow<Vote>>(
    samples: &[Sample],
    votes: impl IntoIterator<Item = V>,
    ratings: &[Rating],
    settings: DriftSettings,
) -> DriftReport {
    let index = PairIndex::new(samples);
    let observations = Observations::new(&index, votes, settings.now);
    weighed(&observations, &fitted(&observations), ratings, settings)
}

/// The same, with what it shows stretch by stretch.
pub fn report_with_curves<V: Borrow<Vote>>(
    samples: &[Sample],
    votes: impl IntoIterator<Item = V>,
    ratings: &[Rating],
    settings: DriftSettings,
) -> (DriftReport, Curves) {
    let index = PairIndex::new(samples);
    let observations = Observations::new(&index, votes, settings.now);
    let fitted = fitted(&observations);
    let curves = curves::curves(&observations, &fitted, ratings, settings.now);
    (weighed(&observations, &fitted, ratings, settings), curves)
}

/// The curves alone, for a report that is there already; `now` tells which times lie in the future.
pub fn curves<V: Borrow<Vote>>(
    samples: &[Sample],
    votes: impl IntoIterator<Item = V>,
    ratings: &[Rating],
    now: Option<Timestamp>,
) -> Curves {
    let index = PairIndex::new(samples);
    let observations = Observations::new(&index, votes, now);
    curves::curves(&observations, &fitted(&observations), ratings, now)
}

fn weighed(
    observations: &Observations<'_>,
    fitted: &Fitted,
    ratings: &[Rating],
    settings: DriftSettings,
) -> DriftReport {
    let mut report = tested(observations, fitted, ratings, settings);
    weigh(&mut report, observations, fitted);
    report.advice = advice::advice(&report.tests, &report.counts, &report.settings, report.weights.as_ref());
    report
}

/// People's ratings, or where nobody rated, all.
fn of_people(ratings: &[Rating]) -> Cow<'_, [Rating]> {
    let is_person = |rating: &&Rating| rating.annotator.kind.is_person();
    match ratings.iter().filter(is_person).count() {
        n if n == 0 || n == ratings.len() => Cow::Borrowed(ratings),
        _ => ratings.iter().filter(is_person).cloned().collect(),
    }
}

/// The report without weights.
fn tested(
    observations: &Observations<'_>,
    fitted: &Fitted,
    ratings: &[Rating],
    settings: DriftSettings,
) -> DriftReport {
    let ratings = &*of_people(ratings);
    let mut outcomes = Outcomes { left_out: fitted.left_out.clone(), ..Outcomes::default() };
    if observations.span_days() >= LEAST_DAYS {
        criteria::test(observations, fitted, &settings, &mut outcomes);
        anchored::test_votes(observations, &settings, &mut outcomes);
        standards::test_shares(observations, &mut outcomes);
        shift::test(observations, settings.n_replicates, &mut outcomes);
    } else if !observations.seen.is_empty() {
        outcomes.leave_out("votes", "they were given within a day, in which no standard is told to move");
    }
    anchored::test_ratings(ratings, &settings, &mut outcomes);
    standards::test_ratings(ratings, &settings, &mut outcomes);
    let counts = counts(observations, ratings, &settings);
    if counts.annotators == 1 {
        outcomes.leave_out(
            "annotators",
            "there is one: whether that person moves or the standard of all does cannot be told apart",
        );
    }
    let tests = outcomes.results(settings.alpha);
    DriftReport {
        schema: DriftReport::SCHEMA.to_owned(),
        advice: advice::advice(&tests, &counts, &settings, None),
        settings,
        counts,
        tests,
        severity: outcomes.severity,
        left_out: outcomes.left_out,
        weights: None,
        group_weights: Vec::new(),
        reference_time: observations.seen.last().and_then(|last| time_of(last.time_days)),
        extra: Extra::new(),
    }
}

/// What old votes are worth, all together and by group.
fn weigh(report: &mut DriftReport, observations: &Observations<'_>, fitted: &Fitted) {
    let comparisons = &fitted.comparisons;
    let known_days: Vec<f64> = report
        .tests
        .iter()
        .filter(|test| test.test == Test::KnownDate)
        .filter_map(|test| test.at.map(days))
        .collect();
    let choice = match report.settings.forced_decay {
        Some(decay) => forced(comparisons, decay),
        None => choose(comparisons, &known_days),
    };
    match choice {
        Ok(choice) => {
            report.weights = Some(choice);
        }
        Err(reason) => {
            report.left_out.push(LeftOut { what: "weights".to_owned(), reason: reason.to_string() });
        }
    }
    if report.settings.forced_decay.is_some() {
        return;
    }
    for kind in report.settings.groups.clone() {
        let (groups, names) = match kind {
            GroupKind::Annotator => {
                let who = observations.seen.iter().map(|seen| Some(seen.annotator)).collect();
                (who, observations.annotators.clone())
            }
            GroupKind::Category => categories(observations),
        };
        report.group_weights.extend(choose_by_group(comparisons, &groups, &names, kind));
    }
}

/// For each vote the place of its prompt's category, and the categories' names.
fn categories(observations: &Observations<'_>) -> (Vec<Option<usize>>, Vec<String>) {
    let of = |pair: usize| observations.index.pairs()[pair].sample.prompt.category.as_deref();
    let names: BTreeSet<&str> = observations.seen.iter().filter_map(|seen| of(seen.pair)).collect();
    let numbers: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let places = observations.seen.iter().map(|seen| of(seen.pair).map(|name| numbers[name])).collect();
    (places, names.into_iter().map(str::to_owned).collect())
}

fn counts(observations: &Observations<'_>, ratings: &[Rating], settings: &DriftSettings) -> Counts {
    let seen = &observations.seen;
    Counts {
        votes: seen.len(),
        pairs: seen.iter().map(|seen| seen.pair).collect::<BTreeSet<_>>().len(),
        annotators: seen.iter().map(|seen| seen.annotator).collect::<BTreeSet<_>>().len(),
        days: observations.span_days(),
        ratings: ratings.iter().filter(|rating| times::of_rating(rating, settings.now).is_ok()).count(),
        at_equal_times: observations.n_at_equal_times(),
        ..observations.left_out
    }
}
