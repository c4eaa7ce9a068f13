//! axolotl, `type: chat_template.default`: the conversation as `messages`, chosen and rejected as one message each.
//!
//! Older versions take chosen and rejected only as an object, newer ones as a list too.

use super::columns::ColumnType::{Number, Text};
use super::columns::{Column, MESSAGE, MESSAGES};
use super::turn::{Turn, reply, turns};
use super::{Location, Ruling, json};
use serde::Serialize;

#[derive(Serialize)]
struct Row<'a> {
    messages: Vec<Turn<'a>>,
    chosen: Turn<'a>,
    rejected: Turn<'a>,
    margin: f64,
    weight: f64,
    pair_id: &'a str,
}

pub(super) const COLUMNS: &[Column] = &[
    Column::always("messages", MESSAGES),
    Column::always("chosen", MESSAGE),
    Column::always("rejected", MESSAGE),
    Column::always("margin", Number),
    Column::always("weight", Number),
    Column::always("pair_id", Text),
];

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    let row = |[chosen, rejected]: [_; 2]| {
        json(&Row {
            messages: turns(&ruling.prompt.messages),
            chosen: reply(chosen),
            rejected: reply(rejected),
            margin: ruling.margin,
            weight: ruling.weight,
            pair_id: &ruling.origin.pair,
        })
    };
    ruling.chosen_and_rejected().map(row).into_iter().collect()
}

pub(super) fn how_to_load(at: &Location<'_>) -> String {
    let (file, file_format) = (at.file, at.file_format.name());
    format!(
        "rl: dpo\n\
         datasets:\n  \
         - path: {file}\n    \
         ds_type: {file_format}\n    \
         split: train\n    \
         type: chat_template.default\n    \
         field_messages: messages\n    \
         field_chosen: chosen\n    \
         field_rejected: rejected"
    )
}
