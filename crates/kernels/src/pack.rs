//! From the bytes of a file to packed weights.

use crate::blocks::{self, Block};
use crate::error::{KernelError, Result};
use crate::form::Form;
use crate::format::{Format, Shape};
use crate::packed::{Line, PackedMatrix};
use crate::plane::Plane;
use crate::{BLOCK, STRIP};

/// How many blocks of 32 share a nested scale's common factor.
const NESTED_BLOCKS: usize = 8;

impl PackedMatrix {
    /// Packs a tensor, whose `bytes` are as GGUF stores it: (outputs, inputs), row by row.
    ///
    /// # Errors
    /// [`KernelError::Shape`] and [`KernelError::Length`] when the three do not fit each other; [`KernelError::Weight`] when a weight of F32, F16 or BF16 is not finite or too large. Scales of quantized formats are taken as they are, not finite ones too.
    pub fn pack(format: Format, shape: Shape, bytes: &[u8]) -> Result<Self> {
        let output_bytes = shape.output_bytes(format, bytes.len())?;
        let mut packed = Self::zeros(format, shape);
        for (output, bytes) in bytes.chunks_exact(output_bytes).enumerate() {
            for index in 0..packed.blocks() {
                let block = blocks::read(format, bytes, index)
                    .ok_or(KernelError::Weight { output, first_input: index * BLOCK })?;
                packed.write(output, index, &block);
            }
        }
        Ok(packed)
    }

    /// A matrix whose weights are all zero.
    fn zeros(format: Format, shape: Shape) -> Self {
        let (strips, blocks) = (shape.outputs.div_ceil(STRIP), shape.inputs / BLOCK);
        let form = format.form();
        let plane = |groups: usize| {
            let shared_by = if format.has_nested_scales() { NESTED_BLOCKS * groups } else { 1 };
            Plane::new(strips, blocks * groups, shared_by)
        };
        let scales = plane(form.groups());
        let minimums = form.has_minimum().then(|| plane(form.groups()));
        let quants = vec![Line([0; 64]); strips * blocks * form.lines()];
        Self { format, shape, quants, scales, minimums }
    }

    fn write(&mut self, output: usize, index: usize, block: &Block) {
        let form = self.form();
        let first_line = (output / STRIP * self.blocks() + index) * form.lines();
        let lines = &mut self.quants[first_line..][..form.lines()];
        write_quants(form, &block.quants, lines, output % STRIP * 4);
        for (group, factor) in block.factors[..form.groups()].iter().enumerate() {
            self.scales.set(output, index * form.groups() + group, block.scale, *factor);
        }
        if let Some(minimums) = &mut self.minimums {
            for (group, factor) in block.minimum_factors[..form.groups()].iter().enumerate() {
                minimums.set(output, index * form.groups() + group, block.minimum, *factor);
            }
        }
    }
}

/// Writes a block's weights into the four bytes from `at` on of each of its lines.
fn write_quants(form: Form, quants: &[u8; BLOCK], lines: &mut [Line], at: usize) {
    debug_assert!(quants.iter().all(|quant| i32::from(*quant) <= form.largest()));
    let (quads, _) = quants.as_chunks::<4>();
    for (i, line) in lines.iter_mut().enumerate() {
        let four = if form.is_nibbles() {
            std::array::from_fn(|input| quads[i][input] | quads[i + 4][input] << 4)
        } else {
            quads[i]
        };
        line.0[at..at + 4].copy_from_slice(&four);
    }
}
