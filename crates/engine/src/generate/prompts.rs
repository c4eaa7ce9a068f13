//! Prompts on their way from a job to keys and values that responses continue.

use super::{Event, Generation, Job, PROMPT_CHUNK, Prompt, Waiting};
use crate::decoder::{SequenceId, Wanted};
use crate::error::{EngineError, Result};
use crate::sampler;

/// A prompt whose keys and values are being computed.
pub(super) struct Reading {
    job: Job,
    sequence: SequenceId,
    tokens: Vec<u32>,
    n_read: usize,
}

impl<J: Iterator<Item = Job>> Generation<'_, J> {
    /// Reads what many prompts begin with.
    pub(super) fn read_prefix(&mut self, prefix: &[u32]) -> Result<()> {
        if !prefix.is_empty() {
            let sequence = self.decoder.open(None)?;
            for chunk in prefix.chunks(PROMPT_CHUNK) {
                self.decoder.extend(sequence, chunk, Wanted::Last)?;
            }
            self.prefix = Some((sequence, prefix.to_vec()));
        }
        Ok(())
    }

    /// Begins to read a prompt.
    pub(super) fn open(&mut self, job: Job) -> Result<()> {
        match self.accept(&job) {
            Ok(tokens) if self.last.as_ref().is_some_and(|last| last.tokens == tokens) => {
                let last = self.last.take().expect("it was there a line above");
                self.queue(job, last.sequence, tokens, last.logits);
            }
            Ok(tokens) => {
                if let Some(last) = self.last.take() {
                    self.decoder.close(last.sequence);
                }
                let is_beginning = |prefix: &[u32]| tokens.len() > prefix.len() && tokens.starts_with(prefix);
                let prefix = self.prefix.as_ref().filter(|(_, prefix)| is_beginning(prefix));
                let (parent, n_read) = prefix.map_or((None, 0), |(id, prefix)| (Some(*id), prefix.len()));
                let sequence = self.decoder.open(parent)?;
                self.reading = Some(Reading { job, sequence, tokens, n_read });
            }
            Err(error) => self.events.push(Event::Failed { prompt_id: job.prompt_id, error }),
        }
        Ok(())
    }

    /// Computes keys and values of some more of a prompt, and queues its responses after the last of it.
    pub(super) fn read_on(&mut self) -> Result<()> {
        let Some(mut reading) = self.reading.take() else { return Ok(()) };
        let end = reading.tokens.len().min(reading.n_read + PROMPT_CHUNK);
        let chunk = &reading.tokens[reading.n_read..end];
        let logits = match self.decoder.extend(reading.sequence, chunk, Wanted::Last) {
            Ok(logits) => logits,
            Err(error) if error.is_out_of_memory() && !self.rows.is_empty() => {
                // What is read of it stays, and is read on when the rows have made room.
                self.reading = Some(reading);
                self.halve();
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let (rows_in_flight, prefilled_tokens) = (self.rows.len(), chunk.len() as u64);
        self.events.push(Event::Step { rows_in_flight, new_tokens: 0, prefilled_tokens });
        reading.n_read = end;
        if end == reading.tokens.len() {
            let Reading { job, sequence, tokens, .. } = reading;
            self.queue(job, sequence, tokens, logits);
        } else {
            self.reading = Some(reading);
        }
        Ok(())
    }

    /// Queues the responses to a prompt that is read.
    fn queue(&mut self, job: Job, sequence: SequenceId, tokens: Vec<u32>, logits: Vec<f32>) {
        let key = self.next_prompt;
        self.next_prompt += 1;
        let responses = vec![None; job.sampling.len()];
        self.prompts.insert(key, Prompt { id: job.prompt_id, sequence, tokens, logits, responses });
        let waiting = |(index, sampling)| Waiting { prompt: key, index, sampling };
        self.waiting.extend((0..).zip(job.sampling).map(waiting));
    }

    fn accept(&self, job: &Job) -> Result<Vec<u32>> {
        if job.sampling.is_empty() {
            return Err(EngineError::Request("no response is asked for".into()));
        }
        job.sampling.iter().try_for_each(sampler::check)?;
        self.model.encode_chat_with(&job.messages, job.thinking)
    }
}
