//! Exact tests of counts.

use std::collections::BTreeMap;

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
    let log_term = |k: usize| log_binomial(k, trials, probability);
    let observed = log_term(successes) + ROUNDING;
    let p: f64 = (0..=trials).map(log_term).filter(|term| *term <= observed).map(libm::exp).sum();
    p.min(1.0)
}

/// The logarithm of the probability of `k` successes of `n`.
fn log_binomial(k: usize, n: usize, probability: f64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    let log_choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    log_choose + k * libm::log(probability) + (n - k) * libm::log1p(-probability)
}

/// The two-sided p-value that differences lean to neither side, where those of one group may depend on each other.
///
/// If neither side is favoured, each group's sum is as likely to have the other sign; the p-value is the share of all choices of signs whose total is as far from 0 as the one found, or farther.
/// Fisher 1935, "The Design of Experiments", section 21, with groups as the units (as in Durkalski, Palesch, Lipsitz and Rust 2003, "Analysis of clustered matched-pair data", who sum differences by group for a large sample).
/// With differences of −1 and 1 and one a group it is [`mcnemar_test`].
pub fn sign_flip_test<'a>(differences: impl IntoIterator<Item = (i32, &'a str)>) -> f64 {
    let mut groups: BTreeMap<&str, i64> = BTreeMap::new();
    for (difference, group) in differences {
        *groups.entry(group).or_default() += i64::from(difference);
    }
    let found = groups.values().sum::<i64>().unsigned_abs() as usize;
    let mut n_of_size: BTreeMap<usize, usize> = BTreeMap::new();
    for sum in groups.values().filter(|sum| **sum != 0) {
        *n_of_size.entry(sum.unsigned_abs() as usize).or_default() += 1;
    }
    // The probability of each total, from the least that there can be.
    let mut totals = vec![1.0];
    for (size, n) in n_of_size {
        let mut next = vec![0.0; totals.len() + 2 * size * n];
        for n_positive in 0..=n {
            let probability = libm::exp(log_binomial(n_positive, n, 0.5));
            let shifted = next[2 * size * n_positive..].iter_mut();
            shifted.zip(&totals).for_each(|(next, total)| *next += probability * total);
        }
        totals = next;
    }
    let middle = totals.len() / 2;
    let as_far = totals.iter().enumerate().filter(|(at, _)| at.abs_diff(middle) >= found);
    as_far.map(|(_, probability)| probability).sum::<f64>().min(1.0)
}

/// McNemar's exact test: the p-value of `first_only` against `second_only` pairs on which two raters differ.
///
/// McNemar 1947; exact as in Fay 2010, "Two-sided exact tests and matching confidence intervals for discrete data".
pub fn mcnemar_test(first_only: usize, second_only: usize) -> f64 {
    binomial_test(first_only, first_only + second_only, 0.5)
}
