//! Many responses to many prompts, as many at once as the batch holds.
//!
//! A prompt is read once, and its responses continue it; a response that ends makes room for the next one without waiting for others.
//! What a response becomes depends on its prompt, its settings and its index alone.

mod row;

use crate::decoder::{Decoder, SequenceId, Wanted};
use crate::error::{EngineError, Result};
use crate::model::Model;
use crate::sampler;
use row::{Row, Start};
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use tiebreak_core::schema::{FinishReason, Message, Sampling};

/// A prompt and the settings of each response to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The prompt's id, which the random numbers are keyed by.
    pub prompt_id: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// One for each response; the place in the list is the response's index.
    pub sampling: Vec<Sampling>,
}

/// How the work is done; it has no influence on the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most responses in flight, at least 1.
    pub batch: usize,
}

/// A finished response.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The text, without special tokens and without the stop string that ended it.
    pub text: String,
    /// How many tokens were sampled, the one that ended it included.
    pub tokens: u32,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Mean of the tokens' log-probabilities under the model, in nats.
    pub mean_logprob_nats: f64,
}

/// A prompt all of whose responses are finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    /// The prompt's id.
    pub prompt_id: String,
    /// In the order of the job's settings.
    pub responses: Vec<Generated>,
}

/// What [`generate`] tells while it works.
#[derive(Debug)]
pub enum Event {
    /// A prompt is finished.
    Completed(Completed),
    /// A prompt could not be answered; the others go on.
    Failed {
        /// The prompt's id.
        prompt_id: String,
        /// What is wrong with it.
        error: EngineError,
    },
    /// Some tokens were computed.
    Step {
        /// Responses in flight.
        rows_in_flight: usize,
        /// Response tokens since the last step.
        new_tokens: u64,
        /// Prompt tokens since the last step.
        prefilled_tokens: u64,
    },
}

