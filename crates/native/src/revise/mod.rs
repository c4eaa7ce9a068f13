//! `tiebreak revise`: samples in, originals with their revisions out.
//!
//! Chains of questions run side by side, a block of responses at a time; a block is written when all its chains have ended.

mod chain;
mod report;
mod unchanged;
mod writer;

use crate::args::ReviseArgs;
use crate::clock::Clock;
use crate::collected::placed_samples;
use crate::device::Compute;
use crate::endpoint::Client;
use crate::files::{self, say, Log, Manifest, Opened, Placed};
use crate::interrupt;
use crate::outcome::{EarlyEnd, Outcome, Problems};
use crate::progress::Progress;
use crate::terminal::plural;
use anyhow::{bail, Context, Result};
use chain::{Chain, Settings};
use report::Report;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tiebreak_core::constitution::{Constitution, Questions};
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{Record, Sample, Sampling};
use unchanged::UnchangedLog;
use writer::{Wanted, Writer};

/// How many responses are worked on at once; a kill loses the work on as many at most.
const BLOCK: usize = 64;

pub fn run(args: &ReviseArgs) -> Result<Outcome> {
    let settings = settings(args)?;
    args.endpoint.refuse_no_temperature()?;
    let outputs = [Some(&args.out), args.people.as_ref()];
    let outputs: Vec<&Path> = outputs.into_iter().flatten().map(PathBuf::as_path).collect();
    let constitution = args.constitution.as_ref().map(|path| path.to_string_lossy().into_owned());
    files::refuse_shared(&outputs, args.samples.iter().chain([&args.model]).chain(&constitution))?;
    let mut problems = Problems::default();
    let samples = placed_samples(&args.samples, &mut problems)?;
    let client = Client::new(&args.endpoint, &args.model, &args.out)?;
    let report = match &client {
        Some(client) if args.endpoint.dry_run => return dry_run(args, &settings, client, &samples),
        Some(client) => {
            let texts = samples.iter().flat_map(|sample| {
                let messages = sample.record.prompt.messages.iter().map(|message| message.content.as_str());
                messages.chain(sample.record.responses.iter().map(|response| response.text.as_str()))
            });
            let n_asks = samples.iter().map(|sample| sample.record.responses.len()).sum::<usize>();
            client.announce(
                n_asks * settings.n_rounds as usize * (1 + usize::from(settings.has_critique)),
                texts,
            );
            let model = [("model", client.fingerprint()), ("redact", client.redacts().to_string())];
            let outputs = Outputs::open(args, &settings, model.to_vec())?;
            outputs.revise(&Writer::Endpoint(client), &samples, &client.model())?
        }
        None => {
            let (compute, file) = Compute::with_model(&args.compute, &args.run, &args.model)?;
            let model_argument = ("model", file.fingerprint());
            let arguments = [Some(model_argument), compute.gpu_argument(args.compute.batch())];
            let mut outputs = Outputs::open(args, &settings, arguments.into_iter().flatten().collect())?;
            let (model, log) = file.load_for(outputs.log, &compute)?;
            outputs.log = log;
            let writer = Writer::Local { model: &model, batch: args.compute.batch() as usize };
            outputs.revise(&writer, &samples, &model.description())?
        }
    };
    if !args.run.quiet {
        say(&report.text(&args.out, args.people.as_deref()));
    }
    problems.were_told(report.n_problems);
    Ok(problems.outcome(report.end))
}

fn settings(args: &ReviseArgs) -> Result<Settings> {
    if !(0.0..=10.0).contains(&args.temperature) {
        bail!("--temperature is {}: give a number from 0 to 10", args.temperature);
    }
    if !(args.top_p > 0.0 && args.top_p <= 1.0) {
        bail!("--top-p is {}: give a number above 0 and at most 1", args.top_p);
    }
    if let Some(share) = args.people_share.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
        bail!("--people-share is {share}: give a number above 0 and at most 1");
    }
    let constitution = match &args.constitution {
        None => Constitution::customer_service(),
        Some(path) => Constitution::parse(&files::read_text(path)?)
            .with_context(|| format!("cannot read {}", path.display()))?,
    };
    let sampling = Sampling {
        temperature: args.temperature,
        top_p: args.top_p,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens: args.max_tokens,
        stop: Vec::new(),
        seed: args.seed,
        extra: Default::default(),
    };
    let (questions, has_critique, n_rounds) = (Questions::built_in(), !args.no_critique, args.rounds);
    Ok(Settings { constitution, questions, has_critique, n_rounds, sampling })
}

