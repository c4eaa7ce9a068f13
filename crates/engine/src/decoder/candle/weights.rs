//! A model's weights, named as GGUF names them.

use crate::config::{Architecture, Config};
use crate::error::{EngineError, Result};
use crate::gguf::{GgufFile, StorageType};
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Tensor};
use std::io::{Read, Seek};
use std::sync::Arc;

/// All weights of a model; they are read once and shared by every decoder.
#[derive(Debug)]
pub struct Weights {
    pub(super) embedding: Embedding,
    pub(super) layers: Vec<LayerWeights>,
    pub(super) output_norm: Tensor,
    pub(super) output: Linear,
    /// What each rotated pair's frequency is divided by, (rope_dimension_count / 2).
    pub(super) rope_factors: Option<Vec<f32>>,
}

#[derive(Debug)]
pub(super) struct LayerWeights {
    pub attention_norm: Tensor,
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub query_norm: Option<Tensor>,
    pub key_norm: Option<Tensor>,
    pub attention_output: Linear,
    pub feed_forward_norm: Tensor,
    pub gate: Linear,
    pub up: Linear,
    pub down: Linear,
}

/// The token embedding, (vocabulary, embedding), kept as quantized as it is in the file.
#[derive(Debug)]
pub(super) struct Embedding(QMatMul);

impl Embedding {
    /// The rows of `tokens`, (tokens, embedding).
    pub fn rows(&self, tokens: &[u32], device: &Device) -> Result<Tensor> {
        Ok(self.0.embedding(&Tensor::new(tokens, device)?)?)
    }
}

/// A matrix (outputs, inputs) and what is added after it.
#[derive(Debug)]
pub(super) struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
    rows_at_once: usize,
}

impl Linear {
    /// Applied to (rows, inputs) that belong to one sequence.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let output = self.weight.forward(input)?;
        Ok(match &self.bias {
            Some(bias) => output.broadcast_add(bias)?,
            None => output,
        })
    }

    /// Applied to (rows, inputs) that belong to different sequences: a row's result does not depend on the others.
    pub fn forward_independent(&self, input: &Tensor) -> Result<Tensor> {
        let rows = input.dim(0)?;
        if rows <= self.rows_at_once || !input.device().is_cpu() {
            return self.forward(input);
        }
        let parts = (0..rows)
            .step_by(self.rows_at_once)
            .map(|start| self.forward(&input.narrow(0, start, self.rows_at_once.min(rows - start))?))
            .collect::<Result<Vec<_>>>()?;
        Ok(Tensor::cat(&parts, 0)?)
    }
}

/// How many rows one product may hold so that each row's bits are those it has alone.
///
/// candle's products of these types sum every output in the same order whatever the number of rows; Q4_K changes its kernel at 32 rows (where the processor has AMX) and Q6_K at 2, and dense products block by their shape.
fn rows_at_once(kind: GgmlDType) -> usize {
    match kind {
        GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 | GgmlDType::Q6K => 1,
        GgmlDType::Q4K => 31,
        _ => usize::MAX,
    }
}

/// How candle calls a storage type.
fn dtype(kind: StorageType) -> GgmlDType {
    match kind.name {
        "F32" => GgmlDType::F32,
        "F16" => GgmlDType::F16,
        "BF16" => GgmlDType::BF16,
        "Q4_0" => GgmlDType::Q4_0,
        "Q4_1" => GgmlDType::Q4_1,
        "Q5_0" => GgmlDType::Q5_0,
        "Q5_1" => GgmlDType::Q5_1,
        "Q8_0" => GgmlDType::Q8_0,
        "Q2_K" => GgmlDType::Q2K,
        "Q3_K" => GgmlDType::Q3K,
        "Q4_K" => GgmlDType::Q4K,
        "Q5_K" => GgmlDType::Q5K,
        "Q6_K" => GgmlDType::Q6K,
        other => unreachable!("the reader knows no storage type {other}"),
    }
}

/// Reads weights by name, each of which must have the shape that the configuration asks for.
struct Loader<'a, R> {
    file: &'a mut GgufFile<R>,
    device: &'a Device,
}

