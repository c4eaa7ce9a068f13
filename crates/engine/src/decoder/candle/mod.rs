//! The decoder on candle tensors, for every device that candle knows.

mod cache;
mod weights;

pub use weights::Weights;

use super::rotation::Rotation;
use super::{Decoder, SequenceId, Wanted, check_growth, check_step};
use crate::config::{Activation, Config, HeadNorm};
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
    rotations: Vec<Rotation>,
}

impl CandleDecoder {
    /// A decoder without sequences; weights are shared, keys and values are its own.
    pub fn new(config: Arc<Config>, weights: Arc<Weights>, device: Device) -> Self {
        let shape = CacheShape {
            layers: config.layers.len(),
            heads: config.head_count_kv,
            key: config.key_length,
            value: config.value_length,
            context: config.context_length,
        };
        let rotations = config.rotations.iter().map(Rotation::new).collect();
        Self { cache: Cache::new(shape, device.clone()), config, weights, device, rotations }
    }

    /// Reads one chunk of one sequence; returns the layers' output, (tokens, embedding).
    fn read_chunk(&mut self, sequence: SequenceId, tokens: &[u32]) -> Result<Tensor> {
        let n = tokens.len();
        self.cache.reserve(sequence, n)?;
        let start = self.cache.length(sequence);
        let positions: Vec<usize> = (start..start + n).collect();
        let angles = self.angles(&positions)?;
        let mut masks = Masks::new(n, start, &self.device);
        let mut hidden = self.embeddings(tokens)?;
        let weights = Arc::clone(&self.weights);
        for (i, layer) in weights.0.layers.iter().enumerate() {
            let heads = self.project(layer, &hidden, Linear::forward)?;
            let query = by_head(&self.turn(i, &heads.query, &angles)?)?;
            let key = by_head(&self.turn(i, &heads.key, &angles)?)?;
            self.cache.write(sequence, i, &key, &by_head(&heads.value)?)?;
            let past = self.cache.read(sequence, i, n)?;
            let mask = masks.of(self.config.layers[i].window)?;
            let attended = attend(&self.config, &query, &past, mask.as_ref())?;
            hidden = self.add_attended(layer, &hidden, &attended, Linear::forward)?;
            hidden = self.feed_forward(layer, &hidden, Linear::forward)?;
        }
        self.cache.advance(sequence, n)?;
        Ok(hidden)
    }

    /// The rows of `tokens`, (tokens, embedding).
    fn embeddings(&self, tokens: &[u32]) -> Result<Tensor> {
        let rows = self.weights.0.embedding.embeddings(tokens, &self.device)?;
        Ok((rows * f64::from(self.config.embedding_scale))?)
    }

    /// By rotation, for one position a row.
    fn angles(&self, positions: &[usize]) -> Result<Vec<Angles>> {
        self.rotations.iter().map(|rotation| rotation.tensors(positions, &self.device)).collect()
    }

    /// Turns (rows, heads, key) as a layer does.
    fn turn(&self, layer: usize, heads: &Tensor, angles: &[Angles]) -> Result<Tensor> {
        match self.config.layers[layer].rotation {
            Some(rotation) => self.rotations[rotation].apply(heads, &angles[rotation]),
            None => Ok(heads.clone()),
        }
    }

    fn add_attended(
        &self,
        layer: &LayerWeights,
        hidden: &Tensor,
        attended: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        self.add(hidden, apply(&layer.attention_output, attended)?, layer.after_attention_norm.as_ref())
    }

    /// The feed-forward part with its residual, (rows, embedding).
    fn feed_forward(
        &self,
        layer: &LayerWeights,
        hidden: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let input = self.norm_if(hidden.clone(), layer.feed_forward_norm.as_ref())?;
        let gate = apply(&layer.gate, &input)?;
        let gate = match self.config.activation {
            Activation::Silu => gate.silu()?,
            Activation::Gelu => gate.gelu()?,
        };
        let gated = (gate * apply(&layer.up, &input)?)?;
        self.add(hidden, apply(&layer.down, &gated)?, layer.after_feed_forward_norm.as_ref())
    }

    /// Adds what a part of a layer has computed.
    fn add(&self, hidden: &Tensor, more: Tensor, norm: Option<&Tensor>) -> Result<Tensor> {
        let more = self.norm_if(more, norm)?;
        Ok((hidden + (more * f64::from(self.config.residual_scale))?)?)
    }

