//! The key: what annotators must not see.

use super::document::StudyError;
use super::next::Selection;
use crate::schema::{Extra, ModelReference, Sampling, Verdict, printable, sha256_hex};
use serde::{Deserialize, Serialize};

/// Why a pair is in the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To be annotated.
    Ordinary,
    /// Its right verdict is known, and annotators are measured by it.
    Gold,
    /// It was annotated in an earlier study, and shows whether standards have moved since.
    Anchor,
}

/// What the study hides about one of its pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyItem {
    /// The item's id in the study.
    pub id: String,
    /// The pair's id.
    pub pair: String,
    /// The prompt's id in the samples.
    pub prompt_id: String,
    /// The responses' ids in the samples, in the order of the study's item.
    pub responses: [String; 2],
    /// Why it is there.
    pub role: Role,
    /// For gold: the right verdict, with "first" as in the study's item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gold: Option<Verdict>,
    /// How it was chosen, where the study holds chosen pairs and not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// Which models wrote the responses, where it is known.
    #[serde(default)]
    pub models: [Option<ModelReference>; 2],
    /// How the responses were sampled, where it is known.
    #[serde(default)]
    pub sampling: [Option<Sampling>; 2],
}

/// The document that stays with the researcher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyKey {
    /// `tiebreak/key/1`.
    pub schema: String,
    /// What everything was keyed by; with the same samples and settings it gives the same study.
    pub seed: u64,
    /// What lists were dealt by.
    pub deal_key: String,
    /// What the study hides of each item, in the study's order.
    pub items: Vec<KeyItem>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

impl StudyKey {
    /// The name and version that every key carries.
    pub const SCHEMA: &'static str = "tiebreak/key/1";

    /// Reads a key.
    pub fn read(bytes: &[u8]) -> Result<Self, StudyError> {
        let key: Self = serde_json::from_slice(bytes)
            .map_err(|error| StudyError::Unreadable(format!("this is no key of a study: {error}")))?;
        if key.schema == Self::SCHEMA {
            return Ok(key);
        }
        let schema = printable(&key.schema);
        Err(StudyError::Unreadable(format!("this is `{schema}`, and this is read: `{}`", Self::SCHEMA)))
    }

    /// The document as it is written to its file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a key has text keys and finite numbers");
        text.push('\n');
        text
    }

    /// What the study says of the file that [`to_json`](Self::to_json) is written to.
    pub fn sha256(&self) -> String {
        sha256_hex(self.to_json().as_bytes())
    }
}
