//! What was made before and is shown as it is: keys, cards, a finding, weights and rows.

use crate::args::ReportArgs;
use crate::files::{read_input, read_one_by_one};
use crate::outcome::Problems;
use crate::studies::read_key;
use anyhow::{bail, Context, Result};
use std::path::Path;
use std::slice;
use tiebreak_core::drift::finding::DriftReport;
use tiebreak_core::judge::card::Card;
use tiebreak_core::report::{RowTally, TrainingRows, WeightTable};
use tiebreak_core::schema::{Preference, Weight};
use tiebreak_core::study::StudyKey;

pub struct Inputs {
    pub keys: Vec<StudyKey>,
    pub cards: Vec<Card>,
    pub drift: Option<DriftReport>,
    pub weights: Option<WeightTable>,
    pub rows: Option<TrainingRows>,
}

/// Reads what was given; records that cannot be read are told, and a document that cannot is an error.
pub fn read(args: &ReportArgs, problems: &mut Problems) -> Result<Inputs> {
    Ok(Inputs {
        keys: args.key.iter().map(|path| read_key(path)).collect::<Result<_>>()?,
        cards: args.card.iter().map(|path| card(path)).collect::<Result<_>>()?,
        drift: args.drift.as_deref().map(drift).transpose()?,
        weights: args.weights.as_ref().map(|source| weights(source, problems)).transpose()?,
        rows: rows(&args.preferences, problems)?,
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    Ok(read_input(&path.to_string_lossy())?.bytes)
}

fn card(path: &Path) -> Result<Card> {
    Card::read(&bytes(path)?).with_context(|| format!("cannot use {}", path.display()))
}

fn drift(path: &Path) -> Result<DriftReport> {
    DriftReport::read(&bytes(path)?).with_context(|| format!("cannot use {}", path.display()))
}

fn weights(source: &str, problems: &mut Problems) -> Result<WeightTable> {
    let mut table = WeightTable::default();
    let sources = [source.to_owned()];
    read_one_by_one::<Weight>(&sources, |problem| problems.add(problem))?
        .for_each(|weight| table.add(weight));
    Ok(table)
}

/// The rows of all files together; a file that holds lines and no row is refused, because every line of another form would be a problem.
fn rows(sources: &[String], problems: &mut Problems) -> Result<Option<TrainingRows>> {
    let mut tally = RowTally::default();
    for source in sources {
        let mut unreadable = Vec::new();
        let mut n_rows = 0;
        read_one_by_one::<Preference>(slice::from_ref(source), |problem| {
            unreadable.push(problem.to_string());
        })?
        .for_each(|row| {
            n_rows += 1;
            tally.add(&row);
        });
        if let (0, Some(first)) = (n_rows, unreadable.first()) {
            bail!(
                "{first}; --preferences takes rows as `tiebreak export --format trl-dpo --out preferences.jsonl` writes them, and {source} holds none"
            );
        }
        unreadable.iter().for_each(|problem| problems.add(problem));
    }
    Ok(tally.close())
}
