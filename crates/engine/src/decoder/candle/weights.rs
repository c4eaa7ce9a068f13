//! A model's weights as candle's tensors.

use crate::config::Config;
use crate::decoder::weights::{self, Keep, ModelWeights};
use crate::error::Result;
use crate::gguf::StorageType;
use crate::source::{OpenTensor, TensorSource};
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QMatMul};
use candle_core::{DType, Device, Module, Tensor};

/// All weights of a model; they are read once and shared by every decoder.
#[derive(Debug)]
pub struct Weights {
    pub(super) model: ModelWeights<Matrix, Tensor>,
    pub(super) precision: Precision,
}

/// How many bits multiply what is not quantized, and keep keys and values; all sums, norms and logits have 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits (F32).
    Full,
    /// 16 bits (BF16): half the memory, and a relative error of up to 2^-8 in each number.
    Half,
}

impl Precision {
    /// What is used on `device` where nobody says otherwise: 32 bits on a processor, 16 on a GPU.
    pub fn on(device: &Device) -> Self {
        if device.is_cpu() { Self::Full } else { Self::Half }
    }

    pub(super) fn dtype(self) -> DType {
        match self {
            Self::Full => DType::F32,
            Self::Half => DType::BF16,
        }
    }
}

pub(super) type LayerWeights = weights::LayerWeights<Matrix, Tensor>;
pub(super) type Linear = weights::Linear<Matrix, Tensor>;
pub(super) type Gated = weights::Gated<Matrix, Tensor>;
pub(super) type Experts = weights::Experts<Matrix, Tensor>;

/// A matrix (outputs, inputs), kept as quantized as it is in the file.
#[derive(Debug)]
pub(super) struct Matrix {
    weight: QMatMul,
    rows_at_once: usize,
}

impl Weights {
    /// Reads the weights that `config` asks for; an absent or misshapen one is named.
    ///
    /// # Errors
    /// Those of the source, and candle's.
    pub fn load(source: &mut impl TensorSource, config: &Config, device: &Device) -> Result<Self> {
        Self::load_in(Precision::on(device), source, config, device)
    }

    /// The same in a precision that need not be the device's own.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_in(
        precision: Precision,
        source: &mut impl TensorSource,
        config: &Config,
        device: &Device,
    ) -> Result<Self> {
        let mut model = ModelWeights::load(source, config, OnDevice { device, precision })?;
        // A norm's weights are multiplied by what its output is.
        model.output_norm = (model.output_norm * f64::from(config.logit_scale))?;
        Ok(Self { model, precision })
    }
}

/// Brings what is read to a device.
struct OnDevice<'a> {
    device: &'a Device,
    precision: Precision,
}

impl Keep for OnDevice<'_> {
    type Matrix = Matrix;
    type Vector = Tensor;

    fn matrix(&mut self, tensor: OpenTensor<'_>, shape: [usize; 2]) -> Result<Matrix> {
        let unusable = tensor.problem("cannot be loaded");
        let (kind, bytes) = tensor.bytes()?;
        if let (Precision::Half, Some(dense)) = (self.precision, dense_dtype(kind)) {
            let weight = Tensor::from_raw_buffer(&bytes, dense, &shape, self.device)?;
            return Ok(Matrix { weight: QMatMul::Tensor(weight.to_dtype(DType::BF16)?), rows_at_once: 1 });
        }
        let weight =
            qtensor_from_ggml(dtype(kind), &bytes, shape.to_vec(), self.device).map_err(|_| unusable)?;
        let rows_at_once = rows_at_once(weight.dtype());
        Ok(Matrix { weight: QMatMul::from_qtensor(weight)?, rows_at_once })
    }

    fn exact_matrix(&mut self, tensor: OpenTensor<'_>, shape: [usize; 2]) -> Result<Matrix> {
        self.matrix(tensor, shape)
    }

    fn vector(&mut self, numbers: Vec<f32>) -> Result<Tensor> {
        let length = numbers.len();
        Ok(Tensor::from_vec(numbers, length, self.device)?)
    }
}

impl Matrix {
    /// The rows of `tokens`, (tokens, inputs).
    pub fn embeddings(&self, tokens: &[u32], device: &Device) -> Result<Tensor> {
        Ok(self.weight.embedding(&Tensor::new(tokens, device)?)?.to_dtype(DType::F32)?)
    }

    /// The product with (rows, inputs) in 32 bits, (rows, outputs).
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let QMatMul::Tensor(dense) = &self.weight else { return Ok(self.weight.forward(input)?) };
        let output = self.weight.forward(&input.to_dtype(dense.dtype())?)?;
        Ok(output.to_dtype(DType::F32)?)
    }
}

impl Linear {
    /// Applied to (rows, inputs) that belong to one sequence.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let output = self.matrix.forward(input)?;
        Ok(match &self.bias {
            Some(bias) => output.broadcast_add(bias)?,
            None => output,
        })
    }

    /// Applied to (rows, inputs) that belong to different sequences: a row's result does not depend on the others.
    pub fn forward_independent(&self, input: &Tensor) -> Result<Tensor> {
        let rows = input.dim(0)?;
        if rows <= self.matrix.rows_at_once || !input.device().is_cpu() {
            return self.forward(input);
        }
        let parts = (0..rows)
            .step_by(self.matrix.rows_at_once)
            .map(|start| self.forward(&input.narrow(0, start, self.matrix.rows_at_once.min(rows - start))?))
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

/// How candle calls a storage type that is not quantized.
fn dense_dtype(kind: StorageType) -> Option<DType> {
    match kind.name {
        "F32" => Some(DType::F32),
        "F16" => Some(DType::F16),
        "BF16" => Some(DType::BF16),
        _ => None,
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
