//! `tiebreak judge`: samples in, a model's votes out.

mod asked;
mod endpoint;
mod local;
mod ratings;
mod run;
mod totals;
mod trust;
mod way;

pub use way::Way;

use crate::args::{DeviceChoice, JudgeArgs};
use crate::clock::Clock;
use crate::endpoint::Client;
use crate::files::{self, say, Log, Manifest, Opened, Placed};
use crate::model::ModelFile;
use crate::progress::{duration, Progress};
use crate::terminal::{count, plural};
use crate::{interrupt, threads, Outcome};
use anyhow::{bail, Result};
use ratings::RatingsLog;
use run::Run;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tiebreak_core::judge::Judge;
use tiebreak_core::schema::{pairs, Pair, Sample, Vote};
use totals::Totals;
use trust::{card_argument, Trust};

pub fn run(args: &JudgeArgs) -> Result<Outcome> {
    let way = Way::of(args)?;
    files::refuse_input_as_output(&args.out, args.samples.iter().chain([&args.model]))?;
    let mut n_problems = 0;
    let samples = files::read_placed::<Sample>(&args.samples, |problem| {
        n_problems += 1;
        say(&problem.to_string());
    })?;
    if samples.is_empty() {
        bail!("there is no sample in {}; `tiebreak generate` makes some", args.samples.join(", "));
    }
    let request = |source| Request {
        samples: &samples,
        way: &way,
        source,
        out: &args.out,
        ratings: args.ratings.as_deref(),
        trust: args.card.as_deref().zip(args.escalate.as_deref()),
        force: args.run.force,
        quiet: args.run.quiet,
    };
    let report = match Client::new(&args.endpoint, &args.model, &args.out)? {
        Some(client) if args.endpoint.dry_run => {
            endpoint::check(&way)?;
            let done = if args.run.force { BTreeSet::new() } else { voted_in(&args.out)? };
            let samples: Vec<&Placed<Sample>> = samples.iter().collect();
            return endpoint::dry_run(&way, &client, &samples, &done);
        }
        Some(client) => {
            endpoint::check(&way)?;
            vote_on(&request(Source::Endpoint(&client)))?
        }
        None => {
            let model = ModelFile::find(&args.model)?;
            threads::fix(args.compute.device.threads, model.n_bytes);
            let (batch, device) = (args.compute.batch, args.compute.device.device);
            vote_on(&request(Source::Local { model: &model, batch, device }))?
        }
    };
    if !args.run.quiet {
        say(&report.text(&args.out));
    }
    n_problems += report.n_problems;
    if n_problems > 0 {
        say(&format!("{} reported above", plural(n_problems, "problem")));
    }
    Ok(match report.is_interrupted {
        true => Outcome::Interrupted,
        false if report.is_out_of_budget => Outcome::Problems,
        false => Outcome::of_problems(n_problems),
    })
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
    Local { model: &'a ModelFile, batch: u32, device: DeviceChoice },
    /// A server.
    Endpoint(&'a Client),
}

impl Source<'_> {
    /// What manifests say of the model, and of what is done to the texts before it sees them.
    fn arguments(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Local { model, .. } => vec![("model", model.fingerprint())],
            Self::Endpoint(client) => {
                vec![("model", client.fingerprint()), ("redact", client.redacts().to_string())]
            }
        }
    }
}

/// The pairs that have a vote in the file already.
fn voted_in(out: &Path) -> Result<BTreeSet<PairKey>> {
    if out == Path::new(files::DASH) || !out.is_file() {
        return Ok(BTreeSet::new());
    }
    let votes = files::read_all::<Vote>(&[out.to_string_lossy().into_owned()], |_| {})?;
    Ok(votes.into_iter().map(|vote| (vote.pair, vote.prompt_id, vote.responses)).collect())
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// Votes on these samples that stood in the file already.
    pub n_before: usize,
    /// Votes that this start added.
    pub n_added: usize,
    /// How many there are to be.
    pub n_wanted: usize,
    /// Pairs that could not be judged, and lines of the output that are no votes.
    pub n_problems: usize,
    pub elapsed: Duration,
    pub is_interrupted: bool,
    /// Whether it ended because the budget was used up.
    pub is_out_of_budget: bool,
    /// Whether a later start can go on.
    pub can_resume: bool,
}

