//! The random part.

use super::candidate::Candidate;
use crate::random::{Purpose, ResponseRandom};

/// The places of `n` candidates drawn without replacement, each set of as many as probable as any other.
///
/// Each pair has a number of its own by seed and id, and the smallest are drawn, so that nothing else of a pair plays a part.
pub(super) fn draw(candidates: &[Candidate<'_>], n: usize, seed: u64) -> Vec<usize> {
    let number = |candidate: &Candidate<'_>| {
        ResponseRandom::new(seed, candidate.id(), 0).uniform(Purpose::NextPair, 0)
    };
    let mut numbered: Vec<(f64, usize)> =
        candidates.iter().enumerate().map(|(place, candidate)| (number(candidate), place)).collect();
    numbered.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| candidates[a.1].id().cmp(candidates[b.1].id())));
    numbered.into_iter().take(n).map(|(_, place)| place).collect()
}
