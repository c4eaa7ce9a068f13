//! A model's weights, packed for the kernels.

use crate::config::{Architecture, Config};
use crate::error::{EngineError, Result};
use crate::gguf::{GgufFile, StorageType};
use std::io::{Read, Seek};
use std::sync::Arc;
use tiebreak_kernels::{BLOCK, Format, PackedMatrix, Shape, Team};

/// All weights of a model; they are read and packed once and shared by every decoder.
#[derive(Debug)]
pub struct CpuWeights {
    /// (vocabulary, embedding)
    pub(super) embedding: Arc<PackedMatrix>,
    pub(super) layers: Vec<LayerWeights>,
    pub(super) output_norm: Vec<f32>,
    pub(super) output: Linear,
    /// What each rotated pair's frequency is divided by, (rope_dimension_count / 2).
    pub(super) rope_factors: Option<Vec<f32>>,
}

#[derive(Debug)]
pub(super) struct LayerWeights {
    pub attention_norm: Vec<f32>,
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub query_norm: Option<Vec<f32>>,
    pub key_norm: Option<Vec<f32>>,
    pub attention_output: Linear,
    pub feed_forward_norm: Vec<f32>,
    pub gate: Linear,
    pub up: Linear,
    pub down: Linear,
}

/// A matrix (outputs, inputs) and what is added after it.
#[derive(Debug)]
pub(super) struct Linear {
    pub matrix: Arc<PackedMatrix>,
    pub bias: Option<Vec<f32>>,
}

impl Linear {
    pub fn outputs(&self) -> usize {
        self.matrix.shape().outputs
    }
}

/// Whether rows of all matrices consist of whole blocks.
fn fit(config: &Config) -> bool {
    let values = config.head_count * config.value_length;
    [config.embedding_length, config.feed_forward_length, values]
        .iter()
        .all(|width| width.is_multiple_of(BLOCK))
}

impl CpuWeights {
    /// Whether packing a file's weights is possible, and rounds none of 32 bits.
    pub fn suit<R>(file: &GgufFile<R>, config: &Config) -> bool {
        let of_model = |name: &str| {
            name.starts_with("blk.") || name.starts_with("token_embd.") || name.starts_with("output")
        };
        let suits = |(_, dimensions, kind): (&str, usize, StorageType)| match dimensions {
            2 => kind.name != "F32" && Format::from_ggml_type(kind.code).is_some(),
            _ => kind.block_numbers == 1,
        };
        fit(config) && file.tensors().filter(|(name, ..)| of_model(name)).all(suits)
    }

    /// The memory that the matrices take.
    pub fn bytes(&self) -> usize {
        let of_layer = |layer: &LayerWeights| -> usize {
            let LayerWeights { query, key, value, attention_output, gate, up, down, .. } = layer;
            [query, key, value, attention_output, gate, up, down]
                .map(|linear| linear.matrix.bytes())
                .iter()
                .sum()
        };
        let output =
            if Arc::ptr_eq(&self.output.matrix, &self.embedding) { 0 } else { self.output.matrix.bytes() };
        self.embedding.bytes() + output + self.layers.iter().map(of_layer).sum::<usize>()
    }

    /// Reads and packs the weights that `config` asks for, on the threads of `team`; an absent or misshapen one is named.
    ///
    /// A matrix is read and packed in pieces, so that memory holds little beside what is packed.
    ///
    /// # Errors
    /// Those of the file, and [`EngineError::Metadata`] for a model whose widths 32 does not divide.
    pub fn load<R: Read + Seek>(file: &mut GgufFile<R>, config: &Config, team: &mut Team) -> Result<Self> {
        if !fit(config) {
            let key = format!("{}.embedding_length", config.architecture.as_str());
            let problem = "or another width is no multiple of 32, which this decoder needs".to_owned();
            return Err(EngineError::Metadata { key, problem });
        }
        let mut loader = Loader { file, team };
        let (vocab, width) = (config.vocab_size, config.embedding_length);
        let embedding = Arc::new(loader.matrix("token_embd.weight", vocab, width)?);
        let output = if loader.file.has_tensor("output.weight") {
            loader.linear("output", vocab, width)?
        } else {
            Linear { matrix: Arc::clone(&embedding), bias: None }
        };
        let layers = (0..config.block_count).map(|i| loader.layer(i, config)).collect::<Result<_>>()?;
        let output_norm = loader.dense("output_norm.weight", width)?;
        let rope_factors = loader.dense_if_present("rope_freqs.weight", config.rope_dimension_count / 2)?;
        if rope_factors.iter().flatten().any(|factor| !factor.is_finite() || *factor == 0.0) {
            let problem = "holds a number that is zero or not finite".to_owned();
            return Err(EngineError::Tensor { name: "rope_freqs.weight".into(), problem });
        }
        Ok(Self { embedding, layers, output_norm, output, rope_factors })
    }
}

