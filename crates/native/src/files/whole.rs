//! Files that are there as a whole or not at all.

use super::{beside, print, DASH};
use anyhow::{bail, Context, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
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

/// Writes `text` to `path` in one step, see [`WholeFile`].
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write(text)?;
    file.finish()
}

/// So much is held back before it is written.
const BUFFER_BYTES: usize = 1 << 20;

/// A file that is written piece by piece and appears in one step: a reader, and a crash, find the old file or the new one.
///
/// `-` is standard output, and a pipe or device is written directly.
pub struct WholeFile {
    path: PathBuf,
    sink: Sink,
    held_back: String,
}

enum Sink {
    Stdout,
    Stream(File),
    /// What is written to gets its name at the end.
    Partial {
        file: File,
        partial: PathBuf,
        target: PathBuf,
    },
}

impl WholeFile {
    /// Begins the file that will stand at `path`.
    pub fn create(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        let sink = if path == Path::new(DASH) {
            Sink::Stdout
        } else if path.exists() && !path.is_file() {
            Sink::Stream(File::create(path).with_context(cannot)?)
        } else {
            // A link stays a link: what it points to is replaced.
            let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let partial = beside(&target, &format!(".partial-{}", std::process::id()));
            Sink::Partial { file: File::create(&partial).with_context(cannot)?, partial, target }
        };
        Ok(Self { path: path.to_owned(), sink, held_back: String::new() })
    }

    /// Adds text.
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.held_back.push_str(text);
        if self.held_back.len() >= BUFFER_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Adds a record as a line.
    pub fn write_record<T: Record>(&mut self, record: &T) -> Result<()> {
        self.write(&(to_line(record) + "\n"))
    }

    /// All is on the disk before the name points to it.
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        let Sink::Partial { file, partial, target } = &self.sink else { return Ok(()) };
        let named = file.sync_all().and_then(|()| fs::rename(partial, target));
        named.with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn flush(&mut self) -> Result<()> {
        let text = std::mem::take(&mut self.held_back);
        match &mut self.sink {
            Sink::Stdout => print(&text),
            Sink::Stream(file) | Sink::Partial { file, .. } => file
                .write_all(text.as_bytes())
                .with_context(|| format!("cannot write {}", self.path.display())),
        }
    }
}

/// What was not finished leaves nothing behind.
impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Sink::Partial { partial, .. } = &self.sink {
            // After a finish there is none.
            let _ = fs::remove_file(partial);
        }
    }
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
    #[test]
    fn what_is_written_in_pieces_appears_at_the_end_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        write_whole(&path, "old\n").unwrap();
        let piece = "x".repeat(BUFFER_BYTES - 1);
        let begin = || {
            let mut file = WholeFile::create(&path).unwrap();
            (0..3).for_each(|_| file.write(&piece).unwrap());
            file
        };
        drop(begin());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        begin().finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), piece.repeat(3));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
