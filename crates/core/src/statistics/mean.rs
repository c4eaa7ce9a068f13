//! The mean of observations that hang together in groups.

use super::Estimate;
use std::collections::BTreeMap;

/// The mean of values, each with its group, and an interval that lets values of one group depend on each other.
///
/// With m the mean, n values and C groups of n_c values that sum to S_c: SE² = C / (C − 1) · Σ_c (S_c − n_c m)² / n².
/// This is the sandwich estimator for a mean (Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models") with the usual factor for few groups.
/// None with fewer than two groups.
pub fn cluster_mean<'a>(values: impl IntoIterator<Item = (f64, &'a str)>) -> Option<Estimate> {
    let mut groups: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (value, group) in values {
        let (sum, n) = groups.entry(group).or_default();
        *sum += value;
        *n += 1.0;
    }
    let n_groups = groups.len() as f64;
    let (sum, n) = groups.values().fold((0.0, 0.0), |(sum, n), group| (sum + group.0, n + group.1));
    let mean = sum / n;
    let squares: f64 = groups.values().map(|(sum, n)| (sum - n * mean) * (sum - n * mean)).sum();
    if groups.len() < 2 {
        return None;
    }
    Estimate::normal(mean, libm::sqrt(n_groups / (n_groups - 1.0) * squares) / n)
}
