//! Flags from a TOML file: a table per command, keys that equal the flags' names.
//!
//! The file's values are appended to what was typed, and clap parses both.
//! So a value is checked the same way wherever it stands, and there is no second list of settings.

use anyhow::{bail, Context, Result};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// A flag that the file gives and nobody typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The flag's name without dashes.
    pub key: String,
    /// What follows it; none for a switch.
    pub value: Option<String>,
    /// The line in the file, from 1.
    pub line: usize,
}

impl Setting {
    /// The setting as it would be typed.
    pub fn argument(&self) -> OsString {
        match &self.value {
            Some(value) => format!("--{}={value}", self.key).into(),
            None => format!("--{}", self.key).into(),
        }
    }
}

/// The command and the file that were typed, where there are both.
pub fn requested(command: &Command, argv: &[OsString]) -> Option<(String, PathBuf, ArgMatches)> {
    let matches = command.clone().ignore_errors(true).try_get_matches_from(argv).ok()?;
    let (name, matches) = matches.subcommand()?;
    let path = matches.try_get_one::<PathBuf>("config").ok()??;
    Some((name.to_owned(), path.clone(), matches.clone()))
}

/// The settings of `name` in `text` that were not typed (`typed`); the whole text is checked, other commands' tables too.
pub fn settings(
    command: &Command,
    name: &str,
    typed: &ArgMatches,
    (path, text): (&Path, &str),
) -> Result<Vec<Setting>> {
    let place = |offset: usize| format!("{}:{}", path.display(), line_of(text, offset));
    let document = DeTable::parse(text)
        .map_err(|e| anyhow::anyhow!("{}: {}", place(e.span().map_or(0, |s| s.start)), e.message()))?;
    let mut settings = Vec::new();
    for (table_name, table) in document.get_ref() {
        let place = place(table_name.span().start);
        let Some(subcommand) =
            command.get_subcommands().find(|c| c.get_name() == table_name.get_ref().as_ref())
        else {
            bail!("{place}: unknown table or key `{}`; {}", table_name.get_ref(), expected_tables(command));
        };
        let DeValue::Table(table) = table.get_ref() else {
            bail!("{place}: `{}` is a command and must be a table, [{0}]", table_name.get_ref());
        };
        let found = table_settings(subcommand, table, (path, text), None)?;
        if subcommand.get_name() == name {
            settings = found;
        }
    }
    let flags: Vec<_> = command.find_subcommand(name).into_iter().flat_map(Command::get_arguments).collect();
    settings.retain(|setting| {
        // What a flag is called on the command line need not be what it is called in the code.
        let flag = flags.iter().find(|flag| flag.get_long() == Some(&*setting.key));
        flag.is_none_or(|flag| typed.value_source(flag.get_id().as_str()) != Some(ValueSource::CommandLine))
    });
    Ok(settings)
}

/// What clap says of the typed and the file's flags together, with the file's line where the fault is in the file.
pub fn explain(error: &clap::Error, path: &Path, settings: &[Setting]) -> Option<String> {
    let fault = error.get(clap::error::ContextKind::InvalidArg)?.to_string();
    let name = fault.trim_start_matches('-').split([' ', '=']).next()?.to_owned();
    let setting = settings.iter().find(|s| s.key == name)?;
    Some(format!("note: `{}` is set in {}:{}", setting.key, path.display(), setting.line))
}

fn expected_tables(command: &Command) -> String {
    let names: Vec<String> = command
        .get_subcommands()
        .filter(|c| takes_config(c))
        .map(|c| format!("[{}]", c.get_name()))
        .collect();
    format!("expected the tables {}", names.join(", "))
}

fn takes_config(command: &Command) -> bool {
    command.get_arguments().any(|a| a.get_id() == "config")
}

/// The flags of `command` that a table gives; `own` is a key that is none.
pub fn table_settings(
    command: &Command,
    table: &DeTable<'_>,
    (path, text): (&Path, &str),
    own: Option<&str>,
) -> Result<Vec<Setting>> {
    let mut settings = Vec::new();
    for (key, value) in table {
        let line = line_of(text, key.span().start);
        let place = format!("{}:{line}", path.display());
        let key = key.get_ref().as_ref();
        if own == Some(key) {
            continue;
        }
        let known = command.get_arguments().find(|a| key != "config" && a.get_long() == Some(key));
        let Some(flag) = known else {
            let hint =
                nearest(command, key).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            bail!("{place}: unknown key `{key}` in [{}]{hint}", command.get_name());
        };
        let values = match value.get_ref() {
            // What is true or false and no switch is for clap to take or refuse.
            DeValue::Boolean(value) if flag.get_action().takes_values() => vec![Some(value.to_string())],
            value => values(value).with_context(|| format!("{place}: `{key}`"))?,
        };
        settings.extend(values.into_iter().map(|value| Setting { key: key.to_owned(), value, line }));
    }
    settings.sort_by_key(|s| s.line);
    Ok(settings)
}

/// What a TOML value is on a command line: a list repeats the flag, `true` is the bare flag, `false` is its absence.
fn values(value: &DeValue<'_>) -> Result<Vec<Option<String>>> {
    Ok(match value {
        DeValue::Boolean(true) => vec![None],
        DeValue::Boolean(false) => vec![],
        DeValue::String(text) => vec![Some(text.to_string())],
        DeValue::Integer(number) => vec![Some(number.to_string())],
        DeValue::Float(number) => vec![Some(number.to_string())],
        DeValue::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                match item.get_ref() {
                    DeValue::Array(_) | DeValue::Boolean(_) => {
                        bail!("a list may hold texts and numbers only")
                    }
                    scalar => all.extend(values(scalar)?),
                }
            }
            all
        }
        DeValue::Datetime(_) | DeValue::Table(_) => {
            bail!("expected a text, a number, true or false, or a list")
        }
    })
}

