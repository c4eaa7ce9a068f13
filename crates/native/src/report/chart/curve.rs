//! Numbers over time, with what they may be.

use super::axis::{minus, month_label, Axis};
use super::canvas::{Mark, Picture, Plane};
use super::ink::{Ink, SERIES};
use jiff::Timestamp;

const HEIGHT: u32 = 190;
const LEFT: u32 = 48;
/// The most dates that fit below each other.
const MOST_DATES: usize = 5;

/// A number with its interval, at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    pub at: Timestamp,
    /// Value, lower and upper end of its interval.
    pub value: [f64; 3],
}

/// One curve with a band around it; `percent` says whether it is a share, and else a line stands at 0.
pub fn curve(points: &[CurvePoint], percent: bool) -> Picture {
    let seconds = |point: &CurvePoint| point.at.as_second() as f64;
    let at = |place: usize| points.iter().map(move |p| (seconds(p), p.value[place])).collect::<Vec<_>>();
    let y = if percent {
        share_axis(points.iter().map(|point| point.value[2]))
    } else {
        Axis::around(points.iter().flat_map(|point| point.value), true)
    };
    let x = time_axis(points);
    let mut marks = vec![Mark::Band { low: at(1), high: at(2), ink: Ink::First }];
    if !percent {
        marks.push(Mark::Interval { from: (x.low, 0.0), to: (x.high, 0.0), ink: Ink::Rule });
    }
    marks.push(Mark::Line { points: at(0), ink: Ink::First });
    marks.extend(at(0).into_iter().map(|at| Mark::Dot { at, ink: Ink::First }));
    Plane { height: HEIGHT, left: LEFT, x, y, has_upright_grid: false }.draw(&marks)
}

/// From 0 to the whole, or to a round share that holds all values.
fn share_axis(highest: impl Iterator<Item = f64>) -> Axis {
    let highest = highest.fold(0.0, f64::max);
    match [(0.1, 5), (0.2, 5), (0.4, 4), (0.6, 3)].into_iter().find(|(end, _)| highest <= *end) {
        Some((end, parts)) => {
            let tick = |part: i32| {
                let value = end * f64::from(part) / f64::from(parts);
                (value, format!("{:.0} %", 100.0 * value))
            };
            Axis { low: 0.0, high: end, ticks: (0..=parts).map(tick).collect() }
        }
        None => Axis::percent(),
    }
}

/// The first and the last time, and even steps between them.
fn time_axis(points: &[CurvePoint]) -> Axis {
    let seconds = || points.iter().map(|point| point.at.as_second() as f64);
    let (first, last) = seconds().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), s| (a.min(s), b.max(s)));
    let (low, high) = if first < last { (first, last) } else { (first - 43_200.0, first + 43_200.0) };
    let margin = 0.02 * (high - low);
    let is_short = high - low < 60.0 * 86_400.0;
    let tick = |part: usize| {
        let second = low + (high - low) * part as f64 / (MOST_DATES - 1) as f64;
        (second, date(second, is_short))
    };
    let mut ticks: Vec<(f64, String)> = (0..MOST_DATES).map(tick).collect();
    ticks.dedup_by(|later, earlier| later.1 == earlier.1);
    Axis { low: low - margin, high: high + margin, ticks }
}

/// `Jan 26`, or over less than two months `Jan 5`.
fn date(second: f64, is_short: bool) -> String {
    let Ok(time) = Timestamp::from_second(second as i64) else { return String::new() };
    if is_short {
        return time.strftime("%b %-d").to_string();
    }
    month_label(&time.strftime("%Y-%m").to_string())
}

/// A coefficient of at most 1, with its interval where it has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinePoint {
    pub value: f64,
    pub interval: Option<(f64, f64)>,
}

/// Coefficients by name in time as percent of 1, one line a series, with upright intervals; what is not known is a gap.
pub fn lines(names: &[String], series: &[Vec<Option<LinePoint>>]) -> Picture {
    let written: Vec<String> = names.iter().map(|name| month_label(name)).collect();
    let lowest = |point: &LinePoint| point.interval.map_or(point.value, |(low, _)| low.min(point.value));
    let y = Axis::up_to_one(series.iter().flatten().flatten().map(lowest), |value| {
        minus(&format!("{:.0} %", 100.0 * value))
    });
    let plane = Plane {
        height: HEIGHT,
        left: LEFT,
        x: Axis::names(&written, MOST_DATES + 1),
        y,
        has_upright_grid: false,
    };
    let marks = series.iter().zip(SERIES).flat_map(|(values, ink)| line(values, ink)).collect::<Vec<_>>();
    plane.draw(&marks)
}

fn line(values: &[Option<LinePoint>], ink: Ink) -> Vec<Mark> {
    let mut marks = Vec::new();
    let place = |(place, point): (usize, &Option<LinePoint>)| Some((place as f64, (*point)?));
    let points: Vec<Option<(f64, LinePoint)>> = values.iter().enumerate().map(place).collect();
    for part in points.split(Option::is_none) {
        for (place, point) in part.iter().flatten() {
            if let Some((low, high)) = point.interval {
                marks.push(Mark::Interval { from: (*place, low), to: (*place, high), ink });
            }
            marks.push(Mark::Dot { at: (*place, point.value), ink });
        }
        let points = part.iter().flatten().map(|(place, point)| (*place, point.value)).collect();
        marks.push(Mark::Line { points, ink });
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coefficient_below_minus_a_half_stands_where_it_is_and_has_its_interval() {
        let point = |value, interval| Some(LinePoint { value, interval });
        let names = ["2026-01", "2026-02", "2026-03"].map(str::to_owned);
        let drawn = |lowest: f64, interval| {
            let alpha = vec![point(lowest, interval), None, point(0.4, None)];
            lines(&names, &[alpha]).drawing
        };
        let (low, lower) = (drawn(-0.6, None), drawn(-0.9, None));
        assert_ne!(low, lower, "both were drawn at the same place");
        assert!(lower.contains("−100 %") && lower.contains("Jan 26"), "{lower}");
        assert_eq!(lower.matches("<circle").count(), 2);
        let with_interval = drawn(-0.9, Some((-0.95, -0.6)));
        let paths = |drawing: &str| drawing.matches("<polyline").count();
        assert_eq!(paths(&with_interval), paths(&lower) + 1, "{with_interval}");
    }
}
