//! The normal distribution.

use super::root::inverse_of_rising;
use std::f64::consts::SQRT_2;

/// Beyond so many standard deviations a probability is 0 in double precision.
const FARTHEST: f64 = 38.5;

/// The probability that a standard normal number is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// The number that a standard normal one is at most with this probability.
///
/// Probabilities of at most 0 and at least 1 give the farthest number of the distribution that double precision knows, ±38.5.
pub fn normal_quantile(probability: f64) -> f64 {
    // The lower half alone, because probabilities near 1 are told apart less finely than those near 0.
    if probability > 0.5 {
        return -normal_quantile(1.0 - probability);
    }
    inverse_of_rising(normal_cdf, probability, [-FARTHEST, 0.0])
}
