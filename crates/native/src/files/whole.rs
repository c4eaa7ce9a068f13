//! Files that are there as a whole or not at all.

use super::{beside, print, DASH};
use anyhow::{bail, Context, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use tiebreak_core::schema::{to_line, Record};

/// An error where `path` is a file already and `force` is not given.
pub fn refuse_existing(path: &Path, force: bool) -> Result<()> {
    if path.is_dir() {
        bail!("{} is a folder; give a file", path.display());
    }
    if path.is_file() && !force {
        bail!("{} exists; give another name, or --force to replace it", path.display());
    }
    Ok(())
}

/// Records as a file holds them, a line each.
pub fn json_lines<'a, T: Record + 'a>(records: impl IntoIterator<Item = &'a T>) -> String {
    records.into_iter().map(|record| to_line(record) + "\n").collect()
}

/// Writes `text` to `path` in one step: a reader, and a crash, find the old file or the new one.
///
/// `-` is standard output, and a pipe or device is written directly.
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    if path == Path::new(DASH) {
        return print(text);
    }
    let cannot = || format!("cannot write {}", path.display());
    if path.exists() && !path.is_file() {
        return File::create(path).and_then(|mut f| f.write_all(text.as_bytes())).with_context(cannot);
    }
    // A link stays a link: what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let partial = beside(&target, &format!(".partial-{}", std::process::id()));
    let written = write_durably(&partial, text).and_then(|()| fs::rename(&partial, &target));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written.with_context(cannot)
}

/// The text is on the disk before the name points to it.
fn write_durably(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        write_whole(&path, "one\n").unwrap();
        assert!(refuse_existing(&path, false).unwrap_err().to_string().contains("--force"));
        refuse_existing(&path, true).unwrap();
        write_whole(&path, "two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write_whole(&folder.path().join("no/such/folder"), "x").unwrap_err();
        assert!(error.to_string().starts_with("cannot write"), "{error}");
    }
}
