//! A model's weights, packed for the kernels.

use crate::config::Config;
use crate::decoder::weights::{self, Keep, ModelWeights};
use crate::error::{EngineError, Result};
use crate::source::{OpenTensor, TensorSource};
use std::ops::Range;
use tiebreak_kernels::{
    Activations, BLOCK, Columns, DenseMatrix, Format, Keeps, KernelError, Kernels, PackedMatrix, Shape, Team,
};

/// What becomes of weights that a file does not quantize: F32, F16 and BF16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unquantized {
    /// They are kept, and multiplied in single precision.
    Kept,
    /// They are rounded to 8 bits, with a scale for 32 of them: the precision of Q8_0, and its speed.
    Rounded,
}

/// All weights of a model; they are read and packed once and shared by every decoder.
#[derive(Debug)]
pub struct CpuWeights {
    pub(super) model: ModelWeights<Matrix, Vec<f32>>,
    /// What products need of their input.
    pub(super) keeps: Keeps,
}

pub(super) type LayerWeights = weights::LayerWeights<Matrix, Vec<f32>>;
pub(super) type Linear = weights::Linear<Matrix, Vec<f32>>;
pub(super) type Gated = weights::Gated<Matrix, Vec<f32>>;
pub(super) type Experts = weights::Experts<Matrix, Vec<f32>>;

/// A matrix (outputs, inputs), quantized or not.
#[derive(Debug)]
pub(super) enum Matrix {
    Packed(PackedMatrix),
    Dense(DenseMatrix),
}

impl CpuWeights {
    /// Whether rows of all matrices consist of whole blocks.
    pub fn fit(config: &Config) -> bool {
        let values = config.head_count * config.value_length;
        let of_experts = config.experts.iter().flat_map(|experts| {
            [Some(experts.feed_forward_length), experts.shared_feed_forward_length].into_iter().flatten()
        });
        let is_dense = config.layers.iter().any(|layer| !layer.has_experts);
        let of_layers = is_dense.then_some(config.feed_forward_length);
        let widths = [config.embedding_length, values].into_iter().chain(of_layers).chain(of_experts);
        widths.into_iter().all(|width| width.is_multiple_of(BLOCK))
    }

    /// Whether the kernels can multiply a model's weights.
    pub fn suit(source: &impl TensorSource, config: &Config) -> bool {
        let suits = |(dimensions, kind): (usize, crate::gguf::StorageType)| match dimensions {
            2.. => Format::from_ggml_type(kind.code).is_some(),
            _ => kind.block_numbers == 1,
        };
        Self::fit(config) && source.kinds().into_iter().all(suits)
    }

    /// The memory that the matrices take.
    pub fn bytes(&self) -> usize {
        self.model.matrices().map(Matrix::bytes).sum()
    }

    /// Reads and packs the weights that `config` asks for, on the threads of `team`; an absent or misshapen one is named.
    ///
    /// A matrix is read and packed in pieces, so that memory holds little beside what is packed.
    ///
    /// # Errors
    /// Those of the source, and [`EngineError::Metadata`] for a model whose widths 32 does not divide.
    pub fn load(
        source: &mut impl TensorSource,
        config: &Config,
        unquantized: Unquantized,
        team: &mut Team,
    ) -> Result<Self> {
        if !Self::fit(config) {
            let key = format!("{}.embedding_length", config.architecture.as_str());
            let problem = "or another width is no multiple of 32, which this decoder needs".to_owned();
            return Err(EngineError::Metadata { key, problem });
        }
        let mut model = ModelWeights::load(source, config, Pack { unquantized, team })?;
        // A norm's weights are multiplied by what its output is.
        model.output_norm.iter_mut().for_each(|weight| *weight *= config.logit_scale);
        let (dense, packed): (Vec<&Matrix>, Vec<&Matrix>) =
            model.matrices().partition(|matrix| matches!(matrix, Matrix::Dense(_)));
        let keeps = match (dense.is_empty(), packed.is_empty()) {
            (true, _) => Keeps::Quantized,
            (false, true) => Keeps::Numbers,
            (false, false) => Keeps::Both,
        };
        Ok(Self { model, keeps })
    }
}

/// Packs what is read.
struct Pack<'a> {
    unquantized: Unquantized,
    team: &'a mut Team,
}

impl Pack<'_> {
    fn pack(
        &mut self,
        mut tensor: OpenTensor<'_>,
        [outputs, inputs]: [usize; 2],
        unquantized: Unquantized,
    ) -> Result<Matrix> {
        let kind = tensor.kind;
        let format = Format::from_ggml_type(kind.code)
            .ok_or_else(|| tensor.problem(format!("is stored as {}, which cannot be packed", kind.name)))?;
        let shape = Shape { outputs, inputs };
        let read = |bytes: &mut [u8]| tensor.read(bytes);
        let packed = if DenseMatrix::takes(format) && unquantized == Unquantized::Kept {
            DenseMatrix::pack_pieces(format, shape, self.team, read).map(Matrix::Dense)
        } else {
            PackedMatrix::pack_pieces(format, shape, self.team, read).map(Matrix::Packed)
        };
        packed.map_err(|error| match error {
            EngineError::Kernels(error) => tensor.problem(format!("cannot be packed: {error}")),
            error => error,
        })
    }
}

impl Keep for Pack<'_> {
    type Matrix = Matrix;
    type Vector = Vec<f32>;

    fn matrix(&mut self, tensor: OpenTensor<'_>, shape: [usize; 2]) -> Result<Matrix> {
        self.pack(tensor, shape, self.unquantized)
    }

    fn exact_matrix(&mut self, tensor: OpenTensor<'_>, shape: [usize; 2]) -> Result<Matrix> {
        self.pack(tensor, shape, Unquantized::Kept)
    }

    fn vector(&mut self, numbers: Vec<f32>) -> Result<Vec<f32>> {
        Ok(numbers)
    }
}

impl Matrix {
    pub fn outputs(&self) -> usize {
        match self {
            Self::Packed(matrix) => matrix.shape().outputs,
            Self::Dense(matrix) => matrix.shape().outputs,
        }
    }

    pub fn strips(&self) -> usize {
        match self {
            Self::Packed(matrix) => matrix.strips(),
            Self::Dense(matrix) => matrix.strips(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Self::Packed(matrix) => matrix.bytes(),
            Self::Dense(matrix) => matrix.bytes(),
        }
    }

    /// Writes the weights of one output, (inputs).
    pub fn read_output(&self, output: usize, weights: &mut [f32]) -> std::result::Result<(), KernelError> {
        match self {
            Self::Packed(matrix) => matrix.read_output(output, weights),
            Self::Dense(matrix) => matrix.read_output(output, weights),
        }
    }

    pub fn multiply(
        &self,
        kernels: Kernels,
        strips: Range<usize>,
        input: &Activations,
        output: &mut Columns<'_>,
    ) -> std::result::Result<(), KernelError> {
        match self {
            Self::Packed(matrix) => kernels.multiply(matrix, strips, input, output),
            Self::Dense(matrix) => kernels.multiply_dense(matrix, strips, input, output),
        }
    }
}
