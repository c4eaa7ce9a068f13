//! axolotl, `type: chat_template.default`: the conversation as `messages`, chosen and rejected as one message each.
//!
//! Older versions take chosen and rejected only as an object, newer ones as a list too.

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
    let file = at.file;
    format!(
        "rl: dpo\n\
         datasets:\n  \
         - path: {file}\n    \
         ds_type: json\n    \
         split: train\n    \
         type: chat_template.default\n    \
         field_messages: messages\n    \
         field_chosen: chosen\n    \
         field_rejected: rejected"
    )
}
