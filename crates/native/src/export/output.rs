//! The files of an export, which appear together or not at all.

use super::plan::{Plan, CARD};
use crate::files::{NewFolder, WholeFile};
use anyhow::Result;
use tiebreak_core::export::format::Shape;
use tiebreak_core::export::PartFacts;

/// All files, of which none has its name yet.
pub struct Output {
    rows: Vec<RowFile>,
    sides: Vec<WholeFile>,
    /// Goes last: the files are in it.
    folder: Option<NewFolder>,
}

/// Rows as lines, or as one array.
struct RowFile {
    file: WholeFile,
    shape: Shape,
    facts: PartFacts,
}

impl Output {
    pub fn create(plan: &Plan) -> Result<Self> {
        let folder = plan.folder.as_deref().map(NewFolder::create).transpose()?;
        let mut output = Self { rows: Vec::new(), sides: Vec::new(), folder };
        for (path, name) in plan.rows.iter().zip(["train", "test"]) {
            let facts = PartFacts { name: name.to_owned(), ..PartFacts::default() };
            output.rows.push(RowFile { file: WholeFile::create(path)?, shape: plan.format.shape(), facts });
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
            let before = match self.shape {
                Shape::Lines => "",
                Shape::Array if self.facts.rows == 0 => "[\n",
                Shape::Array => ",\n",
            };
            self.file.write(before)?;
            self.file.write(row)?;
            if self.shape == Shape::Lines {
                self.file.write("\n")?;
            }
            self.facts.rows += 1;
        }
        self.facts.pairs += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        match self.shape {
            Shape::Lines => {}
            Shape::Array if self.facts.rows == 0 => self.file.write("[]\n")?,
            Shape::Array => self.file.write("\n]\n")?,
        }
        self.file.finish()
    }
}
