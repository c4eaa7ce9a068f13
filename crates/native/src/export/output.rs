//! The files of an export, which appear together or not at all.

use super::parquet::ParquetFile;
use super::plan::{Plan, CARD};
use crate::files::{NewFolder, WholeFile};
use anyhow::Result;
use std::path::Path;
use tiebreak_core::export::format::{FileFormat, Shape};
use tiebreak_core::export::PartFacts;

/// All files, of which none has its name yet.
pub struct Output {
    rows: Vec<RowFile>,
    sides: Vec<WholeFile>,
    /// Goes last: the files are in it.
    folder: Option<NewFolder>,
}

/// The rows of one part.
struct RowFile {
    rows: Rows,
    facts: PartFacts,
}

enum Rows {
    Lines(WholeFile),
    Array(WholeFile),
    /// Much larger than the others.
    Table(Box<ParquetFile>),
}

impl Output {
    pub fn create(plan: &Plan) -> Result<Self> {
        let folder = plan.folder.as_deref().map(NewFolder::create).transpose()?;
        let mut output = Self { rows: Vec::new(), sides: Vec::new(), folder };
        for (path, name) in plan.rows.iter().zip(["train", "test"]) {
            let facts = PartFacts { name: name.to_owned(), ..PartFacts::default() };
            output.rows.push(RowFile { rows: Rows::create(path, plan)?, facts });
        }
        for side in &plan.sides {
            output.add_side(side.path, &side.content)?;
        }
        Ok(output)
    }

    /// Adds the rows of one pair to the training or the test part.
    pub fn add(&mut self, is_test: bool, rows: &[String]) -> Result<()> {
        self.rows[usize::from(is_test)].add(rows)
    }

    pub fn add_card(&mut self, text: &str) -> Result<()> {
        self.add_side(CARD, text)
    }

    fn add_side(&mut self, name: &str, content: &str) -> Result<()> {
        if let Some(folder) = &self.folder {
            let mut file = folder.file(name)?;
            file.write(content)?;
            self.sides.push(file);
        }
        Ok(())
    }

    /// What each file of rows holds.
    pub fn parts(&self) -> Vec<PartFacts> {
        self.rows.iter().map(|rows| rows.facts.clone()).collect()
    }

    /// Gives all files their names.
    pub fn finish(self) -> Result<()> {
        self.rows.into_iter().try_for_each(RowFile::finish)?;
        self.sides.into_iter().try_for_each(WholeFile::finish)
    }
}

impl RowFile {
    fn add(&mut self, rows: &[String]) -> Result<()> {
        for row in rows {
            let is_first = self.facts.rows == 0;
            self.rows.add(row, is_first)?;
            self.facts.rows += 1;
        }
        self.facts.pairs += 1;
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let is_empty = self.facts.rows == 0;
        self.rows.finish(is_empty)
    }
}

impl Rows {
    fn create(path: &Path, plan: &Plan) -> Result<Self> {
        Ok(match (plan.file_format, plan.format.shape()) {
            (FileFormat::Json, Shape::Lines) => Self::Lines(WholeFile::create(path)?),
            (FileFormat::Json, Shape::Array) => Self::Array(WholeFile::create(path)?),
            (FileFormat::Parquet, _) => Self::Table(Box::new(ParquetFile::create(path, plan.format)?)),
        })
    }

    fn add(&mut self, row: &str, is_first: bool) -> Result<()> {
        match self {
            Self::Lines(file) => {
                file.write(row)?;
                file.write("\n")
            }
            Self::Array(file) => {
                file.write(if is_first { "[\n" } else { ",\n" })?;
                file.write(row)
            }
            Self::Table(file) => file.add(row),
        }
    }

    fn finish(self, is_empty: bool) -> Result<()> {
        match self {
            Self::Lines(file) => file.finish(),
            Self::Array(mut file) => {
                file.write(if is_empty { "[]\n" } else { "\n]\n" })?;
                file.finish()
            }
            Self::Table(file) => file.finish(),
        }
    }
}
