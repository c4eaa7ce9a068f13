//! A `.gguf` file: its metadata, and its tensors one at a time.
//!
//! The header is read by our own code and not by `candle_core::quantized::gguf_file`, whose reader divides by a file's alignment without asking whether it is zero, keeps the last of two keys of the same name, and multiplies dimensions without looking for an overflow.
//! What a header claims is checked against the size of the file before any memory is asked for, so that a small file costs little memory whatever it says.

mod header;
mod metadata;
mod storage;

pub(crate) use metadata::bad_key;
pub use metadata::{List, Metadata, Value};
pub use storage::StorageType;

use crate::{EngineError, Result};
use header::{Header, TensorEntry};
use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// A GGUF file whose header has been read and found sound.
pub struct GgufFile<R> {
    reader: BufReader<R>,
    metadata: Metadata,
    tensors: BTreeMap<String, TensorEntry>,
    data_start: u64,
}

impl<R: Read + Seek> GgufFile<R> {
    /// Reads the header, which must begin at the reader's first byte, and checks that every tensor lies inside the file and that no two overlap.
    ///
    /// # Errors
    /// [`EngineError::Gguf`], [`EngineError::Metadata`] or [`EngineError::Tensor`] for the first thing that is wrong.
    pub fn read(reader: R) -> Result<Self> {
        let mut reader = BufReader::new(reader);
        let file_bytes = reader.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
        reader.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
        let Header { metadata, tensors, data_start } = header::read(&mut reader, file_bytes)?;
        Ok(Self { reader, metadata, tensors, data_start })
    }

    /// Reads one tensor's weights as they are stored.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), and [`EngineError::Tensor`] when it cannot be read.
    pub fn tensor(&mut self, name: &str, expected_shape: &[usize]) -> Result<(StorageType, Vec<u8>)> {
        let mut tensor = self.open(name, expected_shape)?;
        let mut bytes = vec![0; tensor.bytes_left];
        tensor.read(&mut bytes)?;
        Ok((tensor.kind, bytes))
    }

    /// Goes to where a tensor's weights begin, which may then be read in pieces.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] when it is absent or of another shape than `expected_shape`, which is written rows first, the contiguous dimension last.
    pub fn open<'a>(&'a mut self, name: &'a str, expected_shape: &[usize]) -> Result<OpenTensor<'a, R>> {
        let entry = self.tensors.get(name).ok_or_else(|| problem(name, "is absent"))?;
        if entry.shape != expected_shape {
            let text = format!("has shape {:?}; expected {expected_shape:?}", entry.shape);
            return Err(problem(name, text));
        }
        self.reader
            .seek(SeekFrom::Start(self.data_start + entry.offset))
            .map_err(|error| problem(name, format!("cannot be read: {error}")))?;
        Ok(OpenTensor { name, kind: entry.kind, bytes_left: entry.bytes, reader: &mut self.reader })
    }
}

/// A tensor's weights, to be read from the first byte to the last.
pub struct OpenTensor<'a, R> {
    name: &'a str,
    /// How they are stored.
    pub kind: StorageType,
    /// How many bytes are left to read.
    pub bytes_left: usize,
    reader: &'a mut BufReader<R>,
}

impl<R: Read> OpenTensor<'_, R> {
    /// Fills `bytes` with the next of the weights.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] when there are not as many, or when they cannot be read.
    pub fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        let left = self.bytes_left.checked_sub(bytes.len());
        self.bytes_left = left.ok_or_else(|| problem(self.name, "is shorter than its shape says"))?;
        let read = self.reader.read_exact(bytes);
        read.map_err(|error| problem(self.name, format!("cannot be read: {error}")))
    }
}

impl<R> GgufFile<R> {
    /// Everything that the file says about itself.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Whether there is a tensor of this name.
    pub fn has_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The tensors' names, the number of their dimensions, and how their numbers are stored.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, usize, StorageType)> {
        self.tensors.iter().map(|(name, entry)| (name.as_str(), entry.shape.len(), entry.kind))
    }

    /// The bytes of all tensors together, without padding.
    pub fn weight_bytes(&self) -> u64 {
        self.tensors.values().map(|entry| entry.bytes as u64).sum()
    }

    /// How many numbers all tensors hold.
    pub fn n_parameters(&self) -> u64 {
        self.tensors.values().map(|entry| entry.elements as u64).sum()
    }

    /// The storage type that holds most of the parameters, written as llama.cpp writes it (`Q8_0`, `Q4_K`, `F16`); empty where there is no tensor.
    pub fn main_type(&self) -> String {
        let mut parameters = BTreeMap::<&str, u64>::new();
        for entry in self.tensors.values() {
            *parameters.entry(entry.kind.name).or_default() += entry.elements as u64;
        }
        parameters
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map_or_else(String::new, |(name, _)| name.to_owned())
    }
}

fn problem(name: &str, problem: impl Into<String>) -> EngineError {
    EngineError::Tensor { name: name.to_owned(), problem: problem.into() }
}

fn unreadable(error: &std::io::Error) -> EngineError {
    EngineError::Gguf(format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