/// Reads weights by name, each of which must have the shape that the configuration asks for.
struct Loader<'a, R> {
    file: &'a mut GgufFile<R>,
    team: &'a mut Team,
}

impl<R: Read + Seek> Loader<'_, R> {
    fn matrix(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<PackedMatrix> {
        let mut tensor = self.file.open(name, &[outputs, inputs])?;
        let problem = |problem| EngineError::Tensor { name: name.to_owned(), problem };
        let format = Format::from_ggml_type(tensor.kind.code)
            .ok_or_else(|| problem(format!("is stored as {}, which cannot be packed", tensor.kind.name)))?;
        let shape = Shape { outputs, inputs };
        PackedMatrix::pack_pieces(format, shape, self.team, |bytes| tensor.read(bytes)).map_err(|error| {
            match error {
                EngineError::Kernels(error) => problem(format!("cannot be packed: {error}")),
                error => error,
            }
        })
    }

    fn dense(&mut self, name: &str, length: usize) -> Result<Vec<f32>> {
        let (kind, bytes) = self.file.tensor(name, &[length])?;
        numbers(kind, &bytes).ok_or_else(|| {
            let problem = format!("is stored as {}; expected F32, F16 or BF16", kind.name);
            EngineError::Tensor { name: name.to_owned(), problem }
        })
    }

    fn dense_if_present(&mut self, name: &str, length: usize) -> Result<Option<Vec<f32>>> {
        if self.file.has_tensor(name) { self.dense(name, length).map(Some) } else { Ok(None) }
    }

    fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Linear> {
        let matrix = Arc::new(self.matrix(&format!("{name}.weight"), outputs, inputs)?);
        Ok(Linear { matrix, bias: self.dense_if_present(&format!("{name}.bias"), outputs)? })
    }

    fn layer(&mut self, i: usize, config: &Config) -> Result<LayerWeights> {
        let width = config.embedding_length;
        let name = |part: &str| format!("blk.{i}.{part}");
        let mut head_norm = |part: &str| match config.architecture {
            Architecture::Qwen3 => self.dense(&name(part), config.key_length).map(Some),
            Architecture::Llama | Architecture::Qwen2 => Ok(None),
        };
        let (query_norm, key_norm) = (head_norm("attn_q_norm.weight")?, head_norm("attn_k_norm.weight")?);
        let values = config.head_count * config.value_length;
        Ok(LayerWeights {
            attention_norm: self.dense(&name("attn_norm.weight"), width)?,
            query: self.linear(&name("attn_q"), config.head_count * config.key_length, width)?,
            key: self.linear(&name("attn_k"), config.head_count_kv * config.key_length, width)?,
            value: self.linear(&name("attn_v"), config.head_count_kv * config.value_length, width)?,
            query_norm,
            key_norm,
            attention_output: self.linear(&name("attn_output"), width, values)?,
            feed_forward_norm: self.dense(&name("ffn_norm.weight"), width)?,
            gate: self.linear(&name("ffn_gate"), config.feed_forward_length, width)?,
            up: self.linear(&name("ffn_up"), config.feed_forward_length, width)?,
            down: self.linear(&name("ffn_down"), width, config.feed_forward_length)?,
        })
    }
}

/// The numbers of a tensor that is not quantized.
fn numbers(kind: StorageType, bytes: &[u8]) -> Option<Vec<f32>> {
    let halves = || bytes.as_chunks::<2>().0.iter().copied();
    Some(match kind.name {
        "F32" => bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect(),
        "F16" => halves().map(|bytes| half::f16::from_le_bytes(bytes).to_f32()).collect(),
        "BF16" => halves().map(|bytes| half::bf16::from_le_bytes(bytes).to_f32()).collect(),
        _ => return None,
    })
}
