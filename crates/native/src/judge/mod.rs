//! `tiebreak judge`: samples in, a model's votes out.

mod asked;
mod done;
mod endpoint;
mod local;
mod ratings;
mod report;
mod run;
mod totals;
mod trust;
mod way;

pub use report::Report;
pub use way::{Way, ASKED_TIE_BAND};

use crate::args::JudgeArgs;
use crate::clock::Clock;
use crate::collected::placed_samples;
use crate::device::Compute;
use crate::endpoint::Client;
use crate::files::{self, say, Log, Manifest, Opened, Placed};
use crate::interrupt;
use crate::model::{LoadedModel, ModelFile};
use crate::outcome::{Outcome, Problems};
use crate::progress::Progress;
use crate::terminal::plural;
use anyhow::Result;
use done::{done_in, key, key_of_vote, PairKey};
use ratings::RatingsLog;
use run::Run;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tiebreak_core::judge::Judge;
use tiebreak_core::schema::{pairs, Sample, Vote};
use totals::Totals;
use trust::{read_card, Trust};

pub fn run(args: &JudgeArgs) -> Result<Outcome> {
    let way = checked(args)?;
    let mut problems = Problems::default();
    let samples = placed_samples(&args.samples, &mut problems)?;
    let report = judged(args, &way, &samples)?;
    problems.were_told(report.n_problems);
    Ok(problems.outcome(report.early_end))
}

/// How the flags say that pairs are judged; an error where they contradict each other or the files.
pub fn checked(args: &JudgeArgs) -> Result<Way> {
    let way = Way::of(args)?;
    let outputs = [Some(&args.out), args.ratings.as_ref(), args.escalate.as_ref()];
    let outputs: Vec<&Path> = outputs.into_iter().flatten().map(PathBuf::as_path).collect();
    let card = args.card.as_ref().map(|path| path.to_string_lossy().into_owned());
    let inputs = args.samples.iter().chain([&args.model]).chain(&args.template).chain(&card);
    files::refuse_shared(&outputs, inputs)?;
    if args.endpoint.endpoint.is_some() {
        endpoint::check(&way)?;
    }
    Ok(way)
}

/// Judges the samples as the flags say, and tells what came of it.
pub fn judged(args: &JudgeArgs, way: &Way, samples: &[Placed<Sample>]) -> Result<Report> {
    let request = |source| Request {
        samples,
        way,
        source,
        out: &args.out,
        ratings: args.ratings.as_deref(),
        trust: args.card.as_deref().zip(args.escalate.as_deref()),
        force: args.run.force,
        quiet: args.run.quiet,
    };
    let report = match Client::new(&args.endpoint, &args.model, &args.out)? {
        Some(client) if args.endpoint.dry_run => {
            let done =
                if args.run.force { BTreeSet::new() } else { done_in(&args.out, args.escalate.as_deref())? };
            let samples: Vec<&Placed<Sample>> = samples.iter().collect();
            endpoint::dry_run(way, &client, &samples, &done)?;
            return Ok(Report::default());
        }
        Some(client) => vote_on(&request(Source::Endpoint(&client)))?,
        None => {
            let (compute, model) = Compute::with_model(&args.compute, &args.run, &args.model)?;
            let batch = args.compute.batch();
            vote_on(&request(Source::Local { model: &model, batch, compute: &compute }))?
        }
    };
    if !args.run.quiet {
        say(&report.text(&args.out));
    }
    Ok(report)
}

/// What is to be judged, and where votes go.
pub struct Request<'a> {
    pub samples: &'a [Placed<Sample>],
    pub way: &'a Way,
    pub source: Source<'a>,
    pub out: &'a Path,
    /// Where ratings go, beside the votes that follow from them.
    pub ratings: Option<&'a Path>,
    /// A judge card, and where the pairs go that it does not let the judge decide.
    pub trust: Option<(&'a Path, &'a Path)>,
    pub force: bool,
    pub quiet: bool,
}

/// What judges.
pub enum Source<'a> {
    /// The engine in this process, with at most `batch` answers at once.
    Local { model: &'a ModelFile, batch: u32, compute: &'a Compute },
    /// A server.
    Endpoint(&'a Client),
}

impl Source<'_> {
    /// What manifests say of the model, and of what is done to the texts before it sees them.
    fn arguments(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Local { model, batch, compute } => {
                [Some(("model", model.fingerprint())), compute.gpu_argument(*batch)]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Self::Endpoint(client) => {
                let mut arguments =
                    vec![("model", client.fingerprint()), ("redact", client.redacts().to_string())];
                if !client.sends_temperature() {
                    arguments.push(("temperature", "the server's".to_owned()));
                }
                arguments
            }
        }
    }
}

