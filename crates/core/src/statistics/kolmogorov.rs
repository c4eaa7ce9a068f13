//! The largest deviation of a Brownian bridge.

/// Below this the series alternates too slowly, and the probability is 1 in double precision.
const SURELY_PASSED: f64 = 0.15;
const MOST_TERMS: u32 = 100;

/// The probability that the largest absolute value of a standard Brownian bridge is above `x`.
///
/// 2 Σ_m (−1)^{m+1} e^{−2 m² x²} (Kolmogorov 1933): the p-value of tests that follow a cumulated sum through time.
pub fn brownian_bridge_survival(x: f64) -> f64 {
    if x < SURELY_PASSED {
        return 1.0;
    }
    let term = |m: u32| {
        let size = libm::exp(-2.0 * f64::from(m * m) * x * x);
        if m % 2 == 1 { size } else { -size }
    };
    (2.0 * (1..=MOST_TERMS).map(term).sum::<f64>()).clamp(0.0, 1.0)
}
