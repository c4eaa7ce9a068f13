//! What is wrong with a line of a file, said so that a person can find and mend it.

use std::fmt;

/// The most characters of a file's own text that a message repeats.
const MOST_CHARACTERS: usize = 240;

/// One thing that is wrong with one line; everything beside it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file's name, as the reader was told it.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The byte in the line, from 1; a byte-order mark does not count.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// For a last line that breaks off: the offset of its first byte in the file.
    /// Whoever cuts the file off there can go on writing.
    pub cut_at: Option<u64>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.expected {
            Some(expected) => write!(f, " (expected {expected})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// A problem within a line, before it is known which line that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The byte in the line, from 1.
    pub column: u64,
    pub message: String,
    pub expected: Option<String>,
    /// The line may have been whole once: it ends before its record does.
    pub incomplete: bool,
}

impl Fault {
    pub fn new(column: u64, message: impl AsRef<str>) -> Self {
        Self { column, message: printable(message.as_ref()), expected: None, incomplete: false }
    }

    pub fn expected(self, expected: impl AsRef<str>) -> Self {
        Self { expected: Some(printable(expected.as_ref())), ..self }
    }
}

/// `text` without control characters, which could command a terminal, and of bounded length.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == MOST_CHARACTERS {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
