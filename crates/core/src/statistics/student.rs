//! Student's t distribution.

use super::beta_cdf;

/// The probability that the absolute value of a t distributed number with so many degrees of freedom (above 0) is above `t`: a two-sided test's p-value.
///
/// By the incomplete beta function (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.1).
pub fn student_survival(t: f64, degrees: f64) -> f64 {
    beta_cdf(degrees / (degrees + t * t), degrees / 2.0, 0.5)
}
