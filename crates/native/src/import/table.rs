//! Tables of comma- or tab-separated values, whose first row names the columns.

use super::quotes::Quotes;
use anyhow::{bail, Context, Result};
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use serde_json::Value;
use std::io::Read;
use tiebreak_core::schema::{Extra, Numbered, Problem};

/// Reads rows one by one; cells are texts, and an empty one is absent.
///
/// A row begins where the one before ended, so that one after empty lines is named by the first of these.
pub struct Table<R> {
    reader: Reader<Quotes<R>>,
    columns: Vec<String>,
    file: String,
    has_failed: bool,
}

impl<R: Read> Table<R> {
    /// Reads the names of the columns; `file` is for messages only.
    pub fn new(reader: R, file: &str, delimiter: u8) -> Result<Self> {
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).from_reader(Quotes::new(reader, delimiter));
        let header = reader.headers().with_context(|| format!("cannot read the columns of {file}"))?;
        let columns: Vec<String> =
            header.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let end = reader.position().byte();
        if let Some(line) = reader.get_mut().fault_before(end) {
            bail!("{file}:1: {}", open_quote(line));
        }
        for (at, name) in columns.iter().enumerate() {
            if !name.is_empty() && columns[..at].contains(name) {
                bail!("{file}:1: two columns are called `{name}`; give each a name of its own");
            }
        }
        Ok(Self { reader, columns, file: file.to_owned(), has_failed: false })
    }

    fn problem(&self, line: u64, message: String) -> Problem {
        Problem { file: self.file.clone(), line, column: 1, message, expected: None, cut_at: None }
    }

    fn row(&self, record: &StringRecord) -> Extra {
        let cells = self.columns.iter().zip(record);
        let used = cells.filter(|(name, cell)| !name.is_empty() && !cell.trim().is_empty());
        used.map(|(name, cell)| (name.clone(), Value::String(cell.to_owned()))).collect()
    }
}

impl<R: Read> Iterator for Table<R> {
    type Item = Result<Numbered<Extra>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let mut record = StringRecord::new();
        let here = self.reader.position().line();
        let read = self.reader.read_record(&mut record);
        let end = self.reader.position().byte();
        if let Some(line) = self.reader.get_mut().fault_before(end) {
            return Some(Err(self.problem(here, open_quote(line))));
        }
        match read {
            Ok(false) => None,
            Ok(true) => {
                let line = record.position().map_or(here, |position| position.line());
                Some(Ok(Numbered { line, record: self.row(&record) }))
            }
            Err(error) => {
                self.has_failed = error.is_io_error();
                let line = error.position().map_or(here, |position| position.line());
                Some(Err(self.problem(line, message(&error))))
            }
        }
    }
}

fn open_quote(line: u64) -> String {
    format!("the quote that opens on line {line} does not close where its cell ends, and what follows it may have run into one cell; the row is left out")
}

fn message(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells, and the first row names {expected_len} columns")
        }
        ErrorKind::Utf8 { .. } => "the row is not valid UTF-8".to_owned(),
        _ => format!("the file cannot be read any further: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<std::result::Result<(u64, String), String>> {
        let table = Table::new(text, "t.csv", b',').unwrap();
        let shown = |row: Numbered<Extra>| (row.line, Value::Object(row.record).to_string());
        table.map(|row| row.map(shown).map_err(|problem| problem.to_string())).collect()
    }

    #[test]
    fn cells_are_texts_and_bad_rows_are_named() {
        let found = rows(b"\xEF\xBB\xBFprompt,chosen\nA,\"x, \"\"y\"\"\nz\"\n\nB,\nC,D,E\n\xFF,F\nG,H");
        assert_eq!(
            found,
            [
                Ok((2, r#"{"chosen":"x, \"y\"\nz","prompt":"A"}"#.to_owned())),
                Ok((4, r#"{"prompt":"B"}"#.to_owned())),
                Err("t.csv:6:1: the row has 3 cells, and the first row names 2 columns".to_owned()),
                Err("t.csv:7:1: the row is not valid UTF-8".to_owned()),
                Ok((8, r#"{"chosen":"H","prompt":"G"}"#.to_owned())),
            ]
        );
        let open = |line| {
            format!("the quote that opens on line {line} does not close where its cell ends, and what follows it may have run into one cell; the row is left out")
        };
        assert_eq!(rows(b"a,b\n1,\"x\n2,y\n3,z\n"), [Err(format!("t.csv:2:1: {}", open(2)))]);
        assert_eq!(
            rows(b"a,b\n1,\"x\n2,\"y\"\n3,z\n4,5\" long\n"),
            [
                Err(format!("t.csv:2:1: {}", open(2))),
                Ok((4, r#"{"a":"3","b":"z"}"#.to_owned())),
                Ok((5, r#"{"a":"4","b":"5\" long"}"#.to_owned())),
            ]
        );
        let error = Table::new(&b"a,\"b\n1,2\n"[..], "t.csv", b',').err().unwrap().to_string();
        assert_eq!(error, format!("t.csv:1: {}", open(1)));
        assert!(rows(b"").is_empty());
        let error = Table::new(&b"a,b,a\n"[..], "t.csv", b',').err().unwrap().to_string();
        assert_eq!(error, "t.csv:1: two columns are called `a`; give each a name of its own");
    }
}