/// Judges the pairs that have no vote in the output yet, and writes each vote as soon as it is there.
///
/// The samples are not among the arguments that have to stay the same, because a pair's id is a hash of its content.
/// So votes stay right when samples are added, and only the new pairs are judged.
pub fn vote_on(request: &Request<'_>) -> Result<Report> {
    let clock = Clock::from_environment()?;
    let mut done = BTreeSet::new();
    let card = request.trust.map(|(card, _)| read_card(card)).transpose()?;
    let argument = ("card", card.as_ref().map_or("none".to_owned(), |card| card.argument.clone()));
    let arguments = [request.source.arguments(), request.way.arguments(), vec![argument]].concat();
    let manifest = Manifest::new("judge", arguments);
    // A card has to be this judge's before any file is touched, and only the model knows the judge.
    let mut loaded = match (&card, &request.source) {
        (Some(_), Source::Local { model, compute, .. }) => Some(model.load(compute)?),
        _ => None,
    };
    if let Some(card) = &card {
        card.check(&judge(request, loaded.as_ref()))?;
    }
    let open = |path| RatingsLog::open(path, &manifest, request.force);
    let ratings = request.ratings.map(open).transpose()?;
    let people = request.trust.map(|(_, people)| people);
    let trust = card.zip(people).map(|(card, people)| {
        Trust::open(card, people, (&manifest, request.force), |pair| _ = done.insert(pair))
    });
    let trust = trust.transpose()?;
    let mut totals = Totals::default();
    let Opened { log, problems } = Log::open(request.out, &manifest, request.force, |vote: Vote| {
        // So that what is told at the end is of all votes, and not of those of this start.
        totals.add(&vote);
        done.insert(key_of_vote(&vote));
    })?;
    problems.iter().for_each(|problem| say(&problem.to_string()));
    let mut report = Report { n_problems: problems.len(), can_resume: log.can_resume(), ..Report::default() };
    let pending = pending(request, &done, &mut report);
    if pending.is_empty() {
        log.finish()?;
        return Ok(report);
    }
    let log = match (&loaded, &request.source) {
        (None, Source::Local { model, compute, .. }) => {
            let (model, log) = model.load_for(log, compute)?;
            loaded = Some(model);
            log
        }
        _ => log,
    };
    let judge = judge(request, loaded.as_ref());
    let description = match (&loaded, &request.source) {
        (Some(model), _) => model.description(),
        (None, Source::Endpoint(client)) => client.model(),
        (None, Source::Local { .. }) => unreachable!("a local model was loaded above"),
    };
    if !request.quiet {
        if report.n_before > 0 {
            say(&format!("{}: going on after {}", request.out.display(), plural(report.n_before, "vote")));
        }
        let n_left = plural(report.n_wanted - report.n_before, "pair");
        say(&format!("judging {n_left} by the {} method with {description}", judge.method.name()));
    }
    interrupt::listen()?;
    let quiet = request.quiet || log.shares_the_terminal();
    let progress = Progress::start("pairs", report.n_wanted, report.n_before, quiet);
    let mut run = Run { request, clock, judge, log, ratings, trust, progress, report, done, totals };
    match (&loaded, &request.source) {
        (Some(model), Source::Local { batch, .. }) => run.ask_model(&model.model, &pending, *batch)?,
        (_, Source::Endpoint(client)) => run.ask_server(client, &pending)?,
        (None, Source::Local { .. }) => unreachable!("a local model was loaded above"),
    }
    run.finish()
}

/// Who judges.
fn judge(request: &Request<'_>, loaded: Option<&LoadedModel>) -> Judge {
    match (&request.source, loaded) {
        (Source::Endpoint(client), _) => endpoint::judge(client, request.way),
        (Source::Local { .. }, Some(model)) => Judge {
            variation: request.way.variation(None),
            ..Judge::new(request.way.method(), model.reference.clone())
        },
        (Source::Local { .. }, None) => unreachable!("a local model is loaded before it judges"),
    }
}

/// The samples with pairs that have no vote yet; those that cannot be judged are reported.
fn pending<'a>(
    request: &Request<'a>,
    done: &BTreeSet<PairKey>,
    report: &mut Report,
) -> Vec<&'a Placed<Sample>> {
    let mut pending = Vec::new();
    for sample in request.samples {
        if request.way.needs_reference() && sample.record.prompt.reference_answer.is_none() {
            report.n_problems += 1;
            say(&format!(
                "{}: prompt `{}` has no reference_answer, which the template asks for",
                sample.place, sample.record.prompt.id
            ));
            continue;
        }
        let n_pairs = pairs(&sample.record).count();
        let n_left = pairs(&sample.record).filter(|pair| !done.contains(&key(&sample.record, pair))).count();
        report.n_wanted += n_pairs;
        report.n_before += n_pairs - n_left;
        if n_left > 0 {
            pending.push(sample);
        }
    }
    pending
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::CommandFactory;
    use tiebreak_core::judge::LikelihoodSettings;

    #[test]
    fn the_help_tells_the_defaults() {
        let command = Arguments::command();
        let judge = command.find_subcommand("judge").unwrap();
        let help = |id: &str| {
            judge.get_arguments().find(|a| a.get_id() == id).unwrap().get_help().unwrap().to_string()
        };
        let default = LikelihoodSettings::default();
        let tie_bands =
            format!("[default: {} for likelihood, {} for others]", default.tie_band, ASKED_TIE_BAND);
        assert!(help("max_tokens").contains(&format!("[default: {}]", way::MAX_TOKENS)));
        assert!(help("tie_band").contains(&tie_bands), "{tie_bands}");
        assert!(help("end_weight").contains(&format!("[default: {}]", default.end_weight)));
        assert!(help("reward_weight").contains(&format!("[default: {}]", default.reward_weight)));
        assert!(help("repetition_weight").contains(&format!("[default: {}]", default.repetition_weight)));
        let unconditional_weight = format!("[default: {}]", default.unconditional_weight);
        assert!(help("unconditional_weight").contains(&unconditional_weight));
    }
}
