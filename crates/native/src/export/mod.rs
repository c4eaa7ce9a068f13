//! `tiebreak export`: samples and votes in, preferences out, and every row that is left out counted.
//!
//! The samples are read twice: once to see what there is, and once to write it.
//! So memory holds some hundred bytes of each vote and pair, and no texts.

mod card;
mod collect;
mod output;
#[cfg_attr(not(feature = "parquet"), path = "parquet_missing.rs")]
mod parquet;
mod plan;

use crate::args::ExportArgs;
use crate::files::{self, say, ReadTwice, WholeFile};
use crate::outcome::{Outcome, Problems};
use crate::pseudonyms;
use crate::terminal::plural;
use anyhow::{bail, Result};
use card::CardFacts;
use collect::collect;
use output::Output;
use plan::Plan;
use tiebreak_core::aggregate::{Method, Rule};
use tiebreak_core::diversity::LengthBalance;
use tiebreak_core::export::format::Location;
use tiebreak_core::export::{
    decide, Decisions, Document, PartFacts, Report, Split, SplitFacts, VoteOutcome, Weighing, WeightFacts,
};
use tiebreak_core::schema::Sample;

pub fn run(args: &ExportArgs) -> Result<Outcome> {
    let plan = Plan::new(args)?;
    let mut problems = Problems::default();
    let collected = collect(args, &plan, &mut problems)?;
    let names = pseudonyms::wanted(&args.names, || collected.key)?;
    let method = Method::from(args.rules.method);
    let rule = Rule { method, ..Rule::default() };
    let mut decisions = decide(collected.ballots, &collected.pairs, &rule, plan.format.places());
    drop(collected.pairs);
    if let Some(names) = names {
        decisions.rename(|id, kind| names.name(id, kind));
    }
    let split = collected.prompts.zip(args.split.test_share);
    let split = split
        .map(|(prompts, share)| prompts.split(&decisions.n_out_by_sample(), share, args.split.split_seed));
    let mut report = args.report.as_deref().map(WholeFile::create).transpose()?;
    let mut output = Output::create(&plan)?;
    let mut card = collected.card;
    let rows =
        write_rows(&collected.samples, &decisions, (&plan, split.as_ref()), (&mut output, card.as_mut()))?;
    let n_narrowed = rows.n_narrowed;
    let document =
        document(&plan, method, decisions.report(), (rows, split.map(|(_, facts)| facts)), &output);
    let document = match card {
        Some(card) => {
            let document = Document { leakage: card.leakage(), ..document };
            output.add_card(&card.text(args, &plan, &document, &decisions)?)?;
            document
        }
        None => document,
    };
    if let Some(report) = &mut report {
        report.write(&document.to_json())?;
    }
    output.finish()?;
    report.map_or(Ok(()), WholeFile::finish)?;
    tell(args, &plan, &document);
    tell_narrowed(n_narrowed);
    Ok(problems.outcome(None))
}

/// What was seen while the rows were written.
struct Written {
    weights: WeightFacts,
    lengths: LengthBalance,
    contradicted: u64,
    /// Samples whose prompts have fields that a table has no column for.
    n_narrowed: usize,
}

