//! Rows as a Parquet table, a part of them in memory at a time.
//!
//! The columns are declared by the format and not guessed from the first rows, so that a column exists whether or not a row has it.

use crate::files::WholeFile;
use anyhow::{bail, Error, Result};
use arrow_json::reader::Decoder;
use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiebreak_core::export::format::{Column, ColumnType, Format};

/// So much JSON is held back before it becomes columns.
const BATCH_BYTES: usize = 1 << 20;
/// So much is held back before it becomes a row group, which a reader can take by itself.
const GROUP_BYTES: usize = 32 << 20;

/// A table that appears in one step, or not at all, see [`WholeFile`].
pub struct ParquetFile {
    path: PathBuf,
    file: WholeFile,
    /// Holds finished row groups until they go to `file`.
    writer: ArrowWriter<Vec<u8>>,
    decoder: Decoder,
    /// Rows as JSON, a line each.
    held_back: String,
}

impl ParquetFile {
    /// Begins the table of a format's rows that will stand at `path`; an error where the format's rows are no table.
    pub fn create(path: &Path, format: Format) -> Result<Self> {
        Self::with_groups_of(GROUP_BYTES, path, format)
    }

    fn with_groups_of(n_bytes: usize, path: &Path, format: Format) -> Result<Self> {
        let Some(columns) = format.columns() else { bail!("{} is no table", format.name()) };
        let schema = Arc::new(Schema::new(fields(columns)));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("tiebreak ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_max_row_group_bytes(Some(n_bytes))
            .build();
        let decoder = ReaderBuilder::new(schema.clone()).build_decoder()?;
        Ok(Self {
            path: path.to_owned(),
            file: WholeFile::create(path)?,
            writer: ArrowWriter::try_new(Vec::new(), schema, Some(properties))?,
            decoder,
            held_back: String::new(),
        })
    }

    /// Adds a row, given as JSON without a line end; fields that are no columns are left out.
    pub fn add(&mut self, row: &str) -> Result<()> {
        self.held_back.push_str(row);
        self.held_back.push('\n');
        if self.held_back.len() >= BATCH_BYTES {
            self.write_rows()?;
        }
        Ok(())
    }

    /// All is on the disk before the name points to it.
    pub fn finish(mut self) -> Result<()> {
        self.write_rows()?;
        let end = self.writer.into_inner().map_err(|error| cannot(&self.path, error))?;
        self.file.write_bytes(&end)?;
        self.file.finish()
    }

    fn write_rows(&mut self) -> Result<()> {
        let lines = std::mem::take(&mut self.held_back);
        self.encode(&lines).map_err(|error| cannot(&self.path, error))?;
        self.file.write_bytes(&std::mem::take(self.writer.inner_mut()))
    }

    /// Lines of JSON to columns, of which full row groups become bytes.
    fn encode(&mut self, lines: &str) -> parquet::errors::Result<()> {
        let mut rest = lines.as_bytes();
        while !rest.is_empty() {
            // The decoder takes a limited number of rows before it has to be emptied.
            let n_bytes = self.decoder.decode(rest)?;
            rest = &rest[n_bytes..];
            if let Some(batch) = self.decoder.flush()? {
                self.writer.write(&batch)?;
            }
        }
        Ok(())
    }
}

fn cannot(path: &Path, error: parquet::errors::ParquetError) -> Error {
    Error::new(error).context(format!("cannot write {}", path.display()))
}

fn fields(columns: &[Column]) -> Fields {
    columns.iter().map(|column| Field::new(column.name, data_type(column.of), column.is_optional)).collect()
}

fn data_type(of: ColumnType) -> DataType {
    match of {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Number => DataType::Float64,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Truth => DataType::Boolean,
        ColumnType::List(of) => DataType::new_list(data_type(*of), false),
        ColumnType::Record(columns) => DataType::Struct(fields(columns)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_json::ArrayWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use serde_json::{json, Value};
    use std::fs::{self, File};

    fn said(text: &str) -> Value {
        json!([{"role": "assistant", "content": text}])
    }

    /// A row of trl-dpo with every field, or with those only that all rows have.
    fn preference(reply: &str, is_full: bool) -> Value {
        let mut row = json!({
            "schema": "tiebreak/preference/1",
            "prompt": [{"role": "system", "content": ""}, {"role": "user", "content": "Où? 日本 \"\\\n\u{0}"}],
            "chosen": said(reply), "rejected": said(""), "margin": 0.1 + 0.2, "weight": 1.0 / 3.0,
            "origin": {
                "pair": "p", "prompt_id": "q", "responses": ["r1", "r2"], "votes": 3,
                "annotators": [{"id": "a-1", "kind": "human"}, {"id": "j", "kind": "judge"}],
            },
        });
        if is_full {
            row["origin"]["category"] = json!("orders");
            row["origin"]["decided_at"] = json!("2026-01-02T03:04:05Z");
            row["origin"]["epoch"] = json!("2026");
            row["origin"]["guideline_version"] = json!("2");
        }
        row
    }

    fn write(path: &Path, format: Format, rows: impl IntoIterator<Item = Value>) -> Result<()> {
        let mut file = ParquetFile::create(path, format)?;
        rows.into_iter().try_for_each(|row| file.add(&row.to_string()))?;
        file.finish()
    }

    /// The rows, and how many row groups hold them.
    fn read(path: &Path) -> (Vec<Value>, usize) {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        let n_groups = reader.metadata().num_row_groups();
        let mut writer = ArrayWriter::new(Vec::new());
        for batch in reader.build().unwrap() {
            writer.write(&batch.unwrap()).unwrap();
        }
        writer.finish().unwrap();
        let text = writer.into_inner();
        let rows = if text.is_empty() { Vec::new() } else { serde_json::from_slice(&text).unwrap() };
        (rows, n_groups)
    }

    #[test]
    fn rows_are_read_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        // A field that the first rows lack is there all the same.
        let rows: Vec<Value> = (0..3000).map(|i| preference(&format!("{i}"), i == 2999)).collect();
        write(&path, Format::TrlDpo, rows.clone()).unwrap();
        assert_eq!(read(&path).0, rows);
        write(&path, Format::TrlDpo, []).unwrap();
        assert_eq!(read(&path).0, [] as [Value; 0]);
        let wanted = json!({
            "prompt": said("a"), "completion": said("b"), "label": true, "weight": 1.0, "pair_id": "p",
        });
        write(&path, Format::TrlKto, [wanted.clone()]).unwrap();
        assert_eq!(read(&path).0, [wanted]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn fields_that_are_no_columns_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut row = preference("yes", true);
        row["prompt"][1]["name"] = json!("somebody's own");
        row["extra"] = json!({"a": [1]});
        write(&path, Format::TrlDpo, [row]).unwrap();
        assert_eq!(read(&path).0, [preference("yes", true)]);
    }

    /// Letters without an order that a compressor could use.
    fn noise(seed: u64) -> String {
        let mut state = seed;
        let mut letter = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + (state >> 60) as u8)
        };
        (0..50_000).map(|_| letter()).collect()
    }

    #[test]
    fn row_groups_are_written_as_they_fill() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let group_bytes = 2 << 20;
        let mut file = ParquetFile::with_groups_of(group_bytes, &path, Format::TrlDpo).unwrap();
        for i in 0..200 {
            file.add(&preference(&noise(i), false).to_string()).unwrap();
            assert!(file.held_back.len() < BATCH_BYTES);
            assert!(file.writer.in_progress_size() < group_bytes + BATCH_BYTES);
            assert!(file.writer.inner().is_empty());
        }
        file.finish().unwrap();
        let (rows, n_groups) = read(&path);
        assert!(n_groups >= 3, "{n_groups}");
        assert_eq!(rows.len(), 200);
        assert_eq!(rows[199], preference(&noise(199), false));
    }

    #[test]
    fn a_row_without_a_column_is_an_error_that_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut row = preference("yes", true);
        row.as_object_mut().unwrap().remove("margin");
        let error = format!("{:#}", write(&path, Format::TrlDpo, [row]).unwrap_err());
        assert!(error.contains("cannot write") && error.contains("margin"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(ParquetFile::create(&path, Format::Argilla).is_err());
    }
}
