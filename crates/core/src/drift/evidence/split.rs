//! All coefficients before and after a date: Chow's test where the date is known, the largest of them where it is not.

use crate::drift::comparison::{Comparisons, Ridge, Unfit};
use crate::statistics::{LogisticFit, chi_square_survival};
use std::ops::Range;

/// So much of the votes at either end is no candidate for an unknown date: a fit there rests on too few.
pub const TRIMMED: f64 = 0.15;

/// Two fits against one.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Twice the gain in log-likelihood.
    pub likelihood_ratio: f64,
    /// As many as there are coefficients.
    pub degrees: u32,
    /// The p-value for a date that was not chosen by looking at the votes, and independent votes.
    pub p_value: f64,
    /// How many votes are before.
    pub n_before: usize,
    /// The coefficients before.
    pub before: Vec<f64>,
    /// The coefficients after.
    pub after: Vec<f64>,
}

/// Tests whether the coefficients change at a known date, in days; votes of that day and later are after it.
///
/// Chow 1960, with likelihoods; `fit` is that of all votes together.
pub fn known_date(comparisons: &Comparisons, fit: &LogisticFit, day: f64) -> Result<Split, Unfit> {
    let n_before = comparisons.times().partition_point(|time| *time < day);
    let n = comparisons.len();
    let alone = |range: Range<usize>| {
        comparisons.fit_weighed(range.clone(), &vec![1.0; range.len()], Ridge::default())
    };
    Ok(split(fit, &alone(0..n_before)?, &alone(n_before..n)?, n_before))
}

fn split(fit: &LogisticFit, before: &LogisticFit, after: &LogisticFit, n_before: usize) -> Split {
    let gain = before.log_likelihood + after.log_likelihood - fit.log_likelihood;
    let likelihood_ratio = (2.0 * gain).max(0.0);
    let degrees = fit.coefficients.len() as u32;
    Split {
        likelihood_ratio,
        degrees,
        p_value: chi_square_survival(likelihood_ratio, degrees),
        n_before,
        before: before.coefficients.clone(),
        after: after.coefficients.clone(),
    }
}

/// The split with the largest likelihood ratio, after any vote of the central 70 %; its `p_value` is not that of a chosen date.
///
/// For a few thousand votes: it fits twice for each candidate.
/// Candidates at which one side has no fit are passed over; none where all are.
pub fn largest_split(comparisons: &Comparisons, fit: &LogisticFit) -> Option<Split> {
    let n = comparisons.len();
    let candidates = (TRIMMED * n as f64) as usize..=((1.0 - TRIMMED) * n as f64) as usize;
    let times = comparisons.times();
    let ridge = vec![0.0; fit.coefficients.len()];
    let mut starts = [fit.coefficients.clone(), fit.coefficients.clone()];
    let mut largest: Option<Split> = None;
    for n_before in candidates.filter(|i| *i > 0 && *i < n && times[i - 1] < times[*i]) {
        let [before, after] = [(0..n_before, &starts[0]), (n_before..n, &starts[1])]
            .map(|(range, start)| comparisons.range(range).fit_from(start, &ridge));
        let (Some(before), Some(after)) = (before, after) else { continue };
        let found = split(fit, &before, &after, n_before);
        if largest.as_ref().is_none_or(|largest| found.likelihood_ratio > largest.likelihood_ratio) {
            largest = Some(found);
        }
        starts = [before.coefficients, after.coefficients];
    }
    largest
}
