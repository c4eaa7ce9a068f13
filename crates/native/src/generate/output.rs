//! Where samples are written while others are still sampled.

use super::{Report, Request};
use crate::args::ThinkingChoice;
use crate::clock::Clock;
use crate::files::{say, Log};
use crate::interrupt;
use crate::progress::Progress;
use crate::terminal::plural;
use anyhow::Result;
use std::collections::BTreeMap;
use tiebreak_core::plan::SamplingPlan;
use tiebreak_core::schema::{response_ids, Extra, FinishReason, Numbered, Prompt, Record, Response, Sample};

/// The file of samples, and what is known of the run.
pub struct Output<'a> {
    request: &'a Request<'a>,
    pub clock: Clock,
    log: Log,
    pub report: Report,
    /// What the run shows; begun by [`Output::begin`].
    pub progress: Progress,
    prompts: BTreeMap<&'a str, &'a Numbered<Prompt>>,
}

impl<'a> Output<'a> {
    pub fn new(
        request: &'a Request<'a>,
        (clock, log): (Clock, Log),
        report: Report,
        pending: &[&'a Numbered<Prompt>],
    ) -> Self {
        let prompts = pending.iter().map(|p| (p.record.id.as_str(), *p)).collect();
        Self { request, clock, log, report, progress: Progress::silent(), prompts }
    }

    pub fn plan(&self) -> &'a SamplingPlan {
        self.request.plan
    }

    /// What becomes of what a reasoning model thinks.
    pub fn thinking(&self) -> ThinkingChoice {
        self.request.thinking
    }

    /// Says what is about to be done by `model`, and listens for Ctrl-C from here on.
    pub fn begin(&mut self, model: &str) -> Result<()> {
        let (request, report) = (self.request, &self.report);
        if request.plan.temperature.high == 0.0 && request.plan.n_responses > 1 {
            say(super::SAME_RESPONSES);
        }
        if !request.quiet {
            if report.n_before > 0 {
                let n_before = plural(report.n_before, "sample");
                say(&format!("{}: going on after {n_before}", request.out.display()));
            }
            let (n_responses, n_prompts) = (request.plan.n_responses, plural(self.prompts.len(), "prompt"));
            say(&format!("sampling {n_responses} responses to each of {n_prompts} with {model}"));
        }
        interrupt::listen()?;
        let quiet = request.quiet || self.log.shares_the_terminal();
        self.progress = Progress::start("prompts", report.n_wanted, report.n_before, quiet);
        Ok(())
    }

    /// The prompt of this run with the id `prompt_id`.
    pub fn prompt(&self, prompt_id: &str) -> Option<&'a Prompt> {
        self.prompts.get(prompt_id).map(|prompt| &prompt.record)
    }

    /// Reports why a prompt has no sample.
    pub fn fail(&mut self, prompt_id: &str, what: &str) {
        let line = self.prompts.get(prompt_id).map_or(0, |prompt| prompt.line);
        self.report.n_problems += 1;
        self.progress.failed();
        self.progress.say(&format!("{}:{line}: prompt `{prompt_id}`: {what}", self.request.prompts.name));
    }

    /// Writes the sample of a prompt and its responses, which get their ids here.
    pub fn write(&mut self, prompt: Prompt, responses: Vec<Response>) -> Result<()> {
        let texts: Vec<&str> = responses.iter().map(|response| response.text.as_str()).collect();
        let ids = response_ids(&prompt.messages, &texts);
        let responses: Vec<Response> =
            ids.into_iter().zip(responses).map(|(id, response)| Response { id, ..response }).collect();
        let sample = Sample { prompt, responses, extra: Extra::new() };
        // A value that JSON cannot hold would make the line unreadable.
        if let Some(finding) = sample.check().first() {
            let what = format!("the response cannot be recorded: {}: {}", finding.path, finding.message);
            self.fail(&sample.prompt.id, &what);
            return Ok(());
        }
        self.log.append(&sample)?;
        self.report.n_added += 1;
        self.report.n_responses += sample.responses.len();
        self.report.n_unanswered +=
            sample.responses.iter().filter(|response| is_thought_alone(response)).count();
        let tokens = sample.responses.iter().flat_map(|response| [response.tokens, response.thinking_tokens]);
        let n_tokens = tokens.flatten().map(u64::from).sum();
        self.report.n_tokens += n_tokens;
        self.progress.done_with(n_tokens);
        Ok(())
    }

    /// Says what is no problem, unless the run is to be quiet.
    pub fn tell(&self, line: &str) {
        if !self.request.quiet {
            self.progress.say(line);
        }
    }

    /// Waits until all is on the disk.
    pub fn finish(mut self) -> Result<Report> {
        self.report.elapsed = self.progress.finish().elapsed;
        self.log.finish().map(|()| self.report)
    }

    /// Ends a run that cannot go on; where nothing was written, the output is taken away again.
    pub fn abandon(self) {
        self.log.abandon();
    }
}

/// Whether the thought took all tokens and left none to the answer.
fn is_thought_alone(response: &Response) -> bool {
    let Response { thinking_tokens, tokens, finish_reason, .. } = response;
    thinking_tokens.is_some() && *tokens == Some(0) && *finish_reason == Some(FinishReason::Length)
}
