//! Lines of bytes, each of bounded length.

use std::io::{self, BufRead};

/// The longest line that is read; a longer one is a problem, not memory.
pub(crate) const MAX_LINE_BYTES: usize = 64 << 20;

/// A line, without its end and without a byte-order mark.
pub(crate) struct Line {
    /// From 1.
    pub number: u64,
    /// Where it starts in the file, in bytes.
    pub offset: u64,
    /// What stands on it; empty where it is too long.
    pub bytes: Vec<u8>,
    /// Whether a line end follows.
    pub ended: bool,
    /// Whether it is longer than is read.
    pub too_long: bool,
}

/// Splits a reader into lines.
pub(super) struct Lines<R> {
    reader: R,
    max_bytes: usize,
    number: u64,
    offset: u64,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R, max_bytes: usize) -> Self {
        Self { reader, max_bytes, number: 0, offset: 0 }
    }

    /// How many lines were begun.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line, or none at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line {
            number: self.number + 1,
            offset: self.offset,
            bytes: Vec::new(),
            ended: false,
            too_long: false,
        };
        while !line.ended {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', available);
            let content = &available[..end.unwrap_or(available.len())];
            if line.too_long || line.bytes.len() + content.len() > self.max_bytes {
                line.too_long = true;
                line.bytes = Vec::new();
            } else {
                line.bytes.extend_from_slice(content);
            }
            line.ended = end.is_some();
            let used = content.len() + usize::from(line.ended);
            self.reader.consume(used);
            self.offset += used as u64;
        }
        if self.offset == line.offset {
            return Ok(None);
        }
        self.number += 1;
        if line.bytes.last() == Some(&b'\r') {
            line.bytes.pop();
        }
        // Files that were concatenated have a mark at the start of any line.
        if line.bytes.starts_with(b"\xEF\xBB\xBF") {
            line.bytes.drain(..3);
        }
        Ok(Some(line))
    }
}