/// The flag whose name looks most like `key`, where one does.
fn nearest(command: &Command, key: &str) -> Option<String> {
    let key = key.replace('_', "-").to_lowercase();
    let names = command.get_arguments().filter_map(|a| a.get_long());
    names
        .filter(|name| *name == key || name.starts_with(&key) || key.starts_with(name))
        .map(str::to_owned)
        .next()
}

/// The line, from 1, of a place in `text`.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::CommandFactory;

    /// What `tiebreak generate TYPED` adds from a file that holds `text`.
    fn check(typed: &str, text: &str, expected: std::result::Result<&str, &str>) {
        let argv: Vec<OsString> =
            format!("tiebreak generate --config c.toml {typed}").split_whitespace().map(Into::into).collect();
        let command = Arguments::command();
        let (name, path, matches) = requested(&command, &argv).unwrap();
        let found = settings(&command, &name, &matches, (&path, text));
        let found = found
            .map(|all| all.iter().map(|s| s.argument().into_string().unwrap()).collect::<Vec<_>>().join(" "));
        let found = found.map_err(|e| format!("{e:#}"));
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{typed} with {text}");
    }

    #[test]
    fn a_file_gives_the_flags_that_were_not_typed() {
        check("", "", Ok(""));
        check("", "[generate]\nmodel = \"m.gguf\"\nseed = 7", Ok("--model=m.gguf --seed=7"));
        check("--seed 3", "[generate]\nmodel = \"m.gguf\"\nseed = 7", Ok("--model=m.gguf"));
        check("-n 3", "[generate]\nresponses = 7", Ok(""));
        check(
            "",
            "[generate]\ntemperature = 0.7\ntop-p = \"0.8..1\"",
            Ok("--temperature=0.7 --top-p=0.8..1"),
        );
        check("", "[generate]\nstop = [\"a\", \"b\"]", Ok("--stop=a --stop=b"));
        check("--stop c", "[generate]\nstop = [\"a\", \"b\"]", Ok(""));
        check("", "[generate]\nforce = true\nquiet = false", Ok("--force"));
        check("", "[generate]\nmodel = false", Ok("--model=false"));
        check("", "[judge]\nmodel = \"m\"\n[generate]\nseed = 1", Ok("--seed=1"));
    }

    #[test]
    fn every_flag_of_every_command_can_stand_in_a_file_and_what_is_typed_wins() {
        let command = Arguments::command();
        for subcommand in command.get_subcommands().filter(|c| takes_config(c)) {
            let name = subcommand.get_name();
            for flag in subcommand.get_arguments().filter_map(|a| a.get_long()).filter(|f| *f != "config") {
                let text = format!("[{name}]\n{flag} = \"1\"");
                let given = |typed: &[&str]| {
                    let argv: Vec<OsString> = ["tiebreak", name, "--config", "c.toml"]
                        .iter()
                        .chain(typed)
                        .map(Into::into)
                        .collect();
                    let (name, path, matches) = requested(&command, &argv).unwrap();
                    settings(&command, &name, &matches, (&path, &text)).unwrap().len()
                };
                assert_eq!(given(&[]), 1, "{name} --{flag}");
                let typed = format!("--{flag}");
                let is_switch = !subcommand
                    .get_arguments()
                    .any(|a| a.get_long() == Some(flag) && a.get_action().takes_values());
                let typed: &[&str] = if is_switch { &[&typed] } else { &[&typed, "2"] };
                assert_eq!(given(typed), 0, "{name} --{flag}");
            }
        }
    }

    #[test]
    fn what_is_unknown_is_named_with_its_line() {
        check("", "[generate]\n\ntemprature = 1", Err("c.toml:3: unknown key `temprature` in [generate]"));
        check(
            "",
            "[generate]\ntop_p = 1",
            Err("c.toml:2: unknown key `top_p` in [generate]; did you mean `top-p`?"),
        );
        check("", "[judge]\nseed = 1", Err("c.toml:2: unknown key `seed` in [judge]"));
        check(
            "",
            "[generate]\nconfig = \"x\"",
            Err("c.toml:2: unknown key `config` in [generate]; did you mean `config`?"),
        );
        check(
            "",
            "seed = 1",
            Err("c.toml:1: unknown table or key `seed`; expected the tables [demo], [generate], [import], [judge], [calibrate], [panel], [pool], [revise], [study], [merge], [agreement], [drift], [export], [report]"),
        );
        check("", "generate = 1", Err("c.toml:1: `generate` is a command and must be a table, [generate]"));
        check(
            "",
            "[generate]\nseed = {}",
            Err("c.toml:2: `seed`: expected a text, a number, true or false, or a list"),
        );
    }

    #[test]
    fn broken_toml_is_named_with_its_line() {
        let command = Arguments::command();
        let argv: Vec<OsString> = ["tiebreak", "generate", "--config", "c.toml"].map(Into::into).into();
        let (name, path, matches) = requested(&command, &argv).unwrap();
        let error = settings(&command, &name, &matches, (&path, "[generate]\nseed = = 1")).unwrap_err();
        assert!(error.to_string().starts_with("c.toml:2: "), "{error}");
    }
}
