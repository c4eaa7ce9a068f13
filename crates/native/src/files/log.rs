//! An append-only file of records that a run can be broken off from and go on with.
//!
//! A line is written with one call as soon as its record is there.
//! So a kill loses at most the record that was not finished, and leaves at most one cut line, which the next start removes.

use super::{manifest_path, print, Manifest, DASH};
use anyhow::{bail, Context, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufReader, IsTerminal, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tiebreak_core::schema::{to_line, Problem, Reader, Record};

/// Where records go.
pub struct Log {
    path: PathBuf,
    sink: Sink,
}

enum Sink {
    /// Standard output.
    Stdout,
    /// A pipe or device: written once, without a manifest.
    Stream(File),
    /// A file of this many whole bytes; the lock on it goes with the handle.
    File { file: File, whole_bytes: u64 },
}

/// A log that was opened, and what stood in it.
pub struct Opened {
    pub log: Log,
    /// Lines in it that are no records; they stay.
    pub problems: Vec<Problem>,
}

impl Log {
    /// Opens `path` for a run with the arguments of `manifest`, and shows each record that stands there to `found`.
    ///
    /// Refuses a file that another process writes, that no run began, or that was begun with other arguments.
    /// With `force` all but the first are emptied instead.
    pub fn open<T: Record>(
        path: &Path,
        manifest: &Manifest,
        force: bool,
        found: impl FnMut(T),
    ) -> Result<Opened> {
        if path == Path::new(DASH) {
            return Ok(fresh(path, Sink::Stdout));
        }
        let cannot = || format!("cannot open {} to write", path.display());
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => bail!("{} is a folder; give a file", path.display()),
            Ok(metadata) if !metadata.is_file() => {
                let file = OpenOptions::new().write(true).open(path).with_context(cannot)?;
                return Ok(fresh(path, Sink::Stream(file)));
            }
            _ => {}
        }
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let file = options.open(path).with_context(cannot)?;
        lock(&file, path, "--out")?;
        if force {
            file.set_len(0).with_context(cannot)?;
        }
        if file.metadata().with_context(cannot)?.len() == 0 {
            manifest.write(path)?;
            return Ok(fresh(path, Sink::File { file, whole_bytes: 0 }));
        }
        check_manifest(path, manifest)?;
        resume(path, file, found)
    }

    /// Adds a record and hands it to the operating system at once.
    pub fn append<T: Record>(&mut self, record: &T) -> Result<()> {
        let mut line = to_line(record);
        line.push('\n');
        let cannot = || format!("cannot write to {}", self.path.display());
        match &mut self.sink {
            Sink::Stdout => print(&line),
            Sink::Stream(file) => file.write_all(line.as_bytes()).with_context(cannot),
            Sink::File { file, whole_bytes } => {
                if let Err(error) = file.write_all(line.as_bytes()) {
                    // What a full disk took of the line is given back; where that fails too, the next start cuts it.
                    let _ = file.set_len(*whole_bytes);
                    return Err(error).with_context(cannot);
                }
                *whole_bytes += line.len() as u64;
                Ok(())
            }
        }
    }

    /// Whether a later start can go on with it.
    pub fn can_resume(&self) -> bool {
        matches!(self.sink, Sink::File { .. })
    }

    /// Whether records appear where the progress bar would be.
    pub fn shares_the_terminal(&self) -> bool {
        matches!(self.sink, Sink::Stdout) && std::io::stdout().is_terminal()
    }

    /// Waits until all is on the disk.
    pub fn finish(self) -> Result<()> {
        match self.sink {
            Sink::File { file, .. } => {
                file.sync_all().with_context(|| format!("cannot write to {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Takes the file away again where nothing was written, because the run could not begin.
    pub fn abandon(self) {
        if let Sink::File { whole_bytes: 0, .. } = self.sink {
            let _ = fs::remove_file(manifest_path(&self.path));
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn fresh(path: &Path, sink: Sink) -> Opened {
    Opened { log: Log { path: path.to_owned(), sink }, problems: Vec::new() }
}

/// Opens the file at `path` and waits for its lock, after a call of `wait` where another process has it.
pub fn lock_of(path: &Path, wait: impl FnOnce()) -> std::io::Result<File> {
    let file = File::options().write(true).create(true).truncate(false).open(path)?;
    let locked = match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            wait();
            file.lock()
        }
        Err(TryLockError::Error(error)) => Err(error),
        Ok(()) => Ok(()),
    };
    match locked {
        // Some network file systems know no locks.
        Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        locked => locked.map(|()| file),
    }
}

/// Locks the file that `flag` names, until its handle is dropped.
pub(super) fn lock(file: &File, path: &Path, flag: &str) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            bail!("another process is writing to {}; wait for it, or give another {flag}", path.display())
        }
        // Some network file systems know no locks; a second process is then the user's to avoid.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

fn check_manifest(path: &Path, new: &Manifest) -> Result<()> {
    let out = path.display();
    let Some(old) = Manifest::read(path)? else {
        bail!(
            "{out} exists and was not begun by this command (there is no {} beside it); \
             give another --out, or --force to start over, which deletes what it holds",
            manifest_path(path).file_name().unwrap_or_default().to_string_lossy()
        );
    };
    let differences = old.differences(new);
    if !differences.is_empty() {
        bail!(
            "{out} was begun with other arguments:\n{}\n\
             give the same arguments to go on, another --out, or --force to start over, which deletes what it holds",
            differences.join("\n")
        );
    }
    Ok(())
}

/// Reads what is there, removes a cut last line, and stands at the end.
fn resume<T: Record>(path: &Path, mut file: File, mut found: impl FnMut(T)) -> Result<Opened> {
    let name = path.display().to_string();
    let cannot = || format!("cannot read {name}");
    let mut reader = Reader::<_, T>::new(BufReader::new(&file), &name);
    let mut problems = Vec::new();
    let mut cut_at = None;
    for item in &mut reader {
        match item {
            Ok(numbered) => found(numbered.record),
            Err(problem) if problem.cut_at.is_some() => cut_at = problem.cut_at,
            Err(problem) => problems.push(problem),
        }
    }
    let is_open = reader.is_open();
    drop(reader);
    if let Some(offset) = cut_at {
        file.set_len(offset).with_context(cannot)?;
    }
    let mut whole_bytes = file.seek(SeekFrom::End(0)).with_context(cannot)?;
    if is_open && cut_at.is_none() {
        file.write_all(b"\n").with_context(|| format!("cannot write to {name}"))?;
        whole_bytes += 1;
    }
    Ok(Opened { log: Log { path: path.to_owned(), sink: Sink::File { file, whole_bytes } }, problems })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::{Extra, Message, Prompt, Role};

    fn prompt(id: &str) -> Prompt {
        Prompt {
            id: id.to_owned(),
            category: None,
            messages: vec![Message::new(Role::User, "Where is my order?")],
            tags: vec![],
            edge_case: None,
            reference_answer: None,
            extra: Extra::new(),
        }
    }

    fn manifest(seed: u64) -> Manifest {
        Manifest::new("generate", [("seed", seed.to_string())])
    }

    /// Opens and tells the ids that stand there.
    fn open(path: &Path, seed: u64, force: bool) -> Result<(Opened, Vec<String>)> {
        let mut ids = Vec::new();
        let opened = Log::open::<Prompt>(path, &manifest(seed), force, |p| ids.push(p.id))?;
        Ok((opened, ids))
    }

    fn lines(path: &Path) -> usize {
        fs::read_to_string(path).unwrap().lines().count()
    }

    #[test]
    fn every_cut_leaves_the_whole_lines_and_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut log = open(&path, 1, false).unwrap().0.log;
        for id in ["a", "b"] {
            log.append(&prompt(id)).unwrap();
        }
        log.finish().unwrap();
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
        for cut in 1..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (mut opened, ids) = open(&path, 1, false).unwrap();
            let expected: &[&str] = match cut {
                c if c + 1 < first => &[],
                c if c + 1 < whole.len() => &["a"],
                _ => &["a", "b"],
            };
            assert_eq!(ids, expected, "cut at {cut}");
            for id in &["a", "b"][expected.len()..] {
                opened.log.append(&prompt(id)).unwrap();
            }
            drop(opened);
            assert_eq!(fs::read(&path).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn zeros_that_a_power_failure_left_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        open(&path, 1, false).unwrap().0.log.append(&prompt("a")).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [whole.as_slice(), &[0; 100]].concat()).unwrap();
        assert_eq!(open(&path, 1, false).unwrap().1, ["a"]);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_a_problem_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        open(&path, 1, false).unwrap().0.log.append(&prompt("a")).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [b"{\"no\n".as_slice(), &whole].concat()).unwrap();
        let (opened, ids) = open(&path, 1, false).unwrap();
        assert_eq!((ids.as_slice(), opened.problems.len()), (["a".to_owned()].as_slice(), 1));
        assert_eq!(lines(&path), 2);
    }

    #[test]
    fn what_is_not_ours_is_refused_and_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let refusal = |seed| format!("{:#}", open(&path, seed, false).err().expect("refused"));
        fs::write(&path, "mine\n").unwrap();
        assert!(refusal(1).contains("was not begun by this command"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");

        let (mut opened, _) = open(&path, 1, true).unwrap();
        opened.log.append(&prompt("a")).unwrap();
        assert!(refusal(1).contains("another process"), "the lock is held");
        drop(opened);
        assert!(refusal(2).contains("--seed: 1 -> 2"));
        assert_eq!(lines(&path), 1);

        open(&path, 2, true).unwrap();
        assert_eq!(lines(&path), 0);
        assert!(refusal_of_folder(folder.path()).contains("is a folder"));
    }

    fn refusal_of_folder(path: &Path) -> String {
        format!("{:#}", open(path, 1, false).err().expect("refused"))
    }

    #[test]
    fn an_empty_file_is_a_fresh_start_whatever_it_was_begun_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        drop(open(&path, 1, false).unwrap());
        drop(open(&path, 2, false).unwrap());
        open(&path, 2, false).unwrap().0.log.abandon();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let mut opened = open(Path::new("/dev/full"), 1, false).unwrap().0;
        let error = format!("{:#}", opened.log.append(&prompt("a")).unwrap_err());
        assert!(error.starts_with("cannot write to /dev/full: No space left"), "{error}");
    }
}
