//! From tiles to a product: strips outside, rows inside, so that weights come from memory once.

use crate::activations::Activations;
use crate::columns::Columns;
use crate::error::Result;
use crate::form::KnownForm;
use crate::packed::{Line, PackedMatrix};
use crate::tile::{Instructions, Tile};
use crate::{BLOCK, STRIP};
use std::borrow::Cow;
use std::ops::Range;

/// How many rows a tile has, while so many are left.
const TALL: usize = 4;

/// How many strips a tile has where there are [`MANY`] rows.
///
/// With three, compilers no longer keep all sums in registers.
const WIDE: usize = 2;

/// From how many rows on wide tiles gain more by using registers twice than they lose by reading two strips at a time.
const MANY: usize = 32;

/// A product to be computed; its parts fit each other.
pub(crate) struct Product<'a, 'output> {
    pub weights: &'a PackedMatrix,
    pub strips: Range<usize>,
    pub activations: &'a Activations,
    /// The outputs of the strips.
    pub output: &'a mut Columns<'output>,
}

/// Computes a product.
pub(crate) fn multiply<I: Instructions, F: KnownForm>(
    instructions: I,
    product: Product<'_, '_>,
) -> Result<()> {
    let rows = product.activations.rows();
    let mut sweep = Sweep::<I, F>::new(instructions, product);
    while let Some(left) = sweep.strips_left() {
        if rows >= MANY && left >= WIDE { sweep.rows::<WIDE>()? } else { sweep.rows::<1>()? }
    }
    Ok(())
}

/// A product under way.
struct Sweep<'a, 'output, I: Instructions, F> {
    instructions: I,
    product: Product<'a, 'output>,
    /// The strip that is next.
    strip: usize,
    values: Cow<'a, [I::Values]>,
    scales: Vec<f32>,
    minimums: Vec<f32>,
    form: std::marker::PhantomData<F>,
}

impl<'a, 'output, I: Instructions, F: KnownForm> Sweep<'a, 'output, I, F> {
    fn new(instructions: I, product: Product<'a, 'output>) -> Self {
        let numbers = product.weights.blocks() * STRIP * WIDE;
        Self {
            instructions,
            strip: product.strips.start,
            values: instructions.values::<F>(product.activations.values()),
            scales: vec![0.0; numbers * F::GROUPS],
            minimums: vec![0.0; if F::MINIMUM { numbers * F::GROUPS } else { 0 }],
            product,
            form: std::marker::PhantomData,
        }
    }

    fn strips_left(&self) -> Option<usize> {
        (self.strip < self.product.strips.end).then(|| self.product.strips.end - self.strip)
    }

    /// Multiplies all rows with the next `STRIPS` strips.
    fn rows<const STRIPS: usize>(&mut self) -> Result<()> {
        let weights = self.product.weights;
        weights.scales.decode(self.instructions, self.strip, STRIPS, &mut self.scales);
        if let Some(minimums) = &weights.minimums {
            minimums.decode(self.instructions, self.strip, STRIPS, &mut self.minimums);
        }
        let rows = self.product.activations.rows();
        let mut row = 0;
        while rows - row >= TALL {
            row = self.tile::<TALL, STRIPS>(row)?;
        }
        if rows - row >= 2 {
            row = self.tile::<2, STRIPS>(row)?;
        }
        if rows > row {
            self.tile::<1, STRIPS>(row)?;
        }
        self.strip += STRIPS;
        Ok(())
    }

    /// Computes and writes the tile whose first row is `row`; returns the row after it.
    fn tile<const ROWS: usize, const STRIPS: usize>(&mut self, row: usize) -> Result<usize> {
        let Product { weights, activations, .. } = self.product;
        let numbers = activations.inputs() / BLOCK * F::GROUPS * STRIP * STRIPS;
        let tile = Tile {
            quants: weights.lines(self.strip, STRIPS),
            scales: &self.scales[..numbers],
            minimums: &self.minimums[..if F::MINIMUM { numbers } else { 0 }],
            values: &self.values,
            summaries: activations.summaries(),
            rows: activations.rows(),
            row,
            ahead: self.ahead::<STRIPS>(row, ROWS),
        };
        let totals = self.instructions.tile::<F, ROWS, STRIPS>(&tile);
        let column = (self.strip - self.product.strips.start) * STRIP;
        for (i, totals) in totals.iter().enumerate() {
            let output = &mut self.product.output.row_mut(row + i)?[column..];
            // The last strip may have more lanes than there are outputs.
            let lanes = output.len().min(STRIPS * STRIP);
            output[..lanes].copy_from_slice(&totals.as_flattened()[..lanes]);
        }
        Ok(row + ROWS)
    }

    /// The part of the strips after these that rows `row .. row + of_rows` are to prefetch.
    ///
    /// Where one tile has all rows, strips follow each other so fast that the processor finds the next by itself.
    fn ahead<const STRIPS: usize>(&self, row: usize, of_rows: usize) -> &'a [Line] {
        let rows = self.product.activations.rows();
        if rows <= TALL {
            return &[];
        }
        let next = self.product.weights.lines(self.strip + STRIPS, STRIPS);
        &next[next.len() * row / rows..next.len() * (row + of_rows) / rows]
    }
}
