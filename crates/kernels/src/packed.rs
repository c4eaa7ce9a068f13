//! Weights in the order in which kernels read them.

use crate::error::{Result, expect_below, expect_equal};
use crate::form::Form;
use crate::format::{Format, Shape};
use crate::plane::Plane;
use crate::{BLOCK, STRIP};

/// A cache line of packed weights: four inputs of 16 outputs, `4 * output + input`.
///
/// Of nibbles, line `i` of a block holds inputs `4 i ..` in its low halves and inputs `16 + 4 i ..` in its high ones.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Line(pub [u8; 64]);

/// A weight matrix (outputs, inputs), packed for [`Kernels::multiply`](crate::Kernels::multiply).
#[derive(Clone, Debug)]
pub struct PackedMatrix {
    pub(crate) format: Format,
    pub(crate) shape: Shape,
    /// (strips, blocks, lines of the form)
    pub(crate) quants: Box<[Line]>,
    /// By (strip, group).
    pub(crate) scales: Plane,
    /// By (strip, group), where the form has minimums.
    pub(crate) minimums: Option<Plane>,
}

impl PackedMatrix {
    /// How the file stored it.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Its outputs and inputs.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How many strips of [`STRIP`] outputs it has; the last may be partly empty.
    pub fn strips(&self) -> usize {
        self.shape.outputs.div_ceil(STRIP)
    }

    /// The memory that it takes.
    pub fn bytes(&self) -> usize {
        let minimums = self.minimums.as_ref().map_or(0, Plane::bytes);
        size_of_val(&*self.quants) + self.scales.bytes() + minimums
    }

    /// Writes the weights of one output, (inputs), as they are packed: those of the file, or of F32, F16 and BF16 what 8 bits leave.
    ///
    /// With the matrix of token embeddings, that is a token's embedding.
    ///
    /// # Errors
    /// When there is no such output, or `weights` is not as long as the matrix has inputs.
    pub fn read_output(&self, output: usize, weights: &mut [f32]) -> Result<()> {
        expect_below("output", output, self.shape.outputs)?;
        expect_equal("weights of one output", weights.len(), self.shape.inputs)?;
        let form = self.form();
        let group_inputs = BLOCK / form.groups();
        for (group, weights) in weights.chunks_exact_mut(group_inputs).enumerate() {
            let first_input = group * group_inputs;
            let scale = self.scales.get(output, group);
            let minimum = self.minimums.as_ref().map_or(0.0, |plane| plane.get(output, group));
            for (i, weight) in weights.iter_mut().enumerate() {
                let quant = i32::from(self.quant(output, first_input + i)) - form.zero_point();
                let scaled = scale * quant as f32;
                *weight = if form.has_minimum() { scaled + minimum } else { scaled };
            }
        }
        Ok(())
    }

    pub(crate) fn form(&self) -> Form {
        self.format.form()
    }

    pub(crate) fn blocks(&self) -> usize {
        self.shape.inputs / BLOCK
    }

    /// The lines of `strips` strips from `first` on, (strips, blocks, lines); fewer where the matrix ends.
    pub(crate) fn lines(&self, first: usize, strips: usize) -> &[Line] {
        let per_strip = self.blocks() * self.form().lines();
        let end = (first + strips).min(self.strips());
        &self.quants[first.min(end) * per_strip..end * per_strip]
    }

    fn quant(&self, output: usize, input: usize) -> u8 {
        let form = self.form();
        let block = (output / STRIP * self.blocks() + input / BLOCK) * form.lines();
        let (quad, byte) = (input % BLOCK / 4, output % STRIP * 4 + input % 4);
        if form.is_nibbles() {
            self.quants[block + quad % 4].0[byte] >> (quad / 4 * 4) & 15
        } else {
            self.quants[block + quad].0[byte]
        }
    }
}