    /// Queries, keys and values of (rows, embedding), normalised where the family does so, not yet turned.
    fn project(
        &self,
        layer: &LayerWeights,
        hidden: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Heads> {
        let input = self.norm_if(hidden.clone(), layer.attention_norm.as_ref())?;
        let Config { head_count, head_count_kv, value_length, .. } = *self.config;
        Ok(Heads {
            query: self.by_heads(apply(&layer.query, &input)?, head_count, layer.query_norm.as_ref())?,
            key: self.by_heads(apply(&layer.key, &input)?, head_count_kv, layer.key_norm.as_ref())?,
            value: apply(&layer.value, &input)?.reshape(((), head_count_kv, value_length))?,
        })
    }

    /// (rows, heads × key) to (rows, heads, key), normalised before or after.
    fn by_heads(&self, rows: Tensor, heads: usize, norm: Option<&Tensor>) -> Result<Tensor> {
        let shape = ((), heads, self.config.key_length);
        Ok(match self.config.head_norm {
            HeadNorm::None => rows.reshape(shape)?,
            HeadNorm::EachHead => self.norm_if(rows.reshape(shape)?, norm)?,
            HeadNorm::AllHeads => self.norm_if(rows, norm)?.reshape(shape)?,
        })
    }

    fn norm(&self, input: &Tensor, weight: &Tensor) -> Result<Tensor> {
        Ok(rms_norm(&input.contiguous()?, weight, self.config.rms_epsilon)?)
    }

    fn norm_if(&self, input: Tensor, weight: Option<&Tensor>) -> Result<Tensor> {
        match weight {
            Some(weight) => self.norm(&input, weight),
            None => Ok(input),
        }
    }

    /// Logits of (rows, embedding), row-major.
    fn logits(&self, hidden: &Tensor, apply: fn(&Linear, &Tensor) -> Result<Tensor>) -> Result<Vec<f32>> {
        let normed = self.norm(hidden, &self.weights.0.output_norm)?;
        let logits = bounded(apply(&self.weights.0.output, &normed)?, self.config.logit_soft_cap)?;
        Ok(logits.flatten_all()?.to_vec1()?)
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
        let angles = self.angles(&positions)?;
        let mut hidden = self.embeddings(&tokens)?;
        let device = self.device.clone();
        let mut masks: Vec<_> = positions.iter().map(|position| Masks::new(1, *position, &device)).collect();
        let weights = Arc::clone(&self.weights);
        for (i, layer) in weights.0.layers.iter().enumerate() {
            let heads = self.project(layer, &hidden, Linear::forward_independent)?;
            let query = self.turn(i, &heads.query, &angles)?;
            let key = self.turn(i, &heads.key, &angles)?;
            let mut attended = Vec::with_capacity(rows.len());
            for (row, (sequence, _)) in rows.iter().enumerate() {
                let of_row = |heads: &Tensor| -> Result<Tensor> { Ok(heads.get(row)?.unsqueeze(1)?) };
                self.cache.write(*sequence, i, &of_row(&key)?, &of_row(&heads.value)?)?;
                let past = self.cache.read(*sequence, i, 1)?;
                let mask = masks[row].of(self.config.layers[i].window)?;
                attended.push(attend(&self.config, &of_row(&query)?, &past, mask.as_ref())?);
            }
            let attended = Tensor::cat(&attended, 0)?;
            hidden = self.add_attended(layer, &hidden, &attended, Linear::forward_independent)?;
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
    let scale = f64::from(config.scoring.scale);
    let query = (query.contiguous()?.reshape((head_count_kv, group * n, key_length))? * scale)?;
    let scores = past
        .iter()
        .map(|stretch| query.matmul(&stretch.keys.t()?))
        .collect::<candle_core::Result<Vec<_>>>()?;
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

/// Each number x as cap tanh(x / cap), where there is a cap.
fn bounded(numbers: Tensor, cap: Option<f32>) -> Result<Tensor> {
    match cap.map(f64::from) {
        Some(cap) => Ok(((numbers / cap)?.tanh()? * cap)?),
        None => Ok(numbers),
    }
}

/// What is added to the scores of `n` tokens after `start` others, (n, start + n), by window: nothing for what is seen, minus infinity for the rest.
struct Masks<'a> {
    n: usize,
    start: usize,
    device: &'a Device,
    made: Vec<(Option<usize>, Option<Tensor>)>,
}

impl<'a> Masks<'a> {
    fn new(n: usize, start: usize, device: &'a Device) -> Self {
        Self { n, start, device, made: Vec::new() }
    }

    /// None where all is seen.
    fn of(&mut self, window: Option<usize>) -> Result<Option<Tensor>> {
        if let Some((_, made)) = self.made.iter().find(|(of, _)| *of == window) {
            return Ok(made.clone());
        }
        let Self { n, start, .. } = *self;
        let all_seen = n == 1 && window.is_none_or(|window| start < window);
        let mask = if all_seen { None } else { Some(self.make(window.unwrap_or(usize::MAX))?) };
        self.made.push((window, mask.clone()));
        Ok(mask)
    }

    fn make(&self, window: usize) -> Result<Tensor> {
        let Self { n, start, device, .. } = *self;
        let is_seen = |at: usize, position: usize| position <= at && at - position < window;
        let of_pair = |at, position| if is_seen(at, position) { 0.0 } else { f32::NEG_INFINITY };
        let mask: Vec<f32> = (start..start + n)
            .flat_map(|at| (0..start + n).map(move |position| of_pair(at, position)))
            .collect();
        Ok(Tensor::from_vec(mask, (n, start + n), device)?)
    }
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
