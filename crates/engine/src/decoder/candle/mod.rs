//! The decoder on candle tensors, for every device that candle knows.

mod cache;
mod weights;

pub use weights::Weights;

use super::rotation::Rotation;
use super::{Decoder, SequenceId, Wanted, check_growth, check_step};
use crate::config::Config;
use crate::error::Result;
use cache::{Cache, CacheShape, Stretch};
use candle_core::{D, Device, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};
use std::sync::Arc;
use weights::{LayerWeights, Linear};

/// How many tokens of a sequence are read at once; bounds the memory of scores and logits.
const CHUNK: usize = 256;

/// Computes logits by candle's operations.
#[derive(Debug)]
pub struct CandleDecoder {
    config: Arc<Config>,
    weights: Arc<Weights>,
    device: Device,
    cache: Cache,
    rotation: Rotation,
}

impl CandleDecoder {
    /// A decoder without sequences; weights are shared, keys and values are its own.
    pub fn new(config: Arc<Config>, weights: Arc<Weights>, device: Device) -> Self {
        let shape = CacheShape {
            layers: config.block_count,
            heads: config.head_count_kv,
            key: config.key_length,
            value: config.value_length,
            context: config.context_length,
        };
        let rotation = Rotation::new(&config, weights.rope_factors.as_deref());
        Self { cache: Cache::new(shape, device.clone()), config, weights, device, rotation }
    }

    /// Reads one chunk of one sequence; returns the layers' output, (tokens, embedding).
    fn read_chunk(&mut self, sequence: SequenceId, tokens: &[u32]) -> Result<Tensor> {
        let n = tokens.len();
        self.cache.reserve(sequence, n)?;
        let start = self.cache.length(sequence);
        let positions: Vec<usize> = (start..start + n).collect();
        let angles = self.rotation.tensors(&positions, &self.device)?;
        let mask = causal_mask(n, start, &self.device)?;
        let mut hidden = self.weights.embedding.rows(tokens, &self.device)?;
        for (i, layer) in self.weights.layers.iter().enumerate() {
            let input = self.norm(&hidden, &layer.attention_norm)?;
            let heads = self.project(layer, &input, Linear::forward)?;
            let query = by_head(&self.rotation.apply(&heads.query, &angles)?)?;
            let key = by_head(&self.rotation.apply(&heads.key, &angles)?)?;
            self.cache.write(sequence, i, &key, &by_head(&heads.value)?)?;
            let past = self.cache.read(sequence, i, n)?;
            let attended = attend(&self.config, &query, &past, mask.as_ref())?;
            hidden = (hidden + layer.attention_output.forward(&attended)?)?;
            hidden = self.feed_forward(layer, &hidden, Linear::forward)?;
        }
        self.cache.advance(sequence, n)?;
        Ok(hidden)
    }

    /// The feed-forward part with its residual, (rows, embedding).
    fn feed_forward(
        &self,
        layer: &LayerWeights,
        hidden: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let input = self.norm(hidden, &layer.feed_forward_norm)?;
        let gated = (apply(&layer.gate, &input)?.silu()? * apply(&layer.up, &input)?)?;
        Ok((hidden + apply(&layer.down, &gated)?)?)
    }

    /// Queries, keys and values of (rows, embedding), normalised where the family does so, not yet rotated.
    fn project(
        &self,
        layer: &LayerWeights,
        input: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Heads> {
        let rows = input.dim(0)?;
        let Config { head_count, head_count_kv, key_length, value_length, .. } = *self.config;
        let query = apply(&layer.query, input)?.reshape((rows, head_count, key_length))?;
        let key = apply(&layer.key, input)?.reshape((rows, head_count_kv, key_length))?;
        let value = apply(&layer.value, input)?.reshape((rows, head_count_kv, value_length))?;
        Ok(Heads {
            query: self.norm_if(query, layer.query_norm.as_ref())?,
            key: self.norm_if(key, layer.key_norm.as_ref())?,
            value,
        })
    }

    fn norm(&self, input: &Tensor, weight: &Tensor) -> Result<Tensor> {
        Ok(rms_norm(&input.contiguous()?, weight, self.config.rms_epsilon as f32)?)
    }

    fn norm_if(&self, input: Tensor, weight: Option<&Tensor>) -> Result<Tensor> {
        match weight {
            Some(weight) => self.norm(&input, weight),
            None => Ok(input),
        }
    }

    /// Logits of (rows, embedding), row-major.
    fn logits(&self, hidden: &Tensor, apply: fn(&Linear, &Tensor) -> Result<Tensor>) -> Result<Vec<f32>> {
        let normed = self.norm(hidden, &self.weights.output_norm)?;
        Ok(apply(&self.weights.output, &normed)?.flatten_all()?.to_vec1()?)
    }
}

impl Decoder for CandleDecoder {
    fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
        self.cache.open(parent)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.cache.close(sequence);
    }

    fn length(&self, sequence: SequenceId) -> usize {
        self.cache.length(sequence)
    }

    fn extend(&mut self, sequence: SequenceId, tokens: &[u32], wanted: Wanted) -> Result<Vec<f32>> {
        check_growth(&self.config, self.length(sequence), tokens)?;
        let mut logits = Vec::new();
        let n_chunks = tokens.len().div_ceil(CHUNK);
        for (i, chunk) in tokens.chunks(CHUNK).enumerate() {
            let hidden = self.read_chunk(sequence, chunk)?;
            match wanted {
                Wanted::All => logits.extend(self.logits(&hidden, Linear::forward)?),
                Wanted::Last if i + 1 == n_chunks => {
                    logits = self.logits(&hidden.narrow(0, chunk.len() - 1, 1)?, Linear::forward)?;
                }
                Wanted::Last => {}
            }
        }
        Ok(logits)
    }

