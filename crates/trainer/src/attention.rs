//! Causal attention over packed documents, with rotary positions, grouped queries, and its gradient.
//!
//! A batch is one long list of rows; a document never sees its neighbours, and none is padded.
//! Each row of the input holds all query heads, then all key heads, then all value heads.

use rayon::prelude::*;

use crate::ops::{dot, fused, softmax_prefix};

/// The sizes of the heads.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    /// Query heads.
    pub queries: usize,
    /// Key and value heads; divides `queries`.
    pub keys: usize,
    /// Width of each head; a multiple of [`TILE_COLUMNS`].
    pub width: usize,
}

impl Heads {
    /// Width of a row of queries, keys and values.
    pub fn row(&self) -> usize {
        (self.queries + 2 * self.keys) * self.width
    }

    fn key_offset(&self, head: usize) -> usize {
        (self.queries + head / (self.queries / self.keys)) * self.width
    }

    fn value_offset(&self, head: usize) -> usize {
        self.key_offset(head) + self.keys * self.width
    }
}

/// Cosines and sines of the rotary angles (Su et al. 2021), for neighbouring pairs of a head's values.
pub struct Rotary {
    half: usize,
    angles: Vec<(f32, f32)>,
}

impl Rotary {
    /// Tables for positions `0..context`.
    pub fn new(width: usize, theta: f64, context: usize) -> Self {
        let half = width / 2;
        let angle = |position: usize, pair: usize| {
            position as f64 * libm::pow(theta, -2.0 * pair as f64 / width as f64)
        };
        let angles = (0..context * half)
            .map(|index| angle(index / half, index % half))
            .map(|angle| (libm::cos(angle) as f32, libm::sin(angle) as f32))
            .collect();
        Self { half, angles }
    }

    /// Turns one head's values at a position; `direction` −1 undoes 1.
    fn rotate(&self, values: &mut [f32], position: usize, direction: f32) {
        let angles = &self.angles[position * self.half..(position + 1) * self.half];
        for (pair, (cosine, sine)) in values.chunks_exact_mut(2).zip(angles) {
            let (x, y, sine) = (pair[0], pair[1], sine * direction);
            pair[0] = x * cosine - y * sine;
            pair[1] = x * sine + y * cosine;
        }
    }
}

/// Attention's output, `rows × (queries · width)`, for documents of the given lengths.
pub fn attention(inputs: &[f32], lengths: &[usize], heads: Heads, rotary: &Rotary) -> Vec<f32> {
    let width = heads.queries * heads.width;
    let mut output = vec![0f32; inputs.len() / heads.row() * width];
    split(&mut output, lengths, width)
        .into_par_iter()
        .zip(split_shared(inputs, lengths, heads.row()))
        .for_each(|(output, inputs)| document(inputs, output, heads, rotary));
    output
}

/// The gradient of [`attention`] with respect to its inputs.
pub fn attention_backward(
    inputs: &[f32],
    output: &[f32],
    output_gradient: &[f32],
    lengths: &[usize],
    (heads, rotary): (Heads, &Rotary),
) -> Vec<f32> {
    let width = heads.queries * heads.width;
    let mut gradient = vec![0f32; inputs.len()];
    split(&mut gradient, lengths, heads.row())
        .into_par_iter()
        .zip(split_shared(inputs, lengths, heads.row()))
        .zip(split_shared(output, lengths, width))
        .zip(split_shared(output_gradient, lengths, width))
        .for_each(|(((gradient, inputs), output), output_gradient)| {
            document_backward(inputs, output, output_gradient, gradient, (heads, rotary));
        });
    gradient
}

/// One head's queries, keys and values of one document, turned and laid out for the products.
struct Head {
    length: usize,
    /// `length`, rounded up to whole tiles.
    padded: usize,
    /// `length × width`, scaled by the square root of the width.
    queries: Vec<f32>,
    /// `length × width`.
    keys: Vec<f32>,
    /// `width × padded`.
    keys_transposed: Vec<f32>,
}

impl Head {
    fn new(inputs: &[f32], head: usize, heads: Heads, rotary: &Rotary) -> Self {
        let length = inputs.len() / heads.row();
        let padded = length.next_multiple_of(TILE_COLUMNS);
        let mut queries = gather(inputs, heads.row(), head * heads.width, heads.width);
        let mut keys = gather(inputs, heads.row(), heads.key_offset(head), heads.width);
        let scale = 1.0 / (heads.width as f32).sqrt();
        for (position, row) in queries.chunks_mut(heads.width).enumerate() {
            rotary.rotate(row, position, 1.0);
            for value in row {
                *value *= scale;
            }
        }
        for (position, row) in keys.chunks_mut(heads.width).enumerate() {
            rotary.rotate(row, position, 1.0);
        }
        let keys_transposed = transpose(&keys, heads.width, padded);
        Self { length, padded, queries, keys, keys_transposed }
    }