/// Reads the samples for the second time, and writes the rows of each part.
fn write_rows(
    samples: &ReadTwice,
    decisions: &Decisions,
    (plan, split): (&Plan, Option<&(Split, SplitFacts)>),
    (output, mut card): (&mut Output, Option<&mut CardFacts>),
) -> Result<Written> {
    let is_test = |sample: usize| split.is_some_and(|(split, _)| split.is_test(sample));
    let weights: Vec<f64> = decisions.weights(|sample| !is_test(sample)).collect();
    let mut weighing = Weighing::new(plan.weights_as, weights.iter().copied());
    let mut lengths = LengthBalance::default();
    let (mut n_narrowed, mut contradicted) = (0, 0);
    let mut reading = decisions.second_reading();
    for (number, sample) in samples.records::<Sample>(|_| {})?.enumerate() {
        let Some(rulings) = reading.next(&sample) else { bail!(CHANGED) };
        if let Some(card) = card.as_mut().filter(|_| !rulings.is_empty()) {
            card.add_prompt(&sample.prompt, is_test(number));
        }
        n_narrowed += usize::from(!rulings.is_empty() && plan.narrows(&sample.prompt));
        contradicted += plan.format.n_contradicted(&rulings);
        for mut ruling in rulings {
            if let Some([chosen, rejected]) = ruling.chosen_and_rejected() {
                lengths.add(&chosen.text, &rejected.text);
            }
            // What is tested on stays as it is.
            let copies = if is_test(number) { 1 } else { weighing.apply(&mut ruling) };
            let rows = if copies > 0 { plan.format.rows(&ruling) } else { Vec::new() };
            (0..copies).try_for_each(|_| output.add(is_test(number), &rows))?;
        }
    }
    if !reading.is_at_end() {
        bail!(CHANGED);
    }
    Ok(Written { weights: weighing.facts(), lengths, contradicted, n_narrowed })
}

const CHANGED: &str = "the samples were changed while they were read; run the command again";

fn document(
    plan: &Plan,
    method: Method,
    report: &Report,
    (written, split): (Written, Option<SplitFacts>),
    output: &Output,
) -> Document {
    Document {
        schema: Document::SCHEMA.to_owned(),
        format: plan.format.name().to_owned(),
        method,
        report: report.clone(),
        parts: output.parts(),
        weights: written.weights,
        split,
        leakage: None,
        lengths: written.lengths,
        contradicted: written.contradicted,
    }
}

/// Says what was written and what was left out.
fn tell(args: &ExportArgs, plan: &Plan, document: &Document) {
    say(&document.to_string());
    if document.n_rows() == 0 {
        let out = files::output_name(&args.out);
        say(&format!("{out} is empty: {}", why_empty(&document.report, &args.votes)));
        return;
    }
    for (file, PartFacts { rows, .. }) in plan.rows.iter().zip(&document.parts) {
        let n_rows = usize::try_from(*rows).unwrap_or(usize::MAX);
        say(&format!("{}: {}", files::output_name(file), plural(n_rows, plan.format.row_name())));
    }
    if let Some(folder) = &plan.folder {
        let others: Vec<&str> = plan.other_files();
        say(&format!("{}: beside them {}", folder.display(), others.join(", ")));
    }
    // The default loads as every example does.
    let is_default = (plan.format, plan.file_format) == Default::default();
    if !is_default && !plan.has_card {
        let file = files::output_name(&plan.rows[0]);
        let folder = files::output_name(&args.out);
        let at = Location {
            file: &file,
            file_format: plan.file_format,
            dataset: &plan.name,
            folder: &folder,
            has_card: false,
        };
        let how = plan.format.how_to_load(&at);
        say(&format!("To load it:\n{}", textwrap::indent(&how, "  ")));
    }
    if !args.names.raw_ids {
        say("People go by pseudonyms; --raw-ids calls them as their votes do.");
    }
}

/// Says how many prompts a table holds without some of their fields.
fn tell_narrowed(n_narrowed: usize) {
    if n_narrowed > 0 {
        let prompts = plural(n_narrowed, "prompt");
        say(&format!("left out of {prompts}: fields beside role and content, which a Parquet file has no column for; --file-format json keeps them"));
    }
}

/// Why no pair became a row, and what to do.
fn why_empty(report: &Report, sources: &[String]) -> String {
    let sources = sources.join(", ");
    let n_votes = report.vote_count();
    if n_votes == 0 {
        return format!("there is no usable vote in {sources}; `tiebreak judge` makes some");
    }
    if report.votes.get(&VoteOutcome::UnknownPair) == Some(&n_votes) {
        return format!(
            "no vote in {sources} is on a pair of these samples; give the samples that the votes were made on"
        );
    }
    "no pair has votes that lean to one side and can be used; the counts above say what became of each"
        .to_owned()
}
