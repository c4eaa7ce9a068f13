//! `tiebreak drift`: dated votes and ratings in, what moves and what old votes are worth out.

use crate::args::DriftArgs;
use crate::clock::Clock;
use crate::collected::{read_ratings, read_samples};
use crate::files::{self, print, read_one_by_one, refuse_existing, refuse_shared, say, WholeFile, DASH};
use crate::outcome::{Outcome, Problems};
use crate::studies::{read_key, tell_streams};
use crate::terminal::{harmless, plural, Paper};
use anyhow::{bail, Result};
use jiff::Timestamp;
use std::path::Path;
use tiebreak_core::drift::finding::{report, Counts, DriftReport, DriftSettings};
use tiebreak_core::drift::weights::{weight_records, Decay, Weighing};
use tiebreak_core::schema::Vote;
use tiebreak_core::study::next::{Stream, Streams};

pub fn run(args: &DriftArgs) -> Result<Outcome> {
    check_files(args)?;
    let settings = settings(args, Clock::from_environment()?.now());
    let mut problems = Problems::default();
    let samples = read_samples(&args.samples, &mut problems)?;
    let ratings = read_ratings(&args.ratings, &samples, &mut problems)?;
    let keys = args.key.iter().map(|path| read_key(path)).collect::<Result<Vec<_>>>()?;
    let mut streams = Streams::new(&keys);
    let votes = read_one_by_one::<Vote>(&args.votes, |problem| problems.add(problem))?;
    let votes = votes.filter(|vote| streams.of(vote) != Stream::Selected || !args.random_only);
    let report = report(&samples, votes, &ratings, settings);
    tell_streams(&streams, if args.random_only { &[Stream::Selected] } else { &[] });
    tell_doubts(&report.counts, &mut problems);
    refuse_before_all(args.at, &report)?;
    show(&report, args)?;
    if let Some(out) = &args.out {
        files::write_whole(out, &report.to_json())?;
    }
    if let Some(out) = &args.weights {
        write_weights(out, &args.votes, &report.weighing(&samples, args.at))?;
    }
    Ok(problems.outcome(None))
}

/// An error where a file cannot be read or written as asked for, before anything is.
fn check_files(args: &DriftArgs) -> Result<()> {
    let keys: Vec<String> = args.key.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let inputs = args.samples.iter().chain(&args.votes).chain(&args.ratings).chain(&keys);
    files::refuse_second_dash(inputs.clone())?;
    let outputs: Vec<&Path> = [&args.out, &args.weights].into_iter().flatten().map(AsRef::as_ref).collect();
    if outputs.iter().filter(|out| **out == Path::new(DASH)).count() > 1 {
        bail!("--out and --weights cannot both go to standard output; give one a file");
    }
    refuse_shared(&outputs, inputs)?;
    if args.weights.is_some() && args.votes.iter().any(|source| source == DASH) {
        bail!("with --weights votes are read twice: give a file as --votes, and not standard input");
    }
    outputs.into_iter().try_for_each(|out| refuse_existing(out, args.force))
}

fn settings(args: &DriftArgs, now: Timestamp) -> DriftSettings {
    let default = DriftSettings::default();
    DriftSettings {
        known_dates: args.known_date.clone(),
        forced_decay: args.half_life.map(|days| Decay::HalfLife { days }),
        groups: args.per.map_or(default.groups, |group| vec![group.into()]),
        now: Some(now),
        ..default
    }
}

/// An error where ages are to be counted from a time before all votes: none would have an age, and all would weigh 1 whatever decay they are said to have.
fn refuse_before_all(at: Option<Timestamp>, report: &DriftReport) -> Result<()> {
    match (at, report.first_vote()) {
        (Some(at), Some(first)) if at < first => bail!(
            "--at {at} lies before all votes, the first of which is of {first}, so that none has an age; give the time of the last vote that counts in full, or leave --at out"
        ),
        _ => Ok(()),
    }
}

/// Votes that are not what they should be, each kind with what to do.
fn tell_doubts(counts: &Counts, problems: &mut Problems) {
    let doubts = [
        (counts.unknown, "on pairs that the samples do not hold: give the samples that they were made on"),
        (counts.from_future, "from the future: a clock ran ahead, so they are in no test and never decayed"),
        (
            counts.clock_not_set,
            "from before the year 2000: a clock was not set, so they are in no test and never decayed",
        ),
    ];
    for (n, what) in doubts.into_iter().filter(|(n, _)| *n > 0) {
        problems.add(&format!("{} {what}", plural(n, "vote")));
    }
}

/// The readable report, with bold headings on a terminal.
fn show(report: &DriftReport, args: &DriftArgs) -> Result<()> {
    let text = harmless(&report.to_string());
    if [&args.out, &args.weights].into_iter().flatten().any(|out| out == Path::new(DASH)) {
        say(&text);
        return Ok(());
    }
    let paper = Paper::of_stdout();
    let styled = |line: &str| {
        let is_heading = !line.is_empty() && !line.starts_with(' ');
        if is_heading {
            paper.bold(line)
        } else {
            line.to_owned()
        }
    };
    print(&text.lines().map(|line| styled(line) + "\n").collect::<String>())
}

/// The weight of every vote, in the votes' order; what cannot be read was told before.
fn write_weights(out: &Path, votes: &[String], weighing: &Weighing<'_>) -> Result<()> {
    let mut file = WholeFile::create(out)?;
    let mut n_weights = 0;
    for weight in weight_records(read_one_by_one::<Vote>(votes, |_| {})?, weighing) {
        file.write_record(&weight)?;
        n_weights += 1;
    }
    file.finish()?;
    say(&format!("{}: {}", files::output_name(out), plural(n_weights, "weight")));
    Ok(())
}
