//! `tiebreak merge`: files of several annotators, judges, devices or machines in, one file out.
//!
//! The files are read twice: once to see what there is and in which order it goes, and once to write it.
//! So memory holds an outline of each record and never the records.

mod kind;

use crate::args::MergeArgs;
use crate::clock::Clock;
use crate::files::{self, refuse_existing, say, write_whole, Revisited, WholeFile};
use crate::outcome::{Outcome, Problems};
use crate::prompt_source::PromptSet;
use crate::studies::read_studies;
use crate::terminal::count;
use anyhow::{bail, Context, Result};
use kind::Kind;
use std::path::Path;
use tiebreak_core::merge::{Expected, ExpectedSamples, Ordered, Report, SampleMerge, VoteMerge};
use tiebreak_core::schema::{pairs, Record, Sample, Vote};

pub fn run(args: &MergeArgs) -> Result<Outcome> {
    let outputs: Vec<&Path> =
        [Some(&args.out), args.report.as_ref()].into_iter().flatten().map(|p| &**p).collect();
    files::refuse_shared(&outputs, &args.every_input())?;
    outputs.iter().try_for_each(|out| refuse_existing(out, args.force))?;
    let inputs = Revisited::new(&args.inputs)?;
    let mut problems = Problems::default();
    let report = match Kind::of(&args.inputs)? {
        Kind::Votes => votes(args, inputs, &mut problems)?,
        Kind::Samples => samples(args, inputs, &mut problems)?,
    };
    say(&report.to_string());
    if report.counts.kept == 0 {
        bail!("nothing in {} can be used, and nothing was written", args.inputs.join(", "));
    }
    if let Some(path) = &args.report {
        let text = serde_json::to_string_pretty(&report).context("cannot write the report")?;
        write_whole(path, &(text + "\n"))?;
    }
    say(&format!("{}: {} {}", files::output_name(&args.out), count(report.counts.kept), report.records));
    problems.were_told(report.concerns.len());
    Ok(problems.outcome(None))
}

fn votes(args: &MergeArgs, inputs: Revisited, problems: &mut Problems) -> Result<Report> {
    if !args.prompts.is_empty() || args.shards.is_some() {
        bail!("--prompts and --shards are for samples, and these files hold votes");
    }
    let expected = expected_votes(args, problems)?;
    let mut merge = VoteMerge::default();
    inputs.read_through::<Vote>(|item| match item {
        Ok((vote, place)) => merge.add(&vote, place),
        Err(problem) => merge.unreadable(&problem),
    })?;
    let Ordered { votes, mut check } = merge.order(expected, Clock::from_environment()?.now());
    let places = votes.into_iter().map(|placed| placed.place);
    write(&args.out, inputs.read_each::<Vote>(places), |vote| check.next(vote))?;
    Ok(check.finish())
}

fn samples(args: &MergeArgs, inputs: Revisited, problems: &mut Problems) -> Result<Report> {
    if !(args.study.is_empty() && args.key.is_empty() && args.samples.is_empty()) {
        bail!("--study, --key and --samples are for votes, and these files hold samples");
    }
    let expected = ExpectedSamples { prompts: expected_prompts(args, problems)?, shards: args.shards };
    let mut merge = SampleMerge::default();
    inputs.read_through::<Sample>(|item| match item {
        Ok((sample, place)) => merge.add(&sample, place),
        Err(problem) => merge.unreadable(&problem),
    })?;
    let (places, report) = merge.order(&expected);
    write(&args.out, inputs.read_each::<Sample>(places.into_iter()), drop)?;
    Ok(report)
}

/// Writes records unless there is none, and hands each on.
fn write<T: Record>(
    path: &Path,
    records: impl Iterator<Item = Result<T>>,
    mut hand_on: impl FnMut(T),
) -> Result<()> {
    let mut records = records.peekable();
    if records.peek().is_none() {
        return Ok(());
    }
    let mut out = WholeFile::create(path)?;
    for record in records {
        let record = record?;
        out.write_record(&record)?;
        hand_on(record);
    }
    out.finish()
}

fn expected_votes(args: &MergeArgs, problems: &mut Problems) -> Result<Expected> {
    let mut expected = Expected::default();
    for (study, key) in read_studies(&args.study, &args.key)? {
        expected = expected.study(&study, key.as_ref());
    }
    let samples = files::read_one_by_one::<Sample>(&args.samples, |problem| problems.add(problem))?;
    let mut ids = Vec::new();
    samples.for_each(|sample| ids.extend(pairs(&sample).map(|pair| pair.id)));
    Ok(expected.pairs(ids))
}

/// The ids of all prompts, in their order.
fn expected_prompts(args: &MergeArgs, problems: &mut Problems) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for source in &args.prompts {
        let set = PromptSet::read(source)?;
        set.problems.iter().for_each(|problem| problems.add(problem));
        ids.extend(set.prompts.into_iter().map(|prompt| prompt.record.id));
    }
    Ok(ids)
}
