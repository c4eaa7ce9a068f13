//! Which pairs to ask about next, and the list of them.

use super::known::Known;
use crate::args::StudyArgs;
use crate::clock::Clock;
use crate::files::{
    output_name, print, read_one_by_one, refuse_existing, refuse_input_as_output, say, write_whole, DASH,
};
use crate::outcome::Problems;
use crate::terminal::plural;
use anyhow::{anyhow, bail, Error, Result};
use std::collections::BTreeMap;
use std::path::Path;
use tiebreak_core::schema::{Sample, Vote, Weight};
use tiebreak_core::study::next::{choose, Doubts, Next, NextError, NextPair, NextSettings};
use tiebreak_core::study::BuildSettings;

/// The chosen pairs, where choosing is asked for.
pub fn next(
    args: &StudyArgs,
    (samples, known): (&[Sample], &Known),
    settings: &BuildSettings,
    problems: &mut Problems,
) -> Result<Option<Next>> {
    let asked = &args.next;
    if !asked.next {
        return Ok(None);
    }
    let taken = known.gold.iter().map(|gold| gold.pair.clone()).chain(known.anchors.iter().cloned());
    let settings = NextSettings {
        shares: asked.shares(),
        old_after_days: asked.anchor_after,
        net_flip_rate: asked.net_flip_rate,
        drop: settings.drop.clone(),
        taken: taken.collect(),
        seed: settings.seed,
        ..NextSettings::new(asked.next_pairs as usize, Clock::from_environment()?.now())
    };
    let weights: BTreeMap<String, f64> =
        read_one_by_one::<Weight>(&asked.weights, |problem| problems.add(problem))?
            .map(|weight| (weight.target, weight.weight))
            .collect();
    let votes = read_one_by_one::<Vote>(&asked.votes, |problem| problems.add(problem))?;
    let next = choose(samples, votes, &weights, &settings).map_err(with_flags)?;
    tell_doubts(&next.doubts, problems);
    Ok(Some(next))
}

/// The error with what to change on the command line.
fn with_flags(error: NextError) -> Error {
    match error {
        NextError::Shares { .. } => {
            anyhow!("{error}; lower --random-share, --anchor-share, --disputed-share or --leverage-share")
        }
        other => other.into(),
    }
}

/// Votes and weights that are not what they should be, each kind with what to do.
fn tell_doubts(doubts: &Doubts, problems: &mut Problems) {
    for (n, what, why) in [
        (
            doubts.unknown_votes,
            "vote",
            "on pairs that the samples do not hold: give the samples that they were made on",
        ),
        (doubts.from_future, "vote", "from the future: a clock ran ahead, so they count and have no age"),
        (
            doubts.clock_not_set,
            "vote",
            "from before the year 2000: a clock was not set, so they count and have no age",
        ),
        (
            doubts.unknown_weights,
            "weight",
            "for votes or pairs that are not there: give the votes that `tiebreak drift --weights` weighed",
        ),
    ] {
        if n > 0 {
            problems.add(&format!("{} {why}", plural(n, what)));
        }
    }
}

/// An error where the list would destroy something, or would be mixed with something else.
pub fn check_list(args: &StudyArgs) -> Result<()> {
    let Some(list) = &args.next.next_list else { return Ok(()) };
    let is_mixed = args.out == Path::new(DASH) || (args.links.link.is_some() && args.links.links.is_none());
    if list == Path::new(DASH) && is_mixed && !args.next.dry_run {
        bail!("--next-list and another output both go to standard output; give one a file");
    }
    if list != Path::new(DASH)
        && [Some(&args.out), args.key.as_ref(), args.links.links.as_ref()].contains(&Some(list))
    {
        bail!("--next-list is {}, which is another output; give another name", list.display());
    }
    refuse_input_as_output(list, args.samples.iter().chain(args.votes()).chain(&args.next.weights))?;
    refuse_existing(list, args.force)
}

/// Writes the list where one is asked for.
pub fn write_list(args: &StudyArgs, next: &Next) -> Result<()> {
    let Some(list) = &args.next.next_list else { return Ok(()) };
    write_whole(list, &lines(next))?;
    say(&format!(
        "{}: the chosen pairs and why, which must stay with you as the key must",
        output_name(list)
    ));
    Ok(())
}

/// The list alone, on standard output or where else it is to go.
pub fn tell_only(args: &StudyArgs, next: &Next, seed: u64) -> Result<()> {
    say(&next.to_string());
    match args.next.next_list {
        Some(_) => write_list(args, next)?,
        None => print(&lines(next))?,
    }
    say(&format!("No study was made; --seed {seed} makes one of the same pairs"));
    Ok(())
}

fn lines(next: &Next) -> String {
    next.pairs.iter().map(NextPair::to_line).collect()
}

/// The study needs pairs; a list may be empty.
pub fn refuse_nothing(next: Option<&Next>) -> Result<()> {
    match next {
        Some(next) if next.pairs.is_empty() => {
            let counts = next.counts;
            bail!(
                "there is no pair to annotate next: of {}, {} by the screening, {} by people's flags and {} by being in the study anyway cannot be asked",
                plural(counts.all, "pair"),
                counts.screened,
                counts.flagged,
                counts.taken
            )
        }
        _ => Ok(()),
    }
}
