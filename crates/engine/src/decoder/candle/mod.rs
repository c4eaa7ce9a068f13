//! The decoder on candle tensors, for every device that candle knows.

mod attention;
mod cache;
mod feed_forward;
#[cfg(feature = "cuda")]
mod sampling;
mod slots;
#[cfg(test)]
mod tests;
mod weights;

pub use weights::{Precision, Weights};

#[cfg(feature = "cuda")]
use super::Stepped;
use super::rotation::Rotation;
use super::{Decoder, SequenceId, Wanted, check_growth, check_step};
use crate::config::{Config, HeadNorm};
use crate::device;
use crate::error::Result;
#[cfg(feature = "cuda")]
use crate::sampler::Draw;
use attention::{Heads, Masks, attend, bounded, by_head};
use cache::{Cache, CacheShape};
use candle_core::{Device, Tensor};
use candle_nn::ops::rms_norm;
use candle_nn::rotary_emb::{rope, rope_i};
use slots::{Placement, Slots};
use std::sync::Arc;
use tiebreak_kernels::Team;
use weights::{LayerWeights, Linear};

/// How many tokens of a sequence are read at once; bounds the memory of scores and logits.
const CHUNK: usize = 256;

/// Computes logits by candle's operations.
///
/// On a processor each row of a step attends alone, so that its bits do not depend on the others; elsewhere all rows attend together.
#[derive(Debug)]
pub struct CandleDecoder {
    config: Arc<Config>,
    weights: Arc<Weights>,
    device: Device,
    cache: Cache,
    rotations: Vec<Rotation>,
    /// Where rows attend together: what sequences hold that have made a step.
    slots: Option<Slots>,
    /// For what is done with logits on the processor, while the device waits.
    team: Option<Team>,
    #[cfg(feature = "cuda")]
    sampler: sampling::Sampler,
}

impl CandleDecoder {
    /// A decoder without sequences; weights are shared, keys and values are its own.
    pub fn new(config: Arc<Config>, weights: Arc<Weights>, device: Device) -> Self {
        let together = !device.is_cpu();
        Self::attending(together, config, weights, device)
    }

    /// One whose rows attend together on any device; on a processor it is what a GPU's results are compared with.
    pub fn side_by_side(config: Arc<Config>, weights: Arc<Weights>, device: Device) -> Self {
        Self::attending(true, config, weights, device)
    }

