//! Weights that are kept as they are: numbers in single precision, half precision or bfloat16.

use crate::activations::Activations;
use crate::bits::widened;
use crate::columns::Columns;
use crate::error::{KernelError, Result, expect_below, expect_equal};
use crate::format::{Format, Shape};
use crate::kernels::{Compute, Kernels, Work, check_product};
use crate::pack::PIECE_BYTES;
use crate::tile::{Instructions, Lanes};
use crate::{BLOCK, STRIP, Team};
use half::{bf16, f16};
use std::ops::Range;

/// How many inputs' weights of a strip are widened at once: as many as leave room in the nearest cache.
const PANEL: usize = 4 * BLOCK;
/// How many rows read a weight together.
const TOGETHER: usize = 4;

/// A weight matrix (outputs, inputs) whose numbers are those of the file, for [`Kernels::multiply_dense`].
///
/// Products are computed in single precision; the input is not rounded.
#[derive(Clone, Debug)]
pub struct DenseMatrix {
    shape: Shape,
    numbers: Numbers,
}

/// (strips, inputs, STRIP)
#[derive(Clone, Debug)]
enum Numbers {
    Single(Vec<f32>),
    Half(Vec<f16>),
    Brain(Vec<bf16>),
}

impl DenseMatrix {
    /// Whether matrices of `format` are kept as they are; others are quantized, and for [`PackedMatrix`](crate::PackedMatrix).
    pub fn takes(format: Format) -> bool {
        matches!(format, Format::F32 | Format::F16 | Format::Bf16)
    }

    /// Rearranges a tensor that is read in pieces, each of which the threads of `team` share.
    ///
    /// `read` fills what it is given with the tensor's next bytes, (outputs, inputs), row by row. Memory for all of the shape is asked for before.
    ///
    /// # Errors
    /// [`KernelError::Shape`] for a shape without outputs, whose inputs 32 does not divide or whose strips no memory holds, and for a format that is quantized; and those of `read`.
    pub fn pack_pieces<E: From<KernelError>>(
        format: Format,
        shape: Shape,
        team: &mut Team,
        read: impl FnMut(&mut [u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<Self, E> {
        check_whole_strips(format, shape)?;
        let numbers = match format {
            Format::F32 => Numbers::Single(rearranged((format, shape), team, f32::from_le_bytes, read)?),
            Format::F16 => Numbers::Half(rearranged((format, shape), team, f16::from_le_bytes, read)?),
            Format::Bf16 => Numbers::Brain(rearranged((format, shape), team, bf16::from_le_bytes, read)?),
            _ => return Err(refused(format, shape).into()),
        };
        Ok(Self { shape, numbers })
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
        match &self.numbers {
            Numbers::Single(numbers) => size_of_val(numbers.as_slice()),
            Numbers::Half(numbers) => size_of_val(numbers.as_slice()),
            Numbers::Brain(numbers) => size_of_val(numbers.as_slice()),
        }
    }

    /// Writes the weights of one output, (inputs).
    ///
    /// # Errors
    /// When there is no such output, or `weights` is not as long as the matrix has inputs.
    pub fn read_output(&self, output: usize, weights: &mut [f32]) -> Result<()> {
        expect_below("output", output, self.shape.outputs)?;
        expect_equal("weights of one output", weights.len(), self.shape.inputs)?;
        let first = output / STRIP * self.shape.inputs * STRIP + output % STRIP;
        for (input, weight) in weights.iter_mut().enumerate() {
            let at = first + input * STRIP;
            *weight = match &self.numbers {
                Numbers::Single(numbers) => numbers[at],
                Numbers::Half(numbers) => numbers[at].to_f32(),
                Numbers::Brain(numbers) => numbers[at].to_f32(),
            };
        }
        Ok(())
    }

    /// The weights of some inputs in one strip, in single precision; `wide` is written to where they are not.
    fn panel<'a, I: Instructions>(
        &'a self,
        instructions: I,
        strip: usize,
        inputs: Range<usize>,
        wide: &'a mut [Lanes; PANEL],
    ) -> &'a [Lanes] {
        let first = strip * self.shape.inputs;
        let lanes = first + inputs.start..first + inputs.end;
        let wide = &mut wide[..inputs.len()];
        match &self.numbers {
            Numbers::Single(numbers) => return &numbers.as_chunks().0[lanes],
            Numbers::Half(numbers) => instructions.widen(&numbers.as_chunks().0[lanes], wide),
            Numbers::Brain(numbers) => {
                instructions.run(Widen { halves: &numbers.as_chunks().0[lanes], wide });
            }
        }
        wide
    }
}

/// Refuses a shape that the format cannot store, or whose last strip, filled up, is more than memory holds.
fn check_whole_strips(format: Format, shape: Shape) -> Result<()> {
    shape.bytes(format)?;
    let whole = Shape { outputs: shape.outputs.next_multiple_of(STRIP), ..shape };
    whole.bytes(format).map(|_| ()).map_err(|_| refused(format, shape))
}

fn refused(format: Format, Shape { outputs, inputs }: Shape) -> KernelError {
    KernelError::Shape { outputs, inputs, format, multiple: format.block_values() }
}

/// Numbers of `N` bytes from the file's order to (strips, inputs, STRIP).
fn rearranged<const N: usize, T: Copy + Default + Send, E: From<KernelError>>(
    (format, shape): (Format, Shape),
    team: &mut Team,
    number: impl Fn([u8; N]) -> T + Sync,
    mut read: impl FnMut(&mut [u8]) -> std::result::Result<(), E>,
) -> std::result::Result<Vec<T>, E> {
    let Shape { outputs, inputs } = shape;
    let strip_numbers = inputs * STRIP;
    let mut numbers = Vec::new();
    numbers.try_reserve_exact(outputs.div_ceil(STRIP) * strip_numbers).map_err(|_| refused(format, shape))?;
    let piece_outputs = (PIECE_BYTES / (strip_numbers * N)).max(team.threads()) * STRIP;
    let mut bytes = Vec::new();
    for first_output in (0..outputs).step_by(piece_outputs) {
        let n_outputs = piece_outputs.min(outputs - first_output);
        let start = numbers.len();
        numbers.resize(start + n_outputs.div_ceil(STRIP) * strip_numbers, T::default());
        bytes.resize(n_outputs * inputs * N, 0);
        read(&mut bytes)?;
        let mut strips: Vec<_> =
            numbers[start..].chunks_exact_mut(strip_numbers).zip(bytes.chunks(strip_numbers * N)).collect();
        team.each(&mut strips, |(strip, bytes)| {
            for (lane, bytes) in bytes.chunks_exact(inputs * N).enumerate() {
                let lanes = strip[lane..].iter_mut().step_by(STRIP);
                lanes.zip(bytes.as_chunks().0).for_each(|(own, bytes)| *own = number(*bytes));
            }
        });
    }
    Ok(numbers)
}

impl Kernels {
    /// Multiplies all rows of `activations`, which keep their numbers, with the strips `strips` of `weights`, and writes (rows, outputs of the strips) to `output`.
    ///
    /// A sum goes over inputs in their order, in every lane apart: its bits depend on nothing else.
    ///
    /// # Errors
    /// When there are no such strips, the shapes do not fit each other, or the activations have no numbers.
    pub fn multiply_dense(
        self,
        weights: &DenseMatrix,
        strips: Range<usize>,
        activations: &Activations,
        output: &mut Columns<'_>,
    ) -> Result<()> {
        check_product(weights.shape, &strips, activations, output)?;
        let expected = activations.rows() * (weights.shape.inputs / BLOCK);
        expect_equal("blocks of activations in numbers", activations.numbers().len(), expected)?;
        self.dispatch(DenseProduct { weights, strips, activations, output })
    }
}

/// A product to be computed; its parts fit each other.
struct DenseProduct<'a, 'output> {
    weights: &'a DenseMatrix,
    strips: Range<usize>,
    activations: &'a Activations,
    output: &'a mut Columns<'output>,
}

impl Compute for DenseProduct<'_, '_> {
    type Output = Result<()>;

