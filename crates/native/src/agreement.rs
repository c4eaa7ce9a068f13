//! `tiebreak agreement`: samples and votes in, a report on agreement and annotators out.

use crate::args::AgreementArgs;
use crate::clock::Clock;
use crate::collected::{read_ratings, read_samples};
use crate::files::{self, print, read_one_by_one, refuse_existing, say, write_whole, DASH};
use crate::outcome::{Outcome, Problems};
use crate::pseudonyms;
use crate::studies::{read_key, tell_streams};
use crate::terminal::{harmless, Paper};
use anyhow::{bail, Result};
use std::path::Path;
use tiebreak_core::agreement::{rating_agreement, AgreementDocument, Ballots, Collector};
use tiebreak_core::merge::Concerns;
use tiebreak_core::pseudonym::VotesKey;
use tiebreak_core::schema::{Sample, Vote};
use tiebreak_core::study::next::{Stream, Streams};

pub fn run(args: &AgreementArgs) -> Result<Outcome> {
    let outputs: Vec<&Path> = args.out.as_deref().into_iter().collect();
    files::refuse_shared(&outputs, &args.every_input())?;
    outputs.iter().try_for_each(|out| refuse_existing(out, args.force))?;
    files::refuse_second_dash(args.samples.iter().chain(&args.votes).chain(&args.ratings))?;
    let mut problems = Problems::default();
    let samples = read_samples(&args.samples, &mut problems)?;
    let (mut ballots, concerns, votes_key) = collect(args, &samples, &mut problems)?;
    if ballots.ballots.is_empty() {
        bail!(
            "no vote in {} is on a pair of these samples; give the samples that the votes were made on",
            args.votes.join(", ")
        );
    }
    if let Some(pseudonyms) = pseudonyms::wanted(&args.names, || votes_key)? {
        ballots.rename(|voter| pseudonyms.name(&voter.id, voter.kind));
    }
    let ratings = read_ratings(&args.ratings, &samples, &mut problems)?;
    let document = AgreementDocument::new(&ballots, concerns).with_ratings(rating_agreement(&ratings));
    problems.were_told(document.concerns.len());
    show(&document, args)?;
    Ok(problems.outcome(None))
}

fn collect(
    args: &AgreementArgs,
    samples: &[Sample],
    problems: &mut Problems,
) -> Result<(Ballots, Concerns, VotesKey)> {
    let keys = args.key.iter().map(|path| read_key(path)).collect::<Result<Vec<_>>>()?;
    let mut collector = Collector::new(samples, &keys, Clock::from_environment()?.now());
    let mut votes_key = VotesKey::default();
    let mut streams = Streams::new(&keys);
    let take = |vote: Vote| {
        let is_chosen = matches!(streams.of(&vote), Stream::Anchor | Stream::Selected);
        if is_chosen && args.random_only {
            return;
        }
        votes_key.add(&vote);
        collector.add(vote);
    };
    read_one_by_one(&args.votes, |problem| problems.add(problem))?.for_each(take);
    let left_out: &[Stream] = if args.random_only { &[Stream::Anchor, Stream::Selected] } else { &[] };
    tell_streams(&streams, left_out);
    let (ballots, concerns) = collector.close();
    Ok((ballots, concerns, votes_key))
}

fn show(document: &AgreementDocument, args: &AgreementArgs) -> Result<()> {
    let text = harmless(&document.to_string());
    match args.out.as_deref() {
        Some(out) if out == Path::new(DASH) => say(&text),
        _ => print(&Paper::of_stdout().with_headings(&text))?,
    }
    if !args.names.raw_ids {
        say("People go by pseudonyms; --raw-ids calls them as their votes do.");
    }
    let Some(out) = &args.out else { return Ok(()) };
    write_whole(out, &document.to_json())?;
    say(&format!("{}: the same as JSON", files::output_name(out)));
    Ok(())
}
