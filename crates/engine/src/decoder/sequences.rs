//! Which sequences there are, and the blocks of consecutive positions that they share.

use super::SequenceId;
use crate::error::{EngineError, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The first capacity of a block, in positions; it doubles from there.
const FIRST_CAPACITY: usize = 32;

/// A stretch of consecutive positions, of which each layer remembers an `L`.
#[derive(Debug)]
pub struct Block<L> {
    pub layers: Vec<L>,
    pub length: usize,
    pub capacity: usize,
}

/// A sequence: the blocks that it shares, oldest first, and its own one.
#[derive(Debug)]
struct Sequence<L> {
    shared: Vec<Arc<Block<L>>>,
    shared_length: usize,
    own: Arc<Block<L>>,
}

/// All sequences of a decoder.
#[derive(Debug)]
pub struct Sequences<L> {
    /// The most positions of a sequence.
    context: usize,
    sequences: BTreeMap<SequenceId, Sequence<L>>,
    next: usize,
}

impl<L> Sequences<L> {
    pub fn new(context: usize) -> Self {
        Self { context, sequences: BTreeMap::new(), next: 0 }
    }

    pub fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
        let (shared, shared_length) = match parent {
            None => (Vec::new(), 0),
            Some(parent) => {
                let parent = self.get(parent)?;
                let mut shared = parent.shared.clone();
                if parent.own.length > 0 {
                    shared.push(Arc::clone(&parent.own));
                }
                (shared, parent.shared_length + parent.own.length)
            }
        };
        let id = SequenceId(self.next);
        self.next += 1;
        let own = Arc::new(Block { layers: Vec::new(), length: 0, capacity: 0 });
        self.sequences.insert(id, Sequence { shared, shared_length, own });
        Ok(id)
    }

    pub fn close(&mut self, id: SequenceId) {
        self.sequences.remove(&id);
    }

    pub fn length(&self, id: SequenceId) -> usize {
        self.sequences.get(&id).map_or(0, |sequence| sequence.shared_length + sequence.own.length)
    }

    /// Makes room for `n` more positions; nothing is appended yet. `grow` gives a block the capacity that it is told.
    pub fn reserve(
        &mut self,
        id: SequenceId,
        n: usize,
        grow: impl FnOnce(&mut Block<L>, usize) -> Result<()>,
    ) -> Result<()> {
        self.check_growth(id, n)?;
        let (length, context) = (self.length(id), self.context);
        let block = self.own_mut(id)?;
        let needed = block.length + n;
        if needed > block.capacity {
            let room = context - (length - block.length);
            grow(block, needed.max(2 * block.capacity).max(FIRST_CAPACITY).min(room))?;
        }
        Ok(())
    }

    /// An error where a sequence cannot become longer by `n` positions.
    pub fn check_growth(&mut self, id: SequenceId, n: usize) -> Result<()> {
        let (tokens, context) = (self.length(id) + n, self.context);
        if tokens > context {
            return Err(EngineError::TooLong { tokens, context, hint: "" });
        }
        self.own_mut(id).map(|_| ())
    }

    /// Counts `n` written positions as part of the sequence.
    pub fn advance(&mut self, id: SequenceId, n: usize) -> Result<()> {
        self.own_mut(id)?.length += n;
        Ok(())
    }

    /// The blocks of a sequence, oldest first and its own one last.
    pub fn blocks(&self, id: SequenceId) -> Result<impl Iterator<Item = &Arc<Block<L>>>> {
        let sequence = self.get(id)?;
        Ok(sequence.shared.iter().chain([&sequence.own]))
    }

    /// The block that a sequence grows in; none where it has continuations.
    pub fn own_mut(&mut self, id: SequenceId) -> Result<&mut Block<L>> {
        let sequence = self.sequences.get_mut(&id).ok_or_else(closed)?;
        Arc::get_mut(&mut sequence.own)
            .ok_or_else(|| EngineError::Request("a sequence with continuations cannot grow".into()))
    }

    fn get(&self, id: SequenceId) -> Result<&Sequence<L>> {
        self.sequences.get(&id).ok_or_else(closed)
    }
}

fn closed() -> EngineError {
    EngineError::Request("the sequence was closed".into())
}
