//! `tiebreak generate`: prompts in, samples out.

use crate::args::{DeviceChoice, GenerateArgs, PlanArgs};
use crate::clock::Clock;
use crate::files::{output_name, refuse_input_as_output, say, Log, Manifest, Opened};
use crate::model::{LoadedModel, ModelFile};
use crate::progress::{duration, rate, Progress};
use crate::prompt_source::PromptSet;
use crate::terminal::{count, plural};
use crate::{interrupt, threads, Outcome};
use anyhow::{bail, Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use tiebreak_core::plan::{PlanError, SamplingPlan, Shard, Spread};
use tiebreak_core::schema::{response_ids, Extra, Numbered, Prompt, Record, Response, Sample, Sampling};
use tiebreak_engine::generate::{generate, Completed, Event, Job, Options};

pub fn run(args: &GenerateArgs) -> Result<Outcome> {
    let plan = sampling_plan(&args.plan, Spread::Uniform)?;
    refuse_input_as_output(&args.out, [&args.prompts, &args.model])?;
    let prompts = PromptSet::read(&args.prompts)?;
    prompts.problems.iter().for_each(|problem| say(&problem.to_string()));
    if prompts.prompts.is_empty() {
        bail!("there is no usable prompt in {}", prompts.name);
    }
    let model = ModelFile::find(&args.model)?;
    threads::fix(args.compute.device.threads, model.n_bytes);
    let report = sample(&Request {
        prompts: &prompts,
        plan: &plan,
        shard: args.shard,
        model: &model,
        out: &args.out,
        batch: args.compute.batch,
        device: args.compute.device.device,
        force: args.run.force,
        quiet: args.run.quiet,
    })?;
    if !args.run.quiet {
        say(&report.text(&args.out));
    }
    let n_problems = prompts.problems.len() + report.n_problems;
    if n_problems > 0 {
        say(&format!("{} reported above", plural(n_problems, "problem")));
    }
    Ok(if report.is_interrupted { Outcome::Interrupted } else { Outcome::of_problems(n_problems) })
}

/// The plan that the flags describe, or what is wrong with them.
pub fn sampling_plan(args: &PlanArgs, default_spread: Spread) -> Result<SamplingPlan> {
    let plan = SamplingPlan {
        n_responses: args.responses,
        temperature: args.temperature,
        top_p: args.top_p,
        top_k: args.top_k,
        min_p: args.min_p,
        repetition_penalty: args.repetition_penalty,
        stop: args.stop.clone(),
        max_tokens: args.max_tokens,
        spread: args.spread_or(default_spread),
        seed: args.seed,
    };
    match plan.check() {
        Ok(()) => Ok(plan),
        Err(PlanError::OutOfBounds { setting, value, expected }) => {
            bail!("--{} is {value}: give {expected}", flag(setting))
        }
        Err(error) => Err(error.into()),
    }
}

/// The flag that gives a plan's setting.
fn flag(setting: &str) -> String {
    setting.trim_start_matches("n_").replace('_', "-")
}

/// What is to be sampled, and where to.
pub struct Request<'a> {
    pub prompts: &'a PromptSet,
    pub plan: &'a SamplingPlan,
    pub shard: Option<Shard>,
    pub model: &'a ModelFile,
    pub out: &'a Path,
    pub batch: u32,
    pub device: DeviceChoice,
    pub force: bool,
    pub quiet: bool,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// Samples that stood in the file already.
    pub n_before: usize,
    /// Samples that this start added.
    pub n_added: usize,
    /// How many there are to be.
    pub n_wanted: usize,
    pub n_responses: usize,
    pub n_tokens: u64,
    /// Prompts that could not be answered, and lines of the output that are no samples.
    pub n_problems: usize,
    pub elapsed: Duration,
    pub is_interrupted: bool,
    /// Whether a later start can go on.
    pub can_resume: bool,
}

