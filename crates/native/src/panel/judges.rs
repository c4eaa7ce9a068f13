//! The file that describes a panel's judges: a `[[judge]]` table each, whose keys are the flags of `tiebreak judge`.

use crate::args::{Arguments, Command, JudgeArgs};
use crate::config::{line_of, table_settings, Setting};
use crate::files;
use anyhow::{anyhow, bail, Context, Result};
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// What the panel itself decides for each judge.
const NOT_FOR_JUDGES: [&str; 8] =
    ["samples", "out", "config", "card", "escalate", "force", "quiet", "dry-run"];
/// The file of the panel's votes, without its ending.
pub const PANEL: &str = "panel";

/// A judge of a panel.
pub struct Member {
    pub name: String,
    /// Where its votes go.
    pub out: PathBuf,
    settings: Vec<Setting>,
}

/// The judges that the file describes, whose votes go into `folder`.
pub fn read(path: &Path, folder: &Path) -> Result<Vec<Member>> {
    let text = files::read_text(path).context("cannot read the judges")?;
    members((path, &text), folder)
}

fn members((path, text): (&Path, &str), folder: &Path) -> Result<Vec<Member>> {
    let place = |offset: usize| format!("{}:{}", path.display(), line_of(text, offset));
    let document = DeTable::parse(text).map_err(|error| {
        anyhow!("{}: {}", place(error.span().map_or(0, |span| span.start)), error.message())
    })?;
    let mut members: Vec<Member> = Vec::new();
    for (key, value) in document.get_ref() {
        let (name, DeValue::Array(tables)) = (key.get_ref().as_ref(), value.get_ref()) else {
            bail!("{}: expected tables [[judge]] and nothing else", place(key.span().start));
        };
        if name != "judge" {
            bail!("{}: unknown tables [[{name}]]; expected [[judge]]", place(key.span().start));
        }
        for table in tables {
            let DeValue::Table(fields) = table.get_ref() else {
                bail!("{}: expected tables [[judge]]", place(table.span().start));
            };
            let member = member(fields, (path, text), folder).with_context(|| place(table.span().start))?;
            if members.iter().any(|other| other.name == member.name) {
                bail!("{}: a second judge is called `{}`", place(table.span().start), member.name);
            }
            members.push(member);
        }
    }
    if members.len() < 2 {
        let n = members.len();
        bail!("{}: a panel needs two judges or more, tables [[judge]], and there is {n}", path.display());
    }
    Ok(members)
}

fn member(fields: &DeTable<'_>, (path, text): (&Path, &str), folder: &Path) -> Result<Member> {
    let name = match fields.get("name").map(|name| name.get_ref()) {
        Some(DeValue::String(name)) => name.to_string(),
        _ => bail!("a judge needs a `name`, which its file is called by"),
    };
    let is_plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) || name == PANEL {
        bail!("`{name}` is no name for a judge: take letters, digits and - _ . @, and not `{PANEL}`");
    }
    let settings = table_settings(&judge_command(), fields, (path, text), Some("name"))?;
    if let Some(other) = settings.iter().find(|setting| NOT_FOR_JUDGES.contains(&setting.key.as_str())) {
        bail!("{}:{}: `{}` is not for a judge of a panel", path.display(), other.line, other.key);
    }
    let out = folder.join(format!("{name}.jsonl"));
    Ok(Member { name, out, settings })
}

fn judge_command() -> clap::Command {
    let command = Arguments::command();
    command.find_subcommand("judge").expect("there is a command `judge`").clone()
}

impl Member {
    /// What would be typed for this judge alone.
    pub fn arguments<'a>(
        &self,
        samples: &[String],
        flags: impl IntoIterator<Item = &'a str>,
    ) -> Result<Box<JudgeArgs>> {
        let mut argv: Vec<OsString> = ["tiebreak", "judge", "--out"].map(OsString::from).to_vec();
        argv.push(self.out.clone().into());
        argv.extend(samples.iter().map(|source| format!("--samples={source}").into()));
        argv.extend(flags.into_iter().map(OsString::from));
        argv.extend(self.settings.iter().map(Setting::argument));
        let matches = Arguments::command().try_get_matches_from(argv);
        let parsed = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
        let parsed = parsed.map_err(|error| anyhow!("judge `{}`: {}", self.name, message(&error)));
        let Command::Judge(args) = parsed?.command else { unreachable!("`judge` was typed") };
        Ok(args)
    }
}

/// What clap says, without its usage, which is of another command.
fn message(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\nUsage:").next().unwrap_or(&text);
    first.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "\
[[judge]]
name = \"a\"
model = \"m.gguf\"
template = \"reasoned\"

[[judge]]
name = \"b\"
model = \"builtin\"
method = \"likelihood\"
";

    fn found(text: &str) -> Result<Vec<String>> {
        let members = members((Path::new("p.toml"), text), Path::new("out"))?;
        let samples = ["s.jsonl".to_owned()];
        members
            .iter()
            .map(|member| {
                let args = member.arguments(&samples, ["--quiet"])?;
                crate::judge::checked(&args)?;
                assert!(args.run.quiet);
                Ok(format!("{} {} {}", member.name, args.model, args.out.display()))
            })
            .collect()
    }

    fn check_refused(text: &str, expected: &str) {
        let error = format!("{:#}", found(text).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn judges_are_what_would_be_typed() {
        assert_eq!(found(TWO).unwrap(), ["a m.gguf out/a.jsonl", "b builtin out/b.jsonl"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        check_refused("[[judge]]\nname = \"a\"\n", "a panel needs two judges");
        check_refused("", "there is 0");
        check_refused("judge = 1", "p.toml:1: expected tables [[judge]]");
        check_refused("[[judges]]\nname = \"a\"\n", "unknown tables [[judges]]");
        check_refused("[[judge]]\nmodel = \"m\"\n", "needs a `name`");
        check_refused("[[judge]]\nname = \"panel\"\n", "no name for a judge");
        check_refused("[[judge]]\nname = \"../a\"\n", "no name for a judge");
        check_refused(&TWO.replace("\"b\"", "\"a\""), "p.toml:6: a second judge is called `a`");
        check_refused(&TWO.replace("method =", "methd ="), "p.toml:9: unknown key `methd` in [judge]");
        check_refused(&TWO.replace("method = \"likelihood\"", "out = \"x\""), "`out` is not for a judge");
        check_refused(&TWO.replace("likelihood", "likely"), "likely");
        check_refused(&TWO.replace("reasoned", "critique"), "a judge needs a verdict");
        check_refused("[[judge]\n", "p.toml:1");
    }
}
