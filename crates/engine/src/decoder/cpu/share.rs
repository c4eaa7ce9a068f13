//! Parts of a layer, shared among threads.

use super::weights::Linear;
use crate::error::Result;
use std::ops::Range;
use tiebreak_kernels::{
    Activation, ActivationBlocks, Activations, BLOCK, Columns, KernelError, Kernels, STRIP, Team,
};

/// Fewer numbers than this are worth no second thread: to begin and to wait takes as long.
const LEAST_SHARED: usize = 2048;

/// Does `work` on each part, those of one thread one after another, and tells what went wrong first.
pub(super) fn each<T: Send>(
    team: &mut Team,
    parts: Vec<T>,
    work: impl Fn(&mut T) -> std::result::Result<(), KernelError> + Sync,
) -> Result<()> {
    let mut parts: Vec<_> = parts.into_iter().map(|part| (part, Ok(()))).collect();
    team.each(&mut parts, |(part, result)| *result = work(part));
    Ok(parts.into_iter().try_for_each(|(_, result)| result)?)
}

/// The part of `length` that is the `nth` of `n` threads', in whole units.
fn part(length: usize, nth: usize, n: usize) -> Range<usize> {
    length * nth / n..length * (nth + 1) / n
}

/// All blocks of some activations in equal parts, each with the first of its inputs.
pub(super) fn split_blocks(
    activations: &mut Activations,
    n_parts: usize,
) -> Result<Vec<(usize, ActivationBlocks<'_>)>> {
    let mut rest = activations.all_blocks();
    let (n_blocks, mut parts) = (rest.blocks(), Vec::with_capacity(n_parts));
    for nth in 0..n_parts {
        let blocks = part(n_blocks, nth, n_parts);
        let (own, others) = rest.split_at(blocks.len())?;
        if !blocks.is_empty() {
            parts.push((blocks.start * BLOCK, own));
        }
        rest = others;
    }
    Ok(parts)
}

/// How many threads are worth their while.
pub(super) fn n_threads(team: &Team, numbers: usize) -> usize {
    if numbers < LEAST_SHARED { 1 } else { team.threads() }
}

/// Normalises rows (rows, `width`) by their root mean square where there are weights for it, and writes them as a product's input.
pub(super) fn normalise(
    rows: &[f32],
    (weights, width): (Option<&[f32]>, usize),
    epsilon: f32,
    output: &mut Activations,
    kernels: Kernels,
    team: &mut Team,
) -> Result<()> {
    let factor = |row| if weights.is_some() { kernels.inverse_rms(row, epsilon) } else { 1.0 };
    let factors: Vec<f32> = rows.chunks_exact(width).map(factor).collect();
    let n_parts = n_threads(team, rows.len());
    let parts = split_blocks(output, n_parts)?;
    each(team, parts, |(first, blocks)| {
        let mut scaled = vec![0.0; blocks.blocks() * BLOCK];
        let own = *first..*first + scaled.len();
        for (at, (row, factor)) in rows.chunks_exact(width).zip(&factors).enumerate() {
            match weights {
                Some(weights) => {
                    kernels.scale(&row[own.clone()], *factor, &weights[own.clone()], &mut scaled)?;
                    blocks.write_row(kernels, at, &scaled)?;
                }
                None => blocks.write_row(kernels, at, &row[own.clone()])?,
            }
        }
        Ok(())
    })
}

/// Adds `factor` times `more` to rows, normalised first where there are weights for it.
pub(super) fn add(
    rows: &mut [f32],
    more: &mut [f32],
    weights: Option<&[f32]>,
    (factor, epsilon): (f32, f32),
    kernels: Kernels,
) -> std::result::Result<(), KernelError> {
    if let Some(weights) = weights {
        more.chunks_exact_mut(weights.len()).try_for_each(|row| kernels.normalise(row, weights, epsilon))?;
    }
    kernels.add(rows, factor, more)
}

