//! `tiebreak generate`: prompts in, samples out.

mod endpoint;
mod local;
mod output;
mod report;

pub use report::Report;

use crate::args::{GenerateArgs, PlanArgs, ThinkingChoice};
use crate::clock::Clock;
use crate::device::Compute;
use crate::endpoint::Client;
use crate::files::{refuse_input_as_output, say, Log, Manifest, Opened};
use crate::model::ModelFile;
use crate::outcome::{Outcome, Problems};
use crate::prompt_source::PromptSet;
use anyhow::{bail, Result};
use output::Output;
use std::collections::BTreeSet;
use std::path::Path;
use tiebreak_core::plan::{PlanError, SamplingPlan, Shard, Spread};
use tiebreak_core::schema::{Numbered, Prompt, Sample, Sampling};

pub fn run(args: &GenerateArgs) -> Result<Outcome> {
    let plan = sampling_plan(&args.plan, Spread::Uniform)?;
    refuse_input_as_output(&args.out, [&args.prompts, &args.model])?;
    args.endpoint.refuse_no_temperature()?;
    let prompts = PromptSet::read(&args.prompts)?;
    let mut problems = Problems::default();
    prompts.problems.iter().for_each(|problem| problems.add(problem));
    if prompts.prompts.is_empty() {
        bail!("there is no usable prompt in {}", prompts.name);
    }
    let request = |source| Request {
        prompts: &prompts,
        plan: &plan,
        thinking: args.thinking,
        shard: args.shard,
        source,
        out: &args.out,
        force: args.run.force,
        quiet: args.run.quiet,
    };
    let report = match Client::new(&args.endpoint, &args.model, &args.out)? {
        Some(client) if args.endpoint.dry_run => {
            return endpoint::dry_run(&request(Source::Endpoint(&client)), &client)
        }
        Some(client) => sample(&request(Source::Endpoint(&client)))?,
        None => {
            let (compute, model) = Compute::with_model(&args.compute, &args.run, &args.model)?;
            let batch = args.compute.batch();
            sample(&request(Source::Local { model: &model, batch, compute: &compute }))?
        }
    };
    if !args.run.quiet {
        say(&report.text(&args.out));
    }
    report.unanswered(plan.max_tokens, args.thinking).iter().for_each(|line| say(line));
    problems.were_told(report.n_problems);
    Ok(problems.outcome(report.early_end))
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
    pub thinking: ThinkingChoice,
    pub shard: Option<Shard>,
    pub source: Source<'a>,
    pub out: &'a Path,
    pub force: bool,
    pub quiet: bool,
}

/// What samples.
pub enum Source<'a> {
    /// The engine in this process, with at most `batch` responses at once.
    Local { model: &'a ModelFile, batch: u32, compute: &'a Compute },
    /// A server.
    Endpoint(&'a Client),
}

/// Said even where progress is not: what the run would make is of no use.
const SAME_RESPONSES: &str =
    "at temperature 0 all responses to a prompt are the same, so no pairs will come out; \
    give a range such as --temperature 0.3..1.0";

/// Samples what is not in the output yet, and writes each sample as soon as it is there.
pub fn sample(request: &Request<'_>) -> Result<Report> {
    let clock = Clock::from_environment()?;
    let wanted = wanted(request);
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
    let output = |log| Output::new(request, (clock, log), report, &pending);
    match request.source {
        Source::Local { model, batch, compute } => {
            let (model, log) = model.load_for(log, compute)?;
            local::sample(output(log), &pending, (&model, batch as usize))
        }
        Source::Endpoint(client) => endpoint::sample(output(log), &pending, client),
    }
}

/// The prompts of the shard.
fn wanted<'a>(request: &Request<'a>) -> Vec<&'a Numbered<Prompt>> {
    let is_in_shard =
        |prompt: &&Numbered<Prompt>| request.shard.is_none_or(|shard| shard.contains(&prompt.record.id));
    request.prompts.prompts.iter().filter(is_in_shard).collect()
}

/// What the samples depend on; on a processor batch and threads do not count, because they change nothing there.
fn manifest(request: &Request<'_>) -> Manifest {
    let plan = request.plan;
    let stop = if plan.stop.is_empty() { "none".to_owned() } else { format!("{:?}", plan.stop) };
    let all = "all".to_owned();
    let (model, more) = match request.source {
        Source::Local { model, batch, compute } => (model.fingerprint(), ("device", compute.argument(batch))),
        Source::Endpoint(client) => (client.fingerprint(), ("redact", client.redacts().to_string())),
    };
    Manifest::new(
        "generate",
        [
            ("model", model),
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
            ("thinking", format!("{:?}", request.thinking).to_lowercase()),
            more,
        ],
    )
}

/// How a manifest names the prompts.
pub fn prompts_argument(prompts: &PromptSet) -> String {
    format!("sha256 {}", prompts.sha256)
}

/// The settings of each response to a prompt.
fn samplings(plan: &SamplingPlan, prompt_id: &str) -> Vec<Sampling> {
    (0..plan.n_responses).map(|index| plan.sampling(prompt_id, index)).collect()
}
