//! The elements of JSON lists, or JSON values one after another, without holding the whole.

use crate::schema::MAX_LINE_BYTES;
use std::io::BufRead;

/// The bytes of a value, which need not be valid JSON.
pub(super) struct Element {
    /// Where it begins, from 1.
    pub line: u64,
    pub bytes: Vec<u8>,
}

/// Splits a reader where values end: at the bracket that closes them, counted outside of texts.
pub(super) struct Elements<R> {
    reader: R,
    line: u64,
    /// Whether the outer list was opened and goes on.
    is_in_list: bool,
    has_ended: bool,
}

/// What is wrong, and on which line.
type Failure = (u64, String);

impl<R: BufRead> Elements<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, line: 1, is_in_list: false, has_ended: false }
    }

    /// The next value, or none at the end.
    pub fn next_element(&mut self) -> Option<Result<Element, Failure>> {
        if self.has_ended {
            return None;
        }
        let found = self.find();
        if !matches!(found, Some(Ok(_))) {
            self.has_ended = true;
        }
        found
    }

    fn find(&mut self) -> Option<Result<Element, Failure>> {
        let first = loop {
            match self.byte() {
                Ok(Some(b'[')) if !self.is_in_list => self.is_in_list = true,
                // Another list may follow, as where files were joined end to end.
                Ok(Some(b']')) if self.is_in_list => self.is_in_list = false,
                // A byte-order mark stands at the beginning only.
                Ok(Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF)) => {}
                Ok(Some(byte)) => break byte,
                Ok(None) if self.is_in_list => {
                    return Some(Err((self.line, "the list breaks off".to_owned())));
                }
                Ok(None) => return None,
                Err(failure) => return Some(Err(failure)),
            }
        };
        Some(self.value(first))
    }

    /// The value that begins with `first`.
    fn value(&mut self, first: u8) -> Result<Element, Failure> {
        let mut element = Element { line: self.line, bytes: vec![first] };
        let mut state = State::default();
        state.take(first);
        while !state.is_whole() {
            match self.peek()? {
                None => return Err((element.line, "the file ends within this value".to_owned())),
                Some(b',' | b']' | b'}' | b'\n') if state.is_scalar() => break,
                Some(byte) => {
                    state.take(byte);
                    element.bytes.push(byte);
                    self.byte()?;
                }
            }
            if element.bytes.len() > MAX_LINE_BYTES {
                return Err((element.line, format!("the value is longer than {MAX_LINE_BYTES} bytes")));
            }
        }
        Ok(element)
    }

    fn byte(&mut self) -> Result<Option<u8>, Failure> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.reader.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    fn peek(&mut self) -> Result<Option<u8>, Failure> {
        loop {
            match self.reader.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err((self.line, format!("the file cannot be read any further: {error}")));
                }
            }
        }
    }
}

/// How deep in brackets, and whether in a text.
#[derive(Default)]
struct State {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    has_bracket: bool,
}

impl State {
    fn take(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.in_text => self.is_escaped = true,
            b'"' => self.in_text = !self.in_text,
            b'{' | b'[' if !self.in_text => {
                self.depth += 1;
                self.has_bracket = true;
            }
            b'}' | b']' if !self.in_text => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn is_whole(&self) -> bool {
        self.has_bracket && self.depth == 0
    }

    /// Whether it is no object and no list, and outside of a text.
    fn is_scalar(&self) -> bool {
        !self.has_bracket && !self.in_text
    }
}
