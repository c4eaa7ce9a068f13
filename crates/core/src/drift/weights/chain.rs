//! Forward chaining: each block of votes is foretold from those before it.

use super::decay::{Decay, weight_at};
use crate::drift::comparison::{Comparisons, Ridge};
use crate::statistics::Rows;
use std::ops::Range;

/// Votes of less weight change no loss in the digits that are told.
const LEAST_WEIGHT: f64 = 1e-9;

/// What is tried; dates in days as those of the votes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Candidate {
    /// A weight by age.
    Aged(Decay),
    /// Votes before this date count nothing, once it has passed.
    CutAt(f64),
}

impl Candidate {
    /// The weight by age, seen from a day.
    pub fn decay_at(self, day: f64) -> Decay {
        match self {
            Self::Aged(decay) => decay,
            Self::CutAt(cut) if day > cut => Decay::Cut { age_days: day - cut },
            Self::CutAt(_) => Decay::None,
        }
    }

    /// The weights of votes at these times, seen from a day.
    pub fn weights(self, times: &[f64], day: f64) -> Vec<f64> {
        let decay = self.decay_at(day);
        times.iter().map(|time| weight_at(Some(day - time), &decay)).collect()
    }
}

/// Votes that are foretold together, from all before them.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Their places.
    pub votes: Range<usize>,
    /// The day on which the block begins, from which ages are counted.
    pub day: f64,
}

/// Blocks of as many votes each, in the order of time.
pub fn blocks(times: &[f64], n_blocks: usize) -> Vec<Block> {
    let start = |block: usize| times.len() * block / n_blocks;
    let block = |block: usize| Block {
        votes: start(block)..start(block + 1),
        day: times.get(start(block)).copied().unwrap_or_default(),
    };
    (0..n_blocks).map(block).collect()
}

/// The loss of each vote of the blocks, in nats: minus the log-probability that the votes before its block gave it, each weighed by its age when the block begins.
///
/// A loss of ln 2 is a coin's.
/// Where no fit exists, which takes a ridge of 0, the last one stands.
pub fn losses(comparisons: &Comparisons, blocks: &[Block], candidate: Candidate, ridge: Ridge) -> Vec<f64> {
    let ridges = comparisons.ridges(ridge);
    let mut coefficients = vec![0.0; ridges.len()];
    let mut losses = Vec::new();
    for block in blocks {
        let before = &comparisons.times()[..block.votes.start];
        let weights = candidate.weights(before, block.day);
        // What counts nothing need not be looked at, and the oldest count least.
        let oldest = weights.partition_point(|weight| *weight < LEAST_WEIGHT);
        let rows = comparisons.range(oldest..before.len()).weighed(&weights[oldest..]);
        if let Some(fit) = rows.fit_from(&coefficients, &ridges) {
            coefficients = fit.coefficients;
        }
        losses.extend(block_losses(comparisons.range(block.votes.clone()), &coefficients));
    }
    losses
}

fn block_losses(rows: Rows<'_>, coefficients: &[f64]) -> Vec<f64> {
    let loss = |place: usize| {
        let row = rows.row(place);
        let eta: f64 = row.features.iter().zip(coefficients).map(|(x, c)| x * c).sum();
        eta.max(0.0) + libm::log1p(libm::exp(-eta.abs())) - row.outcome * eta
    };
    (0..rows.len()).map(loss).collect()
}
