//! TRL's `KTOTrainer`: unpaired replies with a label.
//!
//! The chosen response is wanted and the rejected one is not; of two bad ones neither is.
//! A tie says of neither reply whether it is wanted, so that it has no place here.

use super::columns::ColumnType::{Number, Text, Truth};
use super::columns::{Column, MESSAGES};
use super::turn::{Turn, reply, turns};
use super::{Ruling, json};
use crate::aggregate::Outcome;
use serde::Serialize;

#[derive(Serialize)]
struct Row<'a> {
    prompt: Vec<Turn<'a>>,
    completion: [Turn<'a>; 1],
    label: bool,
    weight: f64,
    pair_id: &'a str,
}

pub(super) const COLUMNS: &[Column] = &[
    Column::always("prompt", MESSAGES),
    Column::always("completion", MESSAGES),
    Column::always("label", Truth),
    Column::always("weight", Number),
    Column::always("pair_id", Text),
];

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    let labelled = match (ruling.chosen_and_rejected(), ruling.outcome) {
        (Some([chosen, rejected]), _) => vec![(chosen, true), (rejected, false)],
        (None, Outcome::BothBad) => vec![(ruling.first, false), (ruling.second, false)],
        _ => Vec::new(),
    };
    let row = |(response, label)| {
        json(&Row {
            prompt: turns(&ruling.prompt.messages),
            completion: [reply(response)],
            label,
            weight: ruling.weight,
            pair_id: &ruling.origin.pair,
        })
    };
    labelled.into_iter().map(row).collect()
}
