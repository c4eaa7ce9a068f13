//! Numbers with their intervals, one a line.

use super::axis::{minus, Axis};
use super::bars::{left_of, shortened, turn};
use super::canvas::{Mark, Picture, Plane};
use super::ink::Ink;

/// Pixels of a line.
const ROW: u32 = 24;
/// Pixels beside the lines.
const AROUND: u32 = 36;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    pub name: String,
    pub value: f64,
    /// The ends of its interval, where it has one.
    pub interval: Option<(f64, f64)>,
    pub ink: Ink,
}

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Shares of 0 to 1, written in percent.
    Percent,
    /// Up to 1, and as far below 0 as they go.
    Coefficient,
}

/// Dots with their intervals; a line stands upright at `rule`.
pub fn dots(dots: &[Dot], scale: Scale, rule: Option<f64>) -> Picture {
    let names: Vec<String> = dots.iter().map(|dot| shortened(&dot.name)).collect();
    let mut y = Axis::names(&names, names.len().max(1));
    turn(&mut y);
    let x = match scale {
        Scale::Percent => Axis::percent(),
        Scale::Coefficient => coefficients(dots),
    };
    let mut marks = Vec::new();
    marks.extend(rule.map(|rule| Mark::Interval { from: (rule, y.low), to: (rule, y.high), ink: Ink::Rule }));
    let last = dots.len().saturating_sub(1) as f64;
    let within = |value: f64| value.clamp(x.low, x.high);
    for (place, dot) in dots.iter().enumerate() {
        let height = last - place as f64;
        if let Some((from, to)) = dot.interval {
            let points = vec![(within(from), height), (within(to), height)];
            marks.push(Mark::Line { points, ink: dot.ink });
        }
        marks.push(Mark::Dot { at: (within(dot.value), height), ink: dot.ink });
    }
    let height = AROUND + ROW * dots.len().max(1) as u32;
    Plane { height, left: left_of(&names), x, y, has_upright_grid: true }.draw(&marks)
}

/// Halves from the lowest value or 0 up to 1.
fn coefficients(dots: &[Dot]) -> Axis {
    let lowest = |dot: &Dot| dot.interval.map_or(dot.value, |interval| interval.0.min(dot.value));
    let low = dots.iter().map(lowest).fold(0.0, f64::min);
    let start = (low * 2.0).floor().max(-2.0) as i32;
    let tick = |half: i32| {
        let value = f64::from(half) / 2.0;
        (value, minus(&format!("{value:.1}")))
    };
    Axis { low: f64::from(start) / 2.0, high: 1.0, ticks: (start..=2).map(tick).collect() }
}
