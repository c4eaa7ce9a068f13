//! NeMo-RL, `PreferenceDataset`: a context and completions with ranks, of which the lower is the better.

use super::columns::ColumnType::{Integer, List, Number, Record, Text};
use super::columns::{Column, ColumnType, MESSAGES};
use super::turn::{Turn, reply, turns};
use super::{Location, Ruling, json};
use serde::Serialize;

#[derive(Serialize)]
struct Row<'a> {
    context: Vec<Turn<'a>>,
    completions: [Completion<'a>; 2],
    margin: f64,
    weight: f64,
    pair_id: &'a str,
}

#[derive(Serialize)]
struct Completion<'a> {
    rank: u32,
    completion: [Turn<'a>; 1],
}

pub(super) const COLUMNS: &[Column] = &[
    Column::always("context", MESSAGES),
    Column::always("completions", List(&COMPLETION)),
    Column::always("margin", Number),
    Column::always("weight", Number),
    Column::always("pair_id", Text),
];

const COMPLETION: ColumnType =
    Record(&[Column::always("rank", Integer), Column::always("completion", MESSAGES)]);

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    let row = |[chosen, rejected]: [_; 2]| {
        json(&Row {
            context: turns(&ruling.prompt.messages),
            completions: [
                Completion { rank: 0, completion: [reply(chosen)] },
                Completion { rank: 1, completion: [reply(rejected)] },
            ],
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
        "data:\n  \
         train:\n    \
         dataset_name: PreferenceDataset\n    \
         data_path: {file}"
    )
}
