//! The arguments that a file of results was begun with, in a small document beside it.

use super::{beside, write_whole};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SCHEMA: &str = "tiebreak/run/1";

/// The arguments on which a result depends; a run goes on only with the same ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    schema: String,
    /// The command.
    pub command: String,
    /// Each argument under its flag's name, as a person would write it.
    pub arguments: BTreeMap<String, String>,
}

/// Where the manifest of `out` lies.
pub fn manifest_path(out: &Path) -> PathBuf {
    beside(out, ".run.json")
}

impl Manifest {
    pub fn new(command: &str, arguments: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let arguments = arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { schema: SCHEMA.to_owned(), command: command.to_owned(), arguments }
    }

    /// The manifest beside `out`; none where there is no such file.
    pub fn read(out: &Path) -> Result<Option<Self>> {
        let path = manifest_path(out);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let manifest: Self = serde_json::from_str(&text).with_context(|| {
            format!("{} is damaged; give another --out, or --force to start over", path.display())
        })?;
        anyhow::ensure!(
            manifest.schema == SCHEMA,
            "{} is of version `{}`, and this is read: `{SCHEMA}`; give another --out, or --force to start over",
            path.display(),
            manifest.schema
        );
        Ok(Some(manifest))
    }

    pub fn write(&self, out: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self).context("cannot write the manifest")?;
        text.push('\n');
        write_whole(&manifest_path(out), &text)
    }

    /// What differs from `self` in `new`, a line each: `  --seed: 1 -> 2`; empty where nothing does.
    pub fn differences(&self, new: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.command != new.command {
            return vec![format!("  command: {} -> {}", self.command, new.command)];
        }
        let mut names: Vec<&String> = self.arguments.keys().chain(new.arguments.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let [old, new] = [self, new].map(|m| m.arguments.get(name).map_or("(not given)", String::as_str));
            if old != new {
                lines.push(format!("  --{name}: {old} -> {new}"));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_flag_old_and_new() {
        let manifest =
            |seed: &str| Manifest::new("generate", [("seed", seed.to_owned()), ("top-p", "0.95".to_owned())]);
        assert!(manifest("1").differences(&manifest("1")).is_empty());
        assert_eq!(manifest("1").differences(&manifest("2")), ["  --seed: 1 -> 2"]);
        let fewer = Manifest::new("judge", [("seed", "1".to_owned())]);
        assert_eq!(manifest("1").differences(&fewer), ["  command: generate -> judge"]);
        let fewer = Manifest::new("generate", [("seed", "1".to_owned())]);
        assert_eq!(manifest("1").differences(&fewer), ["  --top-p: 0.95 -> (not given)"]);
    }

    #[test]
    fn it_survives_a_round_trip_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("samples.jsonl");
        assert_eq!(Manifest::read(&out).unwrap(), None);
        let manifest = Manifest::new("generate", [("seed", "1".to_owned())]);
        manifest.write(&out).unwrap();
        assert_eq!(Manifest::read(&out).unwrap(), Some(manifest));
        for damaged in ["", "{", "{}", "[]", r#"{"schema":"tiebreak/run/9","command":"x","arguments":{}}"#] {
            std::fs::write(manifest_path(&out), damaged).unwrap();
            let error = format!("{:#}", Manifest::read(&out).unwrap_err());
            assert!(error.contains("samples.jsonl.run.json") && error.contains("--force"), "{error}");
        }
    }
}
