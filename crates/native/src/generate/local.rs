//! Samples from the engine in this process.

use super::output::Output;
use super::{samplings, Report};
use crate::args::ThinkingChoice;
use crate::interrupt;
use crate::model::LoadedModel;
use crate::outcome::EarlyEnd;
use anyhow::{Context, Result};
use std::ops::ControlFlow;
use tiebreak_core::schema::{Extra, Numbered, Prompt, Response};
use tiebreak_engine::generate::{generate, Completed, Event, Generated, Job, Options};

/// Samples all `pending` prompts with `model`, at most `batch` responses at once.
pub fn sample(
    mut output: Output<'_>,
    pending: &[&Numbered<Prompt>],
    (model, batch): (&LoadedModel, usize),
) -> Result<Report> {
    output.begin(&model.description())?;
    let (plan, thinking) = (output.plan(), output.thinking());
    let jobs = pending.iter().map(|prompt| Job {
        prompt_id: prompt.record.id.clone(),
        messages: prompt.record.messages.clone(),
        sampling: samplings(plan, &prompt.record.id),
        thinking: thinking != ThinkingChoice::Off,
    });
    let mut run = Run { output, model, failure: None };
    let generated = generate(&model.model, jobs, &Options { batch }, |event| run.take(event));
    generated.context("sampling stopped")?;
    match run.failure {
        Some(error) => Err(error),
        None => run.output.finish(),
    }
}

/// A run while the engine works.
struct Run<'a> {
    output: Output<'a>,
    model: &'a LoadedModel,
    /// Why nothing more can be written.
    failure: Option<anyhow::Error>,
}

impl Run<'_> {
    fn take(&mut self, event: Event) -> ControlFlow<()> {
        match event {
            Event::Step { rows_in_flight, new_tokens, .. } => {
                self.output.progress.step(rows_in_flight, new_tokens);
                if interrupt::is_requested() {
                    self.output.report.early_end = Some(EarlyEnd::Interrupted);
                    return ControlFlow::Break(());
                }
            }
            Event::Halved { batch } => self.output.progress.halved(batch),
            Event::Failed { prompt_id, error } => self.output.fail(&prompt_id, &error.to_string()),
            Event::Completed(completed) => {
                if let Err(error) = self.write(completed) {
                    self.failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn write(&mut self, completed: Completed) -> Result<()> {
        let prompt = self
            .output
            .prompt(&completed.prompt_id)
            .context("the engine answered a prompt that was not asked")?;
        let settings = samplings(self.output.plan(), &prompt.id);
        let keeps_thoughts = self.output.thinking() == ThinkingChoice::Keep;
        let response = |(sampling, generated): (_, Generated)| {
            let thinking_tokens = generated.thought.as_ref().map(|thought| thought.tokens);
            Response {
                id: String::new(),
                text: generated.text,
                tokens: Some(generated.tokens),
                finish_reason: Some(generated.finish_reason),
                thinking: generated.thought.filter(|_| keeps_thoughts).map(|thought| thought.text),
                thinking_tokens,
                mean_logprob_nats: generated.mean_logprob_nats,
                sampling: Some(sampling),
                model: Some(self.model.reference.clone()),
                runtime: Some(self.model.runtime),
                created_at: Some(self.output.clock.now()),
                kernels: None,
                revision: None,
                extra: Extra::new(),
            }
        };
        let responses = settings.into_iter().zip(completed.responses).map(response).collect();
        self.output.write(prompt.clone(), responses)
    }
}
