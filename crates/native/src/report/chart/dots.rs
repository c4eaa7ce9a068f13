//! Numbers with their intervals, one a line.

use super::axis::{minus, Axis};
use super::bars::{left_of, shortened, turn, MOST_CHARACTERS};
use super::canvas::{Mark, Picture, Plane};
use super::ink::Ink;
use crate::terminal::count;

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
    /// How much it rests on, written behind the name where it is given.
    pub n: Option<usize>,
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
    let names: Vec<String> = dots.iter().map(written).collect();
    let mut y = Axis::names(&names, names.len().max(1));
    turn(&mut y);
    let x = match scale {
        Scale::Percent => Axis::percent(),
        Scale::Coefficient => coefficients(dots),
    };
    let mut marks = Vec::new();
    marks.extend(rule.map(|rule| Mark::Interval { from: (rule, y.low), to: (rule, y.high), ink: Ink::Rule }));
    let last = dots.len().saturating_sub(1) as f64;
    for (place, dot) in dots.iter().enumerate() {
        let height = last - place as f64;
        if let Some((from, to)) = dot.interval {
            let points = vec![(from, height), (to, height)];
            marks.push(Mark::Line { points, ink: dot.ink });
        }
        marks.push(Mark::Dot { at: (dot.value, height), ink: dot.ink });
    }
    let height = AROUND + ROW * dots.len().max(1) as u32;
    Plane { height, left: left_of(&names), x, y, has_upright_grid: true }.draw(&marks)
}

/// The name, short enough that what it rests on fits behind it.
fn written(dot: &Dot) -> String {
    match dot.n {
        None => shortened(&dot.name, MOST_CHARACTERS),
        Some(n) => {
            let n = format!(" ({})", count(n as u64));
            shortened(&dot.name, MOST_CHARACTERS.saturating_sub(n.chars().count())) + &n
        }
    }
}

/// From the lowest value or 0 up to 1.
fn coefficients(dots: &[Dot]) -> Axis {
    let lowest = |dot: &Dot| dot.interval.map_or(dot.value, |interval| interval.0.min(dot.value));
    Axis::up_to_one(dots.iter().map(lowest), |value| minus(&format!("{value:.1}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_leaves_room_for_what_it_rests_on() {
        let dot =
            |name: &str, n| Dot { name: name.to_owned(), value: 0.5, interval: None, ink: Ink::First, n };
        for (name, n, expected) in [
            ("billing", None, "billing"),
            ("billing", Some(1234), "billing (1,234)"),
            ("cancellations and refunds", None, "cancellations and ref…"),
            ("cancellations and refunds", Some(31), "cancellations an… (31)"),
        ] {
            assert_eq!(written(&dot(name, n)), expected);
        }
    }
}
