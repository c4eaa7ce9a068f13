//! Sampling: two responses to a prompt, or the one of them that this worker is asked for.

use super::{Failure, Loaded, State};
use crate::browser::{from_js, message_of};
use crate::protocol::{Done, ErrorCode, ModelFacts, PairRequest, Reply, Stage};
use std::ops::Range as Indices;
use tiebreak_core::plan::{Range, SamplingPlan, Spread};
use tiebreak_core::schema::{
    Extra, Message, ModelReference, Prompt, Response, Runtime, Sample, Sampling, prompt_id, response_ids,
    to_line,
};
use tiebreak_engine::generate::{Event, Generated, Generation, Job, Options};
use wasm_bindgen::JsValue;

/// How long the worker computes before it looks at its messages, in milliseconds.
const SLICE_MS: f64 = 25.0;
/// How many responses a pair has.
const N_RESPONSES: u32 = 2;

/// What is to be sampled.
struct Order {
    prompt_id: String,
    messages: Vec<Message>,
    /// Of every response of the pair.
    sampling: Vec<Sampling>,
    /// The responses that are wanted.
    wanted: Indices<usize>,
}

impl Order {
    fn of(request: PairRequest) -> Result<Self, Failure> {
        let plan = SamplingPlan {
            temperature: Range { low: request.temperatures[0], high: request.temperatures[1] },
            max_tokens: request.max_tokens,
            n_responses: N_RESPONSES,
            spread: Spread::Stratified,
            seed: request.seed,
            ..SamplingPlan::default()
        };
        plan.check().map_err(|problem| Failure::new(ErrorCode::Request, problem))?;
        let wanted = match request.only {
            None => 0..N_RESPONSES as usize,
            Some(index) if index < N_RESPONSES => index as usize..index as usize + 1,
            Some(index) => {
                return Err(Failure::new(ErrorCode::Request, format!("only is {index}, expected 0 or 1")));
            }
        };
        let messages = request.prompt.into_messages();
        let prompt_id = request.prompt_id.unwrap_or_else(|| prompt_id(&messages));
        let sampling = (0..N_RESPONSES).map(|index| plan.sampling(&prompt_id, index)).collect();
        Ok(Self { prompt_id, messages, sampling, wanted })
    }

    /// What the engine is asked for.
    ///
    /// A response's random numbers are keyed by its place in the list, so one that comes before those that are
    /// wanted keeps its place: it ends with its first token, which the prompt's logits give without a step of the model.
    fn job(&self) -> Job {
        let mut sampling = self.sampling[..self.wanted.end].to_vec();
        sampling[..self.wanted.start].iter_mut().for_each(|unwanted| unwanted.max_tokens = 1);
        Job { prompt_id: self.prompt_id.clone(), messages: self.messages.clone(), sampling, thinking: false }
    }

    fn most_tokens(&self) -> u64 {
        self.sampling[self.wanted.clone()].iter().map(|sampling| u64::from(sampling.max_tokens)).sum()
    }

    /// The record, with the responses that were wanted.
    fn sample(self, generated: &[Generated], facts: &ModelFacts) -> Sample {
        let texts: Vec<&str> = generated.iter().map(|one| one.text.as_str()).collect();
        let ids = response_ids(&self.messages, &texts);
        let sampling = self.sampling[self.wanted].iter().cloned();
        let responses = generated.iter().zip(ids).zip(sampling).map(|((generated, id), sampling)| Response {
            id,
            text: generated.text.clone(),
            tokens: Some(generated.tokens),
            finish_reason: Some(generated.finish_reason),
            thinking: None,
            thinking_tokens: None,
            mean_logprob_nats: generated.mean_logprob_nats,
            sampling: Some(sampling),
            model: Some(reference(facts)),
            runtime: Some(Runtime::Browser),
            kernels: Some(facts.kernels.clone()),
            created_at: jiff::Timestamp::from_millisecond(js_sys::Date::now() as i64).ok(),
            revision: None,
            extra: Extra::new(),
        });
        Sample {
            responses: responses.collect(),
            prompt: Prompt::new(self.prompt_id, self.messages),
            extra: Extra::new(),
        }
    }
}