impl Report {
    /// The report in a line or two.
    fn text(&self, out: &Path) -> String {
        let out = output_name(out);
        let n_samples = self.n_before + self.n_added;
        if self.is_interrupted {
            let tail = if self.can_resume { "; the same command goes on from there" } else { "" };
            return format!(
                "interrupted: {out} holds {} of {}{tail}",
                count(n_samples as u64),
                plural(self.n_wanted, "sample")
            );
        }
        if self.n_wanted == 0 {
            return format!("{out}: no prompt falls into this part");
        }
        if self.n_added == 0 && self.n_problems == 0 {
            return format!("{out} is finished already: {}", plural(n_samples, "sample"));
        }
        let earlier = match self.n_before {
            0 => String::new(),
            n => format!(", after {} of an earlier start", count(n as u64)),
        };
        let speed = rate(self.n_tokens, self.elapsed)
            .map_or_else(String::new, |rate| format!(", {rate:.0} tokens/s"));
        format!(
            "{out}: {} with {} ({} tokens) in {}{speed}{earlier}",
            plural(self.n_added, "sample"),
            plural(self.n_responses, "response"),
            count(self.n_tokens),
            duration(self.elapsed)
        )
    }
}

/// Said even where progress is not: what the run would make is of no use.
const SAME_RESPONSES: &str =
    "at temperature 0 all responses to a prompt are the same, so no pairs will come out; \
    give a range such as --temperature 0.3..1.0";

/// Samples what is not in the output yet, and writes each sample as soon as it is there.
pub fn sample(request: &Request<'_>) -> Result<Report> {
    let clock = Clock::from_environment()?;
    let wanted: Vec<&Numbered<Prompt>> =
        request.prompts.prompts.iter().filter(|p| is_in_shard(request.shard, p)).collect();
    let mut done = BTreeSet::new();
    let Opened { log, problems } =
        Log::open(request.out, &manifest(request), request.force, |sample: Sample| {
            done.insert(sample.prompt.id);
        })?;
    problems.iter().for_each(|problem| say(&problem.to_string()));
    let report = Report {
        n_before: done.len(),
        n_wanted: wanted.len(),
        n_problems: problems.len(),
        can_resume: log.can_resume(),
        ..Report::default()
    };
    let pending: Vec<&Numbered<Prompt>> =
        wanted.into_iter().filter(|p| !done.contains(&p.record.id)).collect();
    if pending.is_empty() {
        log.finish()?;
        return Ok(report);
    }
    let (model, log) = request.model.load_for(log, request.device)?;
    if request.plan.temperature.high == 0.0 && request.plan.n_responses > 1 {
        say(SAME_RESPONSES);
    }
    if !request.quiet {
        if report.n_before > 0 {
            let n_before = plural(report.n_before, "sample");
            say(&format!("{}: going on after {n_before}", request.out.display()));
        }
        let (n_responses, n_prompts) = (request.plan.n_responses, plural(pending.len(), "prompt"));
        say(&format!("sampling {n_responses} responses to each of {n_prompts} with {}", model.description()));
    }
    interrupt::listen()?;
    let quiet = request.quiet || log.shares_the_terminal();
    let progress = Progress::start("prompts", report.n_wanted, report.n_before, quiet);
    let prompts = pending.iter().map(|p| (p.record.id.as_str(), *p)).collect();
    Run { request, clock, model: &model, log, progress, report, failure: None, prompts }.answer(&pending)
}

/// The part of the prompts that a shard answers depends on their ids alone.
fn is_in_shard(shard: Option<Shard>, prompt: &Numbered<Prompt>) -> bool {
    shard.is_none_or(|shard| shard.contains(&prompt.record.id))
}

/// What the samples depend on; batch and threads do not count, because they change nothing.
fn manifest(request: &Request<'_>) -> Manifest {
    let plan = request.plan;
    let stop = if plan.stop.is_empty() { "none".to_owned() } else { format!("{:?}", plan.stop) };
    let all = "all".to_owned();
    Manifest::new(
        "generate",
        [
            ("model", request.model.fingerprint()),
            ("prompts", prompts_argument(request.prompts)),
            ("shard", request.shard.map_or(all.clone(), |shard| shard.to_string())),
            ("responses", plan.n_responses.to_string()),
            ("temperature", plan.temperature.to_string()),
            ("top-p", plan.top_p.to_string()),
            ("top-k", plan.top_k.map_or(all, |k| k.to_string())),
            ("min-p", plan.min_p.to_string()),
            ("repetition-penalty", plan.repetition_penalty.to_string()),
            ("stop", stop),
            ("max-tokens", plan.max_tokens.to_string()),
            ("spread", format!("{:?}", plan.spread).to_lowercase()),
            ("seed", plan.seed.to_string()),
            ("device", format!("{:?}", request.device).to_lowercase()),
        ],
    )
}

