//! Quotes of a table that do not close where their cell ends: behind one, rows run into one another.

use std::io::{self, Read};

/// Passes bytes on, and notes the quotes that are never closed or closed in the middle of a cell.
///
/// Cells in quotes are those of RFC 4180; a quote within a cell that begins without one is text.
pub struct Quotes<R> {
    reader: R,
    delimiter: u8,
    state: State,
    /// Where the next byte stands.
    here: Place,
    /// Where the last cell in quotes begins.
    opened: Place,
    faults: Vec<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    byte: u64,
    line: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    CellBegins,
    Plain,
    Quoted,
    /// A quote within quotes: the end of the cell, or one half of a quote that is text.
    QuoteSeen,
}

impl<R> Quotes<R> {
    pub fn new(reader: R, delimiter: u8) -> Self {
        let start = Place { byte: 0, line: 1 };
        Self { reader, delimiter, state: State::CellBegins, here: start, opened: start, faults: Vec::new() }
    }

    /// The line of the first such quote before a byte; it and all others before it are forgotten.
    pub fn fault_before(&mut self, byte: u64) -> Option<u64> {
        let n_before = self.faults.partition_point(|fault| fault.byte < byte);
        let lines: Vec<u64> = self.faults.drain(..n_before).map(|fault| fault.line).collect();
        lines.first().copied()
    }

    fn take(&mut self, byte: u8) {
        let is_mark = self.here.byte < 3 && b"\xEF\xBB\xBF".contains(&byte);
        let ends_cell = byte == self.delimiter || byte == b'\n' || byte == b'\r';
        self.state = match (self.state, byte) {
            (State::CellBegins, _) if is_mark => State::CellBegins,
            (State::CellBegins, b'"') => {
                self.opened = self.here;
                State::Quoted
            }
            (State::Quoted, b'"') => State::QuoteSeen,
            (State::Quoted, _) | (State::QuoteSeen, b'"') => State::Quoted,
            _ if ends_cell => State::CellBegins,
            (State::QuoteSeen, _) => {
                self.faults.push(self.opened);
                State::Plain
            }
            _ => State::Plain,
        };
        self.here.byte += 1;
        self.here.line += u64::from(byte == b'\n');
    }

    fn end(&mut self) {
        if std::mem::replace(&mut self.state, State::CellBegins) == State::Quoted {
            self.faults.push(self.opened);
        }
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.reader.read(buffer)?;
        buffer[..n_read].iter().for_each(|byte| self.take(*byte));
        if n_read == 0 && !buffer.is_empty() {
            self.end();
        }
        Ok(n_read)
    }
}
