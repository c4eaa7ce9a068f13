//! Studies and their keys, as `tiebreak study` wrote them.

use crate::files::{read_input, say};
use crate::terminal::plural;
use anyhow::{bail, Context, Result};
use std::path::{Path, PathBuf};
use tiebreak_core::study::next::{Stream, Streams};
use tiebreak_core::study::{Study, StudyKey};

/// Each study with its key, where that is among `keys`.
///
/// One key goes with one study whether it fits or not: whoever checks votes reports that.
pub fn read_studies(studies: &[PathBuf], keys: &[PathBuf]) -> Result<Vec<(Study, Option<StudyKey>)>> {
    let mut all = Vec::new();
    for path in studies {
        let study = Study::read(&read(path)?).with_context(|| format!("cannot use {}", path.display()))?;
        all.push((study, None));
    }
    let are_meant = studies.len() == 1 && keys.len() == 1;
    for path in keys {
        let key = read_key(path)?;
        let hash = key.sha256();
        match all.iter_mut().find(|(study, _)| are_meant || study.key_sha256 == hash) {
            Some((_, place)) => *place = Some(key),
            None => bail!("{} is the key of none of these studies; give --study its study", path.display()),
        }
    }
    Ok(all)
}

/// Reads a key.
pub fn read_key(path: &Path) -> Result<StudyKey> {
    StudyKey::read(&read(path)?).with_context(|| format!("cannot use {}", path.display()))
}

/// Says that votes are on selected pairs, where some are, and how many were left out for that.
pub fn tell_streams(streams: &Streams, left_out: &[Stream]) {
    if streams.count(Stream::Selected) == 0 {
        return;
    }
    match left_out.iter().map(|stream| streams.count(*stream)).sum() {
        0 => say(&format!("{streams}; --random-only leaves them out")),
        n => say(&format!("{} left out: they are on pairs that were chosen", plural(n, "vote"))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(read_input(&path.to_string_lossy())?.bytes)
}