/// How a manifest names the prompts.
pub fn prompts_argument(prompts: &PromptSet) -> String {
    format!("sha256 {}", prompts.sha256)
}

/// A run while the engine works.
struct Run<'a> {
    request: &'a Request<'a>,
    clock: Clock,
    model: &'a LoadedModel,
    log: Log,
    progress: Progress,
    report: Report,
    /// Why nothing more can be written.
    failure: Option<anyhow::Error>,
    prompts: BTreeMap<&'a str, &'a Numbered<Prompt>>,
}

impl Run<'_> {
    fn answer(mut self, pending: &[&Numbered<Prompt>]) -> Result<Report> {
        let plan = self.request.plan;
        let jobs = pending.iter().map(|prompt| Job {
            prompt_id: prompt.record.id.clone(),
            messages: prompt.record.messages.clone(),
            sampling: samplings(plan, &prompt.record.id),
        });
        let options = Options { batch: self.request.batch as usize };
        let generated = generate(&self.model.model, jobs, &options, |event| self.take(event));
        self.report.elapsed = self.progress.finish().elapsed;
        generated.context("sampling stopped")?;
        match self.failure {
            Some(error) => Err(error),
            None => self.log.finish().map(|()| self.report),
        }
    }

    fn take(&mut self, event: Event) -> ControlFlow<()> {
        match event {
            Event::Step { rows_in_flight, new_tokens, .. } => {
                self.progress.step(rows_in_flight, new_tokens);
                if interrupt::is_requested() {
                    self.report.is_interrupted = true;
                    return ControlFlow::Break(());
                }
            }
            Event::Failed { prompt_id, error } => self.fail(&prompt_id, &error.to_string()),
            Event::Completed(completed) => {
                if let Err(error) = self.write(completed) {
                    self.failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn fail(&mut self, prompt_id: &str, what: &str) {
        let line = self.prompts.get(prompt_id).map_or(0, |prompt| prompt.line);
        self.report.n_problems += 1;
        self.progress.say(&format!("{}:{line}: prompt `{prompt_id}`: {what}", self.request.prompts.name));
    }

    fn write(&mut self, completed: Completed) -> Result<()> {
        let prompt = self
            .prompts
            .get(completed.prompt_id.as_str())
            .context("the engine answered a prompt that was not asked")?;
        let sample = self.sample_of(&prompt.record, completed);
        // A value that JSON cannot hold would make the line unreadable.
        if let Some(finding) = sample.check().first() {
            let what = format!("the response cannot be recorded: {}: {}", finding.path, finding.message);
            self.fail(&sample.prompt.id, &what);
            return Ok(());
        }
        self.log.append(&sample)?;
        self.report.n_added += 1;
        self.report.n_responses += sample.responses.len();
        self.report.n_tokens += sample.responses.iter().filter_map(|r| r.tokens).map(u64::from).sum::<u64>();
        self.progress.done();
        Ok(())
    }

    fn sample_of(&self, prompt: &Prompt, completed: Completed) -> Sample {
        let texts: Vec<&str> = completed.responses.iter().map(|r| r.text.as_str()).collect();
        let ids = response_ids(&prompt.messages, &texts);
        let settings = samplings(self.request.plan, &prompt.id);
        let responses =
            ids.into_iter().zip(settings).zip(&completed.responses).map(|((id, sampling), generated)| {
                Response {
                    id,
                    text: generated.text.clone(),
                    tokens: Some(generated.tokens),
                    finish_reason: Some(generated.finish_reason),
                    mean_logprob_nats: Some(generated.mean_logprob_nats),
                    sampling: Some(sampling),
                    model: Some(self.model.reference.clone()),
                    runtime: Some(self.model.runtime),
                    created_at: Some(self.clock.now()),
                    revision: None,
                    extra: Extra::new(),
                }
            });
        Sample { prompt: prompt.clone(), responses: responses.collect(), extra: Extra::new() }
    }
}

/// The settings of each response to a prompt.
fn samplings(plan: &SamplingPlan, prompt_id: &str) -> Vec<Sampling> {
    (0..plan.n_responses).map(|index| plan.sampling(prompt_id, index)).collect()
}