impl Report {
    /// The report in a line.
    fn text(&self, out: &Path) -> String {
        let (out, n_votes) = (files::output_name(out), self.n_before + self.n_added);
        if self.is_interrupted {
            let total = plural(self.n_wanted, "vote");
            return format!(
                "interrupted: {out} holds {} of {total}{}",
                count(n_votes as u64),
                if self.can_resume { "; the same command goes on from there" } else { "" }
            );
        }
        if self.n_added == 0 && self.n_problems == 0 {
            return format!("{out} is finished already: {}", plural(n_votes, "vote"));
        }
        let earlier = match self.n_before {
            0 => String::new(),
            n => format!(", after {} of an earlier start", count(n as u64)),
        };
        format!("{out}: {} in {}{earlier}", plural(self.n_added, "vote"), duration(self.elapsed))
    }
}

/// The prompt and the responses of a pair: identical texts make pairs with the same id, but not with the same responses.
type PairKey = (String, String, [String; 2]);

fn key(sample: &Sample, pair: &Pair<'_>) -> PairKey {
    (pair.id.clone(), sample.prompt.id.clone(), [pair.first.id.clone(), pair.second.id.clone()])
}

/// Judges the pairs that have no vote in the output yet, and writes each vote as soon as it is there.
///
/// The samples are not among the arguments that have to stay the same, because a pair's id is a hash of its content.
/// So votes stay right when samples are added, and only the new pairs are judged.
pub fn vote_on(request: &Request<'_>) -> Result<Report> {
    let clock = Clock::from_environment()?;
    let mut done = BTreeSet::new();
    let card = ("card", card_argument(request.trust.map(|(card, _)| card))?);
    let arguments = [request.source.arguments(), request.way.arguments(), vec![card]].concat();
    let manifest = Manifest::new("judge", arguments);
    let Opened { log, problems } = Log::open(request.out, &manifest, request.force, |vote: Vote| {
        done.insert((vote.pair, vote.prompt_id, vote.responses));
    })?;
    problems.iter().for_each(|problem| say(&problem.to_string()));
    let opened = |paths| Trust::open(paths, (&manifest, request.force), |pair| _ = done.insert(pair));
    let trust = request.trust.map(opened).transpose()?;
    let mut report = Report { n_problems: problems.len(), can_resume: log.can_resume(), ..Report::default() };
    let pending = pending(request, &done, &mut report);
    if pending.is_empty() {
        log.finish()?;
        return Ok(report);
    }
    let (loaded, log) = match request.source {
        Source::Local { model, device, .. } => {
            let (model, log) = model.load_for(log, device)?;
            (Some(model), log)
        }
        Source::Endpoint(_) => (None, log),
    };
    let (judge, description) = match (&loaded, &request.source) {
        (Some(model), _) => {
            let (method, reference) = (request.way.method(), model.reference.clone());
            (Judge { method, model: reference, host: None }, model.description())
        }
        (None, Source::Endpoint(client)) => (endpoint::judge(client, request.way), client.model()),
        (None, Source::Local { .. }) => unreachable!("a local model was loaded above"),
    };
    let trust = match trust.map(|trust| trust.check(&judge)).transpose() {
        Ok(trust) => trust,
        Err(error) => {
            log.abandon();
            return Err(error);
        }
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
    let ratings = request.ratings.map(|path| RatingsLog::open(path, &manifest, request.force)).transpose()?;
    let totals = Totals::default();
    let mut run = Run { request, clock, judge, log, ratings, trust, progress, report, done, totals };
    match (&loaded, &request.source) {
        (Some(model), Source::Local { batch, .. }) => run.ask_model(&model.model, &pending, *batch)?,
        (_, Source::Endpoint(client)) => run.ask_server(client, &pending)?,
        (None, Source::Local { .. }) => unreachable!("a local model was loaded above"),
    }
    run.finish()
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
            format!("[default: {} for likelihood, {} for others]", default.tie_band, way::ASKED_TIE_BAND);
        assert!(help("max_tokens").contains(&format!("[default: {}]", way::MAX_TOKENS)));
        assert!(help("tie_band").contains(&tie_bands), "{tie_bands}");
        assert!(help("end_weight").contains(&format!("[default: {}]", default.end_weight)));
        assert!(help("reward_weight").contains(&format!("[default: {}]", default.reward_weight)));
        assert!(help("repetition_weight").contains(&format!("[default: {}]", default.repetition_weight)));
        let unconditional_weight = format!("[default: {}]", default.unconditional_weight);
        assert!(help("unconditional_weight").contains(&unconditional_weight));
    }
}
