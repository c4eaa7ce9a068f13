//! Weights by age.

use super::axis::Axis;
use super::canvas::{Mark, Picture, Plane};
use super::ink::Ink;
use tiebreak_core::report::AgeBin;

const HEIGHT: u32 = 220;
/// The most ages that fit below the picture.
const MOST_AGES: usize = 5;

/// A bar from 0 to the mean weight of each age, and a thin line from its lowest weight to its highest.
pub fn weights(bins: &[AgeBin]) -> Picture {
    let oldest = bins.last().map_or(1, |bin| bin.to_days);
    let step = (oldest as f64 / (MOST_AGES - 1) as f64).max(1.0);
    let tick = |part: usize| {
        let age = (part as f64 * step).round();
        (age, format!("{age:.0} d"))
    };
    let x = Axis {
        low: 0.0,
        high: oldest as f64,
        ticks: (0..MOST_AGES).map(tick).filter(|(age, _)| *age <= oldest as f64).collect(),
    };
    let y = Axis::around(bins.iter().map(|bin| bin.high), true);
    let mut marks = Vec::new();
    for bin in bins {
        let (from, to) = (bin.from_days as f64, bin.to_days as f64);
        let space = 0.1 * (to - from);
        marks.push(Mark::Bar { from: (from + space, 0.0), to: (to - space, bin.mean), ink: Ink::First });
        if bin.low < bin.high {
            let middle = (from + to) / 2.0;
            marks.push(Mark::Interval { from: (middle, bin.low), to: (middle, bin.high), ink: Ink::Soft });
        }
    }
    Plane { height: HEIGHT, left: 48, x, y, has_upright_grid: false }.draw(&marks)
}