/// Answers every job, telling `on_event` of each as soon as it is done; a break stops it at once.
///
/// Jobs finish in an order of their own. A job that cannot be answered is told as failed; an error is what stops everything.
pub fn generate(
    model: &Model,
    jobs: impl IntoIterator<Item = Job>,
    options: &Options,
    on_event: impl FnMut(Event) -> ControlFlow<()>,
) -> Result<()> {
    if options.batch == 0 {
        return Err(EngineError::Request("the batch is 0, expected at least 1".into()));
    }
    let mut run = Run {
        model,
        decoder: model.decoder(),
        prompts: BTreeMap::new(),
        waiting: VecDeque::new(),
        rows: Vec::new(),
        next_prompt: 0,
        on_event,
    };
    match run.answer(jobs.into_iter(), options.batch) {
        Ok(()) => Ok(()),
        Err(Stop::Asked) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why everything stops.
enum Stop {
    Asked,
    Failed(EngineError),
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

/// A prompt with responses that are not finished.
struct Prompt {
    id: String,
    sequence: SequenceId,
    tokens: Vec<u32>,
    logits: Vec<f32>,
    responses: Vec<Option<Generated>>,
}

/// A response that has not begun: its prompt, its index and its settings.
struct Waiting {
    prompt: usize,
    index: u32,
    sampling: Sampling,
}

struct Run<'a, F> {
    model: &'a Model,
    decoder: Box<dyn Decoder>,
    prompts: BTreeMap<usize, Prompt>,
    waiting: VecDeque<Waiting>,
    rows: Vec<Row>,
    next_prompt: usize,
    on_event: F,
}

impl<F: FnMut(Event) -> ControlFlow<()>> Run<'_, F> {
    fn answer(&mut self, mut jobs: impl Iterator<Item = Job>, batch: usize) -> std::result::Result<(), Stop> {
        loop {
            while self.rows.len() < batch {
                if let Some(waiting) = self.waiting.pop_front() {
                    self.begin(waiting)?;
                } else if let Some(job) = jobs.next() {
                    self.read_prompt(job)?;
                } else {
                    break;
                }
            }
            if self.rows.is_empty() {
                return Ok(());
            }
            self.step()?;
        }
    }

    fn tell(&mut self, event: Event) -> std::result::Result<(), Stop> {
        match (self.on_event)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Asked),
        }
    }

    /// Computes a prompt's keys and values and queues its responses.
    fn read_prompt(&mut self, job: Job) -> std::result::Result<(), Stop> {
        let tokens = match self.accept(&job) {
            Ok(tokens) => tokens,
            Err(error) => return self.tell(Event::Failed { prompt_id: job.prompt_id, error }),
        };
        let sequence = self.decoder.open(None)?;
        let logits = self.decoder.extend(sequence, &tokens, Wanted::Last)?;
        let key = self.next_prompt;
        self.next_prompt += 1;
        let prefilled_tokens = tokens.len() as u64;
        let responses = vec![None; job.sampling.len()];
        self.prompts.insert(key, Prompt { id: job.prompt_id, sequence, tokens, logits, responses });
        self.waiting.extend((0..).zip(job.sampling).map(|(index, sampling)| Waiting {
            prompt: key,
            index,
            sampling,
        }));
        let rows_in_flight = self.rows.len();
        self.tell(Event::Step { rows_in_flight, new_tokens: 0, prefilled_tokens })
    }

    fn accept(&self, job: &Job) -> Result<Vec<u32>> {
        if job.sampling.is_empty() {
            return Err(EngineError::Request("no response is asked for".into()));
        }
        job.sampling.iter().try_for_each(sampler::check)?;
        self.model.encode_chat(&job.messages)
    }

    /// Samples a response's first token from the prompt's logits.
    fn begin(&mut self, Waiting { prompt: key, index, sampling }: Waiting) -> std::result::Result<(), Stop> {
        let prompt = &self.prompts[&key];
        let sequence = self.decoder.open(Some(prompt.sequence))?;
        let room = self.model.config().context_length - prompt.tokens.len();
        let mut row = Row::new(
            Start {
                prompt: key,
                index,
                sequence,
                room,
                prompt_id: &prompt.id,
                prompt_tokens: &prompt.tokens,
            },
            sampling,
            self.model.tokenizer(),
        );
        let ended = row.push(&prompt.logits, self.model.tokenizer())?;
        match ended {
            Some(generated) => self.finish(&row, generated)?,
            None => self.rows.push(row),
        }
        let rows_in_flight = self.rows.len();
        self.tell(Event::Step { rows_in_flight, new_tokens: 1, prefilled_tokens: 0 })
    }

    /// Samples one token of every response in flight.
    fn step(&mut self) -> std::result::Result<(), Stop> {
        let inputs: Vec<(SequenceId, u32)> =
            self.rows.iter().map(|row| (row.sequence, row.last_token())).collect();
        let logits = self.decoder.step(&inputs)?;
        let vocab = self.model.config().vocab_size;
        let rows = std::mem::take(&mut self.rows);
        let mut finished = Vec::new();
        for (mut row, logits) in rows.into_iter().zip(logits.chunks_exact(vocab)) {
            match row.push(logits, self.model.tokenizer())? {
                Some(generated) => finished.push((row, generated)),
                None => self.rows.push(row),
            }
        }
        let (rows_in_flight, new_tokens) = (inputs.len(), inputs.len() as u64);
        for (row, generated) in finished {
            self.finish(&row, generated)?;
        }
        self.tell(Event::Step { rows_in_flight, new_tokens, prefilled_tokens: 0 })
    }

    /// Files a response, and its prompt with it where it was the last one.
    fn finish(&mut self, row: &Row, generated: Generated) -> std::result::Result<(), Stop> {
        self.decoder.close(row.sequence);
        let prompt = self.prompts.get_mut(&row.prompt).expect("a prompt stays until its last response");
        prompt.responses[row.index as usize] = Some(generated);
        if prompt.responses.iter().any(Option::is_none) {
            return Ok(());
        }
        let prompt = self.prompts.remove(&row.prompt).expect("it was there a line above");
        self.decoder.close(prompt.sequence);
        let responses = prompt.responses.into_iter().flatten().collect();
        self.tell(Event::Completed(Completed { prompt_id: prompt.id, responses }))
    }
}
