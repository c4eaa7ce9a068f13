//! The mean of observations that hang together in groups.

use super::proportion::score_interval;
use super::{CONFIDENCE, Estimate};
use std::collections::BTreeMap;

/// A mean with its standard error, and how many groups it comes from.
struct Moments {
    mean: f64,
    standard_error: f64,
    n_groups: f64,
}

/// The mean of values, each with its group, and an interval that lets values of one group depend on each other.
///
/// With m the mean, n values and C groups of n_c values that sum to S_c: SE² = C / (C − 1) · Σ_c (S_c − n_c m)² / n².
/// This is the sandwich estimator for a mean (Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models") with the usual factor for few groups.
/// None with fewer than two groups.
pub fn cluster_mean<K: Ord>(values: impl IntoIterator<Item = (f64, K)>) -> Option<Estimate> {
    let (mean, standard_error) = cluster_mean_and_error(values)?;
    Estimate::normal(mean, standard_error)
}

/// The same with the standard error in the interval's place.
pub fn cluster_mean_and_error<K: Ord>(values: impl IntoIterator<Item = (f64, K)>) -> Option<(f64, f64)> {
    let Moments { mean, standard_error, .. } = moments(values)?;
    Some((mean, standard_error))
}

/// The same for values of 0 to 1: the interval stays in that range, and has a width where all values are alike.
///
/// Wilson's interval for as many independent values as would have this standard error (Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts estimated from survey data", give the idea for the exact interval).
/// Where all are alike that number is unknown, and the number of groups takes its place.
pub fn cluster_share<'a>(values: impl IntoIterator<Item = (f64, &'a str)>) -> Option<Estimate> {
    let Moments { mean, standard_error, n_groups } = moments(values)?;
    let spread = mean * (1.0 - mean);
    let effective_n =
        if standard_error > 0.0 { spread / (standard_error * standard_error) } else { n_groups };
    let interval = score_interval(mean, effective_n, CONFIDENCE);
    Some(Estimate { value: mean, low: interval.low, high: interval.high })
}

fn moments<K: Ord>(values: impl IntoIterator<Item = (f64, K)>) -> Option<Moments> {
    let mut groups: BTreeMap<K, (f64, f64)> = BTreeMap::new();
    for (value, group) in values {
        let (sum, n) = groups.entry(group).or_default();
        *sum += value;
        *n += 1.0;
    }
    if groups.len() < 2 {
        return None;
    }
    let n_groups = groups.len() as f64;
    let (sum, n) = groups.values().fold((0.0, 0.0), |(sum, n), group| (sum + group.0, n + group.1));
    let mean = sum / n;
    let squares: f64 = groups.values().map(|(sum, n)| (sum - n * mean) * (sum - n * mean)).sum();
    let standard_error = libm::sqrt(n_groups / (n_groups - 1.0) * squares) / n;
    Some(Moments { mean, standard_error, n_groups })
}