impl<R: Read + Seek> Loader<'_, R> {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<QTensor> {
        let (kind, bytes) = self.file.tensor(name, shape)?;
        qtensor_from_ggml(dtype(kind), &bytes, shape.to_vec(), self.device).map_err(|error| {
            EngineError::Tensor { name: name.to_owned(), problem: format!("cannot be loaded: {error}") }
        })
    }

    fn dense(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(self.tensor(name, shape)?.dequantize(self.device)?)
    }

    fn dense_if_present(&mut self, name: &str, shape: &[usize]) -> Result<Option<Tensor>> {
        if self.file.has_tensor(name) { self.dense(name, shape).map(Some) } else { Ok(None) }
    }

    fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Linear> {
        let weight = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let rows_at_once = rows_at_once(weight.dtype());
        let bias = self.dense_if_present(&format!("{name}.bias"), &[outputs])?;
        Ok(Linear { weight: QMatMul::from_qtensor(weight)?, bias, rows_at_once })
    }

    fn layer(&mut self, i: usize, config: &Config) -> Result<LayerWeights> {
        let width = config.embedding_length;
        let queries = config.head_count * config.key_length;
        let keys = config.head_count_kv * config.key_length;
        let values = config.head_count_kv * config.value_length;
        let name = |part: &str| format!("blk.{i}.{part}");
        let (query_norm, key_norm) = if config.architecture == Architecture::Qwen3 {
            let shape = [config.key_length];
            (
                Some(self.dense(&name("attn_q_norm.weight"), &shape)?),
                Some(self.dense(&name("attn_k_norm.weight"), &shape)?),
            )
        } else {
            (None, None)
        };
        Ok(LayerWeights {
            attention_norm: self.dense(&name("attn_norm.weight"), &[width])?,
            query: self.linear(&name("attn_q"), queries, width)?,
            key: self.linear(&name("attn_k"), keys, width)?,
            value: self.linear(&name("attn_v"), values, width)?,
            query_norm,
            key_norm,
            attention_output: self.linear(
                &name("attn_output"),
                width,
                config.head_count * config.value_length,
            )?,
            feed_forward_norm: self.dense(&name("ffn_norm.weight"), &[width])?,
            gate: self.linear(&name("ffn_gate"), config.feed_forward_length, width)?,
            up: self.linear(&name("ffn_up"), config.feed_forward_length, width)?,
            down: self.linear(&name("ffn_down"), width, config.feed_forward_length)?,
        })
    }
}

impl Weights {
    /// Reads the weights that `config` asks for; an absent or misshapen one is named.
    pub fn load<R: Read + Seek>(file: &mut GgufFile<R>, config: &Config, device: &Device) -> Result<Self> {
        let mut loader = Loader { file, device };
        let (vocab, width) = (config.vocab_size, config.embedding_length);
        let embedding = Arc::new(loader.tensor("token_embd.weight", &[vocab, width])?);
        let output = if loader.file.has_tensor("output.weight") {
            loader.linear("output", vocab, width)?
        } else {
            let rows_at_once = rows_at_once(embedding.dtype());
            Linear { weight: QMatMul::from_arc(Arc::clone(&embedding))?, bias: None, rows_at_once }
        };
        let layers = (0..config.block_count).map(|i| loader.layer(i, config)).collect::<Result<_>>()?;
        let output_norm = loader.dense("output_norm.weight", &[width])?;
        let rope_factors = loader
            .dense_if_present("rope_freqs.weight", &[config.rope_dimension_count / 2])?
            .map(|factors| factors.to_vec1::<f32>())
            .transpose()?;
        if rope_factors.as_ref().is_some_and(|factors| factors.iter().any(|f| !f.is_finite() || *f == 0.0)) {
            return Err(EngineError::Tensor {
                name: "rope_freqs.weight".into(),
                problem: "holds a number that is zero or not finite".into(),
            });
        }
        Ok(Self {
            embedding: Embedding(QMatMul::from_arc(embedding)?),
            layers,
            output_norm,
            output,
            rope_factors,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_kernels::Format;

    #[test]
    fn storage_types_are_those_of_candle_and_of_the_kernels() {
        for kind in StorageType::ALL {
            let dtype = dtype(kind);
            let name = kind.name;
            assert_eq!(
                (dtype.block_size(), dtype.type_size()),
                (kind.block_numbers, kind.block_bytes),
                "{name}"
            );
            let format = Format::from_ggml_type(kind.code).unwrap();
            assert_eq!(format.to_string(), name);
            // Numbers that stand alone in a file are packed by 32.
            let n_blocks = format.block_values() / kind.block_numbers;
            assert_eq!(format.block_bytes(), n_blocks * kind.block_bytes, "{name}");
        }
    }
}
