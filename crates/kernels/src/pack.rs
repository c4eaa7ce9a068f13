//! From the bytes of a file to packed weights.
#![expect(
    unsafe_code,
    reason = "weights are written once, by many threads, into memory that nothing wrote before"
)]

use crate::blocks::{self, Block};
use crate::error::{KernelError, Result, expect_length};
use crate::form::Form;
use crate::format::{Format, Shape};
use crate::packed::{Line, PackedMatrix};
use crate::plane::{Plane, PlanePart};
use crate::{BLOCK, STRIP, Team};
use std::collections::TryReserveError;
use std::mem::MaybeUninit;

/// How many blocks of 32 share a nested scale's common factor.
const NESTED_BLOCKS: usize = 8;

/// How many bytes of a file are read before they are packed: they fit into the second cache of a few threads.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

impl PackedMatrix {
    /// Packs a tensor, whose `bytes` are as GGUF stores it: (outputs, inputs), row by row.
    ///
    /// # Errors
    /// [`KernelError::Shape`] and [`KernelError::Length`] when the three do not fit each other, or no memory holds the matrix; [`KernelError::Weight`] when a weight of F32, F16 or BF16 is not finite or too large. Scales of quantized formats are taken as they are, not finite ones too.
    pub fn pack(format: Format, shape: Shape, bytes: &[u8]) -> Result<Self> {
        expect_length(shape.bytes(format)?, bytes.len())?;
        let mut unread = bytes;
        Self::pack_pieces(format, shape, &mut Team::new(1), |piece| {
            let (next, rest) = unread.split_at(piece.len());
            piece.copy_from_slice(next);
            unread = rest;
            Ok(())
        })
    }

    /// Packs a tensor that is read in pieces, which the threads of `team` share: the file's bytes never lie in memory as a whole.
    ///
    /// `read` fills what it is given with the tensor's next bytes. Memory for all of the shape is asked for before.
    ///
    /// # Errors
    /// As [`pack`](Self::pack), and those of `read`.
    pub fn pack_pieces<E: From<KernelError>>(
        format: Format,
        shape: Shape,
        team: &mut Team,
        mut read: impl FnMut(&mut [u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<Self, E> {
        let output_bytes = shape.bytes(format)? / shape.outputs;
        let piece_strips = (PIECE_BYTES / output_bytes / STRIP).max(team.threads());
        let Shape { outputs, inputs } = shape;
        let refused = KernelError::Shape { outputs, inputs, format, multiple: format.block_values() };
        let mut matrix = Unpacked::new(format, shape).map_err(|_| refused)?;
        let mut rest = matrix.strips();
        let mut bytes = Vec::new();
        while rest.outputs > 0 {
            let (piece, others) = rest.split_at(piece_strips);
            rest = others;
            bytes.resize(piece.outputs * output_bytes, 0);
            read(&mut bytes)?;
            piece.write_by(team, &bytes)?;
        }
        // SAFETY: every strip was in a piece, and each piece was written or an error ended the function.
        Ok(unsafe { matrix.finish() })
    }
}

/// A matrix whose weights were not written yet: memory is touched for the first time by the threads that pack.
struct Unpacked {
    format: Format,
    shape: Shape,
    quants: Box<[MaybeUninit<Line>]>,
    scales: Plane,
    minimums: Option<Plane>,
}

impl Unpacked {
    fn new(format: Format, shape: Shape) -> std::result::Result<Self, TryReserveError> {
        let (strips, blocks) = (shape.outputs.div_ceil(STRIP), shape.inputs / BLOCK);
        let form = format.form();
        let n_lines = strips * blocks * form.lines();
        let mut quants = Vec::new();
        quants.try_reserve_exact(n_lines)?;
        // SAFETY: there is room for them, and what may be unwritten needs no writing.
        unsafe { quants.set_len(n_lines) };
        // Where there was room for the lines, the numbers of a plane can be counted.
        let plane = |groups: usize| {
            let shared_by = if format.has_nested_scales() { NESTED_BLOCKS * groups } else { 1 };
            Plane::new(strips, blocks * groups, shared_by)
        };
        Ok(Self {
            format,
            shape,
            quants: quants.into_boxed_slice(),
            scales: plane(form.groups())?,
            minimums: form.has_minimum().then(|| plane(form.groups())).transpose()?,
        })
    }

    fn strips(&mut self) -> Strips<'_> {
        Strips {
            format: self.format,
            blocks: self.shape.inputs / BLOCK,
            first_output: 0,
            outputs: self.shape.outputs,
            quants: &mut self.quants,
            scales: self.scales.part_mut(),
            minimums: self.minimums.as_mut().map(Plane::part_mut),
        }
    }

    /// # Safety
    /// All [`strips`](Self::strips) have been written.
    unsafe fn finish(self) -> PackedMatrix {
        let Self { format, shape, quants, scales, minimums } = self;
        // SAFETY: as the caller says.
        let quants = unsafe { quants.assume_init() };
        PackedMatrix { format, shape, quants, scales, minimums }
    }
}

/// Some strips of a matrix that is being packed.
struct Strips<'a> {
    format: Format,
    /// Blocks of an output.
    blocks: usize,
    first_output: usize,
    outputs: usize,
    /// (strips, blocks, lines of the form)
    quants: &'a mut [MaybeUninit<Line>],
    scales: PlanePart<'a>,
    minimums: Option<PlanePart<'a>>,
}

impl Strips<'_> {
    /// The first `strips` of them, or all where there are fewer, and the others.
    fn split_at(self, strips: usize) -> (Self, Self) {
        let strips = strips.min(self.outputs.div_ceil(STRIP));
        let outputs = (strips * STRIP).min(self.outputs);
        let (quants, other_quants) = self.quants.split_at_mut(strips * self.strip_lines());
        let (scales, other_scales) = self.scales.split_at(strips);
        let (minimums, other_minimums) = self.minimums.map(|plane| plane.split_at(strips)).unzip();
        let others = Self {
            first_output: self.first_output + outputs,
            outputs: self.outputs - outputs,
            quants: other_quants,
            scales: other_scales,
            minimums: other_minimums,
            ..self
        };
        (Self { first_output: self.first_output, outputs, quants, scales, minimums, ..others }, others)
    }

