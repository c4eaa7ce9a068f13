//! Forward chaining: each block of votes is foretold from those before it.

use super::decay::{Decay, weight_at};
use crate::drift::comparison::{Comparisons, Ridge};
use crate::statistics::Rows;
use std::ops::Range;

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

/// Blocks of one length in time, from the first to the last vote: the votes of each, and the day on which it begins.
pub fn blocks_of_time(times: &[f64], n_blocks: usize) -> Vec<(Range<usize>, f64)> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return Vec::new();
    };
    let day = |block: usize| first + (last - first) * block as f64 / n_blocks as f64;
    let start = |block: usize| times.partition_point(|time| *time < day(block));
    let end = |block: usize| if block + 1 == n_blocks { times.len() } else { start(block + 1) };
    (0..n_blocks).map(|block| (start(block)..end(block), day(block))).collect()
}

/// The loss of each vote of the blocks, in nats: minus the log-probability that the votes before its block gave it, each weighed by its age when the block begins.
///
/// A loss of ln 2 is a coin's.
/// Where no fit exists, which takes a ridge of 0, the last one stands.
pub fn losses(
    comparisons: &Comparisons,
    blocks: &[(Range<usize>, f64)],
    candidate: Candidate,
    ridge: Ridge,
) -> Vec<f64> {
    let ridges = comparisons.ridges(ridge);
    let mut coefficients = vec![0.0; ridges.len()];
    let mut losses = Vec::new();
    for (block, day) in blocks {
        let weights = candidate.weights(&comparisons.times()[..block.start], *day);
        let rows = comparisons.range(0..block.start).weighed(&weights);
        if let Some(fit) = rows.fit_from(&coefficients, &ridges) {
            coefficients = fit.coefficients;
        }
        losses.extend(block_losses(comparisons.range(block.clone()), &coefficients));
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
