//! One response in flight.

use super::thinking::{Thinking, Thought, inside};
use super::{Generated, Waiting};
use crate::decoder::{SequenceId, Stepped};
use crate::error::Result;
use crate::sampler::{Draw, Sampled, sample};
use crate::tokenizer::{StreamDecoder, Tokenizer};
use std::collections::BTreeSet;
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{FinishReason, Sampling};

/// What a response begins with.
pub(super) struct Start<'a> {
    pub prompt: usize,
    pub index: u32,
    pub sequence: SequenceId,
    /// How many tokens fit the context after the prompt.
    pub room: usize,
    pub prompt_id: &'a str,
    pub prompt_tokens: &'a [u32],
}

/// What a response's next token comes from.
pub(super) enum Next<'a> {
    /// Logits that it is drawn from.
    Logits(&'a [f32]),
    /// The decoder, which has drawn it.
    Sampled(Sampled),
}

impl<'a> Next<'a> {
    /// One for each row of a step.
    pub fn each(stepped: &'a Stepped, vocab: usize) -> Vec<Self> {
        match stepped {
            Stepped::Logits(logits) => logits.chunks_exact(vocab).map(Self::Logits).collect(),
            Stepped::Sampled(tokens) => tokens.iter().copied().map(Self::Sampled).collect(),
        }
    }
}

/// One response in flight: it has its own settings, random numbers and text.
pub(super) struct Row {
    pub prompt: usize,
    pub index: u32,
    pub sequence: SequenceId,
    sampling: Sampling,
    random: ResponseRandom,
    most_tokens: usize,
    seen: BTreeSet<u32>,
    tokens: Vec<u32>,
    logprob_sum: f64,
    /// None once the text is whole.
    stream: Option<StreamDecoder>,
    text: String,
    thinking: Thinking,
    thought: Option<Thought>,
}

impl Row {
    pub fn new(start: Start<'_>, sampling: Sampling, tokenizer: &Tokenizer) -> Self {
        let penalised = sampling.repetition_penalty != 1.0;
        Self {
            prompt: start.prompt,
            index: start.index,
            sequence: start.sequence,
            random: ResponseRandom::new(sampling.seed, start.prompt_id, start.index),
            most_tokens: start.room.min(sampling.max_tokens as usize),
            seen: if penalised { start.prompt_tokens.iter().copied().collect() } else { BTreeSet::new() },
            tokens: Vec::new(),
            logprob_sum: 0.0,
            stream: Some(StreamDecoder::new(tokenizer)),
            text: String::new(),
            thinking: Thinking::after(start.prompt_tokens, tokenizer),
            thought: None,
            sampling,
        }
    }

    /// The token to feed to the model; there is one after the first [`push`](Self::push).
    pub fn last_token(&self) -> u32 {
        *self.tokens.last().expect("a row in flight holds its first token")
    }

    /// The response as it was before it began; what was sampled is forgotten, and would be sampled again.
    pub fn into_waiting(self) -> Waiting {
        Waiting { prompt: self.prompt, index: self.index, sampling: self.sampling }
    }

    /// What it says so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the next token is drawn.
    pub fn draw(&self) -> Draw<'_> {
        let uniform = self.random.uniform(Purpose::Token, self.tokens.len() as u32);
        Draw { sampling: &self.sampling, seen: &self.seen, uniform }
    }

    /// Appends the next token; returns the response where that ends it.
    pub fn push(&mut self, next: &Next<'_>, tokenizer: &Tokenizer) -> Result<Option<Generated>> {
        let sampled = match next {
            Next::Logits(logits) => sample(logits, self.draw())?,
            Next::Sampled(sampled) => *sampled,
        };
        self.tokens.push(sampled.token);
        self.logprob_sum += sampled.logprob_nats;
        if self.sampling.repetition_penalty != 1.0 {
            self.seen.insert(sampled.token);
        }
        let mut unsearched = self.text.len();
        let is_end = tokenizer.stop_tokens().contains(&sampled.token);
        let is_last = is_end || self.tokens.len() >= self.most_tokens;
        if !is_end {
            self.text.extend(self.stream.as_mut().map(|stream| stream.push(tokenizer, sampled.token)));
        }
        if is_last {
            self.text.extend(self.stream.take().map(StreamDecoder::finish));
        }
        if self.thinking != Thinking::Over {
            if let Some((end, answer)) = self.thinking.look(&self.text, sampled.token, tokenizer) {
                self.think(end);
                self.text.drain(..answer);
            }
            unsearched = 0;
        }
        if self.thought.is_some() && self.text.starts_with(char::is_whitespace) {
            // No answer begins with what stands between it and the thought.
            self.text.drain(..self.text.len() - self.text.trim_start().len());
            unsearched = 0;
        }
        // What ends an answer does not end what comes before it.
        let is_cut = self.thinking == Thinking::Over && self.cut_at_stop_string(unsearched);
        if is_cut || is_end {
            return Ok(Some(self.generated(FinishReason::Stop)));
        }
        Ok(is_last.then(|| self.generated(FinishReason::Length)))
    }

    /// Cuts the text at the first stop string that ends after byte `unsearched`.
    fn cut_at_stop_string(&mut self, unsearched: usize) -> bool {
        let found = self.sampling.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| {
            let mut from = unsearched.saturating_sub(stop.len());
            while !self.text.is_char_boundary(from) {
                from -= 1;
            }
            self.text[from..].find(stop.as_str()).map(|at| from + at)
        });
        match found.min() {
            Some(at) => {
                self.text.truncate(at);
                true
            }
            None => false,
        }
    }

    /// Keeps the first `end` bytes of the text as what was thought; the answer is counted from here on.
    fn think(&mut self, end: usize) {
        let text = inside(&self.text[..end]).to_owned();
        self.thought = Some(Thought { text, tokens: self.tokens.len() as u32 });
        self.logprob_sum = 0.0;
    }

    fn generated(&mut self, finish_reason: FinishReason) -> Generated {
        if matches!(self.thinking, Thinking::Open(_)) {
            // It never came to an answer.
            self.think(self.text.len());
            self.text.clear();
        }
        let text = std::mem::take(&mut self.text);
        let tokens = self.tokens.len() as u32 - self.thought.as_ref().map_or(0, |thought| thought.tokens);
        Generated {
            text: if self.thought.is_some() { answer(text) } else { text },
            tokens,
            finish_reason,
            mean_logprob_nats: (tokens > 0).then(|| self.logprob_sum / f64::from(tokens)),
            thought: self.thought.take(),
        }
    }
}

/// An answer after a thought, without the marks that Granite puts around it.
fn answer(text: String) -> String {
    match text.strip_prefix("<response>") {
        Some(inner) => inner.strip_suffix("</response>").unwrap_or(inner).trim().to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
