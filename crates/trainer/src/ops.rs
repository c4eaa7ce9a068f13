//! Fused forward and backward passes over rows of `f32`: all of the network but its matrix products.
//!
//! A plain expression in an autograd graph costs one pass over memory for each of its terms, forward and backward.
//! Here every operation reads its rows once, and rayon deals the rows out to the cores.

use rayon::prelude::*;

use crate::random::Random;

const LANES: usize = 16;
const ROWS_PER_TASK: usize = 64;

/// `a · b + c`, as one instruction where the target has it; the library call would be far slower than two instructions.
#[inline(always)]
pub(crate) fn fused(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(target_feature = "fma") { a.mul_add(b, c) } else { a * b + c }
}

/// `e^x` with a relative error under 3e-7, in a form that compilers turn into vector instructions.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let power = (x * std::f32::consts::LOG2_E).clamp(-126.0, 126.0);
    let shifted = power + ROUND;
    let fraction = power - (shifted - ROUND);
    let mut value = 1.540_353e-4;
    for coefficient in [1.333_355_8e-3, 9.618_129e-3, 5.550_411e-2, 2.402_265e-1, std::f32::consts::LN_2, 1.0]
    {
        value = fused(value, fraction, coefficient);
    }
    let exponent = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    value * f32::from_bits(((exponent + 127) << 23) as u32)
}

/// The scalar product of two slices of the same length, summed in a fixed order.
#[inline]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] = fused(x[lane], y[lane], sums[lane]);
        }
    }
    sums.iter().sum::<f32>() + tail
}

/// RMSNorm (Zhang and Sennrich 2019): `y = x / rms(x) · weight`, row by row.
pub fn rms_norm(input: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let width = weight.len();
    let mut output = vec![0f32; input.len()];
    output.par_chunks_mut(width * ROWS_PER_TASK).zip(input.par_chunks(width * ROWS_PER_TASK)).for_each(
        |(output, input)| {
            for (y, x) in output.chunks_mut(width).zip(input.chunks(width)) {
                let scale = inverse_rms(x, epsilon);
                for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
                    *y = x * scale * w;
                }
            }
        },
    );
    output
}

/// The gradients of [`rms_norm`]: that of the input is added to `input_gradient`, that of the weight is returned.
pub fn rms_norm_backward(
    input: &[f32],
    weight: &[f32],
    epsilon: f32,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) -> Vec<f32> {
    let width = weight.len();
    let task = width * ROWS_PER_TASK;
    let partial: Vec<Vec<f32>> = input_gradient
        .par_chunks_mut(task)
        .zip(input.par_chunks(task).zip(output_gradient.par_chunks(task)))
        .map(|(input_gradient, (input, output_gradient))| {
            let mut weight_gradient = vec![0f32; width];
            let mut scaled = vec![0f32; width];
            let rows = input.chunks(width).zip(output_gradient.chunks(width));
            for (dx, (x, dy)) in input_gradient.chunks_mut(width).zip(rows) {
                let scale = inverse_rms(x, epsilon);
                for index in 0..width {
                    scaled[index] = dy[index] * weight[index];
                    weight_gradient[index] += dy[index] * x[index] * scale;
                }
                let shrink = dot(&scaled, x) * scale * scale * scale / width as f32;
                for index in 0..width {
                    dx[index] += scaled[index] * scale - x[index] * shrink;
                }
            }
            weight_gradient
        })
        .collect();
    // Summed in the order of the rows, so that the result does not depend on the threads.
    let mut weight_gradient = vec![0f32; width];
    for part in &partial {
        for (sum, value) in weight_gradient.iter_mut().zip(part) {
            *sum += value;
        }
    }
    weight_gradient
}

fn inverse_rms(row: &[f32], epsilon: f32) -> f32 {
    1.0 / (dot(row, row) / row.len() as f32 + epsilon).sqrt()
}

/// SwiGLU (Shazeer 2020): each row holds `gate` and then `up`; the result is `silu(gate) · up`.
pub fn swiglu(gate_up: &[f32], width: usize) -> Vec<f32> {
    let mut output = vec![0f32; gate_up.len() / 2];
    output.par_chunks_mut(width * ROWS_PER_TASK).zip(gate_up.par_chunks(2 * width * ROWS_PER_TASK)).for_each(
        |(output, gate_up)| {
            for (row, both) in output.chunks_mut(width).zip(gate_up.chunks(2 * width)) {
                let (gate, up) = both.split_at(width);
                for ((y, g), u) in row.iter_mut().zip(gate).zip(up) {
                    *y = g / (1.0 + exp(-g)) * u;
                }
            }
        },
    );
    output
}

