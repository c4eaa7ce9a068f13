//! Statistics with their sources: distributions, intervals, tests and one regression.
//!
//! - [`normal_cdf`], [`normal_quantile`], [`beta_cdf`], [`beta_quantile`], [`chi_square_survival`], [`student_survival`], [`brownian_bridge_survival`]: distributions.
//! - [`wilson`], [`clopper_pearson`], [`clopper_pearson_upper`]: intervals of a proportion, and [`Share`], which carries one.
//! - [`binomial_test`], [`mcnemar_test`]: exact tests; [`sign_flip_test`]: one of observations that hang together in groups.
//! - [`cluster_mean`], [`cluster_mean_and_error`], [`cluster_share`]: a mean whose observations hang together in groups.
//! - [`fit_logistic`]: logistic regression with ridge, weights and cluster-robust covariance; [`Design`] holds the rows of a large one.
//! - [`NormalQuadrature`]: means of functions over a normal distribution.
//! - [`bootstrap`]: percentile intervals of anything that is computed from groups.
//! - [`prediction_powered_mean`]: a mean from few labels and many predictions.
//!
//! Everything is computed with `libm` and in a fixed order, so that the numbers are the same on every host.
//! A function that has no answer for its input returns none; no result is NaN or infinite.

mod beta;
mod bootstrap;
mod chi_square;
mod design;
mod eigen;
mod exact;
mod kolmogorov;
mod logistic;
mod matrix;
mod mean;
mod normal;
mod prediction_powered;
mod proportion;
mod quadrature;
mod root;
mod student;
#[cfg(test)]
mod tests;

pub use beta::{beta_cdf, beta_quantile};
pub use bootstrap::{bootstrap, correlation};
pub use chi_square::chi_square_survival;
pub use design::{Design, Row, Rows};
pub use exact::{binomial_test, mcnemar_test, sign_flip_test};
pub use kolmogorov::brownian_bridge_survival;
pub use logistic::{LogisticFit, Observation, fit_logistic, log_likelihood, sigmoid};
pub use matrix::Matrix;
pub use mean::{cluster_mean, cluster_mean_and_error, cluster_share};
pub use normal::{normal_cdf, normal_quantile};
pub use prediction_powered::{Labelled, PredictionPowered, Tuning, prediction_powered_mean};
pub use proportion::{Share, clopper_pearson, clopper_pearson_upper, wilson};
pub use quadrature::NormalQuadrature;
pub use student::student_survival;

use serde::{Deserialize, Serialize};

/// How often an interval of a card holds the true value, where its assumptions hold.
pub const CONFIDENCE: f64 = 0.95;

/// A range that is to hold the true value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies in it, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its interval's lower end.
    pub low: f64,
    /// Its interval's upper end.
    pub high: f64,
}

impl Estimate {
    /// A number whose error is normal with this standard error; none where either is not finite.
    pub fn normal(value: f64, standard_error: f64) -> Option<Self> {
        let half = two_sided_z(CONFIDENCE) * standard_error;
        let estimate = Self { value, low: value - half, high: value + half };
        (estimate.low.is_finite() && estimate.high.is_finite()).then_some(estimate)
    }

    /// Whether `value` lies in the interval, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// How many standard deviations around the mean hold the share `confidence` of a normal distribution.
fn two_sided_z(confidence: f64) -> f64 {
    normal_quantile(0.5 + confidence / 2.0)
}
