//! The key that people's pseudonyms are made with, in a file that the researcher keeps.

use crate::args::NameArgs;
use crate::files::{read_input, say, write_new_secret};
use anyhow::{bail, Context, Result};
use std::path::Path;
use tiebreak_core::pseudonym::{Pseudonyms, VotesKey};

/// Fewer can be guessed.
const LEAST_KEY_BYTES: usize = 16;

/// What people are called; none where they keep their ids. `votes_key` is asked for where there is no other key.
pub fn wanted(args: &NameArgs, votes_key: impl FnOnce() -> VotesKey) -> Result<Option<Pseudonyms>> {
    match &args.pseudonym_key {
        Some(path) => by_key_file(path).map(Some),
        None if args.raw_ids => Ok(None),
        None => Ok(Some(votes_key().pseudonyms())),
    }
}

/// The pseudonyms by the key in a file, which is made where it is not there.
pub fn by_key_file(path: &Path) -> Result<Pseudonyms> {
    if !path.exists() {
        make(path)?;
    }
    let bytes = read_input(&path.to_string_lossy())?.bytes;
    let key = bytes.trim_ascii();
    if key.len() < LEAST_KEY_BYTES {
        bail!(
            "{} holds {} bytes, and a key has at least {LEAST_KEY_BYTES}; give a file that is not there, and a key is made",
            path.display(),
            key.len()
        );
    }
    Ok(Pseudonyms::with_key(key))
}

fn make(path: &Path) -> Result<()> {
    let mut key = [0u8; 32];
    getrandom::fill(&mut key).context("the system gives no random numbers for a key")?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    write_new_secret(path, &(digits + "\n"))?;
    say(&format!(
        "{}: made, a key for pseudonyms; keep it where nobody else reads it, and the same people keep their pseudonyms",
        path.display()
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::AnnotatorKind::Human;

    #[test]
    fn a_key_is_made_once_and_read_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one.key", "two.key"].map(|name| folder.path().join(name));
        let name = |path: &Path| by_key_file(path).unwrap().name("ann", Human);
        let made = name(&one);
        assert_eq!(made, name(&one));
        assert_ne!(made, name(&two));
        std::fs::write(&two, "short\n").unwrap();
        let error = by_key_file(&two).unwrap_err().to_string();
        assert!(error.contains("holds 5 bytes"), "{error}");
    }
}
