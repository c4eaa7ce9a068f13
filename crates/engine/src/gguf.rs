//! A `.gguf` file: its metadata, and its tensors one at a time.
//!
//! The header is read by our own code and not by `candle_core::quantized::gguf_file`, whose reader divides by a file's alignment without asking whether it is zero, keeps the last of two keys of the same name, and multiplies dimensions without looking for an overflow.
//! What a header claims is checked against the size of the file before any memory is asked for, so that a small file costs little memory whatever it says.

mod header;
mod metadata;
mod storage;

pub use metadata::{List, Metadata, Value};
pub(crate) use metadata::{absent, bad_key};
pub use storage::StorageType;

use crate::source::{OpenTensor, TensorSource, check_shape, problem};
use crate::{EngineError, Result};
use header::{Header, TensorEntry};
use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// A GGUF file, or all parts of one, whose headers have been read and found sound.
pub struct GgufFile<R> {
    readers: Vec<BufReader<R>>,
    metadata: Metadata,
    tensors: BTreeMap<String, Place>,
}

/// Where a tensor lies.
struct Place {
    part: usize,
    /// Its first byte in the part.
    start: u64,
    entry: TensorEntry,
}

impl<R: Read + Seek> GgufFile<R> {
    /// Reads the header, which must begin at the reader's first byte, and checks that every tensor lies inside the file and that no two overlap.
    ///
    /// # Errors
    /// [`EngineError::Gguf`], [`EngineError::Metadata`] or [`EngineError::Tensor`] for the first thing that is wrong.
    pub fn read(reader: R) -> Result<Self> {
        Self::read_parts(vec![reader])
    }

    /// Reads the headers of all the parts into which a file was split (llama.cpp's `gguf-split`), in their order; the first one's metadata counts.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`EngineError::Gguf`] when these are not all the parts, or stand in another order.
    pub fn read_parts(parts: Vec<R>) -> Result<Self> {
        let n_parts = parts.len();
        let mut file = Self { readers: Vec::new(), metadata: Metadata::default(), tensors: BTreeMap::new() };
        for (part, reader) in parts.into_iter().enumerate() {
            let mut reader = BufReader::new(reader);
            let file_bytes = reader.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
            reader.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
            let Header { metadata, tensors, data_start } = header::read(&mut reader, file_bytes)?;
            check_part(&metadata, part, n_parts)?;
            for (name, entry) in tensors {
                let place = Place { part, start: data_start + entry.offset, entry };
                if file.tensors.insert(name.clone(), place).is_some() {
                    return Err(problem(&name, "stands in two parts of the file"));
                }
            }
            file.readers.push(reader);
            if part == 0 {
                file.metadata = metadata;
            }
        }
        Ok(file)
    }
}

impl<R: Read + Seek> TensorSource for GgufFile<R> {
    fn has_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn open(&mut self, name: &str, expected_shape: &[usize]) -> Result<OpenTensor<'_>> {
        let place = self.tensors.get(name);
        check_shape(name, place.map(|place| place.entry.shape.as_slice()), expected_shape)?;
        let Place { part, start, entry } = place.expect("its shape was checked");
        OpenTensor::at(*start, entry.bytes, (name, entry.kind), &mut self.readers[*part])
    }

    fn may_share_output(&self) -> bool {
        true
    }

    fn kinds(&self) -> Vec<(usize, StorageType)> {
        let may_be_asked = |name: &str| {
            name.starts_with("blk.") || name.starts_with("token_embd.") || name.starts_with("output")
        };
        let asked = self.tensors.iter().filter(|(name, _)| may_be_asked(name));
        asked.map(|(_, Place { entry, .. })| (entry.shape.len(), entry.kind)).collect()
    }
}

impl<R> GgufFile<R> {
    /// Everything that the file says about itself.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The bytes of all tensors together, without padding.
    pub fn weight_bytes(&self) -> u64 {
        self.tensors.values().map(|place| place.entry.bytes as u64).sum()
    }

    /// How many numbers all tensors hold.
    pub fn n_parameters(&self) -> u64 {
        self.tensors.values().map(|place| place.entry.elements as u64).sum()
    }

    /// The storage type that holds most of the parameters, written as llama.cpp writes it (`Q8_0`, `Q4_K`, `F16`); empty where there is no tensor.
    pub fn main_type(&self) -> String {
        let mut parameters = BTreeMap::<&str, u64>::new();
        for Place { entry, .. } in self.tensors.values() {
            *parameters.entry(entry.kind.name).or_default() += entry.elements as u64;
        }
        parameters
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map_or_else(String::new, |(name, _)| name.to_owned())
    }
}

/// That a header is that of the `part`th of `n_parts`.
fn check_part(metadata: &Metadata, part: usize, n_parts: usize) -> Result<()> {
    let count = metadata.optional_usize("split.count")?.unwrap_or(1).max(1);
    let number = metadata.optional_usize("split.no")?.unwrap_or(0);
    if count == n_parts && number == part {
        return Ok(());
    }
    Err(EngineError::Gguf(format!(
        "part {} of {count} stands where part {} of {n_parts} is expected; give all parts in their order",
        number + 1,
        part + 1
    )))
}

fn unreadable(error: &std::io::Error) -> EngineError {
    EngineError::Gguf(format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