impl State {
    pub(super) async fn pair(&self, id: u32, request: PairRequest) -> Result<Reply, Failure> {
        let loaded = self.loaded()?;
        let order = Order::of(request)?;
        let generated = self.generate(id, &loaded, &order).await?;
        Ok(done_with(&order.sample(&generated, &loaded.facts)))
    }

    /// The responses that are wanted, whose text is told as it comes.
    async fn generate(&self, id: u32, loaded: &Loaded, order: &Order) -> Result<Vec<Generated>, Failure> {
        let (model, jobs, options) = (&loaded.model, std::iter::once(order.job()), Options { batch: 2 });
        let mut generation = match loaded.prompt.take() {
            Some(read) => Generation::after(model, jobs, &options, read)?,
            None => Generation::new(model, jobs, &options)?,
        };
        let (mut told, mut n_sampled, mut n_read) = ([0usize; 2], 0, 0);
        let n_unwanted = order.wanted.start as u64;
        let mut since = js_sys::Date::now();
        let mut answered = Vec::new();
        while let Some(events) = generation.advance()? {
            for event in events {
                match event {
                    Event::Completed(completed) => answered = completed.responses,
                    Event::Failed { error, .. } => return Err(error.into()),
                    Event::Step { new_tokens, prefilled_tokens, .. } => {
                        n_sampled += new_tokens;
                        n_read += prefilled_tokens;
                    }
                    // There is no GPU whose memory could be full.
                    Event::Halved { .. } => {}
                }
            }
            let n_tokens = n_sampled.saturating_sub(n_unwanted);
            if js_sys::Date::now() - since >= SLICE_MS || n_tokens == 0 {
                match n_tokens {
                    0 => self.progress(id, Stage::Prefill, n_read, 0),
                    _ => self.progress(id, Stage::Sample, n_tokens, order.most_tokens()),
                }
                for (_, index, text) in generation.texts() {
                    self.tell_more(id, index as usize, text, &mut told);
                }
                self.breathe(id).await?;
                since = js_sys::Date::now();
            }
        }
        loaded.prompt.replace(generation.into_last_prompt());
        let answered: Vec<Generated> = answered.into_iter().skip(order.wanted.start).collect();
        for (index, one) in order.wanted.clone().zip(&answered) {
            self.tell_more(id, index, &one.text, &mut told);
        }
        Ok(answered)
    }

    /// Sends what a text has got since the last time.
    fn tell_more(&self, id: u32, index: usize, text: &str, told: &mut [usize; 2]) {
        let Some(told) = told.get_mut(index) else { return };
        if let Some(more) = text.get(*told..).filter(|more| !more.is_empty()) {
            self.reply(id, &Reply::Delta { index: index as u32, text: more.to_owned() });
            *told = text.len();
        }
    }
}

/// One sample of the two halves in a message. Ids are made anew: a text that comes twice has one of its own the second time.
pub(super) fn join(message: &JsValue) -> Result<Reply, Failure> {
    let halves = js_sys::Reflect::get(message, &"halves".into())?;
    let half = |index| {
        let half = js_sys::Reflect::get_u32(&halves, index)?;
        from_js(&half).map_err(|problem| Failure::new(ErrorCode::Request, message_of(&problem)))
    };
    let (mut sample, other): (Sample, Sample) = (half(0)?, half(1)?);
    sample.responses.extend(other.responses);
    let texts: Vec<&str> = sample.responses.iter().map(|response| response.text.as_str()).collect();
    let ids = response_ids(&sample.prompt.messages, &texts);
    for (response, id) in sample.responses.iter_mut().zip(ids) {
        response.id = id;
    }
    Ok(done_with(&sample))
}

fn done_with(sample: &Sample) -> Reply {
    Done { sample: serde_json::from_str(&to_line(sample)).ok(), ..Done::default() }.into()
}

fn reference(facts: &ModelFacts) -> ModelReference {
    ModelReference {
        name: facts.name.clone(),
        sha256: Some(facts.sha256.clone()),
        quantization: Some(facts.quantization.clone()),
        extra: Extra::new(),
    }
}
