//! `tiebreak export`: samples and votes in, preferences out, and every row that is left out counted.

use crate::args::{ExportArgs, ExportFormat};
use crate::files::{self, refuse_existing, say, write_whole};
use crate::terminal::plural;
use crate::Outcome;
use anyhow::{bail, Context, Result};
use tiebreak_core::export::{export, Report, Settings, VoteOutcome};
use tiebreak_core::schema::{to_line, Preference, Problem, Sample, Vote, Weight};

pub fn run(args: &ExportArgs) -> Result<Outcome> {
    for path in [Some(&args.out), args.report.as_ref()].into_iter().flatten() {
        files::refuse_input_as_output(path, args.samples.iter().chain(&args.votes).chain(&args.weights))?;
        refuse_existing(path, args.force)?;
    }
    if args.report.as_ref() == Some(&args.out) {
        bail!("--out and --report are both {}; give two names", args.out.display());
    }
    let weights: Vec<String> = args.weights.iter().cloned().collect();
    if [&args.samples, &args.votes, &weights].into_iter().flatten().filter(|s| *s == files::DASH).count() > 1
    {
        bail!("standard input can be read only once, but `-` is given several times");
    }
    let mut n_problems = 0;
    let mut report = |problem: &Problem| {
        n_problems += 1;
        say(&problem.to_string());
    };
    let samples = files::read_all::<Sample>(&args.samples, &mut report)?;
    if samples.is_empty() {
        bail!("there is no usable sample in {}; `tiebreak generate` makes some", args.samples.join(", "));
    }
    let votes = files::read_all::<Vote>(&args.votes, &mut report)?;
    let weights = files::read_all::<Weight>(&weights, &mut report)?;
    let exported = export(&samples, &votes, &Settings { drop_cut_off: args.drop_cut_off, weights });
    match args.format {
        ExportFormat::Trl => write_whole(&args.out, &json_lines(&exported.preferences))?,
    }
    if let Some(path) = &args.report {
        let text = serde_json::to_string_pretty(&exported.report).context("cannot write the report")?;
        write_whole(path, &(text + "\n"))?;
    }
    say(&exported.report.to_string());
    let out = files::output_name(&args.out);
    match exported.preferences.len() {
        0 => say(&format!("{out} is empty: {}", why_empty(&exported.report, &args.votes))),
        n => say(&format!("{out}: {}", plural(n, "preference"))),
    }
    if n_problems > 0 {
        say(&format!("{} reported above", plural(n_problems, "problem")));
    }
    Ok(Outcome::of_problems(n_problems))
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

/// The rows as a file holds them.
pub fn json_lines(preferences: &[Preference]) -> String {
    preferences.iter().map(|row| to_line(row) + "\n").collect()
}
