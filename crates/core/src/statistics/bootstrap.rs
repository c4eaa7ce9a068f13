//! The bootstrap: how much a number would differ had other groups been drawn.

use super::{CONFIDENCE, Interval};
use crate::random::{Purpose, ResponseRandom};

/// The percentile interval of `statistic` over `n_groups` groups that are drawn anew, with replacement, `n_replicates` times.
///
/// Efron 1979, "Bootstrap methods: another look at the jackknife".
/// `statistic` gets the drawn groups' numbers, from 0; draws for which it is none are left out.
/// The draws depend on `name` and the replicate's number alone.
/// None where fewer than half of the replicates have a value, or there are fewer than two groups.
pub fn bootstrap(
    name: &str,
    n_groups: usize,
    n_replicates: u32,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Interval> {
    if n_groups < 2 {
        return None;
    }
    let replicate = |replicate: u32| {
        let random = ResponseRandom::new(0, name, replicate);
        let draw = |i: usize| (random.uniform(Purpose::Resample, i as u32) * n_groups as f64) as usize;
        let drawn: Vec<usize> = (0..n_groups).map(draw).collect();
        statistic(&drawn).filter(|value| value.is_finite())
    };
    let mut values: Vec<f64> = (0..n_replicates).filter_map(replicate).collect();
    if values.is_empty() || 2 * values.len() < n_replicates as usize {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = |probability: f64| values[(probability * (values.len() - 1) as f64).round() as usize];
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval { low: at(tail), high: at(1.0 - tail) })
}

/// Pearson's correlation of pairs of numbers; none where either never varies.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (a, b) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
    let together = sum(&|pair| (pair.0 - a) * (pair.1 - b));
    let [alone_a, alone_b] =
        [sum(&|pair| (pair.0 - a) * (pair.0 - a)), sum(&|pair| (pair.1 - b) * (pair.1 - b))];
    let value = together / libm::sqrt(alone_a * alone_b);
    value.is_finite().then(|| value.clamp(-1.0, 1.0))
}
