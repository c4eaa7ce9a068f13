//! `tiebreak demo`: the whole flow on the built-in model and the catalogue.

mod held_out;
mod summary;

use crate::args::{DemoArgs, ThinkingChoice};
use crate::clock::Clock;
use crate::device::Compute;
use crate::files::{self, json_lines, print, say, write_whole, Manifest};
use crate::generate::{self, sample, sampling_plan, Source};
use crate::judge::{self, vote_on, Way};
use crate::model::BUILTIN;
use crate::outcome::{Outcome, Problems};
use crate::prompt_source::PromptSet;
use crate::report;
use crate::terminal::Paper;
use anyhow::{bail, Result};
use held_out::{measured, Measured};
use std::path::Path;
use summary::Summary;
use tiebreak_core::export::{export, Export, Settings};
use tiebreak_core::judge::card::Card;
use tiebreak_core::judge::LikelihoodSettings;
use tiebreak_core::plan::Spread;
use tiebreak_core::report::RowTally;
use tiebreak_core::schema::{Sample, Vote};

const PROMPTS: &str = "prompts.jsonl";
const SAMPLES: &str = "samples.jsonl";
const SAMPLES_RUN: &str = "samples.jsonl.run.json";
const VOTES: &str = "votes.jsonl";
const VOTES_RUN: &str = "votes.jsonl.run.json";
const PREFERENCES: &str = "preferences.jsonl";
const REPORT: &str = "report.html";
const HELD_OUT: &str = "held-out";

pub fn run(args: &DemoArgs) -> Result<Outcome> {
    let (folder, quiet, force) = (&args.out, args.run.quiet, args.run.force);
    let plan = sampling_plan(&args.plan, Spread::Stratified)?;
    let prompts = PromptSet::catalogue();
    let prompt_lines = json_lines(prompts.prompts.iter().map(|numbered| &numbered.record));
    // Under --force too, which is to replace a demo's files and nobody else's.
    refuse_other_folder(folder, &prompts, &prompt_lines)?;
    files::make_folder(folder)?;
    write_whole(&folder.join(PROMPTS), &prompt_lines)?;
    let (compute, model) = &Compute::with_model(&args.compute, &args.run, BUILTIN)?;
    let (shard, batch) = (None, args.compute.batch());
    let out = &folder.join(SAMPLES);
    let sampled = sample(&generate::Request {
        prompts: &prompts,
        plan: &plan,
        thinking: ThinkingChoice::Off,
        shard,
        source: Source::Local { model, batch, compute },
        out,
        force,
        quiet,
    })?;
    if sampled.early_end.is_some() {
        return Ok(interrupted());
    }
    let mut problems = Problems::default();
    problems.were_told(sampled.n_problems);
    let samples = files::read_placed::<Sample>(&[out.to_string_lossy().into_owned()], |_| {})?;
    let way = Way::Likelihood(LikelihoodSettings::default());
    let out = &folder.join(VOTES);
    let judged = vote_on(&judge::Request {
        samples: &samples,
        way: &way,
        source: judge::Source::Local { model, batch, compute },
        out,
        ratings: None,
        trust: None,
        force,
        quiet,
    })?;
    if judged.early_end.is_some() {
        return Ok(interrupted());
    }
    problems.were_told(judged.n_problems);
    let samples: Vec<Sample> = samples.into_iter().map(|placed| placed.record).collect();
    let votes = files::read_all::<Vote>(&[out.to_string_lossy().into_owned()], |_| {})?;
    let exported = export(&samples, &votes, &Settings::default());
    write_whole(&folder.join(PREFERENCES), &json_lines(&exported.preferences))?;
    let measured = match args.no_cards {
        true => Measured::default(),
        false => measured(&folder.join(HELD_OUT), (model, batch, compute), (force, quiet))?,
    };
    if measured.early_end.is_some() {
        return Ok(interrupted());
    }
    problems.were_told(measured.n_problems);
    write_report(folder, (&samples, &exported, &measured), &mut problems)?;
    let summary = Summary {
        folder,
        samples: &samples,
        votes: &votes,
        exported: &exported,
        sampled: &sampled,
        judged: &judged,
        measured: &measured,
    };
    print(&summary.text(&Paper::of_stdout()))?;
    Ok(problems.outcome(None))
}

/// The page that shows the whole folder.
fn write_report(
    folder: &Path,
    (samples, exported, measured): (&[Sample], &Export, &Measured),
    problems: &mut Problems,
) -> Result<()> {
    let mut rows = RowTally::default();
    exported.preferences.iter().for_each(|row| rows.add(row));
    let cards: Vec<Card> = measured.cards.iter().map(|(_, card)| card.clone()).collect();
    let page = report::html(
        &report::Request {
            samples,
            n_unreadable_samples: 0,
            votes: &[folder.join(VOTES).to_string_lossy().into_owned()],
            ratings: &[],
            keys: &[],
            cards: &cards,
            drift: None,
            weights: None,
            rows: rows.close(),
            names: report::Names::ByVotes,
            title: "Tiebreak demo",
            n_examples: report::EXAMPLES,
            now: Clock::from_environment()?.now(),
        },
        problems,
    )?;
    write_whole(&folder.join(REPORT), &page.html)
}

fn interrupted() -> Outcome {
    say("interrupted; the same command goes on from there");
    Outcome::Interrupted
}

/// An error where the folder holds anything that no demo wrote, which a demo would replace or mix with its own.
///
/// Whether the demo there had the same arguments is what the files' manifests say.
fn refuse_other_folder(folder: &Path, prompts: &PromptSet, prompt_lines: &str) -> Result<()> {
    let Some(entries) = files::folder_entries(folder)? else { return Ok(()) };
    let has = |name: &str| entries.iter().any(|entry| entry == name);
    let is_known = |name: &str| match name {
        PROMPTS | SAMPLES_RUN => true,
        HELD_OUT => has(VOTES_RUN),
        VOTES_RUN => has(SAMPLES_RUN),
        // A demo writes no record before the manifest is there.
        SAMPLES => has(SAMPLES_RUN) || is_empty_file(&folder.join(name)),
        VOTES | PREFERENCES | REPORT => has(VOTES_RUN) || is_empty_file(&folder.join(name)),
        other => other.contains(".partial-"),
    };
    if let Some(other) = entries.iter().find(|name| !is_known(name)) {
        bail!("{} holds {other}, which is not from a demo; {ADVICE}", folder.display());
    }
    // A demo writes its prompts first, so that they tell whose folder it is.
    let path = folder.join(PROMPTS);
    if has(PROMPTS) && files::read_text(&path)? != prompt_lines {
        bail!("{} holds other prompts than the demo's; {ADVICE}", path.display());
    }
    let samples = folder.join(SAMPLES);
    let is_demo = match Manifest::read(&samples) {
        Ok(Some(manifest)) => manifest.arguments.get("prompts") == Some(&generate::prompts_argument(prompts)),
        Ok(None) => true,
        // A damaged manifest tells nothing, and then the prompts have to.
        Err(_) => has(PROMPTS),
    };
    if !is_demo {
        bail!("{} is not from a demo; {ADVICE}", samples.display());
    }
    Ok(())
}

const ADVICE: &str = "give another folder with --out";

fn is_empty_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}
