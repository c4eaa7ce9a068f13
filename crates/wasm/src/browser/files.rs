//! Files that the person chose, read piece by piece.

use js_sys::{ArrayBuffer, Uint8Array};
use std::io::{self, Read, Seek, SeekFrom};
use wasm_bindgen::JsValue;
use web_sys::{Blob, FileReaderSync};

/// Reads a file of the person's in a worker, without holding a copy of it.
pub struct BlobReader {
    blob: Blob,
    reader: FileReaderSync,
    size: u64,
    position: u64,
}

impl BlobReader {
    /// Begins at the file's beginning; works in a worker only.
    pub fn new(blob: Blob) -> Result<Self, JsValue> {
        let size = blob.size() as u64;
        Ok(Self { blob, reader: FileReaderSync::new()?, size, position: 0 })
    }

    /// The file's length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.size.min(self.position + buffer.len() as u64);
        if end <= self.position {
            return Ok(0);
        }
        let failed = |problem: JsValue| io::Error::other(format!("the file cannot be read: {problem:?}"));
        let part = self.blob.slice_with_f64_and_f64(self.position as f64, end as f64).map_err(failed)?;
        let bytes: ArrayBuffer = self.reader.read_as_array_buffer(&part).map_err(failed)?;
        let bytes = Uint8Array::new(&bytes);
        let count = bytes.length() as usize;
        bytes.copy_to(&mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = target(to, self.position, self.size)?;
        Ok(self.position)
    }
}

/// Where a seek leads.
pub(super) fn target(to: SeekFrom, position: u64, size: u64) -> io::Result<u64> {
    let target = match to {
        SeekFrom::Start(offset) => Some(offset),
        SeekFrom::End(offset) => size.checked_add_signed(offset),
        SeekFrom::Current(offset) => position.checked_add_signed(offset),
    };
    target.ok_or_else(|| io::Error::other("a place before the file's beginning"))
}
