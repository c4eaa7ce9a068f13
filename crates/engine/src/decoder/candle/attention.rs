//! Attention of one sequence's queries over what the sequence holds, and what all attention has in common.

use super::cache::Stretch;
use crate::config::Config;
use crate::error::Result;
use candle_core::{D, DType, Device, Tensor};
use candle_nn::ops::softmax_last_dim;

/// Queries (rows, heads, key), keys (rows, kv heads, key) and values (rows, kv heads, value).
pub struct Heads {
    pub query: Tensor,
    pub key: Tensor,
    pub value: Tensor,
}

/// (rows, heads, width) to (heads, rows, width).
pub fn by_head(rows: &Tensor) -> Result<Tensor> {
    Ok(rows.transpose(0, 1)?.contiguous()?)
}

/// Attention of one sequence's queries (heads, n, key) over what it holds; returns (n, heads × value).
///
/// `mask` is added to the scores, (n, positions).
pub fn attend(config: &Config, query: &Tensor, past: &[Stretch], mask: Option<&Tensor>) -> Result<Tensor> {
    let Config { head_count, head_count_kv, key_length, value_length, .. } = *config;
    let group = head_count / head_count_kv;
    let n = query.dim(1)?;
    let query = query.contiguous()?.reshape((head_count_kv, group * n, key_length))?;
    let query = (query * f64::from(config.scoring.scale))?;
    let scores =
        past.iter().map(|stretch| product(&query, &stretch.keys.t()?)).collect::<Result<Vec<_>>>()?;
    let mut scores =
        if let [only] = scores.as_slice() { only.clone() } else { Tensor::cat(&scores, D::Minus1)? };
    scores = bounded(scores, config.scoring.soft_cap)?;
    if let Some(mask) = mask {
        let positions = scores.dim(D::Minus1)?;
        scores = scores.reshape((head_count_kv * group, n, positions))?.broadcast_add(mask)?.reshape((
            head_count_kv,
            group * n,
            positions,
        ))?;
    }
    let shares = softmax_last_dim(&scores)?;
    let mut start = 0;
    let mut output: Option<Tensor> = None;
    for Stretch { values, .. } in past {
        let length = values.dim(1)?;
        let part = product(&shares.narrow(D::Minus1, start, length)?.contiguous()?, values)?;
        output = Some(match output {
            None => part,
            Some(sum) => (sum + part)?,
        });
        start += length;
    }
    let output = output.expect("a sequence that attends holds at least its own position");
    Ok(output
        .reshape((head_count, n, value_length))?
        .transpose(0, 1)?
        .contiguous()?
        .reshape((n, head_count * value_length))?)
}

/// The product of numbers in 32 bits with keys or values, which may have fewer, in 32 bits.
pub fn product(numbers: &Tensor, kept: &Tensor) -> Result<Tensor> {
    Ok(numbers.to_dtype(kept.dtype())?.matmul(kept)?.to_dtype(DType::F32)?)
}

/// Each number x as cap tanh(x / cap), where there is a cap.
pub fn bounded(numbers: Tensor, cap: Option<f32>) -> Result<Tensor> {
    match cap.map(f64::from) {
        Some(cap) => Ok(((numbers / cap)?.tanh()? * cap)?),
        None => Ok(numbers),
    }
}

/// Whether a token at the position `at` sees `position`.
pub fn is_seen(at: usize, position: usize, window: Option<usize>) -> bool {
    position <= at && window.is_none_or(|window| at - position < window)
}

/// What is added to the score of what is seen, and of what is not.
pub fn mask_value(is_seen: bool) -> f32 {
    if is_seen { 0.0 } else { f32::NEG_INFINITY }
}

/// What is added to the scores of `n` tokens after `start` others, (n, start + n), by window: nothing for what is seen, minus infinity for the rest.
pub struct Masks<'a> {
    n: usize,
    start: usize,
    device: &'a Device,
    made: Vec<(Option<usize>, Option<Tensor>)>,
}

impl<'a> Masks<'a> {
    pub fn new(n: usize, start: usize, device: &'a Device) -> Self {
        Self { n, start, device, made: Vec::new() }
    }

    /// None where all is seen.
    pub fn of(&mut self, window: Option<usize>) -> Result<Option<Tensor>> {
        if let Some((_, made)) = self.made.iter().find(|(of, _)| *of == window) {
            return Ok(made.clone());
        }
        let Self { n, start, .. } = *self;
        let all_seen = n == 1 && is_seen(start, 0, window);
        let mask = if all_seen { None } else { Some(self.make(window)?) };
        self.made.push((window, mask.clone()));
        Ok(mask)
    }

    fn make(&self, window: Option<usize>) -> Result<Tensor> {
        let Self { n, start, device, .. } = *self;
        let mask: Vec<f32> = (start..start + n)
            .flat_map(|at| (0..start + n).map(move |position| mask_value(is_seen(at, position, window))))
            .collect();
        Ok(Tensor::from_vec(mask, (n, start + n), device)?)
    }
}