/// Tells what the run would take, and makes no call; what later steps ask depends on the answers, which are taken at their longest.
fn dry_run(
    args: &ReviseArgs,
    settings: &Settings,
    client: &Client,
    samples: &[Placed<Sample>],
) -> Result<Outcome> {
    let done = if args.run.force { BTreeSet::new() } else { done_in(args, settings)? };
    let chains = samples.iter().flat_map(|sample| {
        (0..sample.record.responses.len()).map(|index| Chain::new(settings, &sample.record, index))
    });
    let chains =
        chains.filter(|chain| !done.contains(&(chain.sample.prompt.id.clone(), chain.original().id.clone())));
    let asks = chains
        .filter_map(|chain| chain.question())
        .map(|(key, messages)| writer::ask(Wanted { key, messages }, &settings.sampling));
    let n_steps = settings.n_rounds * (1 + u32::from(settings.has_critique));
    let estimate = client.estimate(asks)?;
    say(&format!("a dry run: the first of {} each: {}", plural(n_steps as usize, "step"), estimate.text()));
    if n_steps > 1 {
        // A step asks about the reply before, and a revision about a critique beside.
        let all = estimate.steps(u64::from(n_steps), 2 * u64::from(settings.sampling.max_tokens), client);
        say(&format!("all steps together, with every answer at its longest: {}", all.text()));
    }
    Ok(Outcome::Done)
}

/// The originals that the outputs hold already, by prompt and response.
fn done_in(args: &ReviseArgs, settings: &Settings) -> Result<BTreeSet<(String, String)>> {
    let files = [Some(&args.out), args.people.as_ref()].into_iter().flatten().filter(|path| path.is_file());
    let files: Vec<String> = files.map(|path| path.to_string_lossy().into_owned()).collect();
    let samples = files::read_all::<Sample>(&files, |_| {})?;
    let mut done = unchanged::done_beside(&args.out, settings.n_rounds)?;
    done.extend(samples.into_iter().filter_map(|sample| {
        let original = sample.responses.into_iter().next()?;
        Some((sample.prompt.id, original.id))
    }));
    Ok(done)
}

/// Where samples go, and what is there already.
struct Outputs<'a> {
    args: &'a ReviseArgs,
    settings: &'a Settings,
    log: Log,
    people: Option<Log>,
    unchanged: UnchangedLog,
    /// The originals that are done, by prompt and response.
    done: BTreeSet<(String, String)>,
    report: Report,
}

