//! Anchors: pairs that people judged a while ago, to be judged again.

use super::candidate::Candidate;
use crate::statistics::normal_quantile;
use serde::{Deserialize, Serialize};

/// How often the test of anchors sees a change as large as the one that it is planned for.
const POWER: f64 = 0.8;
/// The level of that test.
const ALPHA: f64 = 0.05;

/// How far anchors reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnchorCount {
    /// How many anchors it takes to see the settings' net flip rate in 80 % of studies, at a level of 5 %.
    pub needed: usize,
    /// How many times a person has judged a pair again already, far enough apart for the test.
    pub judged_again: usize,
    /// How many pairs people judged so long ago that they are due again.
    pub due: usize,
}

/// How many anchors McNemar's test needs to see a net change of `net_flip_rate` where the share `discordance` changes in either direction, both above 0 to 1.
///
/// (z₁ √q + z₂ √(q − d²))² / d² (Connor 1987, "Sample size for testing differences in proportions for the paired-sample design", Biometrics 43), rounded up.
pub fn anchors_needed(net_flip_rate: f64, discordance: f64) -> usize {
    let (level, power) = (normal_quantile(1.0 - ALPHA / 2.0), normal_quantile(POWER));
    let squared = net_flip_rate * net_flip_rate;
    let root = level * libm::sqrt(discordance) + power * libm::sqrt((discordance - squared).max(0.0));
    // A number beyond all memory is as good as any larger one.
    libm::ceil(root * root / squared) as usize
}

/// The places of the pairs that are due, the most telling first.
///
/// First come those that most people judged, since the test needs the same person twice; of these, those whose lengths differ most, since it asks whether length counts as before.
/// What was said plays no part: anchors that are chosen by their first answer lean back to the mean at the second, which would look like drift.
pub(super) fn due(candidates: &[Candidate<'_>], old_after_days: f64) -> Vec<usize> {
    let is_due =
        |candidate: &Candidate<'_>| candidate.evidence.age_days.is_some_and(|age| age >= old_after_days);
    let mut ranked: Vec<(u32, f64, usize)> = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| is_due(candidate))
        .map(|(place, candidate)| (candidate.evidence.n_voters, length_difference(candidate), place))
        .collect();
    ranked.sort_by(|a, b| {
        let by_id = || candidates[a.2].id().cmp(candidates[b.2].id());
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then_with(by_id)
    });
    ranked.into_iter().map(|(_, _, place)| place).collect()
}

/// By how much the longer response is longer, as a share of both, 0 to 1.
fn length_difference(candidate: &Candidate<'_>) -> f64 {
    let pair = &candidate.indexed.pair;
    let [a, b] = [pair.first, pair.second].map(|response| response.text.chars().count());
    a.abs_diff(b) as f64 / (a + b).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (1.959964 √q + 0.841621 √(q − d²))² / d² by hand.
    #[test]
    fn the_number_of_anchors_is_that_of_the_formula() {
        for (net, discordance, expected) in
            [(0.1, 0.25, 194), (0.05, 0.25, 783), (0.2, 0.25, 47), (0.1, 0.1, 77), (0.3, 0.3, 24)]
        {
            assert_eq!(anchors_needed(net, discordance), expected, "{net} of {discordance}");
        }
        assert!(anchors_needed(1e-300, 1.0) > 1_000_000_000);
    }
}
