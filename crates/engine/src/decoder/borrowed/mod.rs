//! The families that the engine has no decoder of its own for, by candle-transformers: one row at a time.
//!
//! A model of candle-transformers holds one sequence's keys and values.
//! So each sequence remembers its tokens, and where another is asked for than the one that was read last, the model begins anew and reads them again, cut into the same pieces: a sequence's logits are the same, bit for bit, whatever was read in between.

mod config;
mod families;
mod fence;
mod said;
#[cfg(test)]
mod tests;
mod weights;

pub use config::BorrowedConfig;
pub use weights::BorrowedModel;

use super::{Decoder, SequenceId, Wanted, check_step, check_tokens};
use crate::error::{EngineError, Result};
use candle_core::{DType, Tensor};
use families::{Forward, Pieces};
use fence::fenced;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many tokens are read at once; bounds the memory of scores.
const CHUNK: usize = 256;

/// Computes logits by a model of candle-transformers.
pub struct BorrowedDecoder {
    model: Arc<BorrowedModel>,
    running: Option<Running>,
    sequences: BTreeMap<SequenceId, Sequence>,
    next: usize,
}

/// A model, and what it has read.
struct Running {
    forward: Forward,
    read: Text,
}

struct Sequence {
    parent: Option<SequenceId>,
    text: Text,
}

/// Tokens, and the pieces in which they are read.
#[derive(Clone, Default)]
struct Text {
    tokens: Vec<u32>,
    /// Where each piece ends.
    ends: Vec<usize>,
}

impl Text {
    fn push(&mut self, piece: &[u32]) {
        self.tokens.extend_from_slice(piece);
        self.ends.push(self.tokens.len());
    }

    /// Whether `self` begins with all pieces of `other`.
    fn continues(&self, other: &Self) -> bool {
        self.ends.starts_with(&other.ends) && self.tokens.starts_with(&other.tokens)
    }

    /// The pieces after the first `n`.
    fn pieces_after(&self, n: usize) -> impl Iterator<Item = &[u32]> {
        let start = |i: usize| if i == 0 { 0 } else { self.ends[i - 1] };
        (n..self.ends.len()).map(move |i| &self.tokens[start(i)..self.ends[i]])
    }
}

impl Running {
    /// Reads a piece; returns the logits after its last token.
    fn read(&mut self, piece: &[u32], model: &BorrowedModel) -> Result<Vec<f32>> {
        let position = self.read.tokens.len();
        let logits = fenced(&model.config, || {
            let logits = (self.forward)(&Tensor::new(piece, &model.device)?.unsqueeze(0)?, position)?;
            logits.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()
        })?;
        if logits.len() != model.config.vocab_size {
            let text =
                format!("candle-transformers gave {} logits of {}", logits.len(), model.config.vocab_size);
            return Err(candle_core::Error::Msg(text).into());
        }
        self.read.push(piece);
        Ok(logits)
    }
}

impl BorrowedDecoder {
    /// A decoder without sequences; weights are shared, keys and values are its own.
    pub fn new(model: Arc<BorrowedModel>) -> Self {
        Self { model, running: None, sequences: BTreeMap::new(), next: 0 }
    }

    /// Reads one more piece of a sequence, and before it whatever of the sequence the model has not read.
    fn read(&mut self, id: SequenceId, piece: &[u32]) -> Result<Vec<f32>> {
        let sequence = self.sequences.get_mut(&id).ok_or_else(closed)?;
        // Where it fails, the model has read an unknown part, and begins anew the next time.
        let running = self.running.take().filter(|running| sequence.text.continues(&running.read));
        let mut running = match running {
            Some(running) => running,
            None => Running { forward: self.model.begin()?, read: Text::default() },
        };
        for before in sequence.text.pieces_after(running.read.ends.len()) {
            running.read(before, &self.model)?;
        }
        let logits = running.read(piece, &self.model)?;
        sequence.text.push(piece);
        self.running = Some(running);
        Ok(logits)
    }

    /// How many of `n` tokens may be read at once after `length` others.
    fn piece_length(&self, length: usize, n: usize, wanted: Wanted) -> usize {
        match (wanted, self.model.config.family.pieces) {
            // The models give the logits of the last position alone.
            (Wanted::All, _) | (_, Pieces::One) => 1,
            (Wanted::Last, Pieces::First) if length > 0 => 1,
            (Wanted::Last, _) => n.min(CHUNK),
        }
    }

    fn check_growth(&self, id: SequenceId, tokens: &[u32]) -> Result<()> {
        check_tokens(self.model.config.vocab_size, tokens.iter().copied())?;
        let (tokens, context) = (self.length(id) + tokens.len(), self.model.config.context_length);
        if tokens > context {
            return Err(EngineError::TooLong { tokens, context, hint: "" });
        }
        if self.sequences.values().any(|sequence| sequence.parent == Some(id)) {
            return Err(EngineError::Request("a sequence with continuations cannot grow".into()));
        }
        Ok(())
    }
}

impl Decoder for BorrowedDecoder {
    fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
        let text = match parent {
            Some(parent) => self.sequences.get(&parent).ok_or_else(closed)?.text.clone(),
            None => Text::default(),
        };
        let id = SequenceId(self.next);
        self.next += 1;
        self.sequences.insert(id, Sequence { parent, text });
        Ok(id)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.sequences.remove(&sequence);
    }

    fn length(&self, sequence: SequenceId) -> usize {
        self.sequences.get(&sequence).map_or(0, |sequence| sequence.text.tokens.len())
    }

    fn extend(&mut self, sequence: SequenceId, tokens: &[u32], wanted: Wanted) -> Result<Vec<f32>> {
        self.check_growth(sequence, tokens)?;
        let (mut logits, mut rest) = (Vec::new(), tokens);
        while !rest.is_empty() {
            let n = self.piece_length(self.length(sequence), rest.len(), wanted);
            let (piece, after) = rest.split_at(n);
            let last = self.read(sequence, piece)?;
            match wanted {
                Wanted::All => logits.extend(last),
                Wanted::Last => logits = last,
            }
            rest = after;
        }
        Ok(logits)
    }

    fn step(&mut self, rows: &[(SequenceId, u32)]) -> Result<Vec<f32>> {
        check_step(self.model.config.vocab_size, rows)?;
        rows.iter().try_for_each(|(id, token)| self.check_growth(*id, &[*token]))?;
        let mut logits = Vec::with_capacity(rows.len() * self.model.config.vocab_size);
        for (id, token) in rows {
            logits.extend(self.read(*id, &[*token])?);
        }
        Ok(logits)
    }

    fn most_rows(&self) -> usize {
        1
    }
}

fn closed() -> EngineError {
    EngineError::Request("the sequence was closed".into())
}