    fn strip_lines(&self) -> usize {
        self.blocks * self.format.form().lines()
    }

    /// Packs `bytes`, those of all their outputs; each thread takes a part.
    fn write_by(self, team: &mut Team, bytes: &[u8]) -> Result<()> {
        let output_bytes = bytes.len() / self.outputs;
        let strips_each = self.outputs.div_ceil(STRIP).div_ceil(team.threads());
        let (mut rest, mut parts) = (self, Vec::new());
        for bytes in bytes.chunks(strips_each * STRIP * output_bytes) {
            let (own, others) = rest.split_at(strips_each);
            rest = others;
            parts.push((own, bytes, Ok(())));
        }
        team.each(&mut parts, |(own, bytes, result)| *result = own.write(bytes));
        parts.into_iter().try_for_each(|(.., result)| result)
    }

    /// Packs `bytes`, those of all their outputs.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let (output_bytes, strip_lines) = (bytes.len() / self.outputs, self.strip_lines());
        let mut lines = vec![Line([0; 64]); strip_lines];
        for (strip, bytes) in bytes.chunks(STRIP * output_bytes).enumerate() {
            if bytes.len() < STRIP * output_bytes {
                lines.fill(Line([0; 64]));
            }
            for (lane, bytes) in bytes.chunks_exact(output_bytes).enumerate() {
                self.write_output(strip * STRIP + lane, bytes, &mut lines)?;
            }
            let quants = self.quants[strip * strip_lines..][..strip_lines].iter_mut();
            quants.zip(&lines).for_each(|(quants, line)| _ = quants.write(*line));
        }
        Ok(())
    }

    /// Packs one output's `bytes`, the weights into the `lines` of its strip.
    fn write_output(&mut self, output: usize, bytes: &[u8], lines: &mut [Line]) -> Result<()> {
        let form = self.format.form();
        for (index, lines) in lines.chunks_exact_mut(form.lines()).enumerate() {
            let block = blocks::read(self.format, bytes, index).ok_or(KernelError::Weight {
                output: self.first_output + output,
                first_input: index * BLOCK,
            })?;
            write_quants(form, &block.quants, lines, output % STRIP * 4);
            self.write_scales(output, index * form.groups(), &block);
        }
        Ok(())
    }

    fn write_scales(&mut self, output: usize, first_group: usize, block: &Block) {
        let groups = self.format.form().groups();
        for (group, factor) in block.factors[..groups].iter().enumerate() {
            self.scales.set(output, first_group + group, block.scale, *factor);
        }
        if let Some(minimums) = &mut self.minimums {
            for (group, factor) in block.minimum_factors[..groups].iter().enumerate() {
                minimums.set(output, first_group + group, block.minimum, *factor);
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
