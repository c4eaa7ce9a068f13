//! The formats, and which of them a row is in.

use super::refusal::Refusal;
use super::row::{Row, Settings};
use super::said::Said;
use super::{alpaca_eval, argilla, helpsteer, hh_rlhf, label_studio, lmarena, pairs, responses, trl};
use crate::schema::{ContentHash, Extra};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// Whose rows they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `prompt`, `chosen`, `rejected`; or `prompt`, `completion`, `label`.
    Trl,
    /// `chosen`, `rejected` as transcripts of `Human:` and `Assistant:`.
    HhRlhf,
    /// `prompt`, `response` and scores from 0 to 4.
    HelpSteer,
    /// `context`, `response1`, `response2` and preferences from −3 to 3.
    HelpSteer3,
    /// `conversation_a`, `conversation_b`, `winner`.
    LmArena,
    /// `instruction`, `output_1`, `output_2`, `preference`.
    AlpacaEval,
    /// `fields`, `responses`, `suggestions`.
    Argilla,
    /// `data`, `annotations`, `predictions`.
    LabelStudio,
    /// `prompt`, `response_a`, `response_b`, `winner`, and the like.
    Pairs,
    /// `prompt` and a list of `responses`.
    Responses,
}

/// Why it is not known which format a row is in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unsure {
    /// The row is a record of ours.
    #[error("it is a record of Tiebreak already (`{schema}`); `tiebreak merge` joins such files")]
    Own {
        /// The record's schema.
        schema: String,
    },
    /// No format has these fields.
    #[error("no known format has the fields {fields}; give --format, and names such as --prompt-field")]
    Unknown {
        /// The row's fields.
        fields: String,
    },
    /// Several formats have these fields.
    #[error("the fields fit {formats}; say which is meant with --format")]
    Several {
        /// The formats.
        formats: String,
    },
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Trl,
        Self::HhRlhf,
        Self::HelpSteer,
        Self::HelpSteer3,
        Self::LmArena,
        Self::AlpacaEval,
        Self::Argilla,
        Self::LabelStudio,
        Self::Pairs,
        Self::Responses,
    ];

    /// The name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trl => "trl",
            Self::HhRlhf => "hh-rlhf",
            Self::HelpSteer => "helpsteer",
            Self::HelpSteer3 => "helpsteer3",
            Self::LmArena => "lmarena",
            Self::AlpacaEval => "alpaca-eval",
            Self::Argilla => "argilla",
            Self::LabelStudio => "label-studio",
            Self::Pairs => "pairs",
            Self::Responses => "responses",
        }
    }

    /// The one format that has the fields of a row.
    pub fn of(fields: &Extra, settings: &Settings) -> Result<Self, Unsure> {
        let schema = fields.get("schema").and_then(|schema| schema.as_str());
        if let Some(schema) =
            schema.filter(|schema| schema.starts_with("tiebreak/") && *schema != super::OWN_SCHEMA)
        {
            return Err(Unsure::Own { schema: schema.to_owned() });
        }
        let row = Row::new(fields.clone(), settings);
        let fitting: Vec<Self> = Self::ALL.into_iter().filter(|format| format.fits(&row)).collect();
        match fitting.as_slice() {
            [only] => Ok(*only),
            [] => Err(Unsure::Unknown { fields: names_with_empty(fields) }),
            several => Err(Unsure::Several { formats: names(several.iter().map(|format| format.name())) }),
        }
    }

    /// What a row says; an error where nothing of it can be used.
    pub fn read(self, fields: Extra, settings: &Settings) -> Result<Said, Refusal> {
        let hash = row_hash(&fields);
        let is_there = |name: &str| fields.iter().any(|(key, value)| key == name || holds(value, name));
        let there = settings.names.iter().filter(|(_, name)| is_there(name));
        let named = there.map(|(part, _)| *part).collect();
        let row = Row::new(fields, settings);
        let said = match self {
            Self::Trl => trl::read(row),
            Self::HhRlhf => hh_rlhf::read(row),
            Self::HelpSteer => helpsteer::read_scores(row),
            Self::HelpSteer3 => helpsteer::read_pairs(row),
            Self::LmArena => lmarena::read(row),
            Self::AlpacaEval => alpaca_eval::read(row),
            Self::Argilla => argilla::read(row),
            Self::LabelStudio => label_studio::read(row),
            Self::Pairs => pairs::read(row),
            Self::Responses => responses::read(row),
        }?;
        Ok(Said { row: hash, named, ..said })
    }

    fn fits(self, row: &Row<'_>) -> bool {
        match self {
            Self::Trl => trl::fits(row),
            Self::HhRlhf => hh_rlhf::fits(row),
            Self::HelpSteer => helpsteer::scores_fit(row),
            Self::HelpSteer3 => helpsteer::pairs_fit(row),
            Self::LmArena => lmarena::fits(row),
            Self::AlpacaEval => alpaca_eval::fits(row),
            Self::Argilla => argilla::fits(row),
            Self::LabelStudio => label_studio::fits(row),
            Self::Pairs => pairs::fits(row),
            Self::Responses => responses::fits(row),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a field of this name is anywhere in a value.
fn holds(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| key == name || holds(value, name)),
        Value::Array(items) => items.iter().any(|item| holds(item, name)),
        _ => false,
    }
}

/// The same for rows whose fields are the same, in whatever order.
fn row_hash(fields: &Extra) -> [u8; 16] {
    let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
    let mut hash = ContentHash::new("tiebreak/import-row/1");
    for (name, value) in sorted {
        hash.text(name);
        hash.text(&value.to_string());
    }
    hash.beginning()
}

/// The names of fields, and which of them hold nothing, since such count as absent.
fn names_with_empty(fields: &Extra) -> String {
    let empty: Vec<&str> =
        fields.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.as_str()).collect();
    let all = names(fields.keys().map(String::as_str));
    if empty.is_empty() { all } else { format!("{all}, of which {} hold nothing", names(empty.into_iter())) }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{}`", crate::schema::printable(name))).collect();
    if names.is_empty() { "of an empty row".to_owned() } else { names.join(", ") }
}
