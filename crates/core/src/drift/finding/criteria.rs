//! Tests of what people like: trends of terms, changes at any time and at known dates.

use super::document::{DriftSettings, KnownDate, Test};
use super::observations::{Observations, days, time_of};
use super::results::{Change, Outcome, Outcomes};
use super::terms::Fitted;
use crate::drift::comparison::{Coding, Comparisons};
use crate::drift::evidence::{Blocks, Clusters, Fluctuation, Scores, fluctuation, known_date, trend};
use crate::statistics::LogisticFit;
use std::collections::BTreeMap;

/// With fewer votes, on either side of a date or in a category, nothing is fitted to them alone.
const LEAST_VOTES_ALONE: usize = 150;
/// How the names of trends within one category begin.
pub(super) const CATEGORY_TREND: &str = "length in ";
/// Trends of length are told for so many categories, the largest ones.
const MOST_CATEGORIES: usize = 6;
/// So many changes of the guidelines' version are tested, the latest ones.
const MOST_VERSIONS: usize = 5;

/// All of them, for votes that the model could be fitted to.
pub(super) fn test(
    observations: &Observations<'_>,
    fitted: &Fitted,
    settings: &DriftSettings,
    outcomes: &mut Outcomes,
) {
    let fit = match &fitted.fit {
        Ok(fit) if !fit.coefficients.is_empty() => fit,
        Ok(_) => {
            return outcomes.leave_out("what people like", "no term differs in enough votes to be tested");
        }
        Err(reason) => return outcomes.leave_out("what people like", reason),
    };
    let comparisons = &fitted.comparisons;
    let clusters = Clusters::of(comparisons);
    let model = Model { comparisons, fit, clusters: &clusters };
    for (column, name) in comparisons.names().into_iter().enumerate() {
        model.push_trend(column, name, outcomes);
    }
    categories(observations, comparisons, outcomes);
    changes(observations, model, settings, outcomes);
}

/// Votes with their fit, and what hangs together among them.
#[derive(Clone, Copy)]
struct Model<'a> {
    comparisons: &'a Comparisons,
    fit: &'a LogisticFit,
    clusters: &'a Clusters,
}

impl Model<'_> {
    fn push_trend(self, column: usize, about: String, outcomes: &mut Outcomes) {
        match trend(self.comparisons, self.fit, column, self.clusters) {
            Ok(found) => outcomes.push(Outcome {
                change: Some(Change {
                    per_30_days: found.per_30_days,
                    standard_error: found.standard_error,
                    span_days: self.comparisons.span_days(),
                }),
                ..Outcome::new(Test::Trend, about, [found.likelihood_ratio, found.p_value], found.n_telling)
            }),
            Err(reason) => outcomes.leave_out(format!("trend of {about}"), reason),
        }
    }

    /// The formula's answer, which holds where annotators are one or few.
    fn fluctuation(self) -> Option<Fluctuation> {
        let scores = Scores::new(self.comparisons.rows(), self.comparisons.times(), self.fit);
        let scores = match &self.clusters.few_annotators {
            Some(annotators) => scores.within(annotators),
            None => scores,
        };
        match &self.clusters.pairs {
            Some(pairs) => fluctuation(&scores.by_unit(pairs)),
            None => fluctuation(&scores),
        }
    }
}

/// The trend of length in each of the largest categories.
fn categories(observations: &Observations<'_>, comparisons: &Comparisons, outcomes: &mut Outcomes) {
    let Some(column) = comparisons.names().iter().position(|name| name == "length") else {
        return;
    };
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, seen) in observations.seen.iter().enumerate() {
        let prompt = &observations.index.pairs()[seen.pair].sample.prompt;
        places.entry(prompt.category.as_deref().unwrap_or_default()).or_default().push(place);
    }
    if places.len() < 2 {
        return;
    }
    let mut largest: Vec<(&str, Vec<usize>)> =
        places.into_iter().filter(|(name, own)| !name.is_empty() && own.len() >= LEAST_VOTES_ALONE).collect();
    largest.sort_by_key(|(_, own)| std::cmp::Reverse(own.len()));
    for (name, own) in largest.into_iter().take(MOST_CATEGORIES) {
        let own = comparisons.subset(&own, Coding::RelativeToFirst);
        let about = format!("{CATEGORY_TREND}{name}");
        match own.fit() {
            Ok(fit) => {
                let model = Model { comparisons: &own, fit: &fit, clusters: &Clusters::of(&own) };
                model.push_trend(column, about, outcomes);
            }
            Err(reason) => outcomes.leave_out(format!("trend of {about}"), reason),
        }
    }
}

