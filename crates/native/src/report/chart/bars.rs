//! Counts: columns by month, and bars of how much of a whole there is.

use super::axis::{month_label, Axis};
use super::canvas::{Mark, Picture, Plane};
use super::ink::{Ink, SERIES};

const COLUMNS_HEIGHT: u32 = 220;
/// Of each name's place a column takes so much.
const COLUMN: f64 = 0.76;
/// Of the whole picture a single column takes at most this.
const WIDEST_COLUMN: f64 = 0.1;
const MOST_MONTHS: usize = 6;
/// Pixels of a bar with its space.
const ROW: u32 = 24;
/// Pixels beside the bars.
const AROUND: u32 = 36;
/// The most characters of a name beside a picture.
pub(super) const MOST_CHARACTERS: usize = 22;

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
    let half = COLUMN.min(WIDEST_COLUMN * parts.len() as f64) / 2.0;
    for (place, parts) in parts.iter().enumerate() {
        let (left, right) = (place as f64 - half, place as f64 + half);
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
    let written: Vec<String> = names.iter().map(|name| shortened(name, MOST_CHARACTERS)).collect();
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

/// Pixels that names take at the left of a picture, also where they are written larger for a narrow screen.
pub(super) fn left_of(names: &[String]) -> u32 {
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as u32;
    (16 + 8 * longest).clamp(48, 16 + 8 * MOST_CHARACTERS as u32)
}

/// A name in at most so many characters, above 0.
pub(super) fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let start: String = name.chars().take(most.saturating_sub(1)).collect();
    start.trim_end().to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_the_colours_of_the_page_and_escaped_names() {
        let names = ["<b>\"#0B6B66\"".to_owned(), "tone".to_owned()];
        let picture = shares(&names, &[(10, 4), (5, 0)]);
        for part in ["fill=\"var(--series-1)\"", "var(--line)", "&lt;b&gt;&quot;#0B6B66&quot;", "tone"] {
            assert!(picture.drawing.contains(part), "no `{part}` in {}", picture.drawing);
        }
        for never in ["<svg", "</svg>", "<b>", "=\"#", "font-family", "http"] {
            assert!(!picture.drawing.contains(never), "`{never}` in {}", picture.drawing);
        }
    }

    #[test]
    fn parts_of_a_month_stand_on_each_other_and_none_has_no_bar() {
        let months = ["2026-01".to_owned(), "2026-02".to_owned()];
        let picture = columns(&months, &[[3, 0, 1, 0], [0; 4]]);
        let bars = |series: usize| picture.drawing.matches(&format!("var(--series-{series})")).count();
        assert_eq!([1, 2, 3, 4].map(bars), [1, 0, 1, 0], "{}", picture.drawing);
        assert!(picture.drawing.contains("Jan 26"), "{}", picture.drawing);
    }
}
