//! The decoder for processors: packed weights, int8 products, and attention that rows with the same prompt share.
//!
//! A pass takes rows, each a token of some sequence, through all layers.
//! Every number of a row is computed by operations whose order depends on that row's own tokens alone, so that its logits have the same bits in any company, on any path of the kernels and with any number of threads.

mod attention;
mod cache;
mod experts;
mod rows;
mod share;
mod weights;

pub use weights::{CpuWeights, Unquantized};

use super::rotation::Rotation;
use super::{Decoder, SequenceId, Wanted, check_growth, check_step};
use crate::config::Config;
use crate::decoder::weights::FeedForward;
use crate::error::Result;
use attention::Attention;
use cache::Cache;
use experts::ByExpert;
use half::bf16;
use rows::{Row, seen_blocks};
use share::{each, multiply, normalise};
use std::sync::Arc;
use tiebreak_kernels::{Activations, BLOCK, Keeps, Kernels, Remembered, Team};
use weights::{Gated, LayerWeights};

/// How many tokens of a sequence are read at once; bounds the memory of what lies between the layers.
const CHUNK: usize = 128;

/// Computes logits on a processor, and remembers keys and values as `T`: bfloat16 beside products in 8 bits, single precision where no weight is quantized.
#[derive(Debug)]
struct CpuDecoder<T> {
    config: Arc<Config>,
    weights: Arc<CpuWeights>,
    cache: Cache<T>,
    rotations: Vec<Rotation>,
    kernels: Kernels,
    team: Team,
    attention: Attention,
    between: Between,
}

/// What lies between the parts of a layer, whose memory is kept from pass to pass; threads ask anew for what each of them needs in a part.
#[derive(Debug)]
struct Between {
    /// (rows, embedding)
    hidden: Vec<f32>,
    /// (rows, embedding): what a part adds to `hidden`.
    more: Vec<f32>,
    /// (rows, heads × key)
    query: Vec<f32>,
    /// (rows, kv heads × key)
    key: Vec<f32>,
    /// (rows, kv heads × value)
    value: Vec<f32>,
    /// (rows, embedding)
    input: Activations,
    /// (rows, heads × value)
    attended: Activations,
    /// (rows, feed-forward)
    gated: Activations,
    /// For layers that have experts.
    by_expert: ByExpert,
}

/// A decoder for some weights, of the precision that becomes them.
pub fn cpu_decoder(
    config: Arc<Config>,
    weights: Arc<CpuWeights>,
    kernels: Kernels,
    threads: usize,
) -> Box<dyn Decoder> {
    match weights.keeps {
        Keeps::Numbers => Box::new(CpuDecoder::<f32>::new(config, weights, kernels, threads)),
        Keeps::Quantized | Keeps::Both => {
            Box::new(CpuDecoder::<bf16>::new(config, weights, kernels, threads))
        }
    }
}

impl<T: Remembered> CpuDecoder<T> {
    /// A decoder without sequences, on `threads` threads; weights are shared, keys and values are its own.
    fn new(config: Arc<Config>, weights: Arc<CpuWeights>, kernels: Kernels, threads: usize) -> Self {
        let activations =
            |inputs| Activations::new(1, inputs, weights.keeps).expect("weights are packed in whole blocks");
        let between = Between {
            hidden: Vec::new(),
            more: Vec::new(),
            query: Vec::new(),
            key: Vec::new(),
            value: Vec::new(),
            input: activations(config.embedding_length),
            attended: activations(config.head_count * config.value_length),
            gated: activations(BLOCK),
            by_expert: ByExpert::new(weights.keeps),
        };
        Self {
            cache: Cache::new(&config),
            rotations: config.rotations.iter().map(Rotation::new).collect(),
            attention: Attention::new(&config),
            team: Team::new(threads),
            config,
            weights,
            kernels,
            between,
        }
    }

