//! Where a rising function reaches a value.

/// Halves [low, high] until two neighbouring numbers are left: there `rising` passes `target`.
///
/// A quantile is needed a few times a card, so that a method without starting values and constants is worth its steps.
pub(super) fn inverse_of_rising(rising: impl Fn(f64) -> f64, target: f64, [low, high]: [f64; 2]) -> f64 {
    let (mut low, mut high) = (low, high);
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if rising(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
}