    fn step(&mut self, rows: &[(SequenceId, u32)]) -> Result<Vec<f32>> {
        check_step(&self.config, rows)?;
        for (sequence, _) in rows {
            self.cache.reserve(*sequence, 1)?;
        }
        let tokens: Vec<u32> = rows.iter().map(|(_, token)| *token).collect();
        let positions: Vec<usize> = rows.iter().map(|(sequence, _)| self.cache.length(*sequence)).collect();
        let angles = self.rotation.tensors(&positions, &self.device)?;
        let mut hidden = self.weights.embedding.rows(&tokens, &self.device)?;
        for (i, layer) in self.weights.layers.iter().enumerate() {
            let input = self.norm(&hidden, &layer.attention_norm)?;
            let heads = self.project(layer, &input, Linear::forward_independent)?;
            let query = self.rotation.apply(&heads.query, &angles)?;
            let key = self.rotation.apply(&heads.key, &angles)?;
            let mut attended = Vec::with_capacity(rows.len());
            for (row, (sequence, _)) in rows.iter().enumerate() {
                let of_row = |heads: &Tensor| -> Result<Tensor> { Ok(heads.get(row)?.unsqueeze(1)?) };
                self.cache.write(*sequence, i, &of_row(&key)?, &of_row(&heads.value)?)?;
                let past = self.cache.read(*sequence, i, 1)?;
                attended.push(attend(&self.config, &of_row(&query)?, &past, None)?);
            }
            let attended = Tensor::cat(&attended, 0)?;
            hidden = (hidden + layer.attention_output.forward_independent(&attended)?)?;
            hidden = self.feed_forward(layer, &hidden, Linear::forward_independent)?;
        }
        for (sequence, _) in rows {
            self.cache.advance(*sequence, 1)?;
        }
        self.logits(&hidden, Linear::forward_independent)
    }
}

/// Queries (rows, heads, key), keys (rows, kv heads, key) and values (rows, kv heads, value).
struct Heads {
    query: Tensor,
    key: Tensor,
    value: Tensor,
}

/// (rows, heads, width) to (heads, rows, width).
fn by_head(rows: &Tensor) -> Result<Tensor> {
    Ok(rows.transpose(0, 1)?.contiguous()?)
}

/// Attention of one sequence's queries (heads, n, key) over what it holds; returns (n, heads × value).
///
/// `mask` is added to the scores, (n, positions).
fn attend(config: &Config, query: &Tensor, past: &[Stretch], mask: Option<&Tensor>) -> Result<Tensor> {
    let Config { head_count, head_count_kv, key_length, value_length, .. } = *config;
    let group = head_count / head_count_kv;
    let n = query.dim(1)?;
    let scale = 1.0 / (key_length as f64).sqrt();
    let query = (query.reshape((head_count_kv, group * n, key_length))? * scale)?;
    let scores = past
        .iter()
        .map(|stretch| query.matmul(&stretch.keys.t()?))
        .collect::<candle_core::Result<Vec<_>>>()?;
    let mut scores =
        if let [only] = scores.as_slice() { only.clone() } else { Tensor::cat(&scores, D::Minus1)? };
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
        let part = shares.narrow(D::Minus1, start, length)?.contiguous()?.matmul(values)?;
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

/// What is added to the scores of `n` tokens after `start` others, (n, start + n): nothing for the past, minus infinity for the future.
fn causal_mask(n: usize, start: usize, device: &Device) -> Result<Option<Tensor>> {
    if n == 1 {
        return Ok(None);
    }
    let mask: Vec<f32> = (0..n)
        .flat_map(|i| (0..start + n).map(move |j| if j > start + i { f32::NEG_INFINITY } else { 0.0 }))
        .collect();
    Ok(Some(Tensor::from_vec(mask, (n, start + n), device)?))
}

/// Cosines and sines, (rows, 1, pairs).
struct Angles {
    cos: Tensor,
    sin: Tensor,
}

impl Rotation {
    fn tensors(&self, positions: &[usize], device: &Device) -> Result<Angles> {
        let shape = (positions.len(), 1, self.n_pairs());
        let (cos, sin): (Vec<f32>, Vec<f32>) =
            positions.iter().flat_map(|position| self.angles(*position)).unzip();
        Ok(Angles { cos: Tensor::from_vec(cos, shape, device)?, sin: Tensor::from_vec(sin, shape, device)? })
    }

    /// Rotates (rows, heads, key), each row by its own position.
    fn apply(&self, heads: &Tensor, Angles { cos, sin }: &Angles) -> Result<Tensor> {
        let (rows, n_heads, width) = heads.dims3()?;
        let dimension = 2 * self.n_pairs();
        let turned = heads.narrow(2, 0, dimension)?.contiguous()?.reshape((rows, n_heads, 1, dimension))?;
        let turned = if self.adjacent { rope_i(&turned, cos, sin)? } else { rope(&turned, cos, sin)? };
        let turned = turned.reshape((rows, n_heads, dimension))?;
        if dimension == width {
            return Ok(turned);
        }
        Ok(Tensor::cat(&[&turned, &heads.narrow(2, dimension, width - dimension)?], 2)?)
    }
}
