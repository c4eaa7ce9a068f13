//! What is in the hub's cache.

use crate::hub::{Cache, Cached, Snapshot};
use crate::model::{gguf_models, split_parts, Held, ModelFiles};
use crate::terminal::{bytes, harmless};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// A line of the list.
struct Row {
    /// What is typed for it.
    name: String,
    n_bytes: u64,
    /// What it is, or why it cannot be used.
    note: String,
}

/// The list, a line for each name that can be typed.
pub fn text(cache: &Cache) -> Result<String> {
    let folder = cache.folder().display();
    let repositories = cache.repositories()?;
    let rows: Vec<Row> = repositories.iter().flat_map(rows).collect();
    if rows.is_empty() {
        return Ok(format!("There is no model in the hub's cache, {folder}\n"));
    }
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
    let mut text = format!("In the hub's cache, {folder}:\n");
    for Row { name, n_bytes, note } in &rows {
        text += &format!("  {name:width$}  {:>9}  {note}\n", bytes(*n_bytes));
    }
    Ok(harmless(&text))
}

fn rows(cached: &Cached) -> Vec<Row> {
    let mut rows: Vec<Row> =
        cached.snapshots.iter().flat_map(|snapshot| of_snapshot(cached, snapshot)).collect();
    if cached.unfinished_bytes > 0 {
        rows.push(Row {
            name: cached.repository.clone(),
            n_bytes: cached.unfinished_bytes,
            note: "not all of it has come yet".to_owned(),
        });
    }
    rows
}

fn of_snapshot(cached: &Cached, snapshot: &Snapshot) -> Vec<Row> {
    let sizes: BTreeMap<&str, u64> =
        snapshot.files.iter().map(|(name, size)| (name.as_str(), *size)).collect();
    let names: BTreeSet<String> = snapshot.files.iter().map(|(name, _)| name.clone()).collect();
    let revision = revision(snapshot);
    let models: Vec<Row> = gguf_models(&names)
        .map(|file| {
            let parts = split_parts(file);
            let missing = parts.iter().find(|part| !names.contains(*part));
            Row {
                name: format!("{}:{file}{revision}", cached.repository),
                n_bytes: parts.iter().filter_map(|part| sizes.get(part.as_str())).sum(),
                note: missing.map_or_else(|| "GGUF".to_owned(), |part| format!("lacks {part}")),
            }
        })
        .collect();
    let holds_other = names.iter().any(|name| !name.ends_with(".gguf") && name.contains("safetensors"));
    let whole = holds_other.then(|| of_folder(cached, snapshot, &names));
    models.into_iter().chain(whole).collect()
}

/// The repository as a folder.
fn of_folder(cached: &Cached, snapshot: &Snapshot, names: &BTreeSet<String>) -> Row {
    // The models in files of their own have lines of their own.
    let names = names.iter().filter(|name| !name.ends_with(".gguf")).cloned().collect();
    let mut shelf = Held { name: "the cache".to_owned(), folder: cached.folder(snapshot), names };
    let n_bytes =
        snapshot.files.iter().filter(|(name, _)| !name.ends_with(".gguf")).map(|(_, size)| size).sum();
    let note = match ModelFiles::on(&mut shelf, None) {
        Ok(_) => "safetensors".to_owned(),
        Err(error) => error.to_string(),
    };
    Row { name: format!("{}{}", cached.repository, revision(snapshot)), n_bytes, note }
}

/// What is typed behind a name that does not lead to this commit by itself.
fn revision(snapshot: &Snapshot) -> String {
    match snapshot.revisions.iter().any(|revision| revision == "main") {
        true => String::new(),
        false => format!("@{}", snapshot.revisions.first().unwrap_or(&snapshot.commit)),
    }
}
