//! Anchors: the same items judged again later.
//!
//! The strongest evidence there is, because nothing but the standard can have changed.
//! Tables count items: rows are what was said first, columns what was said later.

use crate::statistics::{Estimate, Matrix, chi_square_survival, cluster_mean};
use serde::{Deserialize, Serialize};

/// A statistic that is chi-square distributed where nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChiSquare {
    /// The statistic, at least 0.
    pub statistic: f64,
    /// The degrees of freedom, at least 1.
    pub degrees: u32,
    /// The p-value.
    pub p_value: f64,
}

impl ChiSquare {
    fn new(statistic: f64, degrees: u32) -> Self {
        Self { statistic, degrees, p_value: chi_square_survival(statistic, degrees) }
    }
}

/// McNemar's test of two answers: as many items changed one way as the other.
///
/// McNemar 1947; `is_corrected` takes 1 from the difference (Edwards 1948).
/// [`mcnemar_test`](crate::statistics::mcnemar_test) is the exact one.
/// None where no item changed.
pub fn mcnemar(changed: usize, changed_back: usize, is_corrected: bool) -> Option<ChiSquare> {
    let sum = (changed + changed_back) as f64;
    let difference = changed.abs_diff(changed_back) as f64;
    let difference = if is_corrected { (difference - 1.0).max(0.0) } else { difference };
    (sum > 0.0).then(|| ChiSquare::new(difference * difference / sum, 1))
}

/// Marginal homogeneity: each of several answers is given as often later as first.
///
/// Stuart 1955 and Maxwell 1970: dᵀ V⁻¹ d for the differences d of the margins.
/// Answers that are on the diagonal alone are left out; none where fewer than two are left.
pub fn stuart_maxwell(table: &[Vec<usize>]) -> Option<ChiSquare> {
    let at = |row: usize, column: usize| table[row][column] as f64;
    let moved = |a: usize| (0..table.len()).filter(|b| *b != a).any(|b| table[a][b] + table[b][a] > 0);
    let used: Vec<usize> = (0..table.len()).filter(|answer| moved(*answer)).collect();
    // The differences of the margins sum to 0, so that one of them says nothing.
    let (_, told) = used.split_last()?;
    let margin = |a: usize| -> f64 { used.iter().map(|b| at(a, *b)).sum() };
    let margin_later = |a: usize| -> f64 { used.iter().map(|b| at(*b, a)).sum() };
    let differences: Vec<f64> = told.iter().map(|a| margin(*a) - margin_later(*a)).collect();
    let mut covariance = Matrix::zeros(told.len());
    for (i, a) in told.iter().enumerate() {
        for (j, b) in told.iter().enumerate() {
            *covariance.at_mut(i, j) = if i == j {
                margin(*a) + margin_later(*a) - 2.0 * at(*a, *a)
            } else {
                -(at(*a, *b) + at(*b, *a))
            };
        }
    }
    let statistic = covariance.inverse_form(&differences)?;
    Some(ChiSquare::new(statistic, told.len() as u32))
}

/// Symmetry: each change from one answer to another is as common as the one back.
///
/// Bowker 1948; changes that never occur either way have no degree of freedom.
/// None where no item changed.
pub fn bowker(table: &[Vec<usize>]) -> Option<ChiSquare> {
    let (mut statistic, mut degrees) = (0.0, 0);
    for (row, counts) in table.iter().enumerate() {
        for (column, count) in counts.iter().enumerate().take(row) {
            let (a, b) = (*count as f64, table[column][row] as f64);
            if a + b > 0.0 {
                statistic += (a - b) * (a - b) / (a + b);
                degrees += 1;
            }
        }
    }
    (degrees > 0).then(|| ChiSquare::new(statistic, degrees))
}

/// The mean of differences, later minus first, each with the name of its cluster, such as the annotator's.
///
/// See [`cluster_mean`] for the interval; none with fewer than two clusters.
pub fn paired_difference<'a>(differences: impl IntoIterator<Item = (f64, &'a str)>) -> Option<Estimate> {
    cluster_mean(differences)
}

/// What several estimates of the same thing have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heterogeneity {
    /// Their mean, each weighed by 1 / SE².
    pub mean: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// Cochran's Q: Σ (d − mean)² / SE², chi-square with one degree less than there are estimates where all have the same true value.
    pub q: ChiSquare,
    /// The variance of the true values, at least 0 (DerSimonian and Laird 1986).
    pub variance: f64,
}

/// Whether estimates, each with its standard error, differ by more than their errors: Cochran 1954.
///
/// Those without a standard error above 0 are passed over; none with fewer than two others.
pub fn cochran_q(estimates: &[(f64, f64)]) -> Option<Heterogeneity> {
    let weighed: Vec<(f64, f64)> = estimates
        .iter()
        .filter(|(value, error)| value.is_finite() && *error > 0.0 && error.is_finite())
        .map(|(value, error)| (*value, 1.0 / (error * error)))
        .collect();
    if weighed.len() < 2 {
        return None;
    }
    let sum: f64 = weighed.iter().map(|(_, w)| w).sum();
    let mean = weighed.iter().map(|(value, w)| value * w).sum::<f64>() / sum;
    let statistic: f64 = weighed.iter().map(|(value, w)| w * (value - mean) * (value - mean)).sum();
    let squares: f64 = weighed.iter().map(|(_, w)| w * w).sum();
    let degrees = weighed.len() as u32 - 1;
    let excess = (statistic - f64::from(degrees)) / (sum - squares / sum);
    Some(Heterogeneity {
        mean,
        standard_error: 1.0 / libm::sqrt(sum),
        q: ChiSquare::new(statistic, degrees),
        variance: excess.max(0.0),
    })
}
