//! Whether a file is what its name says, told from its beginning and its size, before anything is made of it.

use crate::files;
use anyhow::{bail, Context, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use tiebreak_engine::safetensors::Shards;

/// More than any `config.json`, tokenizer or index of a model takes.
const LONGEST_JSON_BYTES: u64 = 256 << 20;

/// What a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Gguf,
    Safetensors,
    /// A JSON object.
    Json,
    /// Any text that is no page.
    Text,
}

impl Content {
    /// What a file of this name must be.
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("gguf") => Self::Gguf,
            Some("safetensors") => Self::Safetensors,
            Some("json") => Self::Json,
            _ => Self::Text,
        }
    }
}

/// Checks that a file is what its name says; an error says what it is instead.
pub fn check(path: &Path) -> Result<()> {
    let shown = path.display();
    let mut file = files::open(path)?;
    let n_bytes = file.metadata().with_context(|| format!("cannot read {shown}"))?.len();
    if n_bytes == 0 {
        bail!("{shown} is empty (0 bytes): fetch it again");
    }
    let mut start = Vec::new();
    file.by_ref().take(512).read_to_end(&mut start).with_context(|| format!("cannot read {shown}"))?;
    if is_html(&start) {
        bail!(
            "{shown} is a page of HTML and not the file: fetch the file itself, not the page that shows it"
        );
    }
    if start.starts_with(b"version https://git-lfs") {
        bail!("{shown} is a pointer of Git LFS and not the file: run `git lfs pull` in its folder");
    }
    match Content::of(&path.to_string_lossy()) {
        Content::Gguf => check_gguf(path, &start),
        Content::Safetensors => safetensors(path).map(drop),
        Content::Json => read_object(path, file, &start, n_bytes).map(drop),
        Content::Text => Ok(()),
    }
}

/// Reads a file that holds a JSON object.
pub fn read_json(path: &Path) -> Result<serde_json::Map<String, serde_json::Value>> {
    check(path)?;
    let file = files::open(path)?;
    let n_bytes = file.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
    read_object(path, file, &[], n_bytes)
}

/// Whether a text is a page and not a file.
pub fn is_html(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&start[..start.len().min(512)]).trim_start().to_lowercase();
    // A template of a chat may begin with a tag of its own.
    ["<!doctype html", "<html", "<head", "<?xml"].iter().any(|tag| text.starts_with(tag))
}

fn check_gguf(path: &Path, start: &[u8]) -> Result<()> {
    if !start.starts_with(b"GGUF") {
        bail!("{} is no GGUF file: it does not begin with the letters GGUF", path.display());
    }
    Ok(())
}

/// The tensors of a file of weights, of which the header is read alone.
pub fn safetensors(path: &Path) -> Result<Shards<File>> {
    let shards = Shards::read(vec![files::open(path)?]);
    shards.with_context(|| format!("{} is not what its name says: fetch it again", path.display()))
}

fn read_object(
    path: &Path,
    file: File,
    start: &[u8],
    n_bytes: u64,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    let shown = path.display();
    if n_bytes > LONGEST_JSON_BYTES {
        bail!("{shown} has {n_bytes} bytes, which no such file of a model has: is it another file?");
    }
    let mut text = start.to_vec();
    file.take(LONGEST_JSON_BYTES).read_to_end(&mut text).with_context(|| format!("cannot read {shown}"))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    serde_json::from_slice(text)
        .with_context(|| format!("{shown} is no JSON object, or is cut off: fetch it again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_of(name: &str, content: &[u8], expected: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        match (check(&path), expected) {
            (Ok(()), None) => {}
            (Err(error), Some(part)) => {
                let error = format!("{error:#}");
                assert!(error.contains(part) && error.contains(name), "{error}");
            }
            (result, _) => panic!("{name}: {result:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn sound_files_pass() {
        check_of("m.gguf", b"GGUF\x03\0\0\0", None);
        check_of("m.safetensors", b"\x02\0\0\0\0\0\0\0{}", None);
        check_of("config.json", b"\xef\xbb\xbf {\"a\": 1}\n", None);
        check_of("chat_template.jinja", b"<|user|>{{ messages }}", None);
    }

    #[test]
    fn what_is_something_else_is_named() {
        for name in ["m.gguf", "m.safetensors", "config.json", "chat_template.jinja"] {
            check_of(name, b"", Some("is empty"));
            check_of(name, b"\n <!DOCTYPE html><title>Log in</title>", Some("a page of HTML"));
            check_of(name, b"version https://git-lfs.github.com/spec/v1\noid", Some("git lfs pull"));
        }
        check_of("m.gguf", b"PK\x03\x04", Some("is no GGUF file"));
        for (content, problem) in [
            (&b"\x09\0\0\0\0\0\0\0{\"a\""[..], "its header claims 9 bytes of a file of 12"),
            (b"\x03\0\0\0\0\0\0\0{,}", "its header is broken"),
            (b"\x02\0\0\0\0\0\0\0{}more", "its tensors do not fill the 4 bytes after its header"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff{}", "its header claims 18446744073709551615 bytes"),
            (b"\x02\0", "it has 2 bytes, too few for a header"),
        ] {
            check_of("m.safetensors", content, Some(problem));
            check_of("m.safetensors", content, Some("fetch it again"));
        }
        check_of("config.json", b"{\"a\": ", Some("is no JSON object, or is cut off"));
        check_of("config.json", b"[1]", Some("is no JSON object"));
    }
}
