//! The smallest product: a few rows with a few strips.

use crate::activations::{Summary, Values};
use crate::form::KnownForm;
use crate::kernels::Work;
use crate::packed::Line;
use crate::{BLOCK, STRIP};
use half::f16;
use std::borrow::Cow;
use std::ops::Range;

/// A number for each output of a strip.
pub(crate) type Lanes = [f32; STRIP];

/// What a kernel reads. Every instruction set computes the same from it, for each row and output:
///
/// ```text
/// total = 0
/// for each block:
///     for each of its groups:
///         total = total + dot * (weight scale * activation scale)
///         where the form has minimums:
///             total = total + minimum * (activation scale * sum of the group's values)
/// ```
///
/// where `dot` is the integer dot product of the group's weights, less the zero point, and values.
/// Each operation rounds to f32 by itself: a fused one would need instructions that not every processor has.
#[derive(Clone, Copy)]
pub(crate) struct Tile<'a, V> {
    /// (strips, blocks, lines of the form)
    pub quants: &'a [Line],
    /// (strips, blocks, groups, STRIP)
    pub scales: &'a [f32],
    /// (strips, blocks, groups, STRIP) where the form has minimums, else empty.
    pub minimums: &'a [f32],
    /// (blocks, rows), as [`Instructions::values`] makes them.
    pub values: &'a [V],
    /// (blocks, rows)
    pub summaries: &'a [Summary],
    /// How many rows there are.
    pub rows: usize,
    /// The first row of the tile.
    pub row: usize,
    /// Lines that will be read soon.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "portable code cannot prefetch"))]
    pub ahead: &'a [Line],
}

impl<'a, V> Tile<'a, V> {
    pub fn blocks(&self) -> usize {
        self.values.len() / self.rows
    }

    /// The values of the tile's rows in one block.
    #[inline(always)]
    pub fn values<const ROWS: usize>(&self, block: usize) -> &'a [V; ROWS] {
        let from_row = &self.values[block * self.rows + self.row..];
        from_row.first_chunk().expect("a tile lies within its rows")
    }

    /// The summaries of the tile's rows in one block.
    #[inline(always)]
    pub fn summaries<const ROWS: usize>(&self, block: usize) -> &'a [Summary; ROWS] {
        let from_row = &self.summaries[block * self.rows + self.row..];
        from_row.first_chunk().expect("a tile lies within its rows")
    }

    /// A block's weights in one strip of `STRIPS`.
    #[inline(always)]
    pub fn lines<F: KnownForm, const STRIPS: usize>(&self, strip: usize, block: usize) -> &'a [Line] {
        let blocks = self.quants.len() / (STRIPS * F::LINES);
        &self.quants[(strip * blocks + block) * F::LINES..][..F::LINES]
    }

    /// A group's scales in one strip of `STRIPS`.
    #[inline(always)]
    pub fn scales<F: KnownForm, const STRIPS: usize>(
        &self,
        strip: usize,
        block: usize,
        group: usize,
    ) -> &'a Lanes {
        numbers_of_group::<F, STRIPS>(self.scales, [strip, block, group])
    }

    /// A group's minimums in one strip of `STRIPS`.
    #[inline(always)]
    pub fn minimums<F: KnownForm, const STRIPS: usize>(
        &self,
        strip: usize,
        block: usize,
        group: usize,
    ) -> &'a Lanes {
        numbers_of_group::<F, STRIPS>(self.minimums, [strip, block, group])
    }
}

/// Of `numbers`, (strips, blocks, groups, STRIP), those of one group.
#[inline(always)]
fn numbers_of_group<F: KnownForm, const STRIPS: usize>(
    numbers: &[f32],
    [strip, block, group]: [usize; 3],
) -> &Lanes {
    let blocks = numbers.len() / (STRIPS * F::GROUPS * STRIP);
    let at = ((strip * blocks + block) * F::GROUPS + group) * STRIP;
    numbers[at..].first_chunk().expect("a group has a number for each lane")
}

impl Summary {
    /// The sum of one group's values.
    #[inline(always)]
    pub fn group_sum<F: KnownForm>(&self, group: usize) -> i32 {
        match (F::GROUPS, group) {
            (1, _) => self.sum,
            (_, 0) => self.half_sum,
            _ => self.sum - self.half_sum,
        }
    }

    /// The scale times the sum of one group's values.
    #[inline(always)]
    pub fn scaled_group_sum<F: KnownForm>(&self, group: usize) -> f32 {
        if F::GROUPS == 1 { self.scaled_sum } else { self.scale * self.group_sum::<F>(group) as f32 }
    }
}

impl Values {
    /// Four values as one number, the first in the lowest byte.
    #[inline(always)]
    pub fn quad(&self, quad: usize) -> i32 {
        let [a, b, c, d] = *self.0[4 * quad..].first_chunk().expect("a block has eight quads");
        i32::from_le_bytes([a as u8, b as u8, c as u8, d as u8])
    }
}

/// The quads of one group.
#[inline(always)]
pub(crate) fn quads<F: KnownForm>(group: usize) -> Range<usize> {
    const { assert!(4 * F::QUADS * F::GROUPS == BLOCK) };
    group * F::QUADS..(group + 1) * F::QUADS
}

/// A set of instructions that computes tiles.
pub(crate) trait Instructions: Copy {
    /// What it multiplies weights by, for a block of one row.
    type Values: Clone;

    /// Does work that the compiler turns into these instructions: those of the whole program, where they are no more.
    fn run<W: Work>(self, work: W) -> W::Output {
        work.run()
    }

    /// Writes halves in single precision.
    fn widen(self, halves: &[[f16; STRIP]], numbers: &mut [Lanes]);

    /// The values as they are multiplied, made once for all tiles of a product.
    fn values<'a, F: KnownForm>(self, values: &'a [Values]) -> Cow<'a, [Self::Values]>;

    /// The product of `ROWS` rows with `STRIPS` strips.
    fn tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
        self,
        tile: &Tile<'_, Self::Values>,
    ) -> [[Lanes; STRIPS]; ROWS];
}
