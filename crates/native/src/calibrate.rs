//! `tiebreak calibrate`: people's and judges' votes in, a card for each judge out.

use crate::args::CalibrateArgs;
use crate::collected::Collected;
use crate::files::{self, make_folder, print, refuse_existing, say, write_whole, DASH};
use crate::outcome::{Outcome, Problems};
use crate::terminal::{harmless, plural, Paper};
use anyhow::{bail, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tiebreak_core::judge::card::{judges, measure, Card, CardSettings};
use tiebreak_core::schema::Vote;

pub fn run(args: &CalibrateArgs) -> Result<Outcome> {
    let mut problems = Problems::default();
    let Collected { samples, votes } = Collected::read(&args.samples, &args.votes, &mut problems)?;
    let judges = chosen_judges(&votes, args)?;
    let outputs = outputs(&args.out, &judges)?;
    for out in &outputs {
        files::refuse_input_as_output(out, args.samples.iter().chain(&args.votes))?;
        refuse_existing(out, args.force)?;
    }
    let settings = CardSettings { min_pairs: args.min_pairs as usize, alpha: args.alpha, delta: args.delta };
    for (i, (judge, out)) in judges.iter().zip(&outputs).enumerate() {
        let card = measure(&samples, &votes, judge, settings);
        write_whole(out, &card.to_json())?;
        show(&card, out, i > 0)?;
    }
    Ok(problems.outcome(None))
}

/// The judges that are asked for, or all; an error where there is none, or nobody to measure them by.
fn chosen_judges(votes: &[Vote], args: &CalibrateArgs) -> Result<Vec<String>> {
    let sources = args.votes.join(", ");
    let there = judges(votes);
    if there.is_empty() {
        bail!("there is no judge's vote in {sources}; `tiebreak judge` makes some");
    }
    let is_person = |vote: &Vote| vote.annotator.kind.is_person();
    if !votes.iter().any(is_person) {
        bail!("there is no person's vote in {sources} to measure a judge by; `tiebreak study` collects some");
    }
    if let Some(unknown) = args.judge.iter().find(|judge| !there.contains(judge)) {
        bail!("no vote in {sources} is by the judge `{unknown}`; there is {}", there.join(", "));
    }
    let is_asked = |judge: &String| args.judge.is_empty() || args.judge.contains(judge);
    Ok(there.into_iter().filter(is_asked).collect())
}

/// Where each judge's card goes.
fn outputs(out: &Path, judges: &[String]) -> Result<Vec<PathBuf>> {
    if judges.len() == 1 && !out.is_dir() {
        return Ok(vec![out.to_owned()]);
    }
    if out == Path::new(DASH) || out.is_file() || out.extension().is_some_and(|end| end == "json") {
        bail!(
            "{} cannot hold the cards of {}; give a folder as --out, or one of these as --judge:\n  {}",
            files::output_name(out),
            plural(judges.len(), "judge"),
            judges.join("\n  ")
        );
    }
    make_folder(out)?;
    let mut names = BTreeSet::new();
    let mut outputs = Vec::new();
    for judge in judges {
        let plain = file_name(judge);
        let mut name = plain.clone();
        // Two judges whose ids differ in signs that no file name takes.
        let mut number = 2;
        while !names.insert(name.clone()) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        outputs.push(out.join(format!("{name}.json")));
    }
    Ok(outputs)
}

/// The id with what some file system refuses replaced.
fn file_name(judge: &str) -> String {
    judge.chars().map(|c| if c.is_alphanumeric() || "-._@".contains(c) { c } else { '_' }).collect()
}

/// The readable card, after an empty line where another one came before.
fn show(card: &Card, out: &Path, is_next: bool) -> Result<()> {
    let to_stdout = out != Path::new(DASH);
    let mut text = if is_next { "\n".to_owned() } else { String::new() };
    text += &harmless(&card.to_string());
    if to_stdout {
        print(&Paper::of_stdout().with_headings(&text))?;
        say(&format!("{}: the card of {}", out.display(), card.judge));
    } else {
        say(text.trim_end());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_judge_has_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("cards");
        let names = |judges: &[&str]| -> Vec<String> {
            let judges: Vec<String> = judges.iter().map(|judge| (*judge).to_owned()).collect();
            let outputs = outputs(&out, &judges).unwrap();
            outputs.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&["judge:a"]), ["cards"]);
        let found = names(&["judge:a", "judge/a", "judge:b@1.0"]);
        assert_eq!(found, ["judge_a.json", "judge_a-2.json", "judge_b@1.0.json"]);
        assert_eq!(names(&["judge:a"]), ["judge_a.json"], "the folder is there now");
        let both = ["judge:a".to_owned(), "judge:b".to_owned()];
        for refused in [Path::new("-"), &folder.path().join("card.json")] {
            let error = outputs(refused, &both).unwrap_err().to_string();
            assert!(error.contains("give a folder") && error.contains("judge:b"), "{error}");
        }
    }
}
