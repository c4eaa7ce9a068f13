//! Counts: columns by month, and bars of how much of a whole there is.

use super::axis::{month_label, Axis};
use super::canvas::{Mark, Picture, Plane};
use super::ink::{Ink, SERIES};

const COLUMNS_HEIGHT: u32 = 220;
/// Of each name's place a column takes so much.
const COLUMN: f64 = 0.76;
const MOST_MONTHS: usize = 6;
/// Pixels of a bar with its space.
const ROW: u32 = 24;
/// Pixels beside the bars.
const AROUND: u32 = 36;

/// A column a month, its parts on top of each other.
pub fn columns(months: &[String], parts: &[[usize; 4]]) -> Picture {
    let total = |parts: &[usize; 4]| parts.iter().sum::<usize>() as f64;
    let names: Vec<String> = months.iter().map(|month| month_label(month)).collect();
    let y = Axis::around(parts.iter().map(total), true);
    let left = 24 + 8 * y.ticks.iter().map(|(_, text)| text.chars().count() as u32).max().unwrap_or(1);
    let plane = Plane {
        height: COLUMNS_HEIGHT,
        left,
        x: Axis::names(&names, MOST_MONTHS),
        y,
        has_upright_grid: false,
    };
    let mut marks = Vec::new();
    for (place, parts) in parts.iter().enumerate() {
        let (left, right) = (place as f64 - COLUMN / 2.0, place as f64 + COLUMN / 2.0);
        let mut below = 0.0;
        for (count, ink) in parts.iter().zip(SERIES).filter(|(count, _)| **count > 0) {
            let above = below + *count as f64;
            marks.push(Mark::Bar { from: (left, below), to: (right, above), ink });
            below = above;
        }
    }
    plane.draw(&marks)
}

/// A bar a name for how much there is, and over it one for the part that is done.
pub fn shares(names: &[String], wholes: &[(usize, usize)]) -> Picture {
    let written: Vec<String> = names.iter().map(|name| shortened(name)).collect();
    let left = left_of(&written);
    let mut y = Axis::names(&written, written.len().max(1));
    turn(&mut y);
    let x = Axis::around(wholes.iter().map(|(whole, _)| *whole as f64), true);
    let last = names.len().saturating_sub(1) as f64;
    let mut marks = Vec::new();
    for (place, (whole, done)) in wholes.iter().enumerate() {
        let middle = last - place as f64;
        let bar = |to: usize, half: f64, ink| Mark::Bar {
            from: (0.0, middle - half),
            to: (to as f64, middle + half),
            ink,
        };
        marks.push(bar(*whole, 0.34, Ink::Line));
        marks.push(bar(*done, 0.34, Ink::First));
    }
    let height = AROUND + ROW * names.len().max(1) as u32;
    Plane { height, left, x, y, has_upright_grid: true }.draw(&marks)
}

/// The first name stands at the top.
pub(super) fn turn(axis: &mut Axis) {
    let sum = axis.low + axis.high;
    axis.ticks.iter_mut().for_each(|(value, _)| *value = sum - *value);
    axis.ticks.reverse();
}

/// Pixels that names take at the left of a picture.
pub(super) fn left_of(names: &[String]) -> u32 {
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as u32;
    (16 + 7 * longest).clamp(48, 204)
}

/// A name that fits beside a picture.
pub(super) fn shortened(name: &str) -> String {
    const MOST: usize = 26;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST - 1).chain(['…']).collect()
}
