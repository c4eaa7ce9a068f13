//! The rows of a file, whatever holds them: JSON lines, a JSON list, or a table.

use super::table::Table;
use crate::args::ImportFormat;
use crate::files::reader_of;
use anyhow::{bail, Context, Result};
use std::io::{Cursor, Read};
use tiebreak_core::import::{content_digits, Rows};
use tiebreak_core::schema::{Extra, Numbered, Problem};

/// A file of rows.
pub struct Source {
    /// What messages call it.
    pub name: String,
    /// Digits of a hash of its first mebibyte, which is all of most files.
    pub content: String,
    pub rows: RowReader,
}

/// Rows, and what is wrong with those that cannot be read.
pub type RowReader = Box<dyn Iterator<Item = Result<Numbered<Extra>, Problem>>>;

/// So much of a file tells it from others, standard input too, which can be read once only.
const HASHED_BYTES: u64 = 1 << 20;

/// What files begin with that are not read, what they are, and how they become JSON lines.
const FOREIGN: [(&[u8], &str, &str); 6] = [
    (b"\x1F\x8B", "compressed (gzip)", "gunzip -c"),
    (b"\x28\xB5\x2F\xFD", "compressed (zstd)", "zstd -dc"),
    (b"PK\x03\x04", "an archive (zip)", "unzip -p"),
    (b"PAR1", "Parquet", "parquet"),
    (b"ARROW1", "Arrow", "arrow"),
    (b"\xFD7zXZ", "compressed (xz)", "xz -dc"),
];

impl Source {
    /// Opens a file, or standard input for `-`; its name or --format tells a table from JSON.
    pub fn open(source: &str, format: ImportFormat) -> Result<Self> {
        let (name, mut reader) = reader_of(source)?;
        let cannot = || format!("cannot read {name}");
        let mut beginning = Vec::new();
        reader.by_ref().take(HASHED_BYTES).read_to_end(&mut beginning).with_context(cannot)?;
        refuse_foreign(name, &beginning)?;
        let content = content_digits(&beginning);
        let reader = Cursor::new(beginning).chain(reader);
        let ends = |end: &str| source.to_lowercase().ends_with(end);
        let is_table = format == ImportFormat::Csv || ends(".csv") || ends(".tsv");
        let rows: RowReader = match is_table {
            true => Box::new(Table::new(reader, name, if ends(".tsv") { b'\t' } else { b',' })?),
            false => Box::new(Rows::new(reader, name).with_context(cannot)?),
        };
        Ok(Self { name: name.to_owned(), content, rows })
    }
}

fn refuse_foreign(name: &str, beginning: &[u8]) -> Result<()> {
    let found = FOREIGN.iter().find(|(mark, _, _)| beginning.starts_with(mark));
    let Some((_, what, tool)) = found else { return Ok(()) };
    if ["parquet", "arrow"].contains(tool) {
        bail!(
            "{name} is {what}, which is not read; write it as JSON lines first:\n  \
             python -c 'import datasets, sys; datasets.load_dataset(\"{tool}\", data_files=sys.argv[1], split=\"train\").to_json(\"rows.jsonl\")' {name}"
        );
    }
    bail!(
        "{name} is {what}, which is not read; pipe its content:\n  {tool} {name} | tiebreak import --in - …"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_read_are_named_with_the_way_out() {
        for (beginning, what) in [
            (&b"\x1F\x8B\x08rest"[..], "gunzip -c old.gz"),
            (b"PAR1\x15", "to_json"),
            (b"PK\x03\x04", "unzip -p"),
        ] {
            let error = refuse_foreign("old.gz", beginning).unwrap_err().to_string();
            assert!(error.contains(what) && error.starts_with("old.gz is "), "{error}");
        }
        refuse_foreign("old.jsonl", b"{\"prompt\"").unwrap();
        refuse_foreign("empty", b"").unwrap();
    }
}
