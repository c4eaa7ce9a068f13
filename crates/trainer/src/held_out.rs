//! Dialogues that are never trained on, for evaluation.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::bitext::{Row, Rows};
use crate::dialogues::{Composer, Dialogue};

/// A dialogue that was never trained on.
#[derive(Clone, Debug, Deserialize)]
pub struct HeldOut {
    /// What the customer wants, finer than a category.
    pub intent: String,
    /// The customer's message.
    pub prompt: String,
    /// A fitting reply.
    pub reply: String,
}

impl HeldOut {
    /// As the trainer's other parts take it.
    pub fn into_dialogue(self) -> Dialogue {
        Dialogue { system: None, prompt: Some(self.prompt), reply: self.reply, unfitting_prompt: None }
    }
}

/// The hand-written dialogues of the files `heldout_*.jsonl` in the folder of data files.
pub fn committed(data: &Path) -> Result<Vec<HeldOut>> {
    let mut paths = fs::read_dir(data)
        .with_context(|| format!("cannot list {}", data.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("heldout_") && name.ends_with(".jsonl")
    });
    paths.sort();
    let mut dialogues = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let dialogue = serde_json::from_str(line)
                .with_context(|| format!("{}, line {}", path.display(), index + 1))?;
            dialogues.push(dialogue);
        }
    }
    Ok(dialogues)
}

/// The rows of a CSV file that are never trained on, with their placeholders filled.
pub fn real(rows: &Rows) -> Vec<HeldOut> {
    let filled = rows.held_out_dialogues();
    let of_row = |(row, dialogue): (&Row, Dialogue)| {
        Some(HeldOut { intent: row.intent.clone(), prompt: dialogue.prompt?, reply: dialogue.reply })
    };
    rows.held_out.iter().zip(filled).filter_map(of_row).collect()
}

/// The same prompts, each with a reply that the composer puts together for its intent.
///
/// The prompts were never trained on; the replies' lines were, in other combinations.
pub fn with_composed_replies(dialogues: &[HeldOut], composer: &Composer) -> Result<Vec<HeldOut>> {
    let compose = |(index, dialogue): (usize, &HeldOut)| {
        let reply = composer
            .reply_to(&dialogue.intent, &dialogue.prompt, index as u64)
            .with_context(|| format!("no data file holds the intent {}", dialogue.intent))?;
        Ok(HeldOut { reply, ..dialogue.clone() })
    };
    dialogues.iter().enumerate().map(compose).collect()
}
