//! Files that the person chose, read piece by piece.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::io::{self, Read, Seek, SeekFrom};
use wasm_bindgen::JsValue;
use web_sys::{Blob, FileReaderSync, MessageChannel, MessagePort};

/// The most bytes that are read at once, since the browser hands them over in a copy.
const PIECE_BYTES: u64 = 1 << 20;

/// Reads a file of the person's in a worker, without holding a copy of it.
pub struct BlobReader {
    blob: Blob,
    reader: FileReaderSync,
    /// Nobody hears it.
    nowhere: MessagePort,
    size: u64,
    position: u64,
}

impl BlobReader {
    /// Begins at the file's beginning; works in a worker only.
    pub fn new(blob: Blob) -> Result<Self, JsValue> {
        let size = blob.size() as u64;
        let channel = MessageChannel::new()?;
        channel.port2().close();
        Ok(Self { blob, reader: FileReaderSync::new()?, nowhere: channel.port1(), size, position: 0 })
    }

    /// Frees a buffer's memory at once, by sending it away. Left to the browser, those of a whole model lie about for minutes.
    fn give_back(&self, buffer: &ArrayBuffer) {
        // What cannot be sent is freed later.
        let _ = self.nowhere.post_message_with_transferable(&JsValue::NULL, &Array::of1(buffer));
    }

    /// The file's length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.size.min(self.position + PIECE_BYTES.min(buffer.len() as u64));
        if end <= self.position {
            return Ok(0);
        }
        let failed = |problem: JsValue| io::Error::other(format!("the file cannot be read: {problem:?}"));
        let part = self.blob.slice_with_f64_and_f64(self.position as f64, end as f64).map_err(failed)?;
        let bytes: ArrayBuffer = self.reader.read_as_array_buffer(&part).map_err(failed)?;
        let count = bytes.byte_length() as usize;
        Uint8Array::new(&bytes).copy_to(&mut buffer[..count]);
        self.give_back(&bytes);
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