    /// Reads one token for each row; `between.hidden` is then the layers' output.
    fn pass(&mut self, rows: &[Row]) -> Result<()> {
        self.begin(rows)?;
        let seen = seen_blocks(&self.cache, rows)?;
        self.attention.turn_to(rows, &self.rotations);
        let weights = Arc::clone(&self.weights);
        for (number, layer) in weights.model.layers.iter().enumerate() {
            self.project(layer)?;
            self.remember(layer, number, rows)?;
            let Between { query, attended, .. } = &mut self.between;
            let asked = attention::Asked { query, layer, number, rows: rows.len(), seen: &seen };
            self.attention.attend(&asked, &self.cache, self.kernels, &mut self.team)?;
            self.attention.quantize(rows.len(), attended, self.kernels, &mut self.team)?;
            self.add_attended(layer)?;
            self.feed_forward(layer)?;
        }
        for row in rows {
            self.cache.sequences().advance(row.sequence, 1)?;
        }
        Ok(())
    }

    /// The tokens' embeddings, and room for what comes after.
    fn begin(&mut self, rows: &[Row]) -> Result<()> {
        let (config, between, n) = (&self.config, &mut self.between, rows.len());
        between.hidden.resize(n * config.embedding_length, 0.0);
        between.more.resize(n * config.embedding_length, 0.0);
        between.query.resize(n * config.head_count * config.key_length, 0.0);
        between.key.resize(n * config.head_count_kv * config.key_length, 0.0);
        between.value.resize(n * config.head_count_kv * config.value_length, 0.0);
        between.input.reshape(n, config.embedding_length)?;
        between.attended.reshape(n, config.head_count * config.value_length)?;
        for (row, hidden) in rows.iter().zip(between.hidden.chunks_exact_mut(config.embedding_length)) {
            self.weights.model.embedding.read_output(row.token as usize, hidden)?;
            if config.embedding_scale != 1.0 {
                hidden.iter_mut().for_each(|number| *number *= config.embedding_scale);
            }
        }
        Ok(())
    }

    /// Queries, keys and values, not yet turned.
    fn project(&mut self, layer: &LayerWeights) -> Result<()> {
        let Self { between, kernels, team, config, attention, .. } = self;
        let Between { hidden, input, query, key, value, .. } = between;
        let norm = (layer.attention_norm.as_deref(), config.embedding_length);
        normalise(hidden, norm, config.rms_epsilon, input, *kernels, team)?;
        let outputs = [(&layer.query, &mut *query), (&layer.key, &mut *key), (&layer.value, value)];
        multiply(outputs.map(|(linear, output)| (linear, output.as_mut_slice())), input, *kernels, team)?;
        attention.normalise_heads(query, layer.query_norm.as_deref(), *kernels)?;
        Ok(attention.normalise_heads(key, layer.key_norm.as_deref(), *kernels)?)
    }

    /// Turns the keys, and writes them and the values where attention finds them.
    fn remember(&mut self, layer: &LayerWeights, number: usize, rows: &[Row]) -> Result<()> {
        let Self { between, kernels, config, cache, attention, .. } = self;
        let Between { key, value, .. } = between;
        let keys = key.chunks_exact_mut(config.head_count_kv * config.key_length);
        let values = value.chunks_exact(config.head_count_kv * config.value_length);
        for (at, ((row, keys), values)) in rows.iter().zip(keys).zip(values).enumerate() {
            for key in keys.chunks_exact_mut(config.key_length) {
                attention.prepare((at, number), key, layer.key_norm.as_deref(), *kernels)?;
            }
            cache.write(row.sequence, number, row.ahead, keys, values)?;
        }
        Ok(())
    }

    fn add_attended(&mut self, layer: &LayerWeights) -> Result<()> {
        let Self { between: Between { hidden, more, attended, .. }, kernels, team, config, .. } = self;
        multiply([(&layer.attention_output, more.as_mut_slice())], attended, *kernels, team)?;
        let scales = (config.residual_scale, config.rms_epsilon);
        Ok(share::add(hidden, more, layer.after_attention_norm.as_deref(), scales, *kernels)?)
    }

