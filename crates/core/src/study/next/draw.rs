//! The random part.

use super::candidate::Candidate;
use crate::random::{Purpose, ResponseRandom};

/// The places of `n` candidates drawn without replacement, each set of as many as probable as any other.
///
/// Each pair has a number of its own by seed, number of votes and id, and the smallest are drawn, so that nothing else of a pair plays a part.
/// The number of votes makes each round a new draw under one seed, without which a pair that was drawn once would be drawn every time; what the votes say plays no part.
pub(super) fn draw(candidates: &[Candidate<'_>], n: usize, (seed, n_votes): (u64, usize)) -> Vec<usize> {
    // More votes than an index can hold begin from its start again.
    let round = n_votes as u32;
    let number = |candidate: &Candidate<'_>| {
        ResponseRandom::new(seed, candidate.id(), round).uniform(Purpose::NextPair, 0)
    };
    let mut numbered: Vec<(f64, usize)> =
        candidates.iter().enumerate().map(|(place, candidate)| (number(candidate), place)).collect();
    numbered.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| candidates[a.1].id().cmp(candidates[b.1].id())));
    numbered.into_iter().take(n).map(|(_, place)| place).collect()
}
