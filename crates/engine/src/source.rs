//! Where a model's tensors come from, whatever the file: they are asked for by the names that GGUF gives them.

use crate::error::{EngineError, Result};
use crate::gguf::StorageType;
use half::{bf16, f16};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// A model's tensors.
pub trait TensorSource {
    /// Whether there is a tensor of this name.
    fn has_tensor(&self, name: &str) -> bool;

    /// Goes to where a tensor's weights begin.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] when it is absent or of another shape than `expected_shape`, which is written rows first, the contiguous dimension last.
    fn open(&mut self, name: &str, expected_shape: &[usize]) -> Result<OpenTensor<'_>>;

    /// Whether the output shares the embedding's weights where there is no tensor for it.
    fn may_share_output(&self) -> bool;

    /// The number of dimensions and the storage type of each tensor that a decoder may ask for.
    fn kinds(&self) -> Vec<(usize, StorageType)>;
}

/// What tensors are read from.
pub trait ReadSeek: Read + Seek {}

impl<R: Read + Seek> ReadSeek for R {}

/// A tensor's weights, to be read from the first byte to the last.
pub struct OpenTensor<'a> {
    name: String,
    /// How they are stored.
    pub kind: StorageType,
    bytes_left: usize,
    reader: &'a mut dyn ReadSeek,
}

impl<'a> OpenTensor<'a> {
    /// A tensor of `bytes` bytes from the `start`th of a file on.
    pub(crate) fn at(
        start: u64,
        bytes: usize,
        (name, kind): (&str, StorageType),
        reader: &'a mut dyn ReadSeek,
    ) -> Result<Self> {
        reader.seek(SeekFrom::Start(start)).map_err(|error| unreadable(name, &error))?;
        Ok(Self { name: name.to_owned(), kind, bytes_left: bytes, reader })
    }

    /// How many bytes are left to read.
    pub fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// Fills `bytes` with the next of the weights.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] when there are not as many, or when they cannot be read.
    pub fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        let left = self.bytes_left.checked_sub(bytes.len());
        self.bytes_left = left.ok_or_else(|| self.problem("is shorter than its shape says"))?;
        self.reader.read_exact(bytes).map_err(|error| unreadable(&self.name, &error))
    }

    /// All weights that are left, as they are stored.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn bytes(mut self) -> Result<(StorageType, Vec<u8>)> {
        let mut bytes = vec![0; self.bytes_left];
        self.read(&mut bytes)?;
        Ok((self.kind, bytes))
    }

    /// Leaves only some of `rows` equal rows to read.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] when there are not as many.
    pub fn rows(mut self, wanted: Range<usize>, rows: usize) -> Result<Self> {
        if wanted.end > rows || rows == 0 || !self.bytes_left.is_multiple_of(rows) {
            return Err(self.problem(format!("has no rows {wanted:?} of {rows}")));
        }
        let row_bytes = self.bytes_left / rows;
        let skipped = (wanted.start * row_bytes) as i64;
        self.reader.seek_relative(skipped).map_err(|error| unreadable(&self.name, &error))?;
        self.bytes_left = wanted.len() * row_bytes;
        Ok(self)
    }

    /// The numbers of a tensor that is not quantized.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] when it is quantized, or cannot be read.
    pub fn numbers(self) -> Result<Vec<f32>> {
        let name = self.name.clone();
        let (kind, bytes) = self.bytes()?;
        let halves = || bytes.as_chunks::<2>().0.iter().copied();
        Ok(match kind.name {
            "F32" => bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect(),
            "F16" => halves().map(|bytes| f16::from_le_bytes(bytes).to_f32()).collect(),
            "BF16" => halves().map(|bytes| bf16::from_le_bytes(bytes).to_f32()).collect(),
            kind => return Err(problem(&name, format!("is stored as {kind}; expected F32, F16 or BF16"))),
        })
    }

    /// An error that names the tensor.
    pub fn problem(&self, text: impl Into<String>) -> EngineError {
        problem(&self.name, text)
    }
}

/// An error when a tensor is absent, or has another shape.
pub(crate) fn check_shape(name: &str, shape: Option<&[usize]>, expected: &[usize]) -> Result<()> {
    match shape {
        None => Err(problem(
            name,
            "is absent: the weights are incomplete, or another model's; fetch all their files again",
        )),
        Some(shape) if shape == expected => Ok(()),
        Some(shape) => Err(problem(name, format!("has shape {shape:?}; expected {expected:?}"))),
    }
}

pub(crate) fn problem(name: &str, problem: impl Into<String>) -> EngineError {
    EngineError::Tensor { name: name.to_owned(), problem: problem.into() }
}

fn unreadable(name: &str, error: &std::io::Error) -> EngineError {
    problem(name, format!("cannot be read: {error}"))
}