    fn attending(together: bool, config: Arc<Config>, weights: Arc<Weights>, device: Device) -> Self {
        let shape = cache_shape(&config, weights.precision);
        Self {
            cache: Cache::new(shape, device.clone()),
            rotations: config.rotations.iter().map(Rotation::new).collect(),
            slots: together.then(|| Slots::new(shape, device.clone())),
            team: (!device.is_cpu()).then(|| Team::new(device::n_threads())),
            #[cfg(feature = "cuda")]
            sampler: sampling::Sampler::default(),
            config,
            weights,
            device,
        }
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
        for (i, layer) in weights.model.layers.iter().enumerate() {
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

    /// Makes room for one more position of each row; where rows attend together, gives each its slot.
    fn prepare(&mut self, ids: &[SequenceId]) -> Result<Option<Placement>> {
        let Some(slots) = &mut self.slots else {
            ids.iter().try_for_each(|id| self.cache.reserve(*id, 1))?;
            return Ok(None);
        };
        ids.iter().try_for_each(|id| self.cache.check_growth(*id, 1))?;
        let longest = ids.iter().map(|id| self.cache.length(*id) + 1).max().unwrap_or(0);
        let new: Vec<SequenceId> = ids.iter().copied().filter(|id| !slots.has(*id)).collect();
        slots.reserve(new.len(), longest)?;
        for id in new {
            slots.take(id, self.cache.length(id), |layer| self.cache.read(id, layer, 0))?;
            self.cache.lend(id)?;
        }
        let windows = self.config.layers.iter().map(|layer| layer.window);
        slots.place(ids, windows).map(Some)
    }

    /// Brings back what a sequence holds in a slot: it is read on, or continued by others.
    fn leave_slot(&mut self, id: SequenceId) -> Result<()> {
        if let Some(slots) = self.slots.as_mut().filter(|slots| slots.has(id)) {
            self.cache.take_back(id, |layer, positions| slots.read(id, layer, positions))?;
            slots.release(id);
        }
        Ok(())
    }

    /// Attention of one token of each sequence, (rows, heads × value).
    fn attend_one_by_one(
        &mut self,
        layer: usize,
        (ids, positions): (&[SequenceId], &[usize]),
        heads: &Heads,
    ) -> Result<Tensor> {
        let mut attended = Vec::with_capacity(ids.len());
        for (row, id) in ids.iter().enumerate() {
            let of_row = |heads: &Tensor| -> Result<Tensor> { Ok(heads.get(row)?.unsqueeze(1)?) };
            self.cache.write(*id, layer, &of_row(&heads.key)?, &of_row(&heads.value)?)?;
            let past = self.cache.read(*id, layer, 1)?;
            let mask = Masks::new(1, positions[row], &self.device).of(self.config.layers[layer].window)?;
            attended.push(attend(&self.config, &of_row(&heads.query)?, &past, mask.as_ref())?);
        }
        Ok(Tensor::cat(&attended, 0)?)
    }

    /// The rows of `tokens`, (tokens, embedding).
    fn embeddings(&self, tokens: &[u32]) -> Result<Tensor> {
        let rows = self.weights.model.embedding.embeddings(tokens, &self.device)?;
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

    /// Logits of (rows, embedding), (rows, vocabulary).
    fn logits(&self, hidden: &Tensor, apply: fn(&Linear, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
        let normed = self.norm(hidden, &self.weights.model.output_norm)?;
        bounded(apply(&self.weights.model.output, &normed)?, self.config.logit_soft_cap)
    }

    /// Appends one token to each of the sequences; returns logits, (rows, vocabulary).
    fn step_logits(&mut self, rows: &[(SequenceId, u32)]) -> Result<Tensor> {
        check_step(self.config.vocab_size, rows)?;
        let (ids, tokens): (Vec<SequenceId>, Vec<u32>) = rows.iter().copied().unzip();
        let positions: Vec<usize> = ids.iter().map(|id| self.cache.length(*id)).collect();
        let placement = self.prepare(&ids)?;
        let angles = self.angles(&positions)?;
        let mut hidden = self.embeddings(&tokens)?;
        let weights = Arc::clone(&self.weights);
        for (i, layer) in weights.model.layers.iter().enumerate() {
            let Heads { query, key, value } = self.project(layer, &hidden, Linear::forward_independent)?;
            let (query, key) = (self.turn(i, &query, &angles)?, self.turn(i, &key, &angles)?);
            let heads = Heads { query, key, value };
            let attended = match (&self.slots, &placement) {
                (Some(slots), Some(placement)) => slots.attend(&self.config, i, placement, &heads)?,
                _ => self.attend_one_by_one(i, (&ids, &positions), &heads)?,
            };
            hidden = self.add_attended(layer, &hidden, &attended, Linear::forward_independent)?;
            hidden = self.feed_forward(layer, &hidden, Linear::forward_independent)?;
        }
        for id in &ids {
            self.cache.advance(*id, 1)?;
        }
        self.slots.iter_mut().for_each(|slots| slots.advance(&ids));
        self.logits(&hidden, Linear::forward_independent)
    }
}

/// Brings (rows, vocabulary) to the host, row-major.
fn to_host(logits: &Tensor) -> Result<Vec<f32>> {
    Ok(logits.flatten_all()?.to_vec1()?)
}

impl Decoder for CandleDecoder {
    fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
        if let Some(parent) = parent {
            self.leave_slot(parent)?;
        }
        self.cache.open(parent)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.cache.close(sequence);
        self.slots.iter_mut().for_each(|slots| slots.release(sequence));
    }

    fn length(&self, sequence: SequenceId) -> usize {
        self.cache.length(sequence)
    }

    fn extend(&mut self, sequence: SequenceId, tokens: &[u32], wanted: Wanted) -> Result<Vec<f32>> {
        check_growth(&self.config, self.length(sequence), tokens)?;
        self.leave_slot(sequence)?;
        let mut logits = Vec::new();
        let n_chunks = tokens.len().div_ceil(CHUNK);
        for (i, chunk) in tokens.chunks(CHUNK).enumerate() {
            let hidden = self.read_chunk(sequence, chunk)?;
            match wanted {
                Wanted::All => logits.extend(to_host(&self.logits(&hidden, Linear::forward)?)?),
                Wanted::Last if i + 1 == n_chunks => {
                    let last = hidden.narrow(0, chunk.len() - 1, 1)?;
                    logits = to_host(&self.logits(&last, Linear::forward)?)?;
                }
                Wanted::Last => {}
            }
        }
        Ok(logits)
    }

    fn step(&mut self, rows: &[(SequenceId, u32)]) -> Result<Vec<f32>> {
        to_host(&self.step_logits(rows)?)
    }

    #[cfg(feature = "cuda")]
    fn step_and_sample(&mut self, rows: &[(SequenceId, u32)], draws: &[Draw<'_>]) -> Result<Stepped> {
        let draws = sampling::for_device(&self.device, self.config.vocab_size, draws);
        let logits = self.step_logits(rows)?;
        match draws {
            Some(draws) => self.sampler.sample(&logits, &draws).map(Stepped::Sampled),
            None => to_host(&logits).map(Stepped::Logits),
        }
    }

    fn team(&mut self) -> Option<&mut Team> {
        self.team.as_mut()
    }
}

fn cache_shape(config: &Config, precision: Precision) -> CacheShape {
    CacheShape {
        dtype: precision.dtype(),
        layers: config.layers.len(),
        heads: config.head_count_kv,
        key: config.key_length,
        value: config.value_length,
        context: config.context_length,
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