/// The gradient of [`swiglu`] with respect to its rows of `gate` and `up`.
pub fn swiglu_backward(gate_up: &[f32], output_gradient: &[f32], width: usize) -> Vec<f32> {
    let mut gradient = vec![0f32; gate_up.len()];
    let task = width * ROWS_PER_TASK;
    gradient
        .par_chunks_mut(2 * task)
        .zip(gate_up.par_chunks(2 * task).zip(output_gradient.par_chunks(task)))
        .for_each(|(gradient, (gate_up, output_gradient))| {
            let rows = gate_up.chunks(2 * width).zip(output_gradient.chunks(width));
            for (row, (both, dy)) in gradient.chunks_mut(2 * width).zip(rows) {
                let (gate, up) = both.split_at(width);
                let (gate_gradient, up_gradient) = row.split_at_mut(width);
                for index in 0..width {
                    let sigmoid = 1.0 / (1.0 + exp(-gate[index]));
                    let silu = gate[index] * sigmoid;
                    up_gradient[index] = dy[index] * silu;
                    gate_gradient[index] = dy[index] * up[index] * (sigmoid + silu * (1.0 - sigmoid));
                }
            }
        });
    gradient
}

/// The cross-entropy in nats of each row's target under the softmax of its logits, and the gradient of their sum.
pub fn cross_entropy(logits: &[f32], targets: &[u32]) -> (Vec<f64>, Vec<f32>) {
    let width = logits.len() / targets.len().max(1);
    let mut gradient = vec![0f32; logits.len()];
    let losses: Vec<f64> = gradient
        .par_chunks_mut(width.max(1))
        .zip(logits.par_chunks(width.max(1)).zip(targets))
        .map(|(gradient, (logits, target))| {
            let greatest = maximum(logits);
            let sum = exp_row(logits, greatest, gradient);
            let scale = 1.0 / sum;
            for value in gradient.iter_mut() {
                *value *= scale;
            }
            gradient[*target as usize] -= 1.0;
            f64::from(greatest - logits[*target as usize]) + libm::log(f64::from(sum))
        })
        .collect();
    (losses, gradient)
}

/// Share of the values of a branch that are dropped while training (Srivastava et al. 2014).
const DROPPED: f64 = 0.1;

/// What a branch's output is multiplied by: zero for the dropped values, a little more than one for the others.
pub fn dropout(count: usize, key: u64, branch: u64) -> Vec<f32> {
    let threshold = (DROPPED * 65536.0) as u64;
    let kept = (1.0 / (1.0 - DROPPED)) as f32;
    let mut random = Random::new(key, 7, branch);
    let mut mask = vec![0f32; count];
    for four in mask.chunks_mut(4) {
        let bits = random.bits();
        for (place, value) in four.iter_mut().enumerate() {
            *value = if (bits >> (16 * place)) & 0xFFFF < threshold { 0.0 } else { kept };
        }
    }
    mask
}

/// Multiplies each row by its weight.
pub fn scale_rows(values: &mut [f32], weights: &[f32]) {
    let width = values.len() / weights.len().max(1);
    values.par_chunks_mut(width.max(1)).zip(weights).for_each(|(row, weight)| {
        if *weight != 1.0 {
            row.iter_mut().for_each(|value| *value *= weight);
        }
    });
}

/// The greatest value of a row.
#[inline]
pub(crate) fn maximum(row: &[f32]) -> f32 {
    let mut greatest = [f32::NEG_INFINITY; LANES];
    let chunks = row.chunks_exact(LANES);
    let tail = chunks.remainder().iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
    for chunk in chunks {
        for lane in 0..LANES {
            greatest[lane] = if chunk[lane] > greatest[lane] { chunk[lane] } else { greatest[lane] };
        }
    }
    greatest.iter().fold(tail, |a, b| a.max(*b))
}

/// Writes `e^(x − greatest)` of a row and returns the sum.
#[inline]
fn exp_row(row: &[f32], greatest: f32, output: &mut [f32]) -> f32 {
    for (y, x) in output.iter_mut().zip(row) {
        *y = exp(x - greatest);
    }
    let mut sums = [0f32; LANES];
    let chunks = output.chunks_exact(LANES);
    let tail: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter().sum::<f32>() + tail
}

/// The softmax of the first `count` values of a row, in place; the rest becomes zero.
#[inline]
pub(crate) fn softmax_prefix(row: &mut [f32], count: usize) {
    let (live, rest) = row.split_at_mut(count);
    rest.fill(0.0);
    let greatest = maximum(live);
    let mut sum = 0f32;
    for value in live.iter_mut() {
        *value = exp(*value - greatest);
    }
    for chunk in live.chunks(LANES) {
        sum += chunk.iter().sum::<f32>();
    }
    let scale = 1.0 / sum;
    for value in live {
        *value *= scale;
    }
}

/// The rows of `table` that the tokens name.
pub fn embed(table: &[f32], width: usize, tokens: &[u32]) -> Vec<f32> {
    let mut output = vec![0f32; tokens.len() * width];
    for (row, token) in output.chunks_mut(width).zip(tokens) {
        let start = *token as usize * width;
        row.copy_from_slice(&table[start..start + width]);
    }
    output
}

/// Adds each row to the row of `table_gradient` that its token names.
pub fn embed_backward(table_gradient: &mut [f32], width: usize, tokens: &[u32], rows: &[f32]) {
    for (row, token) in rows.chunks(width).zip(tokens) {
        let start = *token as usize * width;
        for (sum, value) in table_gradient[start..start + width].iter_mut().zip(row) {
            *sum += value;
        }
    }
}
