//! How much one more vote is expected to tell.

use super::posterior::Difference;
use crate::statistics::{NormalQuadrature, sigmoid};
use std::sync::LazyLock;

/// Within 1e-6 nats of the integral for variances up to 2, which no difference exceeds under a prior of one logit, and within 5e-4 up to 8.
static QUADRATURE: LazyLock<NormalQuadrature> = LazyLock::new(|| NormalQuadrature::new(20));

/// The expected information of one vote on which of two is better, in nats, 0 to ln 2: H(E p) − E H(p) for p = σ(difference).
///
/// What is uncertain about the vote less what would be uncertain if the strengths were known (Lindley 1956; for pairs Li, Mantiuk, Wang, Ling and Le Callet 2018, "Hybrid-MST").
pub(super) fn expected_gain(difference: Difference) -> f64 {
    let deviation = libm::sqrt(difference.variance);
    // The sign of the mean says which is better, and nothing of the gain.
    let [p, entropy] =
        QUADRATURE.means(difference.mean.abs(), deviation, |x| [sigmoid(x), entropy_of_log_odds(x)]);
    (entropy_of_probability(p) - entropy).max(0.0)
}

/// −p ln p − (1 − p) ln(1 − p) for p = σ(x), in nats, without the rounding of p near 0 and 1.
fn entropy_of_log_odds(x: f64) -> f64 {
    let smaller = libm::exp(-x.abs());
    libm::log1p(smaller) + x.abs() * smaller / (1.0 + smaller)
}

fn entropy_of_probability(p: f64) -> f64 {
    [p, 1.0 - p].into_iter().filter(|p| *p > 0.0).map(|p| -p * libm::log(p)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by the trapezoid rule over ten standard deviations to each side.
    fn integrated(mean: f64, variance: f64) -> f64 {
        let (deviation, n) = (variance.sqrt(), 20_000);
        let (mut p, mut entropy, mut mass) = (0.0, 0.0, 0.0);
        for step in -n..=n {
            let z = 10.0 * f64::from(step) / f64::from(n);
            let density = libm::exp(-z * z / 2.0);
            let share = sigmoid(mean + deviation * z);
            p += density * share;
            entropy += density * entropy_of_probability(share);
            mass += density;
        }
        entropy_of_probability(p / mass) - entropy / mass
    }

    #[test]
    fn the_gain_is_that_of_numerical_integration() {
        for mean in [-3.0, -0.7, 0.0, 0.4, 2.0, 6.0] {
            for (variance, error) in
                [(0.01, 1e-6), (0.3, 1e-6), (1.0, 1e-6), (2.0, 1e-6), (4.0, 5e-5), (8.0, 5e-4)]
            {
                let (found, expected) =
                    (expected_gain(Difference { mean, variance }), integrated(mean, variance));
                assert!((found - expected).abs() < error, "{mean}, {variance}: {found} and {expected}");
            }
        }
    }

    #[test]
    fn what_is_known_gains_nothing_and_a_coin_gains_at_most_one_bit() {
        let gain = |mean, variance| expected_gain(Difference { mean, variance });
        assert_eq!(gain(0.0, 0.0), 0.0);
        assert!(gain(0.0, 1e6) <= std::f64::consts::LN_2);
        assert!(gain(0.0, 1.0) > gain(2.0, 1.0), "the outcome of a clear pair is foreseen");
        assert!(gain(0.0, 2.0) > gain(0.0, 1.0), "more is to be learned of what is less known");
        assert_eq!(gain(1.3, 1.0), gain(-1.3, 1.0));
        // For small variances H″(½) v p′² / 2 = v / 8.
        assert!((gain(0.0, 1e-3) / (1e-3 / 8.0) - 1.0).abs() < 1e-2, "{}", gain(0.0, 1e-3));
        assert!([1e3, f64::MAX].into_iter().all(|mean| gain(mean, 1.0) == 0.0));
    }
}
