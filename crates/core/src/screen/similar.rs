//! Whether two texts are the same to a reader.

use std::collections::BTreeMap;

/// From this share of common neighbours on, texts count as nearly the same.
const NEARLY: f64 = 0.9;

/// The words of a text in lower case, without punctuation.
pub(super) fn normal(text: &str) -> Vec<String> {
    words(text).map(str::to_lowercase).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether two texts have the same words, or nearly the same by [`are_nearly_equal`].
pub(crate) fn are_near_identical(a: &str, b: &str) -> bool {
    let neighbours = [a, b].map(|text| words(text).count().saturating_sub(1) as f64);
    // Not more neighbours are common than the shorter text has, which spares most pairs the comparison.
    if 2.0 * neighbours[0].min(neighbours[1]) < NEARLY * (neighbours[0] + neighbours[1]) {
        return false;
    }
    let (a, b) = (normal(a), normal(b));
    a == b || are_nearly_equal(&a, &b)
}

/// Whether the Dice coefficient of the texts' neighbouring words, 2·common / all, is at least 0.9 (Dice 1945).
///
/// A text of one word has no neighbours; it is nearly equal to nothing but itself.
pub(super) fn are_nearly_equal(a: &[String], b: &[String]) -> bool {
    let mut counts: BTreeMap<&[String], i64> = BTreeMap::new();
    a.windows(2).for_each(|pair| *counts.entry(pair).or_default() += 1);
    let mut common = 0;
    for pair in b.windows(2) {
        if let Some(left) = counts.get_mut(pair).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    let all = a.len().saturating_sub(1) + b.len().saturating_sub(1);
    all > 0 && 2.0 * f64::from(common) >= NEARLY * all as f64
}