    /// The attention weights, `length × padded`, with zeros above the diagonal.
    fn weights(&self, width: usize) -> Vec<f32> {
        let mut weights = vec![0f32; self.length * self.padded];
        for start in (0..self.length).step_by(TILE_ROWS) {
            let rows = TILE_ROWS.min(self.length - start);
            let columns = (start + rows).next_multiple_of(TILE_COLUMNS);
            let block = &mut weights[start * self.padded..(start + rows) * self.padded];
            product(
                [rows, columns, width],
                Left::rows(&self.queries[start * width..], width),
                (&self.keys_transposed, self.padded),
                (block, self.padded),
            );
            for (row, values) in block.chunks_mut(self.padded).enumerate() {
                softmax_prefix(&mut values[..columns], start + row + 1);
            }
        }
        weights
    }
}

fn document(inputs: &[f32], output: &mut [f32], heads: Heads, rotary: &Rotary) {
    let width = heads.queries * heads.width;
    for index in 0..heads.queries {
        let head = Head::new(inputs, index, heads, rotary);
        let weights = head.weights(heads.width);
        let values = &inputs[heads.value_offset(index)..];
        for start in (0..head.length).step_by(TILE_ROWS) {
            let rows = TILE_ROWS.min(head.length - start);
            product(
                [rows, heads.width, start + rows],
                Left::rows(&weights[start * head.padded..], head.padded),
                (values, heads.row()),
                (&mut output[start * width + index * heads.width..], width),
            );
        }
    }
}

fn document_backward(
    inputs: &[f32],
    output: &[f32],
    output_gradient: &[f32],
    gradient: &mut [f32],
    (heads, rotary): (Heads, &Rotary),
) {
    let width = heads.queries * heads.width;
    for index in 0..heads.queries {
        let head = Head::new(inputs, index, heads, rotary);
        let (length, padded) = (head.length, head.padded);
        let weights = head.weights(heads.width);
        let outward = gather(output_gradient, width, index * heads.width, heads.width);
        let reached = gather(output, width, index * heads.width, heads.width);
        let values = gather(inputs, heads.row(), heads.value_offset(index), heads.width);
        let values_transposed = transpose(&values, heads.width, padded);
        // The gradient of the scores: weights · (outward · values − outward · output).
        let mut scores = vec![0f32; length * padded];
        for start in (0..length).step_by(TILE_ROWS) {
            let rows = TILE_ROWS.min(length - start);
            let columns = (start + rows).next_multiple_of(TILE_COLUMNS);
            product(
                [rows, columns, heads.width],
                Left::rows(&outward[start * heads.width..], heads.width),
                (&values_transposed, padded),
                (&mut scores[start * padded..], padded),
            );
            for row in start..start + rows {
                let span = row * heads.width..(row + 1) * heads.width;
                let mean = dot(&outward[span.clone()], &reached[span]);
                let span = row * padded..row * padded + columns;
                for (score, weight) in scores[span.clone()].iter_mut().zip(&weights[span]) {
                    *score = weight * (*score - mean);
                }
            }
        }
        let mut to_queries = vec![0f32; length * heads.width];
        let mut to_keys = vec![0f32; length * heads.width];
        let mut to_values = vec![0f32; length * heads.width];
        for start in (0..length).step_by(TILE_ROWS) {
            let rows = TILE_ROWS.min(length - start);
            let span = start * heads.width..(start + rows) * heads.width;
            product(
                [rows, heads.width, start + rows],
                Left::rows(&scores[start * padded..], padded),
                (&head.keys, heads.width),
                (&mut to_queries[span.clone()], heads.width),
            );
            // A key is seen by its own row and those after it.
            let below = start * padded + start;
            product(
                [rows, heads.width, length - start],
                Left::columns(&scores[below..], padded),
                (&head.queries[start * heads.width..], heads.width),
                (&mut to_keys[span.clone()], heads.width),
            );
            product(
                [rows, heads.width, length - start],
                Left::columns(&weights[below..], padded),
                (&outward[start * heads.width..], heads.width),
                (&mut to_values[span], heads.width),
            );
        }
        let scale = 1.0 / (heads.width as f32).sqrt();
        for position in 0..length {
            let span = position * heads.width..(position + 1) * heads.width;
            rotary.rotate(&mut to_queries[span.clone()], position, -1.0);
            rotary.rotate(&mut to_keys[span.clone()], position, -1.0);
            let row = &mut gradient[position * heads.row()..(position + 1) * heads.row()];
            add(&mut row[index * heads.width..], &to_queries[span.clone()], scale);
            add(&mut row[heads.key_offset(index)..], &to_keys[span.clone()], 1.0);
            add(&mut row[heads.value_offset(index)..], &to_values[span], 1.0);
        }
    }
}

