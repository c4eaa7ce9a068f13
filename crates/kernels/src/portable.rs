//! Tiles in plain Rust: the reference, and what other processors compute with.

use crate::STRIP;
use crate::activations::Values;
use crate::form::KnownForm;
use crate::packed::Line;
use crate::tile::{Instructions, Lanes, Tile, quads};
use half::f16;
use std::borrow::Cow;

/// Every processor's instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

impl Instructions for Portable {
    type Values = Values;

    fn widen(self, halves: &[[f16; STRIP]], numbers: &mut [Lanes]) {
        for (half, number) in halves.as_flattened().iter().zip(numbers.as_flattened_mut()) {
            *number = half.to_f32();
        }
    }

    fn values<'a, F: KnownForm>(self, values: &'a [Values]) -> Cow<'a, [Values]> {
        Cow::Borrowed(values)
    }

    fn tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
        self,
        tile: &Tile<'_, Values>,
    ) -> [[Lanes; STRIPS]; ROWS] {
        let mut totals = [[[0.0; STRIP]; STRIPS]; ROWS];
        for block in 0..tile.blocks() {
            for (row, totals) in totals.iter_mut().enumerate() {
                for (strip, total) in totals.iter_mut().enumerate() {
                    add_block::<F, ROWS, STRIPS>(tile, [row, strip, block], total);
                }
            }
        }
        totals
    }
}

/// Adds one block of one row and strip to `total`.
fn add_block<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
    tile: &Tile<'_, Values>,
    [row, strip, block]: [usize; 3],
    total: &mut Lanes,
) {
    let lines = tile.lines::<F, STRIPS>(strip, block);
    let values = &tile.values::<ROWS>(block)[row];
    let summary = &tile.summaries::<ROWS>(block)[row];
    for group in 0..F::GROUPS {
        let mut dots = [-F::ZERO_POINT * summary.group_sum::<F>(group); STRIP];
        for quad in quads::<F>(group) {
            add_quad::<F>(lines, quad, values.quad(quad), &mut dots);
        }
        let scales = tile.scales::<F, STRIPS>(strip, block, group);
        for lane in 0..STRIP {
            total[lane] += dots[lane] as f32 * (scales[lane] * summary.scale);
        }
        if F::MINIMUM {
            let minimums = tile.minimums::<F, STRIPS>(strip, block, group);
            for lane in 0..STRIP {
                total[lane] += minimums[lane] * summary.scaled_group_sum::<F>(group);
            }
        }
    }
}

/// Adds four inputs' products to the dot product of each output.
///
/// The four bytes of an output are taken from one number, so that compilers turn outputs into lanes.
fn add_quad<F: KnownForm>(lines: &[Line], quad: usize, values: i32, dots: &mut [i32; STRIP]) {
    let values = values.to_le_bytes().map(|value| i32::from(value as i8));
    let line = &lines[if F::NIBBLES { quad % 4 } else { quad }].0;
    let shift = if F::NIBBLES { quad / 4 * 4 } else { 0 };
    let mask = if F::NIBBLES { 15 } else { 255 };
    for (dot, weights) in dots.iter_mut().zip(line.as_chunks::<4>().0) {
        let weights = u32::from_le_bytes(*weights) >> shift;
        let weight = |input: usize| (weights >> (8 * input) & mask) as i32;
        *dot += weight(0) * values[0] + weight(1) * values[1] + weight(2) * values[2] + weight(3) * values[3];
    }
}
