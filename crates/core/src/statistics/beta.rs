//! The beta distribution, from which the exact intervals of a proportion come.

use super::root::inverse_of_rising;

/// The probability that a beta distributed number (a, b above 0) is at most `x`: the regularised incomplete beta function.
///
/// By its continued fraction (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.5.8) in the half where that converges fast, and by symmetry in the other.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - lower_part(1.0 - x, b, a);
    }
    lower_part(x, a, b)
}

/// The number that a beta distributed one is at most with this probability.
pub fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    inverse_of_rising(|x| beta_cdf(x, a, b), probability, [0.0, 1.0])
}

fn lower_part(x: f64, a: f64, b: f64) -> f64 {
    let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - log_beta) / a;
    front / continued_fraction(x, a, b)
}

/// 1 + d1 / (1 + d2 / (1 + …)), evaluated forwards (Lentz 1976, as changed by Thompson and Barnett 1986).
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    /// Stands in for a zero that would be divided by.
    const TINY: f64 = 1e-300;
    const MOST_TERMS: u32 = 10_000;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut value, mut numerator, mut denominator) = (1.0, 1.0, 0.0);
    for term in 1..=MOST_TERMS {
        let coefficient = coefficient(term, x, a, b);
        denominator = 1.0 / away_from_zero(1.0 + coefficient * denominator);
        numerator = away_from_zero(1.0 + coefficient / numerator);
        let change = numerator * denominator;
        value *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// The coefficient d of the fraction's term `term`, counted from 1.
fn coefficient(term: u32, x: f64, a: f64, b: f64) -> f64 {
    let m = f64::from(term / 2);
    if term.is_multiple_of(2) {
        return m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
    }
    -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
}