/// Rows of a product's tile.
const TILE_ROWS: usize = 4;
/// Columns of a product's tile.
pub const TILE_COLUMNS: usize = LANES * TILE_LANES;
const TILE_LANES: usize = 4;
const LANES: usize = 8;

/// The left factor of a product, read by rows or by columns.
#[derive(Clone, Copy)]
struct Left<'a> {
    values: &'a [f32],
    row_stride: usize,
    step: usize,
}

impl<'a> Left<'a> {
    fn rows(values: &'a [f32], stride: usize) -> Self {
        Self { values, row_stride: stride, step: 1 }
    }

    fn columns(values: &'a [f32], stride: usize) -> Self {
        Self { values, row_stride: 1, step: stride }
    }
}

/// Adds `left · right` to `output`; sizes are rows (at most a tile's), columns (whole tiles) and depth.
#[inline]
fn product(
    [rows, columns, depth]: [usize; 3],
    left: Left,
    right: (&[f32], usize),
    output: (&mut [f32], usize),
) {
    match rows {
        4 => tiles::<4>(columns, depth, left, right, output),
        3 => tiles::<3>(columns, depth, left, right, output),
        2 => tiles::<2>(columns, depth, left, right, output),
        _ => tiles::<1>(columns, depth, left, right, output),
    }
}

#[inline]
fn tiles<const ROWS: usize>(
    columns: usize,
    depth: usize,
    left: Left,
    (right, right_stride): (&[f32], usize),
    (output, output_stride): (&mut [f32], usize),
) {
    for column in (0..columns).step_by(TILE_COLUMNS) {
        let mut sums = [[[0f32; LANES]; TILE_LANES]; ROWS];
        for step in 0..depth {
            let start = step * right_stride + column;
            let row = &right[start..start + TILE_COLUMNS];
            for (index, sum) in sums.iter_mut().enumerate() {
                let factor = left.values[index * left.row_stride + step * left.step];
                for (sum, values) in sum.iter_mut().zip(row.as_chunks::<LANES>().0) {
                    *sum = lanes(factor, values, sum);
                }
            }
        }
        for (index, sum) in sums.iter().enumerate() {
            let start = index * output_stride + column;
            add(&mut output[start..], sum.as_flattened(), 1.0);
        }
    }
}

/// `factor · values + sums`, lane by lane; by value, so that it becomes one vector instruction.
#[inline(always)]
fn lanes(factor: f32, values: &[f32; LANES], sums: &[f32; LANES]) -> [f32; LANES] {
    std::array::from_fn(|lane| fused(factor, values[lane], sums[lane]))
}

fn add(output: &mut [f32], values: &[f32], scale: f32) {
    for (sum, value) in output.iter_mut().zip(values) {
        *sum = fused(*value, scale, *sum);
    }
}

fn gather(rows: &[f32], stride: usize, offset: usize, width: usize) -> Vec<f32> {
    let mut output = Vec::with_capacity(rows.len() / stride * width);
    for row in rows.chunks(stride) {
        output.extend_from_slice(&row[offset..offset + width]);
    }
    output
}

fn transpose(rows: &[f32], width: usize, padded: usize) -> Vec<f32> {
    let mut output = vec![0f32; width * padded];
    for (row, values) in rows.chunks(width).enumerate() {
        for (column, value) in values.iter().enumerate() {
            output[column * padded + row] = *value;
        }
    }
    output
}

fn split<'a>(mut rows: &'a mut [f32], lengths: &[usize], width: usize) -> Vec<&'a mut [f32]> {
    let mut parts = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (part, rest) = rows.split_at_mut(length * width);
        parts.push(part);
        rows = rest;
    }
    parts
}

fn split_shared<'a>(mut rows: &'a [f32], lengths: &[usize], width: usize) -> Vec<&'a [f32]> {
    let mut parts = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (part, rest) = rows.split_at(length * width);
        parts.push(part);
        rows = rest;
    }
    parts
}
