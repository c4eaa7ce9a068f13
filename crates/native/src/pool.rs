//! `tiebreak pool`: several judges' votes in, a panel's votes out.

use crate::args::{PoolArgs, PoolMethod};
use crate::files::{self, read_input, refuse_existing, say, write_whole, DASH};
use crate::terminal::{harmless, plural};
use crate::Outcome;
use anyhow::{bail, Context, Result};
use tiebreak_core::judge::card::{judges, Card};
use tiebreak_core::judge::panel::{pool, Pooling};
use tiebreak_core::schema::{to_line, Problem, Sample, Vote};

pub fn run(args: &PoolArgs) -> Result<Outcome> {
    let inputs: Vec<&String> = args.samples.iter().chain(&args.votes).collect();
    if inputs.iter().filter(|source| **source == DASH).count() > 1 {
        bail!("standard input can be read only once, but `-` is given several times");
    }
    files::refuse_input_as_output(&args.out, inputs)?;
    refuse_existing(&args.out, args.force)?;
    let (pooling, cards) = pooling(args)?;
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
    let members = members(&votes, args)?;
    let panel = pool(&samples, &votes, &members, (pooling, &cards))?;
    let lines: String = panel.votes.iter().map(|vote| to_line(vote) + "\n").collect();
    write_whole(&args.out, &lines)?;
    say(&harmless(&panel.report.to_string()));
    say(&format!("{}: {}", files::output_name(&args.out), plural(panel.votes.len(), "vote")));
    if n_problems > 0 {
        say(&format!("{} reported above", plural(n_problems, "problem")));
    }
    Ok(Outcome::of_problems(n_problems))
}

fn pooling(args: &PoolArgs) -> Result<(Pooling, Vec<Card>)> {
    match args.method {
        PoolMethod::DawidSkene if args.card.is_empty() => Ok((Pooling::DawidSkene, Vec::new())),
        PoolMethod::DawidSkene => bail!("--card is for --method median: Dawid-Skene needs no cards"),
        PoolMethod::Median => {
            let read = |path: &std::path::PathBuf| {
                let bytes = read_input(&path.to_string_lossy())?.bytes;
                Card::read(&bytes).with_context(|| format!("cannot use {}", path.display()))
            };
            Ok((Pooling::Median, args.card.iter().map(read).collect::<Result<_>>()?))
        }
    }
}

/// The judges that are asked for, or all.
fn members(votes: &[Vote], args: &PoolArgs) -> Result<Vec<String>> {
    let there = judges(votes);
    if let Some(unknown) = args.judge.iter().find(|judge| !there.contains(judge)) {
        bail!(
            "no vote in {} is by the judge `{unknown}`; there is {}",
            args.votes.join(", "),
            if there.is_empty() { "none by any judge".to_owned() } else { there.join(", ") }
        );
    }
    Ok(there.into_iter().filter(|judge| args.judge.is_empty() || args.judge.contains(judge)).collect())
}
