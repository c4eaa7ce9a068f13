//! `tiebreak pool`: several judges' votes in, a panel's votes out.

use crate::args::{PoolArgs, PoolMethod};
use crate::collected::Collected;
use crate::files::{self, json_lines, read_input, refuse_existing, say, write_whole};
use crate::outcome::{Outcome, Problems};
use crate::terminal::plural;
use anyhow::{bail, Context, Result};
use std::path::{Path, PathBuf};
use tiebreak_core::judge::card::Card;
use tiebreak_core::judge::panel::{candidates, pool, Panel, Pooling};
use tiebreak_core::schema::Vote;

pub fn run(args: &PoolArgs) -> Result<Outcome> {
    files::refuse_input_as_output(&args.out, args.samples.iter().chain(&args.votes))?;
    refuse_existing(&args.out, args.force)?;
    let (pooling, cards) = pooling(args.method, &args.card)?;
    let mut problems = Problems::default();
    let Collected { samples, votes } = Collected::read(&args.samples, &args.votes, &mut problems)?;
    let members = members(&votes, args)?;
    let panel = pool(&samples, &votes, &members, (pooling, &cards))?;
    write_whole(&args.out, &json_lines(&panel.votes))?;
    announce(&panel, &args.out);
    Ok(problems.outcome(None))
}

/// Tells what the members are worth, and where the panel's votes are.
pub fn announce(panel: &Panel, out: &Path) {
    say(&panel.report.to_string());
    say(&format!("{}: {}", files::output_name(out), plural(panel.votes.len(), "vote")));
}

/// How votes are pooled, and the judges' cards where that takes them.
pub fn pooling(method: PoolMethod, cards: &[PathBuf]) -> Result<(Pooling, Vec<Card>)> {
    match method {
        PoolMethod::DawidSkene if cards.is_empty() => Ok((Pooling::DawidSkene, Vec::new())),
        PoolMethod::DawidSkene => bail!("--card is for --method median: Dawid-Skene needs no cards"),
        PoolMethod::Median => {
            let read = |path: &PathBuf| {
                let bytes = read_input(&path.to_string_lossy())?.bytes;
                Card::read(&bytes).with_context(|| format!("cannot use {}", path.display()))
            };
            Ok((Pooling::Median, cards.iter().map(read).collect::<Result<_>>()?))
        }
    }
}

/// The judges that are asked for, or all.
fn members(votes: &[Vote], args: &PoolArgs) -> Result<Vec<String>> {
    let there = candidates(votes);
    if let Some(unknown) = args.judge.iter().find(|judge| !there.contains(judge)) {
        bail!(
            "no vote in {} is by the judge `{unknown}`; there is {}",
            args.votes.join(", "),
            if there.is_empty() { "none by any judge".to_owned() } else { there.join(", ") }
        );
    }
    Ok(there.into_iter().filter(|judge| args.judge.is_empty() || args.judge.contains(judge)).collect())
}