impl<'a> Outputs<'a> {
    fn open(
        args: &'a ReviseArgs,
        settings: &'a Settings,
        model: Vec<(&'static str, String)>,
    ) -> Result<Self> {
        let sampling = &settings.sampling;
        let arguments = [
            (
                "constitution",
                format!("{} sha256 {}", settings.constitution.version, settings.constitution.hash),
            ),
            ("critique", settings.has_critique.to_string()),
            ("rounds", settings.n_rounds.to_string()),
            ("temperature", sampling.temperature.to_string()),
            ("top-p", sampling.top_p.to_string()),
            ("max-tokens", sampling.max_tokens.to_string()),
            ("seed", sampling.seed.to_string()),
            ("people-share", args.people_share.map_or("none".to_owned(), |share| share.to_string())),
        ];
        let manifest = Manifest::new("revise", [model, arguments.to_vec()].concat());
        let mut done = BTreeSet::new();
        let mut report = Report::default();
        let mut open = |path: &Path| -> Result<Log> {
            let Opened { log, problems } = Log::open(path, &manifest, args.run.force, |sample: Sample| {
                if let Some(original) = sample.responses.first() {
                    done.insert((sample.prompt.id.clone(), original.id.clone()));
                }
            })?;
            problems.iter().for_each(|problem| say(&problem.to_string()));
            report.n_problems += problems.len();
            Ok(log)
        };
        let log = open(&args.out)?;
        let people = args.people.as_deref().map(open).transpose()?;
        let unchanged =
            UnchangedLog::open(&args.out, (manifest, args.run.force), settings.n_rounds, &mut done)?;
        report.n_before = done.len();
        Ok(Self { args, settings, log, people, unchanged, done, report })
    }

    /// Revises every response that is not there yet.
    fn revise(mut self, writer: &Writer<'_>, samples: &[Placed<Sample>], model: &str) -> Result<Report> {
        let clock = Clock::from_environment()?;
        let all = samples
            .iter()
            .flat_map(|sample| (0..sample.record.responses.len()).map(move |index| (sample, index)));
        let pending: Vec<(&Placed<Sample>, usize)> = all
            .filter(|(sample, index)| {
                let sample = &sample.record;
                // A response that stands in the samples twice is revised once.
                self.done.insert((sample.prompt.id.clone(), sample.responses[*index].id.clone()))
            })
            .collect();
        if !self.args.run.quiet {
            let n_pending = plural(pending.len(), "response");
            say(&format!(
                "revising {n_pending} in {} with {model}",
                plural(self.settings.n_rounds as usize, "round")
            ));
        }
        interrupt::listen()?;
        let quiet = self.args.run.quiet || self.log.shares_the_terminal();
        let n_before = self.report.n_before;
        let mut progress = Progress::start("responses", n_before + pending.len(), n_before, quiet);
        for block in pending.chunks(BLOCK) {
            let settings = self.settings;
            let mut chains: Vec<(&Placed<Sample>, Chain<'_>)> = block
                .iter()
                .map(|(sample, index)| (*sample, Chain::new(settings, &sample.record, *index)))
                .collect();
            self.report.end = advance(&mut chains, writer, (settings, &clock), &mut progress)?;
            if self.report.end.is_some() {
                break;
            }
            for (sample, chain) in chains {
                self.write(sample, chain, &mut progress)?;
            }
        }
        self.report.elapsed = progress.finish().elapsed;
        self.log.finish()?;
        self.people.map_or(Ok(()), Log::finish)?;
        self.unchanged.finish()?;
        Ok(self.report)
    }

    fn write(&mut self, sample: &Placed<Sample>, chain: Chain<'_>, progress: &mut Progress) -> Result<()> {
        let original = chain.original().id.clone();
        let name =
            || format!("{}: prompt `{}`, response `{original}`", sample.place, sample.record.prompt.id);
        self.report.n_unchanged += chain.unchanged.len();
        self.report.n_refusals += chain.n_refusals;
        if let Some(what) = &chain.failure {
            self.report.n_problems += 1;
            progress.say(&format!("{}: {what}; a later start asks again", name()));
            return Ok(());
        }
        progress.done();
        let Some(revised) = chain.sample() else { return self.unchanged.append(&chain.unchanged) };
        if let Some(finding) = revised.check().first() {
            self.report.n_problems += 1;
            progress.say(&format!(
                "{}: the revision cannot be recorded: {}: {}",
                name(),
                finding.path,
                finding.message
            ));
            return Ok(());
        }
        // Before the sample, which says that all of its rounds are done.
        self.unchanged.append(&chain.unchanged)?;
        self.report.add(&revised);
        let is_for_people = self.is_for_people(&revised.prompt.id, &original);
        match self.people.as_mut().filter(|_| is_for_people) {
            Some(people) => {
                self.report.n_for_people += 1;
                people.append(&revised)
            }
            None => self.log.append(&revised),
        }
    }

    /// Whether people judge this one, keyed by seed, prompt and response.
    fn is_for_people(&self, prompt_id: &str, original: &str) -> bool {
        let random = ResponseRandom::new(self.args.seed, &format!("{prompt_id}/{original}"), 0);
        self.args.people_share.is_some_and(|share| random.uniform(Purpose::PutAside, 0) < share)
    }
}

/// Asks each chain's next question until all have ended; returns why the run ends before, where it does.
fn advance(
    chains: &mut [(&Placed<Sample>, Chain<'_>)],
    writer: &Writer<'_>,
    (settings, clock): (&Settings, &Clock),
    progress: &mut Progress,
) -> Result<Option<EarlyEnd>> {
    loop {
        let (places, wanted): (Vec<usize>, Vec<Wanted>) = chains
            .iter()
            .enumerate()
            .filter_map(|(place, (_, chain))| {
                let (key, messages) = chain.question()?;
                Some((place, Wanted { key, messages }))
            })
            .unzip();
        if wanted.is_empty() {
            return Ok(None);
        }
        let wave = writer.write(wanted, &settings.sampling, progress)?;
        if wave.end.is_some() {
            return Ok(wave.end);
        }
        for (place, written) in places.into_iter().zip(wave.written) {
            let written = written.unwrap_or_else(|| Err("the model was not asked".to_owned()));
            chains[place].1.take(written, clock.now());
        }
    }
}
