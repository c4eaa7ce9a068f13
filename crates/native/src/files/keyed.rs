//! An append-only file of JSON lines that are found by a key.
//!
//! Only the keys and where their lines begin stay in memory.
//! A line is written with one call, so that a kill leaves at most one cut line, which the next start removes.

use super::log::lock;
use anyhow::{bail, Context, Result};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The start of a hash: 128 bits are enough to tell contents apart.
pub type LineKey = [u8; 16];

/// A file that was opened; the lock on it goes with the handle.
pub struct KeyedLines {
    path: PathBuf,
    file: File,
    offsets: HashMap<LineKey, u64>,
    whole_bytes: u64,
}

impl KeyedLines {
    /// Opens or begins the file at `path`, whose lines all start with `start`, and reads the key of each with `key`; none for a damaged line, which stays and is never found.
    ///
    /// Refuses a file that another process has open or that holds anything else.
    pub fn open(path: &Path, start: &str, key: impl FnMut(&str) -> Option<LineKey>) -> Result<Self> {
        let cannot = || format!("cannot open {}", path.display());
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let file = options.open(path).with_context(cannot)?;
        lock(&file, path, "--cache")?;
        let (offsets, whole_bytes) = index(&file, path, start, key)?;
        // A cut line, or the zeros that a power failure left.
        file.set_len(whole_bytes).with_context(cannot)?;
        Ok(Self { path: path.to_owned(), file, offsets, whole_bytes })
    }

    pub fn contains(&self, key: &LineKey) -> bool {
        self.offsets.contains_key(key)
    }

    /// The line of `key`, without its end.
    pub fn get(&mut self, key: &LineKey) -> Result<Option<String>> {
        let Some(offset) = self.offsets.get(key) else { return Ok(None) };
        let cannot = || format!("cannot read {}", self.path.display());
        self.file.seek(SeekFrom::Start(*offset)).with_context(cannot)?;
        let mut line = String::new();
        BufReader::new(&self.file).read_line(&mut line).with_context(cannot)?;
        Ok(Some(line.trim_end().to_owned()))
    }

    /// Adds a line and hands it to the operating system at once.
    pub fn put(&mut self, key: LineKey, line: &str) -> Result<()> {
        let cannot = || format!("cannot write to {}", self.path.display());
        self.file.seek(SeekFrom::Start(self.whole_bytes)).with_context(cannot)?;
        if let Err(error) = self.file.write_all(format!("{line}\n").as_bytes()) {
            // What a full disk took of the line is given back; where that fails too, the next start cuts it.
            let _ = self.file.set_len(self.whole_bytes);
            return Err(error).with_context(cannot);
        }
        self.offsets.insert(key, self.whole_bytes);
        self.whole_bytes += line.len() as u64 + 1;
        Ok(())
    }

    /// Waits until all is on the disk.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_all().with_context(|| format!("cannot write to {}", self.path.display()))
    }
}

/// A run that kept nothing leaves no file behind.
impl Drop for KeyedLines {
    fn drop(&mut self) {
        if self.whole_bytes == 0 {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Where the line of each key begins, and how many bytes the whole lines take.
fn index(
    file: &File,
    path: &Path,
    start: &str,
    mut key: impl FnMut(&str) -> Option<LineKey>,
) -> Result<(HashMap<LineKey, u64>, u64)> {
    let (mut offsets, mut whole_bytes) = (HashMap::new(), 0);
    let (mut reader, mut bytes) = (BufReader::new(file), Vec::new());
    loop {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes);
        let n_bytes = read.with_context(|| format!("cannot read {}", path.display()))? as u64;
        if whole_bytes == 0 && !begins_like(&bytes, start) {
            bail!("{} is another file; give another --cache", path.display());
        }
        if bytes.last() != Some(&b'\n') {
            return Ok((offsets, whole_bytes));
        }
        if let Some(key) = str::from_utf8(&bytes).ok().and_then(|line| key(line.trim_end())) {
            offsets.insert(key, whole_bytes);
        }
        whole_bytes += n_bytes;
    }
}

/// Whether a file's first line can be ours: it starts with `start`, is cut before the end of that, or is of zeros that a power failure left.
fn begins_like(line: &[u8], start: &str) -> bool {
    let n_common = line.len().min(start.len());
    let is_cut = !line.ends_with(b"\n");
    let is_zeros = line.iter().all(|byte| *byte == 0);
    line[..n_common] == start.as_bytes()[..n_common] && (n_common == start.len() || is_cut) || is_zeros
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "{\"schema\":\"x/1\"";

    fn line(name: &str) -> String {
        format!("{START},\"name\":\"{name}\"}}")
    }

    fn key(name: &str) -> LineKey {
        let mut key = [0; 16];
        key[..name.len()].copy_from_slice(name.as_bytes());
        key
    }

    fn open(path: &Path) -> Result<KeyedLines> {
        KeyedLines::open(path, START, |line| {
            let value: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(key(value["name"].as_str()?))
        })
    }

    #[test]
    fn lines_are_found_and_every_cut_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        let mut lines = open(&path).unwrap();
        for name in ["a", "b"] {
            lines.put(key(name), &line(name)).unwrap();
        }
        assert_eq!(lines.get(&key("a")).unwrap(), Some(line("a")));
        assert_eq!(lines.get(&key("c")).unwrap(), None);
        lines.put(key("c"), &line("c")).unwrap();
        assert_eq!(lines.get(&key("b")).unwrap(), Some(line("b")));
        drop(lines);
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut lines = open(&path).unwrap();
            assert_eq!(lines.offsets.len(), cut / first, "cut at {cut}");
            for name in &["a", "b", "c"][cut / first..] {
                lines.put(key(name), &line(name)).unwrap();
            }
            drop(lines);
            assert_eq!(fs::read(&path).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_line_is_not_found_and_zeros_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        let text = format!("{}\n{{\"no\n{}\n\0\0\0", line("a"), line("b"));
        fs::write(&path, &text).unwrap();
        let mut lines = open(&path).unwrap();
        assert_eq!(lines.offsets.len(), 2);
        assert_eq!(lines.get(&key("b")).unwrap(), Some(line("b")));
        assert_eq!(fs::read_to_string(&path).unwrap(), text.trim_end_matches('\0'));
    }

    #[test]
    fn other_files_are_refused_and_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.txt");
        for text in ["mine", "mine\n", "{\"schema\":\"tiebreak/sample/1\"}", "\n"] {
            fs::write(&path, text).unwrap();
            let error = open(&path).err().expect("refused").to_string();
            assert!(error.contains("another file") && error.contains("--cache"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::write(&path, "").unwrap();
        let _held = open(&path).unwrap();
        let error = open(&path).err().expect("refused").to_string();
        assert!(error.contains("another process") && error.contains("--cache"), "{error}");
    }
}
