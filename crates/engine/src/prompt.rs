//! A prompt that is read once, whoever continues it.

use crate::decoder::{Decoder, SequenceId, Wanted};
use crate::error::Result;
use crate::generate::PROMPT_CHUNK;
use crate::model::Model;

/// A prompt's keys and values, as far as they are computed, and the decoder that holds them.
pub struct ReadPrompt {
    pub(crate) decoder: Box<dyn Decoder>,
    pub(crate) sequence: SequenceId,
    pub(crate) tokens: Vec<u32>,
    pub(crate) n_read: usize,
    /// Those after the last token that was read.
    pub(crate) logits: Vec<f32>,
}

impl ReadPrompt {
    /// Begins to read; nothing is computed yet.
    pub fn begin(model: &Model, tokens: Vec<u32>) -> Result<Self> {
        let mut decoder = model.decoder();
        let sequence = decoder.open(None)?;
        Ok(Self { decoder, sequence, tokens, n_read: 0, logits: Vec::new() })
    }

    /// Reads at most [`PROMPT_CHUNK`] more tokens; returns whether there was anything left.
    pub fn read_on(&mut self) -> Result<bool> {
        let Some(chunk) = self.tokens[self.n_read..].chunks(PROMPT_CHUNK).next() else { return Ok(false) };
        self.logits = self.decoder.extend(self.sequence, chunk, Wanted::Last)?;
        self.n_read += chunk.len();
        Ok(true)
    }

    /// Reads other tokens into a sequence of their own in the same decoder; returns it and the logits after them.
    pub(crate) fn read_beside(&mut self, tokens: &[u32]) -> Result<(SequenceId, Vec<f32>)> {
        let sequence = self.decoder.open(None)?;
        let logits = self.decoder.extend(sequence, tokens, Wanted::Last)?;
        Ok((sequence, logits))
    }

    /// How many tokens are read.
    pub fn n_read(&self) -> usize {
        self.n_read
    }

    /// Whether all of it is read, and it consists of these tokens.
    pub fn is(&self, tokens: &[u32]) -> bool {
        self.n_read == tokens.len() && self.tokens == tokens
    }
}
