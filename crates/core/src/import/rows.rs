//! The rows of a file: a JSON object a line, or objects in one list over any number of lines.

use super::elements::Elements;
use crate::schema::{Extra, Fault, MAX_LINE_BYTES, Numbered, Problem, Source, line_text, parse_json};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::io::{self, BufRead};

/// Reads rows one by one, in the memory of one.
///
/// Each item is a row with the line it begins on, or what is wrong with one; reading goes on after it.
pub struct Rows<R> {
    form: Form<R>,
    file: String,
}

enum Form<R> {
    Lines(Source<R>),
    Elements(Elements<R>),
}

impl<R: BufRead> Rows<R> {
    /// Looks at the beginning to tell lines from a list; `file` is for the problems' messages only.
    pub fn new(mut reader: R, file: &str) -> io::Result<Self> {
        let form = match spans_lines(reader.fill_buf()?) {
            true => Form::Elements(Elements::new(reader)),
            false => Form::Lines(Source::new(reader, file, MAX_LINE_BYTES)),
        };
        Ok(Self { form, file: file.to_owned() })
    }
}

/// Whether the values of a file do not stand on a line each: it begins with a list, or with a bracket alone on its line.
fn spans_lines(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning).trim_ascii_start();
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    text.starts_with(b"[") || (first_line.trim_ascii() == b"{" && text.len() > first_line.len())
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Numbered<Extra>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.form {
            Form::Lines(source) => Some(source.next_line()?.and_then(|line| {
                let row = row(&line.bytes).map_err(|fault| source.problem(&line, fault))?;
                Ok(Numbered { line: line.number, record: row })
            })),
            Form::Elements(elements) => Some(match elements.next_element()? {
                Ok(element) => match row(&element.bytes) {
                    Ok(row) => Ok(Numbered { line: element.line, record: row }),
                    Err(fault) => Err(problem(&self.file, element.line, fault.message, fault.expected)),
                },
                Err((line, message)) => Err(problem(&self.file, line, message, None)),
            }),
        }
    }
}

fn row(bytes: &[u8]) -> Result<Extra, Fault> {
    let text = line_text(bytes)?;
    if !text.trim_start().starts_with('{') {
        return Err(Fault::new(1, "it is no JSON object")
            .expected("an object with named fields; tables on standard input need --format csv"));
    }
    parse_json(text).map(|Unique(fields)| fields)
}

/// Fields whose names differ: of two values of one name nobody knows which is meant.
struct Unique(Extra);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with named fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut fields = Extra::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format!("the field `{name}` stands there twice")));
            }
            fields.insert(name, value);
        }
        Ok(Unique(fields))
    }
}

fn problem(file: &str, line: u64, message: String, expected: Option<String>) -> Problem {
    Problem { file: file.to_owned(), line, column: 1, message, expected, cut_at: None }
}
