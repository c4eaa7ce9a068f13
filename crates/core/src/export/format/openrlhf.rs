//! OpenRLHF: prompt, chosen and rejected as lists of messages, which it joins, and a margin for reward models.

use super::columns::ColumnType::{Number, Text};
use super::columns::{Column, MESSAGES};
use super::turn::{Turn, reply, turns};
use super::{Location, Ruling, json};
use serde::Serialize;

/// A pair with its margin, a number in every row.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    prompt: Vec<Turn<'a>>,
    chosen: [Turn<'a>; 1],
    rejected: [Turn<'a>; 1],
    margin: f64,
    weight: f64,
    pair_id: &'a str,
}

pub(super) const COLUMNS: &[Column] = &[
    Column::always("prompt", MESSAGES),
    Column::always("chosen", MESSAGES),
    Column::always("rejected", MESSAGES),
    Column::always("margin", Number),
    Column::always("weight", Number),
    Column::always("pair_id", Text),
];

impl<'a> Row<'a> {
    /// The row of a pair with a better response.
    pub fn of(ruling: &'a Ruling<'_>) -> Option<Self> {
        let [chosen, rejected] = ruling.chosen_and_rejected()?;
        Some(Self {
            prompt: turns(&ruling.prompt.messages),
            chosen: [reply(chosen)],
            rejected: [reply(rejected)],
            margin: ruling.margin,
            weight: ruling.weight,
            pair_id: &ruling.origin.pair,
        })
    }
}

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    Row::of(ruling).iter().map(json).collect()
}

pub(super) fn how_to_load(at: &Location<'_>) -> String {
    let file = at.file;
    format!(
        "python -m openrlhf.cli.train_dpo --dataset {file} \\\n  \
         --prompt_key prompt --chosen_key chosen --rejected_key rejected --apply_chat_template"
    )
}
