//! Axes: a range, and the values that are written at it.

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    /// Values with what is written at them, rising.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Shares of 0 to 1 in percent.
    pub fn percent() -> Self {
        let tick = |quarter: u32| (f64::from(quarter) / 4.0, format!("{} %", 25 * quarter));
        Self { low: 0.0, high: 1.0, ticks: (0..=4).map(tick).collect() }
    }

    /// From 0, or as far below it as `lowest` goes, up to 1: halves, and whole numbers where it goes far.
    pub fn up_to_one(lowest: impl IntoIterator<Item = f64>, text: impl Fn(f64) -> String) -> Self {
        let lowest = lowest.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::min);
        let step = if lowest < -1.0 { step(-lowest / 4.0).max(1.0) } else { 0.5 };
        let start = (lowest / step).floor() * step;
        let n_steps = ((1.0 - start) / step).round() as usize;
        let tick = |number: usize| {
            let value = start + number as f64 * step;
            (value, text(value))
        };
        Self { low: start, high: 1.0, ticks: (0..=n_steps).map(tick).collect() }
    }

    /// Round values around those given, 0 among them where `has_zero`.
    pub fn around(values: impl IntoIterator<Item = f64>, has_zero: bool) -> Self {
        let start = if has_zero { (0.0, 0.0) } else { (f64::INFINITY, f64::NEG_INFINITY) };
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = finite.fold(start, |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = match high - low {
            span if !span.is_finite() => (0.0, 1.0),
            span if span <= 0.0 => (low - 0.5, high + 0.5),
            _ => (low, high),
        };
        Self::round(low, high)
    }

    fn round(low: f64, high: f64) -> Self {
        let step = step((high - low) / 4.0);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let tick = |number: i64| {
            let value = number as f64 * step;
            (value, minus(&format!("{value:.decimals$}")))
        };
        let ticks = (first as i64..=last as i64).map(tick).collect();
        Self { low: first * step, high: last * step, ticks }
    }

    /// Places from 0, one for each name, of which so many are written as fit.
    pub fn names(names: &[String], most: usize) -> Self {
        let step = names.len().div_ceil(most).max(1);
        let named = names.iter().enumerate().step_by(step);
        Self {
            low: -0.5,
            high: names.len().max(1) as f64 - 0.5,
            ticks: named.map(|(place, name)| (place as f64, name.clone())).collect(),
        }
    }

    pub fn written_at(&self, value: f64) -> String {
        let span = (self.high - self.low) * 1e-6;
        let tick = self.ticks.iter().find(|(tick, _)| (tick - value).abs() < span);
        tick.map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// The library draws marks by this, and a line at each tick.
impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Light lines between them would say nothing more.
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// 1, 2 or 5 times a power of ten, at least as large as asked for.
fn step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(least)
}

/// A number with a true minus sign, and never −0.
pub fn minus(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => number.to_owned(),
    }
}

/// `Jan 26` of `2026-01`.
pub fn month_label(month: &str) -> String {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts = month.split_once('-').and_then(|(year, number)| {
        let name = NAMES.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some(format!("{name} {}", year.get(2..)?))
    });
    parts.unwrap_or_else(|| month.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], has_zero: bool, expected: &[&str]) {
        let axis = Axis::around(values.iter().copied(), has_zero);
        let texts: Vec<&str> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, expected, "{axis:?}");
        assert!(values.iter().all(|v| !v.is_finite() || (axis.low..=axis.high).contains(v)), "{axis:?}");
    }

    #[test]
    fn axes_have_round_numbers_around_all_values() {
        check(&[0.1, 3.9], true, &["0", "1", "2", "3", "4"]);
        check(&[-0.31, 0.22], true, &["−0.4", "−0.2", "0.0", "0.2", "0.4"]);
        check(&[1200.0, 5300.0], true, &["0", "2000", "4000", "6000"]);
        check(&[5.0], false, &["4.5", "5.0", "5.5"]);
        check(&[], false, &["0.0", "0.5", "1.0"]);
        check(&[f64::NAN, 1.0], true, &["0.0", "0.5", "1.0"]);
    }

    #[test]
    fn coefficients_below_0_are_on_the_axis_however_low_they_are() {
        for (lowest, expected) in [
            (0.3, vec!["0.0", "0.5", "1.0"]),
            (-0.2, vec!["−0.5", "0.0", "0.5", "1.0"]),
            (-0.8, vec!["−1.0", "−0.5", "0.0", "0.5", "1.0"]),
            (-1.4, vec!["−2.0", "−1.0", "0.0", "1.0"]),
        ] {
            let axis = Axis::up_to_one([lowest, f64::NAN], |value| minus(&format!("{value:.1}")));
            let texts: Vec<&str> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, expected);
            assert!(axis.low <= lowest.min(0.0) && axis.high == 1.0, "{axis:?}");
        }
    }

    #[test]
    fn months_are_written_short() {
        assert_eq!([month_label("2026-01"), month_label("x")], ["Jan 26", "x"]);
    }
}