/// Changes of any term at any time, of all terms at some date, and of all at known dates.
fn changes(
    observations: &Observations<'_>,
    model: Model<'_>,
    settings: &DriftSettings,
    outcomes: &mut Outcomes,
) {
    let Model { comparisons, fit, clusters } = model;
    let (dates, too_few) = testable_dates(observations, settings);
    for date in too_few {
        let reason = format!("fewer than {LEAST_VOTES_ALONE} votes are before it, or after it");
        outcomes.leave_out(format!("a change at {}", date.name), reason);
    }
    let known_days: Vec<f64> = dates.iter().map(|date| days(date.at)).collect();
    let Some(blocks) = Blocks::new(comparisons, fit, clusters, &known_days) else {
        return outcomes.leave_out("a change at any time", "scores of some terms are combinations of others");
    };
    let strays = blocks.strays("drift", settings.n_replicates, &known_days);
    let names = comparisons.names();
    let mut any = Outcome {
        at: time_of(strays.day),
        ..Outcome::new(
            Test::Fluctuation,
            &names[strays.column],
            [strays.distance, strays.p_value],
            comparisons.len(),
        )
    };
    match model.fluctuation() {
        // Where annotators are one or few the formula holds, which has more digits and no chance in it.
        Some(found) if clusters.annotators.is_none() => {
            any.about.clone_from(&names[found.column]);
            (any.statistic, any.p_value, any.at) = (found.statistic, found.p_value, time_of(found.day));
        }
        // Annotators and pairs are allowed for in turn.
        Some(found) if clusters.pairs.is_some() => any.p_value = any.p_value.max(found.p_value),
        _ => {}
    }
    outcomes.push(any);
    let found = [strays.largest_change, strays.largest_change_p_value];
    outcomes.push(Outcome {
        at: time_of(strays.largest_change_day),
        ..Outcome::new(Test::UnknownDate, "all terms", found, comparisons.len())
    });
    for (date, (statistic, p_value)) in dates.iter().zip(strays.known) {
        // The likelihoods of both sides where votes are independent, else what chance does to the scores.
        let by_likelihood = if *clusters == Clusters::none() {
            known_date(comparisons, fit, days(date.at))
                .ok()
                .map(|found| [found.likelihood_ratio, found.p_value])
        } else {
            None
        };
        let found = by_likelihood.unwrap_or([statistic, p_value]);
        outcomes.push(Outcome {
            at: Some(date.at),
            ..Outcome::new(Test::KnownDate, &date.name, found, comparisons.len())
        });
    }
}

/// The dates asked for and those of new guidelines, with enough votes on both sides, and those without.
fn testable_dates(
    observations: &Observations<'_>,
    settings: &DriftSettings,
) -> (Vec<KnownDate>, Vec<KnownDate>) {
    let mut dates = settings.known_dates.clone();
    dates.extend(new_guidelines(observations));
    dates.into_iter().partition(|date| {
        let day = days(date.at);
        let before = observations.seen.partition_point(|seen| seen.time_days < day);
        before.min(observations.seen.len() - before) >= LEAST_VOTES_ALONE
    })
}

/// When votes under a version of the guidelines were first given, but for the first version.
fn new_guidelines(observations: &Observations<'_>) -> Vec<KnownDate> {
    let mut first_days: Vec<(usize, f64)> = Vec::new();
    for seen in &observations.seen {
        if let Some(version) = seen.version
            && !first_days.iter().any(|(known, _)| *known == version)
        {
            first_days.push((version, seen.time_days));
        }
    }
    let later = first_days.iter().skip(1).rev().take(MOST_VERSIONS).rev();
    let date = |(version, day): &(usize, f64)| {
        Some(KnownDate {
            name: format!("guidelines {}", observations.versions[*version]),
            at: time_of(*day)?,
        })
    };
    later.filter_map(date).collect()
}
