//! Who writes critiques and revisions: the engine in this process, or a server.

use super::chain::Written;
use crate::endpoint::{ask_all, Answer, Ask, Client, Extras, Next};
use crate::interrupt;
use crate::model::LoadedModel;
use crate::outcome::EarlyEnd;
use crate::progress::Progress;
use anyhow::{Context, Result};
use std::ops::ControlFlow;
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{Message, Runtime, Sampling};
use tiebreak_engine::generate::{generate, Event, Generated, Job, Options};

/// Something to be written, with the key of its random numbers.
pub struct Wanted {
    pub key: String,
    pub messages: Vec<Message>,
}

/// Who writes.
pub enum Writer<'a> {
    Local { model: &'a LoadedModel, batch: usize },
    Endpoint(&'a Client),
}

/// What came of a number of wanted texts, in their order; none for those that were not reached.
pub struct Wave {
    pub written: Vec<Option<Result<Written, String>>>,
    /// Why the run ends here, where it does.
    pub end: Option<EarlyEnd>,
}

impl Writer<'_> {
    /// Writes all of `wanted`.
    pub fn write(&self, wanted: Vec<Wanted>, sampling: &Sampling, progress: &mut Progress) -> Result<Wave> {
        match self {
            Self::Local { model, batch } => locally(model, *batch, (wanted, sampling), progress),
            Self::Endpoint(client) => by_server(client, (wanted, sampling), progress),
        }
    }
}

fn locally(
    model: &LoadedModel,
    batch: usize,
    (wanted, sampling): (Vec<Wanted>, &Sampling),
    progress: &mut Progress,
) -> Result<Wave> {
    let places: std::collections::BTreeMap<String, usize> =
        wanted.iter().enumerate().map(|(place, wanted)| (wanted.key.clone(), place)).collect();
    let mut wave = Wave { written: wanted.iter().map(|_| None).collect(), end: None };
    let jobs = wanted.into_iter().map(|wanted| Job {
        prompt_id: wanted.key,
        messages: wanted.messages,
        sampling: vec![sampling.clone()],
        thinking: false,
    });
    let written = |generated: Generated| Written {
        text: generated.text,
        tokens: Some(generated.tokens),
        finish_reason: Some(generated.finish_reason),
        other_ending: None,
        mean_logprob_nats: generated.mean_logprob_nats,
        model: model.reference.clone(),
        runtime: model.runtime,
    };
    let generated = generate(&model.model, jobs, &Options { batch }, |event| {
        let (key, result) = match event {
            Event::Step { rows_in_flight, new_tokens, .. } => {
                progress.step(rows_in_flight, new_tokens);
                if interrupt::is_requested() {
                    wave.end = Some(EarlyEnd::Interrupted);
                    return ControlFlow::Break(());
                }
                return ControlFlow::Continue(());
            }
            Event::Halved { batch } => {
                progress.halved(batch);
                return ControlFlow::Continue(());
            }
            Event::Failed { prompt_id, error } => (prompt_id, Err(error.to_string())),
            Event::Completed(completed) => {
                let first = completed.responses.into_iter().next();
                (completed.prompt_id, first.map(written).ok_or_else(|| "the model wrote nothing".to_owned()))
            }
        };
        wave.written[places[&key]] = Some(result);
        ControlFlow::Continue(())
    });
    generated.context("revising stopped")?;
    Ok(wave)
}

fn by_server(
    client: &Client,
    (wanted, sampling): (Vec<Wanted>, &Sampling),
    progress: &mut Progress,
) -> Result<Wave> {
    let mut wave = Wave { written: wanted.iter().map(|_| None).collect(), end: None };
    let asks = wanted.into_iter().enumerate().map(|(place, wanted)| (place, ask(wanted, sampling)));
    let totals = ask_all(client, asks, |place, result| {
        if let Ok(answer) = &result {
            progress.sampled(answer.completion_tokens.unwrap_or_default());
        }
        wave.written[place] = Some(result.map(written).map_err(|error| error.to_string()));
        Ok(Next::GoOn)
    })?;
    wave.end = totals.end.early(progress)?;
    Ok(wave)
}

/// The ask for one text.
pub fn ask(wanted: Wanted, sampling: &Sampling) -> Ask {
    // 31 bits, which all servers can hold.
    let random = ResponseRandom::new(sampling.seed, &wanted.key, 0).uniform(Purpose::Token, 0);
    let seed = (random * f64::from(1u32 << 31)) as u64;
    Ask {
        messages: wanted.messages,
        temperature: Some(sampling.temperature),
        top_p: sampling.top_p,
        max_tokens: sampling.max_tokens,
        seed: (sampling.temperature > 0.0).then_some(seed),
        stop: Vec::new(),
        top_logprobs: None,
        extras: Extras::default(),
    }
}

fn written(answer: Answer) -> Written {
    let (finish_reason, other_ending) = answer.finish.recorded();
    Written {
        text: answer.text,
        tokens: answer.completion_tokens.and_then(|tokens| u32::try_from(tokens).ok()),
        finish_reason,
        other_ending,
        mean_logprob_nats: None,
        model: tiebreak_core::schema::ModelReference {
            name: answer.model,
            sha256: None,
            quantization: None,
            extra: Default::default(),
        },
        runtime: Runtime::Endpoint,
    }
}
