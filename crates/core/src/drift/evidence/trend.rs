//! A term whose worth rises or falls with time.

use super::clusters::{Clusters, robust_test};
use crate::drift::comparison::{Comparisons, Unfit};
use crate::statistics::{Design, Estimate, LogisticFit, chi_square_survival};

/// Coefficients are told for so many days.
pub const TREND_DAYS: f64 = 30.0;
/// Times are fitted in years, so that their coefficients are of the size of the others.
const DAYS_A_YEAR: f64 = 365.0;

/// How a term's coefficient changes with time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// By how much it rises in 30 days, in nats, with an interval that lets votes of one annotator or pair depend on each other.
    pub per_30_days: Estimate,
    /// The standard error of that in nats, the larger one of those that clusters give.
    pub standard_error: f64,
    /// Twice the gain in log-likelihood; chi-square with one degree of freedom for independent votes.
    pub likelihood_ratio: f64,
    /// The p-value of that.
    pub likelihood_ratio_p_value: f64,
    /// The largest of the p-values, those of the clusters included: this one is to be believed.
    pub p_value: f64,
    /// How often the term is not 0.
    pub n_telling: usize,
}

/// Tests whether the coefficient of one column changes with time; `fit` is that of all votes without a change.
///
/// Adds x · (t − t̄) to the model and compares the likelihoods.
/// With fewer than ten annotators t̄ is each one's own mean time, so that a change of who votes is no trend.
pub fn trend(
    comparisons: &Comparisons,
    fit: &LogisticFit,
    column: usize,
    clusters: &Clusters,
) -> Result<Trend, Unfit> {
    let means = clusters.mean_times(comparisons);
    let rows = comparisons.rows();
    let change = |place: usize| {
        let days = comparisons.times()[place] - means[place];
        rows.row(place).features[column] * days / DAYS_A_YEAR
    };
    let mut design = Design::new(rows.n_columns() + 1);
    for (place, row) in rows.iter().enumerate() {
        let features = row.features.iter().copied().chain([change(place)]);
        design.push(features, row.outcome, row.weight, row.cluster);
    }
    let start: Vec<f64> = fit.coefficients.iter().copied().chain([0.0]).collect();
    let changing = design.rows().fit_from(&start, &vec![0.0; start.len()]).ok_or(Unfit::NotIdentified)?;
    let likelihood_ratio = (2.0 * (changing.log_likelihood - fit.log_likelihood)).max(0.0);
    let likelihood_ratio_p_value = chi_square_survival(likelihood_ratio, 1);
    let robust = robust_test(&changing, design.rows(), rows.n_columns(), clusters);
    let scale = TREND_DAYS / DAYS_A_YEAR;
    let standard_error = scale * robust.standard_error;
    let per_30_days = Estimate::normal(scale * changing.coefficients[rows.n_columns()], standard_error);
    Ok(Trend {
        per_30_days: per_30_days.ok_or(Unfit::NotIdentified)?,
        standard_error,
        likelihood_ratio,
        likelihood_ratio_p_value,
        p_value: robust.p_value.map_or(likelihood_ratio_p_value, |p| p.max(likelihood_ratio_p_value)),
        n_telling: rows.iter().filter(|row| row.features[column] != 0.0).count(),
    })
}
