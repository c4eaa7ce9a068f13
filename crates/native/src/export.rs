//! `tiebreak export`: samples and votes in, preferences out, and every row that is left out counted.

use crate::args::{ExportArgs, ExportFormat};
use crate::collected::Collected;
use crate::files::{self, json_lines, refuse_existing, say, write_whole};
use crate::outcome::{Outcome, Problems};
use crate::terminal::plural;
use anyhow::{bail, Context, Result};
use tiebreak_core::export::{export, Report, Settings, VoteOutcome};
use tiebreak_core::schema::Weight;

pub fn run(args: &ExportArgs) -> Result<Outcome> {
    for path in [Some(&args.out), args.report.as_ref()].into_iter().flatten() {
        files::refuse_input_as_output(path, args.samples.iter().chain(&args.votes).chain(&args.weights))?;
        refuse_existing(path, args.force)?;
    }
    if args.report.as_ref() == Some(&args.out) {
        bail!("--out and --report are both {}; give two names", args.out.display());
    }
    let weights: Vec<String> = args.weights.iter().cloned().collect();
    files::refuse_second_dash(args.samples.iter().chain(&args.votes).chain(&weights))?;
    let mut problems = Problems::default();
    let Collected { samples, votes } = Collected::read(&args.samples, &args.votes, &mut problems)?;
    let weights = files::read_all::<Weight>(&weights, |problem| problems.add(problem))?;
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
    Ok(problems.outcome(None))
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
