//! What a user can type for a model: the same for every command that takes one.

use super::BUILTIN;
use anyhow::{bail, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// The ways to name a model, for messages.
pub const WAYS: &str = "give `builtin`, a .gguf file, a folder with config.json, tokenizer.json and safetensors, \
    or a model of the hub as owner/name, owner/name:Q4_K_M or owner/name:file.gguf, with @revision behind it where another than main is meant";

/// The longest name of an owner or a repository.
const LONGEST_NAME: usize = 96;

/// A model, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelName {
    Builtin,
    /// A file or a folder that is there.
    Local(PathBuf),
    Hub(HubName),
}

/// A model of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubName {
    /// `owner/name`.
    pub repository: String,
    /// The `.gguf` file that is meant, in a repository of several models, or a tag that its name alone has.
    pub file: Option<String>,
    /// A branch, a tag or a commit.
    pub revision: Option<String>,
}

impl ModelName {
    /// Reads what was typed; a path that exists wins over a name of the hub.
    ///
    /// # Errors
    /// When it is neither; the message says all ways, and not what was typed.
    pub fn parse(text: &str) -> Result<Self> {
        if text == BUILTIN {
            return Ok(Self::Builtin);
        }
        let path = Path::new(text);
        if path.exists() {
            return Ok(Self::Local(path.to_owned()));
        }
        if reads_as_a_path(text) {
            bail!("there is no such file or folder; {WAYS}");
        }
        match HubName::parse(text) {
            Ok(name) => Ok(Self::Hub(name)),
            Err(problem) => {
                bail!("there is no such file or folder, and it is no name of the hub, as {problem}; {WAYS}")
            }
        }
    }
}

/// Whether nobody would write a name of the hub this way.
fn reads_as_a_path(text: &str) -> bool {
    let is_bare_file = text.ends_with(".gguf") && !text.contains(':');
    is_bare_file || text.starts_with(['/', '.', '~']) || text.contains('\\') || text.ends_with('/')
}

impl HubName {
    /// Reads `owner/name`, `owner/name:file.gguf`, `owner/name:tag`, and each with `@revision`; an error says what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let (name, revision) = split(text, '@');
        let (repository, file) = split(name, ':');
        let Some((owner, name)) = repository.split_once('/') else {
            return Err("the owner is missing".to_owned());
        };
        for part in [owner, name] {
            check_name(part)?;
        }
        let is_file = |file: &str| file.ends_with(".gguf") && is_plain_path(file);
        if let Some(file) = file.filter(|file| !is_file(file) && !is_tag(file)) {
            return Err(format!("`{file}` is no .gguf file, and no tag such as Q4_K_M"));
        }
        if let Some(revision) = revision.filter(|revision| !is_plain_path(revision)) {
            return Err(format!("`{revision}` is no branch, tag or commit"));
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self { repository: repository.to_owned(), file: owned(file), revision: owned(revision) })
    }

    /// The revision that is meant.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        self.file.iter().try_for_each(|file| write!(f, ":{file}"))?;
        self.revision.iter().try_for_each(|revision| write!(f, "@{revision}"))
    }
}

/// Whether a text can be a part of a file's name that tells models apart.
fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The hub's own rules for names.
fn check_name(name: &str) -> Result<(), String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_good = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(is_allowed)
        && !name.starts_with(['-', '.'])
        && !name.ends_with(['-', '.'])
        && !name.contains("--")
        && !name.contains("..");
    match is_good {
        true => Ok(()),
        false => Err(format!("`{name}` is no name that the hub allows")),
    }
}

/// Whether a path with `/` stays where it is put: relative, without `.` and `..`, and without what other systems read as a root.
pub fn is_plain_path(path: &str) -> bool {
    let is_plain = |part: &str| !["", ".", ".."].contains(&part);
    path.split('/').all(is_plain) && !path.contains(['\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(repository: &str, file: Option<&str>, revision: Option<&str>) -> ModelName {
        let owned = |part: Option<&str>| part.map(str::to_owned);
        ModelName::Hub(HubName {
            repository: repository.into(),
            file: owned(file),
            revision: owned(revision),
        })
    }

    #[test]
    fn each_way_is_told_from_the_others() {
        for (text, expected) in [
            ("builtin", ModelName::Builtin),
            ("src", ModelName::Local("src".into())),
            ("src/lib.rs", ModelName::Local("src/lib.rs".into())),
            ("Qwen/Qwen3-0.6B", hub("Qwen/Qwen3-0.6B", None, None)),
            ("o/n@v1.0", hub("o/n", None, Some("v1.0"))),
            ("o/n@refs/pr/1", hub("o/n", None, Some("refs/pr/1"))),
            ("o/n_x.y:q4.gguf", hub("o/n_x.y", Some("q4.gguf"), None)),
            ("o/n:UD-Q4_K_XL@v1", hub("o/n", Some("UD-Q4_K_XL"), Some("v1"))),
            ("o/n:Q4/m-00001-of-00002.gguf@main", hub("o/n", Some("Q4/m-00001-of-00002.gguf"), Some("main"))),
        ] {
            assert_eq!(ModelName::parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_name_reads_as_it_was_typed() {
        for text in ["o/n", "o/n@v1", "o/n:Q4_K_M", "o/n:a/b.gguf", "o/n:b.gguf@0123abc"] {
            assert_eq!(HubName::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_nothing_is_told_all_ways() {
        for (text, part) in [
            ("gpt2", "the owner is missing"),
            ("", "the owner is missing"),
            ("model.gguf", "no such file or folder; give"),
            ("folder/model.gguf", "no such file or folder; give"),
            ("./nothing", "no such file or folder; give"),
            ("/nothing/here", "no such file or folder; give"),
            ("o/n/", "no such file or folder; give"),
            ("o/n/m", "`n/m` is no name"),
            ("o/-n", "`-n` is no name"),
            ("o/a..b", "`a..b` is no name"),
            ("o/a--b", "`a--b` is no name"),
            ("o o/n", "`o o` is no name"),
            ("o/n:model.bin", "`model.bin` is no .gguf file"),
            ("o/n:", "`` is no .gguf file, and no tag"),
            ("o/n:../m.gguf", "`../m.gguf` is no .gguf file"),
            ("o/n@", "`` is no branch"),
            ("o/n@../main", "`../main` is no branch"),
            ("o/n@main:m.gguf", "`main:m.gguf` is no branch"),
        ] {
            let error = ModelName::parse(text).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains(WAYS), "{text}: {error}");
        }
    }
}
