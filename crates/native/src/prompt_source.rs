//! Where prompts come from: a file, standard input, or the catalogue.

use crate::files::{self, json_lines};
use crate::model::BUILTIN;
use anyhow::{bail, Result};
use tiebreak_core::catalogue;
use tiebreak_core::schema::{self, sha256_hex, Numbered, Problem, Prompt};

/// Prompts, and what was wrong with the lines beside them.
pub struct PromptSet {
    /// How messages call the source.
    pub name: String,
    pub prompts: Vec<Numbered<Prompt>>,
    pub problems: Vec<Problem>,
    /// SHA-256 of the source's bytes, in lower-case hex.
    pub sha256: String,
}

impl PromptSet {
    /// Reads what `--prompts` names; an empty source is an error.
    pub fn read(source: &str) -> Result<Self> {
        if source == BUILTIN {
            return Ok(Self::catalogue());
        }
        let input = files::read_input(source)?;
        let read = schema::read_prompts(input.bytes.as_slice(), &input.name);
        if read.records.is_empty() && read.problems.is_empty() {
            bail!("{} is empty; expected a prompt a line, as JSON or as plain text", input.name);
        }
        let sha256 = sha256_hex(&input.bytes);
        Ok(Self { name: input.name, prompts: read.records, problems: read.problems, sha256 })
    }

    /// The catalogue's prompts, edge cases left out.
    pub fn catalogue() -> Self {
        let prompts: Vec<Numbered<Prompt>> =
            (1..).zip(catalogue::prompts()).map(|(line, record)| Numbered { line, record }).collect();
        let text = json_lines(prompts.iter().map(|p| &p.record));
        let name = "the catalogue".to_owned();
        Self { name, prompts, problems: Vec::new(), sha256: sha256_hex(text.as_bytes()) }
    }
}