    /// Strips outside, rows inside, so that weights come from memory once.
    fn compute<I: Instructions>(self, instructions: I) -> Result<()> {
        let Self { weights, strips, activations, output } = self;
        let rows = activations.rows();
        let mut wide = [[0.0; STRIP]; PANEL];
        let mut sums = vec![[0.0; STRIP]; rows];
        for (at, strip) in strips.enumerate() {
            sums.fill([0.0; STRIP]);
            for first in (0..weights.shape.inputs).step_by(PANEL) {
                let inputs = first..(first + PANEL).min(weights.shape.inputs);
                let blocks = inputs.start / BLOCK * rows..inputs.end / BLOCK * rows;
                let weights = weights.panel(instructions, strip, inputs, &mut wide);
                let numbers = &activations.numbers()[blocks];
                instructions.run(Panel { weights, numbers, rows, sums: &mut sums });
            }
            for (row, sums) in sums.iter().enumerate() {
                let output = &mut output.row_mut(row)?[at * STRIP..];
                let lanes = output.len().min(STRIP);
                output[..lanes].copy_from_slice(&sums[..lanes]);
            }
        }
        Ok(())
    }
}

/// Numbers of bfloat16, to be written in single precision.
struct Widen<'a> {
    halves: &'a [[bf16; STRIP]],
    wide: &'a mut [Lanes],
}

impl Work for Widen<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (wide, halves) = (self.wide.as_flattened_mut(), self.halves.as_flattened());
        for (wide, half) in wide.iter_mut().zip(halves) {
            *wide = widened(*half);
        }
    }
}

/// All rows with some inputs of one strip.
struct Panel<'a> {
    /// (inputs, STRIP)
    weights: &'a [Lanes],
    /// (blocks, rows)
    numbers: &'a [[f32; BLOCK]],
    rows: usize,
    /// (rows, STRIP)
    sums: &'a mut [Lanes],
}

impl Work for Panel<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let mut row = 0;
        while self.rows - row >= TOGETHER {
            self.rows_from::<TOGETHER>(row);
            row += TOGETHER;
        }
        while row < self.rows {
            self.rows_from::<1>(row);
            row += 1;
        }
    }
}

impl Panel<'_> {
    #[inline(always)]
    fn rows_from<const N: usize>(&mut self, row: usize) {
        let own: &mut [Lanes; N] = self.sums[row..].first_chunk_mut().expect("rows are left");
        let mut sums = *own;
        let blocks = self.weights.as_chunks::<BLOCK>().0.iter().zip(self.numbers.chunks_exact(self.rows));
        for (weights, numbers) in blocks {
            let numbers: &[[f32; BLOCK]; N] = numbers[row..].first_chunk().expect("rows are left");
            for (input, weights) in weights.iter().enumerate() {
                for (sums, numbers) in sums.iter_mut().zip(numbers) {
                    let number = numbers[input];
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum += number * weight;
                    }
                }
            }
        }
        *own = sums;
    }
}
