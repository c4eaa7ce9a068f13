//! The step from tokens to logits, behind a small trait.
//!
//! A sequence is what has been read so far: its keys and values are kept, and it grows by [`extend`](Decoder::extend) (many tokens of one sequence) and [`step`](Decoder::step) (one token of many).
//! A sequence may continue another, whose memory it then shares: a prompt is read once, and all its responses begin there.

#[cfg(feature = "candle-transformers")]
mod borrowed;
#[cfg(feature = "candle")]
mod candle;
mod cpu;
mod rotation;
mod sequences;
mod weights;

#[cfg(feature = "candle-transformers")]
pub use borrowed::{BorrowedConfig, BorrowedDecoder, BorrowedModel};
#[cfg(feature = "candle")]
pub use candle::{CandleDecoder, Precision, Weights};
pub use cpu::{CpuWeights, Unquantized, cpu_decoder};

use crate::config::Config;
use crate::error::{EngineError, Result};
use crate::sampler::{Draw, Sampled};
use std::collections::BTreeSet;
use tiebreak_kernels::Team;

/// The handle of a sequence; it is valid from `open` to `close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId(usize);

#[cfg(test)]
impl SequenceId {
    /// One that no decoder has given.
    pub(crate) fn test() -> Self {
        Self(0)
    }
}

/// Which positions' logits are wanted of the tokens that a sequence is extended by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those after the last token: one row.
    Last,
    /// Those after every token: a row for each.
    All,
}

/// What a step gives, for each of its rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Stepped {
    /// Logits, row-major, (rows, vocabulary).
    Logits(Vec<f32>),
    /// The tokens that were drawn from them where they lie.
    Sampled(Vec<Sampled>),
}

/// Computes logits; one implementation for every device, faster ones beside it.
///
/// On a CPU the logits of a sequence depend on its own tokens alone, bit for bit: not on the other sequences of a step, nor on the number of threads.
/// On a GPU their last bits depend on how many rows a step has, and how long the longest is.
pub trait Decoder {
    /// Begins a sequence, empty or after everything that `parent` holds.
    ///
    /// A parent may not grow while it has children; that is an error at the parent's next growth.
    fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId>;

    /// Ends a sequence and gives its memory back, once no child needs it.
    fn close(&mut self, sequence: SequenceId);

    /// How many tokens the sequence holds, its parent's included.
    fn length(&self, sequence: SequenceId) -> usize;

    /// Appends `tokens` (at least one) to one sequence; returns logits, row-major, (1 or tokens, vocabulary).
    fn extend(&mut self, sequence: SequenceId, tokens: &[u32], wanted: Wanted) -> Result<Vec<f32>>;

    /// Appends one token to each of the sequences, which are all different; returns logits, row-major, (rows, vocabulary).
    ///
    /// Where it fails for want of memory, the sequences that ever made a step are of no use but to be closed.
    fn step(&mut self, rows: &[(SequenceId, u32)]) -> Result<Vec<f32>>;

    /// The same, and draws a token for each row as [`sample`](crate::sampler::sample) does, where that spares bringing the logits to the host; elsewhere it returns them.
    fn step_and_sample(&mut self, rows: &[(SequenceId, u32)], _draws: &[Draw<'_>]) -> Result<Stepped> {
        self.step(rows).map(Stepped::Logits)
    }

    /// How many rows a step should have at most: where more of them cost more than they gain.
    fn most_rows(&self) -> usize {
        usize::MAX
    }

    /// The threads that compute, for whoever has work for them between two steps; none where the decoder has none of its own.
    fn team(&mut self) -> Option<&mut Team> {
        None
    }
}

/// Refuses tokens that the model does not have, and more of them than the context holds after `length` others.
fn check_growth(config: &Config, length: usize, tokens: &[u32]) -> Result<()> {
    check_tokens(config.vocab_size, tokens.iter().copied())?;
    let (tokens, context) = (length + tokens.len(), config.context_length);
    if tokens > context { Err(EngineError::TooLong { tokens, context, hint: "" }) } else { Ok(()) }
}

/// Refuses tokens that the model does not have, and a sequence that would grow twice in one step.
fn check_step(vocab: usize, rows: &[(SequenceId, u32)]) -> Result<()> {
    if rows.iter().map(|(sequence, _)| sequence).collect::<BTreeSet<_>>().len() != rows.len() {
        return Err(EngineError::Request("a sequence stands twice in one step".into()));
    }
    check_tokens(vocab, rows.iter().map(|(_, token)| *token))
}

/// An error for a token that the model does not have.
fn check_tokens(vocab: usize, tokens: impl IntoIterator<Item = u32>) -> Result<()> {
    match tokens.into_iter().find(|token| *token as usize >= vocab) {
        Some(token) => Err(EngineError::Request(format!("token {token} is not among the model's {vocab}"))),
        None => Ok(()),
    }
}
