//! Keys and values of sequences, in memory that grows in place and is shared by continuations.

use super::SequenceId;
use crate::error::{EngineError, Result};
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The shape of the memory.
#[derive(Clone, Copy, Debug)]
pub struct CacheShape {
    /// How many layers.
    pub layers: usize,
    /// How many heads hold keys and values.
    pub heads: usize,
    /// The width of a key.
    pub key: usize,
    /// The width of a value.
    pub value: usize,
    /// The most positions of a sequence.
    pub context: usize,
}

/// The first capacity of a block, in positions; it doubles from there.
const FIRST_CAPACITY: usize = 32;

/// One layer's keys (heads, capacity, key) and values (heads, capacity, value).
#[derive(Clone, Debug)]
struct Layer {
    keys: Tensor,
    values: Tensor,
}

/// A stretch of consecutive positions.
#[derive(Debug)]
struct Block {
    layers: Vec<Layer>,
    length: usize,
    capacity: usize,
}

/// A sequence: the blocks that it shares, oldest first, and its own one.
#[derive(Debug)]
struct Sequence {
    shared: Vec<Arc<Block>>,
    shared_length: usize,
    own: Arc<Block>,
}

/// What attention reads of one block in one layer: keys (heads, n, key) and values (heads, n, value).
pub struct Stretch {
    pub keys: Tensor,
    pub values: Tensor,
}

/// All sequences' keys and values.
#[derive(Debug)]
pub struct Cache {
    shape: CacheShape,
    device: Device,
    sequences: BTreeMap<SequenceId, Sequence>,
    next: usize,
}

impl Cache {
    pub fn new(shape: CacheShape, device: Device) -> Self {
        Self { shape, device, sequences: BTreeMap::new(), next: 0 }
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

    /// Makes room for `n` more positions; nothing is appended yet.
    pub fn reserve(&mut self, id: SequenceId, n: usize) -> Result<()> {
        let (shape, device) = (self.shape, self.device.clone());
        let length = self.length(id);
        if length + n > shape.context {
            return Err(EngineError::TooLong { tokens: length + n, context: shape.context, hint: "" });
        }
        let block = self.own_mut(id)?;
        let needed = block.length + n;
        if needed > block.capacity {
            let room = shape.context - (length - block.length);
            let capacity = needed.max(2 * block.capacity).max(FIRST_CAPACITY).min(room);
            block.grow(capacity, shape, &device)?;
        }
        Ok(())
    }

    /// Writes the keys (heads, n, key) and values (heads, n, value) of the next n positions of one layer.
    ///
    /// The positions count only after [`advance`](Self::advance).
    pub fn write(&mut self, id: SequenceId, layer: usize, keys: &Tensor, values: &Tensor) -> Result<()> {
        let block = self.own_mut(id)?;
        block.layers[layer].keys.slice_set(&keys.contiguous()?, 1, block.length)?;
        block.layers[layer].values.slice_set(&values.contiguous()?, 1, block.length)?;
        Ok(())
    }

    /// What one layer holds of a sequence, oldest first, with the `pending` positions that were written last.
    pub fn read(&self, id: SequenceId, layer: usize, pending: usize) -> Result<Vec<Stretch>> {
        let sequence = self.get(id)?;
        let own = [(&sequence.own, sequence.own.length + pending)];
        let shared = sequence.shared.iter().map(|block| (block, block.length));
        shared
            .chain(own)
            .map(|(block, n)| {
                let Layer { keys, values } = &block.layers[layer];
                Ok(Stretch { keys: keys.narrow(1, 0, n)?, values: values.narrow(1, 0, n)? })
            })
            .collect()
    }

    /// Counts `n` written positions as part of the sequence.
    pub fn advance(&mut self, id: SequenceId, n: usize) -> Result<()> {
        self.own_mut(id)?.length += n;
        Ok(())
    }

    fn get(&self, id: SequenceId) -> Result<&Sequence> {
        self.sequences.get(&id).ok_or_else(|| EngineError::Request("the sequence was closed".into()))
    }

    fn own_mut(&mut self, id: SequenceId) -> Result<&mut Block> {
        let sequence = self
            .sequences
            .get_mut(&id)
            .ok_or_else(|| EngineError::Request("the sequence was closed".into()))?;
        Arc::get_mut(&mut sequence.own)
            .ok_or_else(|| EngineError::Request("a sequence with continuations cannot grow".into()))
    }
}

impl Block {
    fn grow(&mut self, capacity: usize, shape: CacheShape, device: &Device) -> Result<()> {
        let bigger = |old: Option<&Tensor>, width: usize| -> Result<Tensor> {
            let new = Tensor::zeros((shape.heads, capacity, width), DType::F32, device)?;
            if let Some(old) = old.filter(|_| self.length > 0) {
                new.slice_set(&old.narrow(1, 0, self.length)?.contiguous()?, 1, 0)?;
            }
            Ok(new)
        };
        let layers = (0..shape.layers)
            .map(|i| {
                let old = self.layers.get(i);
                Ok(Layer {
                    keys: bigger(old.map(|layer| &layer.keys), shape.key)?,
                    values: bigger(old.map(|layer| &layer.values), shape.value)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        self.layers = layers;
        self.capacity = capacity;
        Ok(())
    }
}
