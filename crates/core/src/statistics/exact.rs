//! Exact tests of counts.

/// Terms that differ by less than this share are equally likely but for rounding.
const ROUNDING: f64 = 1e-7;

/// The two-sided p-value of `successes` of `trials` where each succeeds with `probability`.
///
/// The sum over all outcomes that are no more likely than the one observed (R's `binom.test`).
/// No trial gives 1.
pub fn binomial_test(successes: usize, trials: usize, probability: f64) -> f64 {
    if probability <= 0.0 || probability >= 1.0 {
        let expected = if probability <= 0.0 { 0 } else { trials };
        return if successes == expected { 1.0 } else { 0.0 };
    }
    let log_term = |k: usize| {
        let (n, k) = (trials as f64, k as f64);
        let log_choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
        log_choose + k * libm::log(probability) + (n - k) * libm::log1p(-probability)
    };
    let observed = log_term(successes) + ROUNDING;
    let p: f64 = (0..=trials).map(log_term).filter(|term| *term <= observed).map(libm::exp).sum();
    p.min(1.0)
}

/// McNemar's exact test: the p-value of `first_only` against `second_only` pairs on which two raters differ.
///
/// McNemar 1947; exact as in Fay 2010, "Two-sided exact tests and matching confidence intervals for discrete data".
pub fn mcnemar_test(first_only: usize, second_only: usize) -> f64 {
    binomial_test(first_only, first_only + second_only, 0.5)
}
