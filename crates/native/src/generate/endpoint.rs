//! Samples from a server, one call for each response.

use super::output::Output;
use super::{samplings, wanted, Report, Request};
use crate::endpoint::{
    ask_all, redacted_messages, Answer, Ask, AskError, Client, Extras, Next, Totals, SERVERS_REASON,
};
use crate::files::{read_all, say, DASH};
use crate::outcome::Outcome;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tiebreak_core::plan::SamplingPlan;
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{Extra, ModelReference, Numbered, Prompt, Response, Runtime, Sample, Sampling};

/// Which response an ask is for: the prompt's place among those pending, and the response's index.
type Place = (usize, usize);

/// Tells what the run would take, and makes no call.
pub fn dry_run(request: &Request<'_>, client: &Client) -> Result<Outcome> {
    let done = if request.force { BTreeSet::new() } else { ids_in(request.out)? };
    let pending: Vec<_> = wanted(request).into_iter().filter(|p| !done.contains(&p.record.id)).collect();
    let estimate = client.estimate(asks(&pending, request.plan).map(|(_, ask)| ask))?;
    say(&format!("a dry run: {}", estimate.text()));
    Ok(Outcome::Done)
}

/// The prompts that have a sample in the file already.
fn ids_in(out: &Path) -> Result<BTreeSet<String>> {
    if out == Path::new(DASH) || !out.is_file() {
        return Ok(BTreeSet::new());
    }
    let samples = read_all::<Sample>(&[out.to_string_lossy().into_owned()], |_| {})?;
    Ok(samples.into_iter().map(|sample| sample.prompt.id).collect())
}

/// Samples all `pending` prompts from the server; a sample is written when all responses of its prompt are there.
pub fn sample(mut output: Output<'_>, pending: &[&Numbered<Prompt>], client: &Client) -> Result<Report> {
    let plan = output.plan();
    if let Err(error) = asks(pending, plan).try_for_each(|(_, ask)| client.check(&ask)) {
        output.abandon();
        return Err(error);
    }
    let texts = pending.iter().flat_map(|p| &p.record.messages).map(|message| message.content.as_str());
    client.announce(pending.len() * plan.n_responses as usize, texts);
    output.begin(&client.model())?;
    let mut run = Run { output, pending, client, unfinished: BTreeMap::new() };
    let totals = ask_all(client, asks(pending, plan), |place, result| run.take(place, result))?;
    run.finish(&totals)
}

/// Every ask of the run; those of one prompt follow each other.
fn asks<'a>(
    pending: &'a [&Numbered<Prompt>],
    plan: &'a SamplingPlan,
) -> impl Iterator<Item = (Place, Ask)> + 'a {
    pending.iter().enumerate().flat_map(move |(place, prompt)| {
        let settings = samplings(plan, &prompt.record.id).into_iter().enumerate();
        settings.map(move |(index, sampling)| ((place, index), ask(&prompt.record, &sampling, index)))
    })
}

fn ask(prompt: &Prompt, sampling: &Sampling, index: usize) -> Ask {
    Ask {
        messages: prompt.messages.clone(),
        temperature: Some(sampling.temperature),
        top_p: sampling.top_p,
        max_tokens: sampling.max_tokens,
        seed: (sampling.temperature > 0.0).then(|| seed(sampling.seed, &prompt.id, index)),
        stop: sampling.stop.clone(),
        top_logprobs: None,
        extras: Extras {
            top_k: sampling.top_k,
            min_p: (sampling.min_p > 0.0).then_some(sampling.min_p),
            repetition_penalty: (sampling.repetition_penalty != 1.0).then_some(sampling.repetition_penalty),
        },
    }
}

/// The seed that a server gets for one response: 31 bits, which all servers can hold.
fn seed(run_seed: u64, prompt_id: &str, index: usize) -> u64 {
    let random = ResponseRandom::new(run_seed, prompt_id, index as u32);
    (random.uniform(Purpose::Token, 0) * f64::from(1u32 << 31)) as u64
}

/// A run while the server answers.
struct Run<'a> {
    output: Output<'a>,
    pending: &'a [&'a Numbered<Prompt>],
    client: &'a Client,
    /// What is there of prompts whose responses are not all there, by the prompt's place.
    unfinished: BTreeMap<usize, Unfinished>,
}

#[derive(Default)]
struct Unfinished {
    responses: BTreeMap<usize, Response>,
    failures: Vec<AskError>,
}

impl Run<'_> {
    fn take(&mut self, (place, index): Place, result: Result<Answer, AskError>) -> Result<Next> {
        let prompt = &self.pending[place].record;
        let plan = self.output.plan();
        let unfinished = self.unfinished.entry(place).or_default();
        match result {
            Ok(answer) => {
                self.output.progress.sampled(answer.completion_tokens.unwrap_or_default());
                let response = response(answer, plan.sampling(&prompt.id, index as u32));
                unfinished.responses.insert(index, response);
            }
            Err(error) => unfinished.failures.push(error),
        }
        if unfinished.responses.len() + unfinished.failures.len() == plan.n_responses as usize {
            let finished = self.unfinished.remove(&place).unwrap_or_default();
            self.write(prompt, finished)?;
        }
        Ok(Next::GoOn)
    }

    /// Writes a sample, or says why there is none.
    fn write(&mut self, prompt: &Prompt, Unfinished { responses, failures }: Unfinished) -> Result<()> {
        match failures.first() {
            Some(error) => {
                self.output.fail(&prompt.id, &error.to_string());
                Ok(())
            }
            None => self.output.write(self.as_asked(prompt), responses.into_values().collect()),
        }
    }

    /// The prompt as the model saw it.
    fn as_asked(&self, prompt: &Prompt) -> Prompt {
        match self.client.redacts() {
            true => Prompt { messages: redacted_messages(&prompt.messages), ..prompt.clone() },
            false => prompt.clone(),
        }
    }

    fn finish(mut self, totals: &Totals) -> Result<Report> {
        // Of some prompts one response failed, and the run ended before the others came.
        for (place, Unfinished { failures, .. }) in std::mem::take(&mut self.unfinished) {
            if let Some(error) = failures.first() {
                self.output.fail(&self.pending[place].record.id, &error.to_string());
            }
        }
        self.output.tell(&totals.to_string());
        match totals.end.early(&self.output.progress) {
            Ok(end) => self.output.report.early_end = end,
            Err(useless) => {
                self.output.abandon();
                return Err(useless);
            }
        }
        self.output.finish()
    }
}

/// The response without its id, which the output gives.
///
/// What servers call a log-probability may be of filtered or cooled probabilities, so records do not carry it.
fn response(answer: Answer, sampling: Sampling) -> Response {
    let (finish_reason, other_ending) = answer.finish.recorded();
    let extra = other_ending.map(|name| (SERVERS_REASON.to_owned(), name.into())).into_iter().collect();
    Response {
        id: String::new(),
        text: answer.text,
        tokens: answer.completion_tokens.and_then(|tokens| u32::try_from(tokens).ok()),
        finish_reason,
        thinking: None,
        thinking_tokens: None,
        mean_logprob_nats: None,
        sampling: Some(sampling),
        model: Some(ModelReference {
            name: answer.model,
            sha256: None,
            quantization: None,
            extra: Extra::new(),
        }),
        runtime: Some(Runtime::Endpoint),
        created_at: answer.answered_at,
        kernels: None,
        revision: None,
        extra,
    }
}
