//! One response in flight.

use super::Generated;
use crate::decoder::SequenceId;
use crate::error::Result;
use crate::sampler;
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
            sampling,
        }
    }

    /// The token to feed to the model; there is one after the first [`push`](Self::push).
    pub fn last_token(&self) -> u32 {
        *self.tokens.last().expect("a row in flight holds its first token")
    }

    /// What it says so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Samples the next token; returns the response where that ends it.
    pub fn push(&mut self, logits: &[f32], tokenizer: &Tokenizer) -> Result<Option<Generated>> {
        let uniform = self.random.uniform(Purpose::Token, self.tokens.len() as u32);
        let sampled = sampler::sample(logits, &self.sampling, &self.seen, uniform)?;
        self.tokens.push(sampled.token);
        self.logprob_sum += sampled.logprob_nats;
        if self.sampling.repetition_penalty != 1.0 {
            self.seen.insert(sampled.token);
        }
        let unsearched = self.text.len();
        let is_end = tokenizer.stop_tokens().contains(&sampled.token);
        let is_last = is_end || self.tokens.len() >= self.most_tokens;
        if !is_end {
            self.text.extend(self.stream.as_mut().map(|stream| stream.push(tokenizer, sampled.token)));
        }
        if is_last {
            self.text.extend(self.stream.take().map(StreamDecoder::finish));
        }
        if self.cut_at_stop_string(unsearched) || is_end {
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

    fn generated(&mut self, finish_reason: FinishReason) -> Generated {
        Generated {
            text: std::mem::take(&mut self.text),
            tokens: self.tokens.len() as u32,
            finish_reason,
            mean_logprob_nats: self.logprob_sum / self.tokens.len() as f64,
        }
    }
}
