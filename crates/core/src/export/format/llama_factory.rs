//! LLaMA-Factory, sharegpt form: a folder with the rows and the `dataset_info.json` that describes them.
//!
//! Chosen and rejected have to be objects: a list makes the loader drop every row.
//! The system message stands apart, and what is left has to take turns from human to human.

use super::{Location, Ruling, SideFile, json, pretty};
use crate::schema::{Message, Response, Role};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
struct Row<'a> {
    conversations: Vec<Said<'a>>,
    system: &'a str,
    chosen: Said<'a>,
    rejected: Said<'a>,
    margin: f64,
    weight: f64,
    pair_id: &'a str,
}

#[derive(Serialize)]
struct Said<'a> {
    from: &'static str,
    value: &'a str,
}

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    let Some([chosen, rejected]) = ruling.chosen_and_rejected() else { return Vec::new() };
    let (system, turns) = match ruling.prompt.messages.as_slice() {
        [first, rest @ ..] if first.role == Role::System => (first.content.as_str(), rest),
        all => ("", all),
    };
    vec![json(&Row {
        conversations: turns.iter().map(said).collect(),
        system,
        chosen: reply(chosen),
        rejected: reply(rejected),
        margin: ruling.margin,
        weight: ruling.weight,
        pair_id: &ruling.origin.pair,
    })]
}

fn said(message: &Message) -> Said<'_> {
    Said { from: if message.role == Role::User { "human" } else { "gpt" }, value: &message.content }
}

fn reply(response: &Response) -> Said<'_> {
    Said { from: "gpt", value: &response.text }
}

pub(super) fn side_files(name: &str, has_test: bool) -> Vec<SideFile> {
    let describe = |file: &str| {
        json!({
            "file_name": file,
            "formatting": "sharegpt",
            "ranking": true,
            "columns": {
                "messages": "conversations", "system": "system", "chosen": "chosen", "rejected": "rejected",
            },
        })
    };
    let mut info = serde_json::Map::from_iter([(name.to_owned(), describe("train.json"))]);
    if has_test {
        info.insert(format!("{name}_test"), describe("test.json"));
    }
    vec![SideFile { path: "dataset_info.json", content: pretty(&Value::Object(info)) }]
}

pub(super) fn how_to_load(at: &Location<'_>) -> String {
    let (name, folder) = (at.dataset, at.folder);
    format!(
        "stage: dpo\n\
         dataset_dir: {folder}  # this folder\n\
         dataset: {name}"
    )
}
