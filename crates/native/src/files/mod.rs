//! All that touches files and the standard streams.

mod ahead;
mod folder;
mod keyed;
mod log;
mod manifest;
mod records;
mod revisited;
mod twice;
mod whole;

pub use folder::{refuse_existing_in, NewFolder};
pub use keyed::{KeyedLines, LineKey};
pub use log::{lock_of, Log, Opened};
pub use manifest::{manifest_path, Manifest};
pub use records::read_one_by_one;
pub use revisited::Revisited;
pub use twice::ReadTwice;
pub use whole::{json_lines, refuse_existing, write_new_secret, write_whole, WholeFile};

use crate::terminal::harmless;
use anyhow::{bail, Context, Result};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tiebreak_core::schema::{self, Record};

/// What stands for standard input or output.
pub const DASH: &str = "-";

/// How messages call standard input.
const STDIN: &str = "standard input";

/// How messages call an output.
pub fn output_name(out: &Path) -> String {
    if out == Path::new(DASH) {
        return "standard output".to_owned();
    }
    out.display().to_string()
}

/// An error where an output is one of the inputs, which writing would destroy.
pub fn refuse_input_as_output<'a>(out: &Path, inputs: impl IntoIterator<Item = &'a String>) -> Result<()> {
    let Ok(written) = std::fs::canonicalize(out) else { return Ok(()) };
    let is_written = |input: &&String| {
        *input != DASH && written.is_file() && std::fs::canonicalize(input).is_ok_and(|read| read == written)
    };
    match inputs.into_iter().find(is_written) {
        Some(input) => {
            bail!("{} is the output and an input ({input}) at once; give another --out", out.display())
        }
        None => Ok(()),
    }
}

/// An error where an output is an input as well, or two outputs are one.
pub fn refuse_shared<'a>(
    outputs: &[&Path],
    inputs: impl IntoIterator<Item = &'a String> + Clone,
) -> Result<()> {
    for (i, out) in outputs.iter().enumerate() {
        refuse_input_as_output(out, inputs.clone())?;
        let is_same = |other: &&&Path| **other != Path::new(DASH) && *other == out;
        if outputs[..i].iter().any(|other| is_same(&other)) {
            bail!("{} is two outputs at once; give each a file of its own", out.display());
        }
    }
    Ok(())
}

/// An error where standard input is to be read twice.
pub fn refuse_second_dash<'a>(sources: impl IntoIterator<Item = &'a String>) -> Result<()> {
    if sources.into_iter().filter(|source| *source == DASH).count() > 1 {
        bail!("standard input can be read only once, but `-` is given several times");
    }
    Ok(())
}

/// What was read, and the name that messages call it by.
pub struct Input {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Reads a whole file, or standard input for `-`.
pub fn read_input(source: &str) -> Result<Input> {
    let mut bytes = Vec::new();
    if source == DASH {
        io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(Input { name: STDIN.to_owned(), bytes });
    }
    let path = Path::new(source);
    open(path)?.read_to_end(&mut bytes).with_context(|| format!("cannot read {source}"))?;
    Ok(Input { name: source.to_owned(), bytes })
}

/// Reads a whole file as text, without the byte-order mark that some editors write.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = read_input(&path.to_string_lossy())?.bytes;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The records of all `sources` in their order, each reader's problems told to `report`.
pub fn read_all<T: Record>(sources: &[String], report: impl FnMut(&schema::Problem)) -> Result<Vec<T>> {
    Ok(read_placed(sources, report)?.into_iter().map(|placed| placed.record).collect())
}

/// A record and where it stands.
pub struct Placed<T> {
    /// What messages call the place, `file:line`.
    pub place: String,
    pub record: T,
}

/// Like [`read_all`], each record with its place.
pub fn read_placed<T: Record>(
    sources: &[String],
    mut report: impl FnMut(&schema::Problem),
) -> Result<Vec<Placed<T>>> {
    refuse_second_dash(sources)?;
    let mut records = Vec::new();
    for source in sources {
        let (name, reader) = reader_of(source)?;
        let read = schema::read_records(reader, name);
        read.problems.iter().for_each(&mut report);
        records.extend(
            read.records.into_iter().map(|numbered| Placed {
                place: format!("{name}:{}", numbered.line),
                record: numbered.record,
            }),
        );
    }
    Ok(records)
}

/// What messages call a file, or standard input, and its content.
pub fn reader_of(source: &str) -> Result<(&str, Box<dyn BufRead + Send>)> {
    let reader: Box<dyn BufRead + Send> = match source {
        DASH => Box::new(BufReader::new(io::stdin())),
        _ => Box::new(BufReader::new(open(Path::new(source))?)),
    };
    Ok((reader_name(source), reader))
}

/// What messages call a source.
fn reader_name(source: &str) -> &str {
    if source == DASH {
        STDIN
    } else {
        source
    }
}

/// Opens a file to read it.
pub fn open(path: &Path) -> Result<File> {
    let cannot = || format!("cannot open {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    if file.metadata().with_context(cannot)?.is_dir() {
        bail!("{} is a folder; give a file", path.display());
    }
    Ok(file)
}

/// SHA-256 of what `reader` holds, in lower-case hex.
pub fn sha256(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hash.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whoever read our standard output has closed it, as `head` does: the end, and no fault.
#[derive(Debug)]
pub struct StdoutClosed;

impl fmt::Display for StdoutClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output was closed")
    }
}

impl std::error::Error for StdoutClosed {}

/// Writes to standard output at once.
pub fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(StdoutClosed.into()),
        other => other.context("cannot write to standard output"),
    }
}

/// Writes a line to standard error, without what could command a terminal: names and texts in it come from anywhere.
///
/// Where standard error is closed, there is nobody to tell.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(line));
}

/// The names in a folder, sorted; none where it does not exist.
pub fn folder_entries(folder: &Path) -> Result<Option<Vec<String>>> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.with_context(cannot)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.with_context(cannot)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(Some(names))
}

/// Makes a folder, and those above it.
pub fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// `path` with `suffix` after its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
