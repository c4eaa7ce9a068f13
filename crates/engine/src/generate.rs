//! Many responses to many prompts, as many at once as the batch holds.
//!
//! A prompt is read once, and its responses continue it; a response that ends makes room for the next one without waiting for others.
//! What a response becomes depends on its prompt, its settings and its index alone.

mod prompts;
mod row;
#[cfg(all(test, feature = "candle"))]
mod tests;
mod thinking;

pub use thinking::Thought;

use crate::decoder::{Decoder, SequenceId};
use crate::error::{EngineError, Result};
use crate::model::Model;
use crate::prompt::ReadPrompt;
use crate::sampler::Draw;
use prompts::Reading;
use row::{Next, Row, Start};
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
    /// Whether the template is told that the model may think before it answers; some models do so whatever it is told.
    pub thinking: bool,
}

/// How many tokens of a prompt are computed at once.
///
/// It bounds how long responses in flight, and whoever looks at a page, wait for a prompt.
/// It is the same everywhere, as the last bits of the decoder on candle's tensors depend on it.
pub const PROMPT_CHUNK: usize = 64;

/// How the work is done; on a processor it has no influence on the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most responses in flight, at least 1; a decoder may take fewer at once.
    pub batch: usize,
}

/// A finished response.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The text, without special tokens and without the stop string that ended it.
    pub text: String,
    /// How many of its tokens were sampled, the one that ended it included.
    pub tokens: u32,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Mean of these tokens' log-probabilities under the model, in nats; none where the model never came to answer.
    pub mean_logprob_nats: Option<f64>,
    /// What the model thought before it.
    pub thought: Option<Thought>,
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
    /// The device's memory was full: responses in flight begin again, fewer at once.
    Halved {
        /// The most responses in flight from here on.
        batch: usize,
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
    generate_after(model, &[], jobs, options, on_event)
}

/// The same, with `prefix` computed once for all prompts that begin with these tokens.
///
/// The last bits of a response's logits may depend on the prefix, as sums are cut elsewhere; so take one that depends on neither the jobs nor their order, such as [`common_beginning`] of a template.
pub fn generate_after(
    model: &Model,
    prefix: &[u32],
    jobs: impl IntoIterator<Item = Job>,
    options: &Options,
    mut on_event: impl FnMut(Event) -> ControlFlow<()>,
) -> Result<()> {
    let mut generation = Generation::new(model, jobs.into_iter(), options)?;
    generation.read_prefix(prefix)?;
    while let Some(events) = generation.advance()? {
        if events.into_iter().try_for_each(&mut on_event).is_break() {
            break;
        }
    }
    Ok(())
}

/// The tokens that all `prompts` begin with, at least one being left to each.
pub fn common_beginning(model: &Model, prompts: &[Vec<Message>]) -> Result<Vec<u32>> {
    let encoded = prompts.iter().map(|messages| model.encode_chat(messages)).collect::<Result<Vec<_>>>()?;
    let Some((first, others)) = encoded.split_first() else { return Ok(Vec::new()) };
    let shortest = encoded.iter().map(Vec::len).min().unwrap_or(0);
    let is_common = |at: &usize| others.iter().all(|other| other[*at] == first[*at]);
    let length = (0..shortest.saturating_sub(1)).take_while(is_common).count();
    Ok(first[..length].to_vec())
}

/// The same work in small pieces, for a host that has other things to do in between.
pub struct Generation<'a, J> {
    model: &'a Model,
    decoder: Box<dyn Decoder>,
    jobs: J,
    batch: usize,
    /// What prompts may begin with, where it was read beforehand.
    prefix: Option<(SequenceId, Vec<u32>)>,
    reading: Option<Reading>,
    /// How many pieces of prompts were read since responses last got a token.
    n_pieces: usize,
    /// The prompt that was finished last, which the next one may be again.
    last: Option<Prompt>,
    prompts: BTreeMap<usize, Prompt>,
    waiting: VecDeque<Waiting>,
    rows: Vec<Row>,
    next_prompt: usize,
    events: Vec<Event>,
}

/// A prompt with responses that are not finished.
struct Prompt {
    id: String,
    sequence: SequenceId,
    tokens: Vec<u32>,
    logits: Vec<f32>,
    responses: Vec<Option<Generated>>,
}

/// A response in flight with what its next token made of it.
struct Pushed {
    row: Row,
    result: Result<Option<Generated>>,
}

/// A response that has not begun: its prompt, its index and its settings.
struct Waiting {
    prompt: usize,
    index: u32,
    sampling: Sampling,
}

impl<'a, J: Iterator<Item = Job>> Generation<'a, J> {
    /// Begins; a batch of 0 is an error.
    pub fn new(model: &'a Model, jobs: J, options: &Options) -> Result<Self> {
        Self::on(model.decoder(), model, jobs, options)
    }

    /// Begins with a prompt of the same model that is read already, whether or not a job asks it.
    pub fn after(model: &'a Model, jobs: J, options: &Options, read: ReadPrompt) -> Result<Self> {
        let ReadPrompt { mut decoder, sequence, tokens, n_read, logits } = read;
        let is_whole = n_read == tokens.len();
        if !is_whole {
            decoder.close(sequence);
        }
        let mut generation = Self::on(decoder, model, jobs, options)?;
        let (id, responses) = (String::new(), Vec::new());
        let prompt = Prompt { id, sequence, tokens, logits, responses };
        generation.last = is_whole.then_some(prompt);
        Ok(generation)
    }

