//! Several tests at once, and what a test can see at all.

/// With this probability a test finds the smallest change that it is said to detect.
pub const POWER: f64 = 0.8;

/// The p-values adjusted for how many there are, in the same order: the probability that any of them would be as small by chance is at most that.
///
/// Holm 1979, "A simple sequentially rejective multiple test procedure"; valid whatever the tests have in common.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, place) in order.iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        largest = largest.max((factor * p_values[*place]).min(1.0));
        adjusted[*place] = largest;
    }
    adjusted
}

/// The smallest change that a two-sided test at the level `alpha` finds with a probability of 80 %: (z_{1−α/2} + z_{0.8}) · SE.
///
/// In the unit of the standard error.
pub fn smallest_detectable(standard_error: f64, alpha: f64) -> f64 {
    use crate::statistics::normal_quantile;
    (normal_quantile(1.0 - alpha / 2.0) + normal_quantile(POWER)) * standard_error
}
