//! The input of a product, in 8 bits, in single precision, or in both.

use crate::BLOCK;
use crate::bits::ROUND;
use crate::error::{KernelError, Result, expect_below, expect_equal};
use crate::kernels::{Kernels, Work};
use std::collections::TryReserveError;

/// 32 inputs of one row, from -127 to 127.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct Values(pub [i8; BLOCK]);

/// What kernels must know of 32 inputs beside their values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Summary {
    /// What the values are multiples of.
    pub scale: f32,
    /// The scale times the sum of all values.
    pub scaled_sum: f32,
    /// The sum of all values.
    pub sum: i32,
    /// The sum of the first 16 values.
    pub half_sum: i32,
}

const NO_VALUES: Values = Values([0; BLOCK]);
const NO_SUMMARY: Summary = Summary { scale: 0.0, scaled_sum: 0.0, sum: 0, half_sum: 0 };

/// What is kept of an input, by which weights are multiplied with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// 8 bits, for [`PackedMatrix`](crate::PackedMatrix).
    Quantized,
    /// The numbers, for [`DenseMatrix`](crate::DenseMatrix).
    Numbers,
    /// Both, for a model that has weights of both kinds.
    Both,
}

/// A matrix (rows, inputs) in 8 bits, with one scale for [`BLOCK`] inputs of a row: a 127th of the largest of them; or the numbers themselves, or both.
///
/// It is kept by blocks of inputs, each of which holds all rows: the rows that one kernel multiplies at once stand together, and threads can quantize different inputs.
///
/// Blocks whose largest value is below 1e-30 count as zero, and blocks with a value that is not finite as not a number.
#[derive(Clone, Debug)]
pub struct Activations {
    rows: usize,
    blocks: usize,
    keeps: Keeps,
    /// (blocks, rows)
    values: Vec<Values>,
    /// (blocks, rows)
    summaries: Vec<Summary>,
    /// (blocks, rows)
    numbers: Vec<[f32; BLOCK]>,
}

impl Activations {
    /// Zeros, (`rows`, `inputs`).
    ///
    /// # Errors
    /// [`KernelError::Activations`] when there is no row, no input, a number of inputs that 32 does not divide, or no memory for them.
    pub fn new(rows: usize, inputs: usize, keeps: Keeps) -> Result<Self> {
        let (values, summaries, numbers) = (Vec::new(), Vec::new(), Vec::new());
        let mut activations = Self { rows: 0, blocks: 0, keeps, values, summaries, numbers };
        activations.reshape(rows, inputs)?;
        Ok(activations)
    }

    /// Takes another shape and keeps the memory; what it then holds is unspecified until it is quantized anew.
    ///
    /// # Errors
    /// As [`new`](Self::new); the shape is then the last one.
    pub fn reshape(&mut self, rows: usize, inputs: usize) -> Result<()> {
        let refused = KernelError::Activations { rows, inputs };
        if rows == 0 || inputs == 0 || !inputs.is_multiple_of(BLOCK) {
            return Err(refused);
        }
        let blocks = inputs / BLOCK;
        let Some(n_all) = blocks.checked_mul(rows) else { return Err(refused) };
        let n_quantized = if self.keeps == Keeps::Numbers { 0 } else { n_all };
        let n_numbers = if self.keeps == Keeps::Quantized { 0 } else { n_all };
        self.reserve(n_quantized, n_numbers).map_err(|_| refused)?;
        self.values.resize(n_quantized, NO_VALUES);
        self.summaries.resize(n_quantized, NO_SUMMARY);
        self.numbers.resize(n_numbers, [0.0; BLOCK]);
        (self.rows, self.blocks) = (rows, blocks);
        Ok(())
    }

    /// Asks for all the memory before any of it is written: where there is too little, everything stays as it was.
    fn reserve(&mut self, n_quantized: usize, n_numbers: usize) -> std::result::Result<(), TryReserveError> {
        self.values.try_reserve_exact(n_quantized.saturating_sub(self.values.len()))?;
        self.summaries.try_reserve_exact(n_quantized.saturating_sub(self.summaries.len()))?;
        self.numbers.try_reserve_exact(n_numbers.saturating_sub(self.numbers.len()))
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many inputs a row has.
    pub fn inputs(&self) -> usize {
        self.blocks * BLOCK
    }

    /// All inputs, to be quantized.
    pub fn all_blocks(&mut self) -> ActivationBlocks<'_> {
        let Self { rows, blocks, values, summaries, numbers, .. } = self;
        ActivationBlocks { rows: *rows, blocks: *blocks, values, summaries, numbers }
    }

