//! Which pairs connect a prompt's responses, so that all of them can be told from each other.

use super::candidate::{Candidate, Pool};
use crate::disjoint_sets::DisjointSets;

/// The pairs that connect one sample.
#[derive(Debug, PartialEq)]
pub(super) struct Tree {
    /// Places of the candidates, those that tell most first.
    pub places: Vec<usize>,
    /// Their mean gain, in nats.
    pub mean_gain: f64,
}

/// For each sample whose responses people's votes and the pairs at `chosen` do not connect, the pairs that do: the minimum spanning tree on 1 / gain (Li et al. 2018, "Hybrid-MST"; Kruskal 1956).
///
/// `by_gain` holds the places of all candidates, the largest gain first.
/// Trees that tell more a pair come first; of two that tell as much, the one whose first pair comes first in `by_gain`.
pub(super) fn trees(pool: &Pool<'_>, chosen: &[bool], by_gain: &[usize]) -> Vec<Tree> {
    let mut groups = DisjointSets::new(pool.n_responses);
    let mut join = |[a, b]: [usize; 2]| groups.join(a, b);
    for responses in &pool.connected {
        join(*responses);
    }
    let candidate = |place: &usize| -> &Candidate<'_> { &pool.candidates[*place] };
    for (candidate, _) in pool.candidates.iter().zip(chosen).filter(|(_, chosen)| **chosen) {
        join(candidate.responses);
    }
    let places = by_gain.iter().copied();
    let edges: Vec<usize> = places.filter(|place| join(candidate(place).responses)).collect();
    let mut trees: Vec<(usize, Tree)> = Vec::new();
    let mut ranked: Vec<(usize, usize)> = edges.into_iter().enumerate().collect();
    ranked.sort_by_key(|(rank, place)| (candidate(place).sample, *rank));
    for edges in ranked.chunk_by(|a, b| candidate(&a.1).sample == candidate(&b.1).sample) {
        let places: Vec<usize> = edges.iter().map(|(_, place)| *place).collect();
        let mean_gain = places.iter().map(|place| candidate(place).gain).sum::<f64>() / places.len() as f64;
        trees.push((edges[0].0, Tree { places, mean_gain }));
    }
    trees.sort_by(|(rank, a), (other, b)| b.mean_gain.total_cmp(&a.mean_gain).then(rank.cmp(other)));
    trees.into_iter().map(|(_, tree)| tree).collect()
}
