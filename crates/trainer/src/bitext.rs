//! Real customer-support rows from a CSV file with the columns `instruction` and `response`.
//!
//! The file's replies hold `{{placeholders}}`, which are replaced by sensible values from a data file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::dialogues::{Dialogue, SHARE_WITH_CONTRAST, SHARE_WITHOUT_PROMPT, read_toml};
use crate::random::Random;

/// Replies of more characters are left out: they would not fit beside a prompt.
const LONGEST_REPLY: usize = 1100;
/// Rows that are never trained on.
const HELD_OUT: usize = 200;

/// One row of the file.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// What the customer wrote.
    pub instruction: String,
    /// What the support answered, with placeholders.
    pub response: String,
    /// What the customer wanted.
    #[serde(default)]
    pub intent: String,
    /// The number or name that the instruction holds.
    #[serde(default)]
    pub entity_value: String,
}

/// The rows, split into those for training and those for evaluation.
pub struct Rows {
    /// Rows to train on.
    pub training: Vec<Row>,
    /// Rows never to train on, the same in every run.
    pub held_out: Vec<Row>,
    placeholders: Placeholders,
}

/// Values for placeholders: the first entry whose key the placeholder's text contains, in lower case, wins.
#[derive(Clone, Debug, Deserialize)]
struct Placeholders {
    placeholder: Vec<Placeholder>,
}

#[derive(Clone, Debug, Deserialize)]
struct Placeholder {
    contains: Vec<String>,
    values: Vec<String>,
}

impl Rows {
    /// Reads a CSV file, and the values of its placeholders from the folder of data files.
    pub fn read(csv: &Path, data: &Path) -> Result<Self> {
        let placeholders = read_toml(&data.join("placeholders.toml"))?;
        let mut reader =
            csv::Reader::from_path(csv).with_context(|| format!("cannot open {}", csv.display()))?;
        let mut rows = Vec::new();
        for (index, row) in reader.deserialize::<Row>().enumerate() {
            let row = row.with_context(|| format!("{}, row {}", csv.display(), index + 1))?;
            if row.response.chars().count() <= LONGEST_REPLY {
                rows.push(row);
            }
        }
        // The rows with the smallest hashes: a fixed number, whatever the order of the file.
        rows.sort_by_cached_key(hash);
        let training = rows.split_off(HELD_OUT.min(rows.len() / 2));
        Ok(Self { training, held_out: rows, placeholders })
    }

    /// Whether a prompt and a reply, as the file writes them, belong to the rows never trained on.
    pub fn is_held_out(&self, instruction: &str, response: &str) -> bool {
        self.held_out.iter().any(|row| row.instruction == instruction && row.response == response)
    }

    /// A training row chosen and filled by the key.
    pub fn dialogue(&self, seed: u64, index: u64) -> Option<Dialogue> {
        let random = &mut Random::new(seed, 3, index);
        let row = random.pick(&self.training)?;
        let prompted = !random.chance(SHARE_WITHOUT_PROMPT);
        let reply = self.fill(row, random);
        let mut prompt = self.fill_text(&row.instruction, row, random);
        if random.chance(0.3) {
            prompt = capitalised(&prompt);
        }
        let unfitting_prompt = (prompted && random.chance(SHARE_WITH_CONTRAST))
            .then(|| random.pick(&self.training).filter(|other| other.intent != row.intent))
            .flatten()
            .map(|other| self.fill_text(&other.instruction, row, random));
        Some(Dialogue { system: None, prompt: prompted.then_some(prompt), reply, unfitting_prompt })
    }

    /// The held-out rows with their placeholders filled, the same in every run.
    pub fn held_out_dialogues(&self) -> Vec<Dialogue> {
        let fill = |(index, row): (usize, &Row)| {
            let random = &mut Random::new(0, 4, index as u64);
            let reply = self.fill(row, random);
            let prompt = Some(self.fill_text(&row.instruction, row, random));
            Dialogue { system: None, prompt, reply, unfitting_prompt: None }
        };
        self.held_out.iter().enumerate().map(fill).collect()
    }

    fn fill(&self, row: &Row, random: &mut Random) -> String {
        self.fill_text(&row.response, row, random)
    }

    /// A text of `row` with its placeholders filled.
    pub(crate) fn fill_text(&self, text: &str, row: &Row, random: &mut Random) -> String {
        let mut known = BTreeMap::new();
        let mut output = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            output.push_str(before);
            let Some((name, tail)) = after.split_once("}}") else {
                output.push_str("{{");
                rest = after;
                continue;
            };
            let value = known.entry(name.to_owned()).or_insert_with(|| self.value(name, row, random));
            output.push_str(value);
            rest = tail;
        }
        output.push_str(rest);
        output
    }

    /// A value for a placeholder; one that names a part of the page or a number stands for itself.
    fn value(&self, name: &str, row: &Row, random: &mut Random) -> String {
        let lower = name.to_lowercase();
        let entry = self
            .placeholders
            .placeholder
            .iter()
            .find(|entry| entry.contains.iter().any(|part| lower.contains(part.as_str())));
        let value = entry.and_then(|entry| random.pick(&entry.values).cloned());
        match value {
            Some(value) if value == "@entity" && !row.entity_value.is_empty() => row.entity_value.clone(),
            Some(value) if value == "@entity" => number(random),
            Some(value) => value,
            None => name.trim_end_matches(" Anonymized").to_owned(),
        }
    }
}

fn number(random: &mut Random) -> String {
    (0..7).map(|_| char::from(b'0' + random.below(10) as u8)).collect()
}

fn hash(row: &Row) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(row.instruction.as_bytes());
    hasher.update([0]);
    hasher.update(row.response.as_bytes());
    hasher.finalize().into()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