/// Some strips of a matrix, and where their outputs go.
pub(super) struct Product<'a> {
    linear: &'a Linear,
    strips: Range<usize>,
    output: Columns<'a>,
}

impl Product<'_> {
    pub fn compute(&mut self, input: &Activations, kernels: Kernels) -> std::result::Result<(), KernelError> {
        self.linear.matrix.multiply(kernels, self.strips.clone(), input, &mut self.output)?;
        if let Some(bias) = &self.linear.bias {
            let first = self.strips.start * STRIP;
            for row in 0..self.output.rows() {
                let output = self.output.row_mut(row)?;
                let bias = &bias[first..first + output.len()];
                kernels.add(output, 1.0, bias)?;
            }
        }
        Ok(())
    }
}

/// The products of one matrix in equal parts.
pub(super) fn split_outputs<'a>(
    linear: &'a Linear,
    output: &'a mut [f32],
    rows: usize,
    n_parts: usize,
) -> Result<Vec<Product<'a>>> {
    let (n_outputs, n_strips) = (linear.matrix.outputs(), linear.matrix.strips());
    let mut rest = Columns::new(output, rows, n_outputs)?;
    let mut parts = Vec::with_capacity(n_parts);
    for nth in 0..n_parts {
        let strips = part(n_strips, nth, n_parts);
        let columns = (strips.end * STRIP).min(n_outputs) - (strips.start * STRIP).min(n_outputs);
        let (own, others) = rest.split_at(columns)?;
        parts.push(Product { linear, strips, output: own });
        rest = others;
    }
    Ok(parts)
}

/// Multiplies the same input with several matrices; each output is (rows, the matrix's outputs).
pub(super) fn multiply<const N: usize>(
    outputs: [(&Linear, &mut [f32]); N],
    input: &Activations,
    kernels: Kernels,
    team: &mut Team,
) -> Result<()> {
    let n_parts = team.threads();
    let mut parts: Vec<Vec<Product<'_>>> = (0..n_parts).map(|_| Vec::with_capacity(N)).collect();
    for (linear, output) in outputs {
        let products = split_outputs(linear, output, input.rows(), n_parts)?;
        parts.iter_mut().zip(products).for_each(|(part, product)| part.push(product));
    }
    each(team, parts, |products| products.iter_mut().try_for_each(|product| product.compute(input, kernels)))
}

/// The activation of gate × up, written as an input by the thread that computed it.
pub(super) fn gate(
    activation: Activation,
    [gate, up]: [&Linear; 2],
    input: &Activations,
    output: &mut Activations,
    kernels: Kernels,
    team: &mut Team,
) -> Result<()> {
    let n_parts = team.threads();
    let parts = split_blocks(output, n_parts)?;
    each(team, parts, |part| gate_blocks(activation, [gate, up], input, part, kernels))
}

/// The same for some blocks of the output, of which the first holds the numbers from `first` on.
pub(super) fn gate_blocks(
    activation: Activation,
    [gate, up]: [&Linear; 2],
    input: &Activations,
    (first, blocks): &mut (usize, ActivationBlocks<'_>),
    kernels: Kernels,
) -> std::result::Result<(), KernelError> {
    let (rows, n_columns) = (input.rows(), blocks.blocks() * BLOCK);
    let strips = *first / STRIP..(*first + n_columns) / STRIP;
    let product = |linear| {
        let mut numbers = vec![0.0; rows * n_columns];
        let columns = Columns::new(&mut numbers, rows, n_columns)?;
        Product { linear, strips: strips.clone(), output: columns }.compute(input, kernels)?;
        Ok::<_, KernelError>(numbers)
    };
    let (gates, mut ups) = (product(gate)?, product(up)?);
    kernels.gate(activation, &gates, &mut ups)?;
    ups.chunks_exact(n_columns)
        .enumerate()
        .try_for_each(|(row, numbers)| blocks.write_row(kernels, row, numbers))
}
