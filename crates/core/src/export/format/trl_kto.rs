//! TRL's `KTOTrainer`: unpaired replies with a label.
//!
//! The chosen response is wanted and the rejected one is not; of two bad ones neither is.
//! A tie says of neither reply whether it is wanted, so that it has no place here.

use super::columns::ColumnType::{Number, Text, Truth};
use super::columns::{Column, MESSAGES};
use super::turn::{Turn, reply, turns};
use super::{Ruling, json};
use crate::aggregate::Outcome;
use crate::schema::Response;
use serde::Serialize;
use std::collections::BTreeMap;

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
    let row = |(response, label)| {
        json(&Row {
            prompt: turns(&ruling.prompt.messages),
            completion: [reply(response)],
            label,
            weight: ruling.weight,
            pair_id: &ruling.origin.pair,
        })
    };
    labelled(ruling).into_iter().map(row).collect()
}

/// The responses with their labels.
fn labelled<'a>(ruling: &'a Ruling<'a>) -> Vec<(&'a Response, bool)> {
    match (ruling.chosen_and_rejected(), ruling.outcome) {
        (Some([chosen, rejected]), _) => vec![(chosen, true), (rejected, false)],
        (None, Outcome::BothBad) => vec![(ruling.first, false), (ruling.second, false)],
        _ => Vec::new(),
    }
}

/// How many responses of one sample are wanted by one of its pairs and not by another.
pub(super) fn n_contradicted(rulings: &[Ruling<'_>]) -> u64 {
    let mut labels: BTreeMap<&str, [bool; 2]> = BTreeMap::new();
    for (response, label) in rulings.iter().flat_map(labelled) {
        labels.entry(&response.id).or_default()[usize::from(label)] = true;
    }
    labels.values().filter(|labels| **labels == [true, true]).count() as u64
}
