//! Files that are there as a whole or not at all.

use super::log::lock;
use super::{beside, print_bytes, DASH};
use anyhow::{bail, Context, Result};
use std::fs::{self, File, OpenOptions};
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

/// Writes a file that is not there yet and that only its owner can read.
pub fn write_new_secret(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// So much is held back before it is written.
const BUFFER_BYTES: usize = 1 << 20;

/// A file that is written piece by piece and appears in one step: a reader, and a crash, find the old file or the new one.
///
/// `-` is standard output, and a pipe or device is written directly.
pub struct WholeFile {
    path: PathBuf,
    sink: Sink,
    held_back: Vec<u8>,
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
            let partial = beside(&target, ".partial");
            Sink::Partial { file: begin(&partial, path)?, partial, target }
        };
        Ok(Self { path: path.to_owned(), sink, held_back: Vec::new() })
    }

    /// Adds text.
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.write_bytes(text.as_bytes())
    }

    /// Adds what is no text.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.held_back.extend_from_slice(bytes);
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
        let bytes = std::mem::take(&mut self.held_back);
        match &mut self.sink {
            Sink::Stdout => print_bytes(&bytes),
            Sink::Stream(file) | Sink::Partial { file, .. } => {
                file.write_all(&bytes).with_context(|| format!("cannot write {}", self.path.display()))
            }
        }
    }
}

/// Opens what is written to, empty; where a killed run left one, that is taken.
fn begin(partial: &Path, path: &Path) -> Result<File> {
    let cannot = || format!("cannot write {}", path.display());
    let options = OpenOptions::new().write(true).create(true).truncate(false).clone();
    let file = options.open(partial).with_context(cannot)?;
    lock(&file, path, "--out")?;
    // Another process may have finished between the two steps: then this is its whole file, under its new name.
    if !partial.exists() {
        bail!("another process has just written {}; look at it first", path.display());
    }
    file.set_len(0).with_context(cannot)?;
    Ok(file)
}

/// What was not finished leaves nothing behind, unless the program is killed; the next one that writes there takes that over.
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
    fn what_a_killed_run_left_is_taken_over_and_two_runs_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(folder.path().join("a.jsonl.partial"), "cut off in the mid").unwrap();
        let mut file = WholeFile::create(&path).unwrap();
        let error = WholeFile::create(&path).err().expect("refused").to_string();
        assert!(error.contains("another process") && error.contains("--out"), "{error}");
        file.write("new\n").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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