    /// The feed-forward part with its residual.
    fn feed_forward(&mut self, layer: &LayerWeights) -> Result<()> {
        let Self { between, kernels, team, config, .. } = self;
        let Between { hidden, more, input, gated, by_expert, .. } = between;
        let norm = (layer.feed_forward_norm.as_deref(), config.embedding_length);
        match &layer.feed_forward {
            FeedForward::Dense(Gated { gate, up, down }) => {
                normalise(hidden, norm, config.rms_epsilon, input, *kernels, team)?;
                gated.reshape(input.rows(), config.feed_forward_length)?;
                share::gate(config.activation, [gate, up], input, gated, *kernels, team)?;
                multiply([(down, more.as_mut_slice())], gated, *kernels, team)?;
            }
            FeedForward::Experts(experts) => {
                let layer = experts::Layer {
                    experts,
                    config: config.experts.as_ref().expect("layers have experts where a model does"),
                    activation: config.activation,
                    norm,
                    epsilon: config.rms_epsilon,
                };
                by_expert.compute(&layer, (hidden, input), more, *kernels, team)?;
            }
        }
        let scales = (config.residual_scale, config.rms_epsilon);
        Ok(share::add(hidden, more, layer.after_feed_forward_norm.as_deref(), scales, *kernels)?)
    }

    /// Logits of the rows of the last pass from `first` on, row-major.
    fn logits(&mut self, first: usize) -> Result<Vec<f32>> {
        let Self { between, kernels, team, config, weights, .. } = self;
        let hidden = &between.hidden[first * config.embedding_length..];
        let rows = hidden.len() / config.embedding_length;
        between.input.reshape(rows, config.embedding_length)?;
        let norm = (Some(weights.model.output_norm.as_slice()), config.embedding_length);
        normalise(hidden, norm, config.rms_epsilon, &mut between.input, *kernels, team)?;
        let mut logits = vec![0.0; rows * config.vocab_size];
        multiply([(&weights.model.output, logits.as_mut_slice())], &between.input, *kernels, team)?;
        if let Some(cap) = config.logit_soft_cap {
            let rows = logits.chunks_exact_mut(config.vocab_size).collect();
            each(team, rows, |row: &mut &mut [f32]| {
                kernels.soft_cap(cap, row);
                Ok(())
            })?;
        }
        Ok(logits)
    }
}

impl<T: Remembered> Decoder for CpuDecoder<T> {
    fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
        self.cache.sequences().open(parent)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.cache.sequences().close(sequence);
    }

    fn length(&self, sequence: SequenceId) -> usize {
        self.cache.length(sequence)
    }

    fn extend(&mut self, sequence: SequenceId, tokens: &[u32], wanted: Wanted) -> Result<Vec<f32>> {
        check_growth(&self.config, self.length(sequence), tokens)?;
        let mut logits = Vec::new();
        let n_chunks = tokens.len().div_ceil(CHUNK);
        for (i, chunk) in tokens.chunks(CHUNK).enumerate() {
            self.cache.reserve(sequence, chunk.len())?;
            let start = self.length(sequence);
            let row = |(ahead, token): (usize, &u32)| Row { sequence, token: *token, start, ahead };
            let rows: Vec<Row> = chunk.iter().enumerate().map(row).collect();
            self.pass(&rows)?;
            match wanted {
                Wanted::All => logits.extend(self.logits(0)?),
                Wanted::Last if i + 1 == n_chunks => logits = self.logits(rows.len() - 1)?,
                Wanted::Last => {}
            }
        }
        Ok(logits)
    }

    fn step(&mut self, rows: &[(SequenceId, u32)]) -> Result<Vec<f32>> {
        check_step(self.config.vocab_size, rows)?;
        for (sequence, _) in rows {
            self.cache.reserve(*sequence, 1)?;
        }
        let row = |(sequence, token): &(SequenceId, u32)| Row {
            sequence: *sequence,
            token: *token,
            start: self.cache.length(*sequence),
            ahead: 0,
        };
        let rows: Vec<Row> = rows.iter().map(row).collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.pass(&rows)?;
        self.logits(0)
    }

    fn team(&mut self) -> Option<&mut Team> {
        Some(&mut self.team)
    }
}
