//! Whether probabilities come true as often as they say.

use super::axis::Axis;
use super::canvas::{Mark, Picture, Plane};
use super::ink::Ink;
use tiebreak_core::judge::card::Bin;
use tiebreak_core::statistics::{wilson, CONFIDENCE};

const HEIGHT: u32 = 300;

/// A dot a bin with its interval, and the line on which probabilities are right.
pub fn reliability(bins: &[Bin]) -> Picture {
    let plane =
        Plane { height: HEIGHT, left: 52, x: Axis::percent(), y: Axis::percent(), has_upright_grid: false };
    let mut marks = vec![Mark::Interval { from: (0.0, 0.0), to: (1.0, 1.0), ink: Ink::Rule }];
    for bin in bins {
        let right = (bin.frequency * bin.pairs as f64).round() as usize;
        if let Some(interval) = wilson(right, bin.pairs, CONFIDENCE) {
            let points = vec![(bin.mean_probability, interval.low), (bin.mean_probability, interval.high)];
            marks.push(Mark::Line { points, ink: Ink::First });
        }
        marks.push(Mark::Dot { at: (bin.mean_probability, bin.frequency), ink: Ink::First });
    }
    plane.draw(&marks)
}
