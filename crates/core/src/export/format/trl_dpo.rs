//! TRL, explicit prompt and conversational: `DPOTrainer`, and those of CPO and ORPO.
//!
//! The trainers read `prompt`, `chosen` and `rejected`, and leave all other columns aside.

use super::columns::ColumnType::{Integer, List, Number, Record, Text};
use super::columns::{Column, MESSAGES};
use super::{Location, Ruling};
use crate::schema::to_line;

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    ruling.preference().iter().map(to_line).collect()
}

pub(super) fn how_to_load(trainer: &str, at: &Location<'_>) -> String {
    let source = match at.has_card {
        true => format!("\"{}\"", at.folder),
        false => format!("\"{}\", data_files=\"{}\"", at.file_format.name(), at.file),
    };
    format!(
        "from datasets import load_dataset\n\
         from trl import {trainer}\n\
         train = load_dataset({source}, split=\"train\")\n\
         {trainer}(model, train_dataset=train).train()"
    )
}

/// What stands in every row and what in some.
pub(super) const COLUMNS: &[Column] = &[
    Column::always("schema", Text),
    Column::always("prompt", MESSAGES),
    Column::always("chosen", MESSAGES),
    Column::always("rejected", MESSAGES),
    Column::always("margin", Number),
    Column::always("weight", Number),
    Column::always("origin", Record(ORIGIN)),
];

const ORIGIN: &[Column] = &[
    Column::always("pair", Text),
    Column::always("prompt_id", Text),
    Column::maybe("category", Text),
    Column::always("responses", List(&Text)),
    Column::always("votes", Integer),
    Column::always("annotators", List(&Record(&[Column::always("id", Text), Column::always("kind", Text)]))),
    Column::maybe("decided_at", Text),
    Column::maybe("epoch", Text),
    Column::maybe("guideline_version", Text),
];