    pub(crate) fn values(&self) -> &[Values] {
        &self.values
    }

    pub(crate) fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    pub(crate) fn numbers(&self) -> &[[f32; BLOCK]] {
        &self.numbers
    }
}

/// Some blocks of inputs of all rows, to be written by one thread.
#[derive(Debug)]
pub struct ActivationBlocks<'a> {
    rows: usize,
    blocks: usize,
    /// These and the next two: (blocks, rows), or empty where they are not kept.
    values: &'a mut [Values],
    summaries: &'a mut [Summary],
    numbers: &'a mut [[f32; BLOCK]],
}

impl ActivationBlocks<'_> {
    /// How many blocks of [`BLOCK`] inputs there are.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// The first `blocks` blocks, and the others.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn split_at(self, blocks: usize) -> Result<(Self, Self)> {
        expect_below("block", blocks, self.blocks + 1)?;
        let at = blocks * self.rows;
        let (values, other_values) = self.values.split_at_mut(at.min(self.values.len()));
        let (summaries, other_summaries) = self.summaries.split_at_mut(at.min(self.summaries.len()));
        let (numbers, other_numbers) = self.numbers.split_at_mut(at.min(self.numbers.len()));
        let others = Self {
            rows: self.rows,
            blocks: self.blocks - blocks,
            values: other_values,
            summaries: other_summaries,
            numbers: other_numbers,
        };
        Ok((Self { rows: self.rows, blocks, values, summaries, numbers }, others))
    }

    /// Writes one row of these blocks, whose inputs are `input`: quantized, as it is, or both.
    ///
    /// # Errors
    /// When there is no such row, or `input` is not as long as these blocks.
    pub fn write_row(&mut self, kernels: Kernels, row: usize, input: &[f32]) -> Result<()> {
        expect_below("row", row, self.rows)?;
        expect_equal("inputs of one row", input.len(), self.blocks * BLOCK)?;
        let (blocks, _) = input.as_chunks();
        if !self.numbers.is_empty() {
            let own = self.numbers[row..].iter_mut().step_by(self.rows);
            own.zip(blocks).for_each(|(own, block)| *own = *block);
        }
        if !self.values.is_empty() {
            let (rows, values, summaries) = (self.rows, &mut *self.values, &mut *self.summaries);
            kernels.vectorised(RowBlocks { blocks, row, rows, values, summaries });
        }
        Ok(())
    }
}

/// One row to be quantized, and where its blocks go.
struct RowBlocks<'a> {
    blocks: &'a [[f32; BLOCK]],
    row: usize,
    rows: usize,
    values: &'a mut [Values],
    summaries: &'a mut [Summary],
}

impl Work for RowBlocks<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let values = self.values[self.row..].iter_mut().step_by(self.rows);
        let summaries = self.summaries[self.row..].iter_mut().step_by(self.rows);
        for (block, (values, summary)) in self.blocks.iter().zip(values.zip(summaries)) {
            *summary = quantize_block(block, &mut values.0);
        }
    }
}

/// Below it, a 127th has no reciprocal.
const NEGLIGIBLE: f32 = 1e-30;

/// Writes the block's values and returns what belongs to them.
///
/// It has no branch among values and no call, so that compilers turn it into vector code.
#[inline(always)]
fn quantize_block(input: &[f32; BLOCK], values: &mut [i8; BLOCK]) -> Summary {
    // Of positive numbers the bits have the numbers' order; infinity and what is no number are above them all.
    let bits = input.iter().fold(0, |largest, number| (number.to_bits() & 0x7FFF_FFFF).max(largest));
    let largest = f32::from_bits(bits);
    if !largest.is_finite() || largest < NEGLIGIBLE {
        *values = [0; BLOCK];
        let scale = if largest.is_finite() { 0.0 } else { f32::NAN };
        return Summary { scale, scaled_sum: scale, sum: 0, half_sum: 0 };
    }
    let (scale, inverse) = (largest / 127.0, 127.0 / largest);
    let mut integers = [0; BLOCK];
    for (integer, number) in integers.iter_mut().zip(input) {
        *integer = (number * inverse + ROUND).to_bits() as i32 - ROUND.to_bits() as i32;
    }
    for (value, integer) in values.iter_mut().zip(integers) {
        *value = integer as i8;
    }
    let half_sum = integers[..BLOCK / 2].iter().sum();
    let sum = integers[BLOCK / 2..].iter().fold(half_sum, |sum, integer| sum + integer);
    Summary { scale, scaled_sum: scale * sum as f32, sum, half_sum }
}