    fn on(decoder: Box<dyn Decoder>, model: &'a Model, jobs: J, options: &Options) -> Result<Self> {
        if options.batch == 0 {
            return Err(EngineError::Request("the batch is 0, expected at least 1".into()));
        }
        let batch = options.batch.min(decoder.most_rows());
        Ok(Self {
            model,
            decoder,
            jobs,
            batch,
            prefix: None,
            reading: None,
            n_pieces: 0,
            last: None,
            prompts: BTreeMap::new(),
            waiting: VecDeque::new(),
            rows: Vec::new(),
            next_prompt: 0,
            events: Vec::new(),
        })
    }

    /// The prompt that was finished last, for whoever continues it next.
    pub fn into_last_prompt(self) -> Option<ReadPrompt> {
        let Prompt { sequence, tokens, logits, .. } = self.last?;
        Some(ReadPrompt { decoder: self.decoder, sequence, n_read: tokens.len(), tokens, logits })
    }

    /// Does one piece of work, at most [`PROMPT_CHUNK`] tokens of a prompt or a token of each response in flight.
    ///
    /// Returns what happened, or none when every job is answered.
    pub fn advance(&mut self) -> Result<Option<Vec<Event>>> {
        if self.reading.is_some() && self.may_read() {
            self.n_pieces += 1;
            self.read_on()?;
        } else if self.reading.is_some() || self.rows.len() >= self.batch {
            self.step()?;
        } else if let Some(waiting) = self.waiting.pop_front() {
            self.begin(waiting)?;
        } else if let Some(job) = self.jobs.next() {
            self.open(job)?;
        } else if self.rows.is_empty() {
            return Ok(None);
        } else {
            self.step()?;
        }
        Ok(Some(std::mem::take(&mut self.events)))
    }

    /// Whether responses in flight can wait for another piece of a prompt: for one in a full batch, and for up to four where there is room for more of them.
    fn may_read(&self) -> bool {
        let free = self.batch - self.rows.len().min(self.batch);
        self.rows.is_empty() || self.n_pieces < 1 + 3 * free / self.batch
    }

    /// What responses in flight say so far: their prompt's id, their index, their text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, u32, &str)> {
        self.rows.iter().map(|row| (self.prompts[&row.prompt].id.as_str(), row.index, row.text()))
    }

    /// Samples a response's first token from the prompt's logits.
    fn begin(&mut self, Waiting { prompt: key, index, sampling }: Waiting) -> Result<()> {
        let prompt = &self.prompts[&key];
        let sequence = self.decoder.open(Some(prompt.sequence))?;
        let room = self.model.info().context_length - prompt.tokens.len();
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
        let ended = row.push(&Next::Logits(&prompt.logits), self.model.tokenizer())?;
        match ended {
            Some(generated) => self.finish(&row, generated),
            None => self.rows.push(row),
        }
        let rows_in_flight = self.rows.len();
        self.events.push(Event::Step { rows_in_flight, new_tokens: 1, prefilled_tokens: 0 });
        Ok(())
    }

    /// Samples one token of every response in flight.
    fn step(&mut self) -> Result<()> {
        self.n_pieces = 0;
        let inputs: Vec<(SequenceId, u32)> =
            self.rows.iter().map(|row| (row.sequence, row.last_token())).collect();
        let draws: Vec<Draw<'_>> = self.rows.iter().map(Row::draw).collect();
        let stepped = match self.decoder.step_and_sample(&inputs, &draws) {
            Ok(stepped) => stepped,
            Err(error) if error.is_out_of_memory() && self.rows.len() > 1 => {
                self.halve();
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let nexts = Next::each(&stepped, self.model.info().vocab_size);
        let pushed = |row| Pushed { row, result: Ok(None) };
        let mut rows: Vec<(Pushed, Next<'_>)> =
            std::mem::take(&mut self.rows).into_iter().map(pushed).zip(nexts).collect();
        let tokenizer = self.model.tokenizer();
        let push = |(pushed, next): &mut (Pushed, Next<'_>)| {
            pushed.result = pushed.row.push(next, tokenizer);
        };
        match self.decoder.team() {
            Some(team) => team.each(&mut rows, push),
            None => rows.iter_mut().for_each(push),
        }
        let mut finished = Vec::new();
        for (Pushed { row, result }, _) in rows {
            match result? {
                Some(generated) => finished.push((row, generated)),
                None => self.rows.push(row),
            }
        }
        let (rows_in_flight, new_tokens) = (inputs.len(), inputs.len() as u64);
        for (row, generated) in finished {
            self.finish(&row, generated);
        }
        self.events.push(Event::Step { rows_in_flight, new_tokens, prefilled_tokens: 0 });
        Ok(())
    }

    /// Gives up all responses in flight, to begin them again with half as many at once: that frees the most memory.
    fn halve(&mut self) {
        self.batch = (self.rows.len() / 2).max(1);
        for row in std::mem::take(&mut self.rows).into_iter().rev() {
            self.decoder.close(row.sequence);
            self.waiting.push_front(row.into_waiting());
        }
        self.events.push(Event::Halved { batch: self.batch });
    }

    /// Files a response, and its prompt with it where it was the last one.
    fn finish(&mut self, row: &Row, generated: Generated) {
        self.decoder.close(row.sequence);
        let prompt = self.prompts.get_mut(&row.prompt).expect("a prompt stays until its last response");
        prompt.responses[row.index as usize] = Some(generated);
        if prompt.responses.iter().any(Option::is_none) {
            return;
        }
        let mut prompt = self.prompts.remove(&row.prompt).expect("it was there a line above");
        let responses = std::mem::take(&mut prompt.responses).into_iter().flatten().collect();
        let prompt_id = std::mem::take(&mut prompt.id);
        self.events.push(Event::Completed(Completed { prompt_id, responses }));
        if let Some(before) = self.last.replace(prompt) {
            self.decoder.close(before.sequence);
        }
    }
}
