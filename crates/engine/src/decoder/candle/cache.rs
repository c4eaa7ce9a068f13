//! Keys and values of sequences as tensors.

use crate::decoder::SequenceId;
use crate::decoder::sequences::{Block, Sequences};
use crate::error::Result;
use candle_core::{DType, Device, Tensor};
use std::ops::Range;

/// The shape of the memory.
#[derive(Clone, Copy, Debug)]
pub struct CacheShape {
    /// How numbers are kept.
    pub dtype: DType,
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

/// One layer's keys (heads, capacity, key) and values (heads, capacity, value).
#[derive(Clone, Debug)]
struct Layer {
    keys: Tensor,
    values: Tensor,
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
    sequences: Sequences<Layer>,
}

impl Cache {
    pub fn new(shape: CacheShape, device: Device) -> Self {
        Self { shape, device, sequences: Sequences::new(shape.context) }
    }

    pub fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
        self.sequences.open(parent)
    }

    pub fn close(&mut self, id: SequenceId) {
        self.sequences.close(id);
    }

    pub fn length(&self, id: SequenceId) -> usize {
        self.sequences.length(id)
    }

    /// Makes room for `n` more positions; nothing is appended yet.
    pub fn reserve(&mut self, id: SequenceId, n: usize) -> Result<()> {
        let (shape, device) = (self.shape, &self.device);
        self.sequences.reserve(id, n, |block, capacity| grow(block, capacity, shape, device))
    }

    /// Writes the keys (heads, n, key) and values (heads, n, value) of the next n positions of one layer.
    ///
    /// The positions count only after [`advance`](Self::advance).
    pub fn write(&mut self, id: SequenceId, layer: usize, keys: &Tensor, values: &Tensor) -> Result<()> {
        let block = self.sequences.own_mut(id)?;
        let kept = |new: &Tensor| new.to_dtype(self.shape.dtype)?.contiguous();
        block.layers[layer].keys.slice_set(&kept(keys)?, 1, block.length)?;
        block.layers[layer].values.slice_set(&kept(values)?, 1, block.length)?;
        Ok(())
    }

    /// What one layer holds of a sequence, oldest first, with the `pending` positions that were written last.
    pub fn read(&self, id: SequenceId, layer: usize, pending: usize) -> Result<Vec<Stretch>> {
        let mut blocks: Vec<(&Block<Layer>, usize)> =
            self.sequences.blocks(id)?.map(|block| (&**block, block.length)).collect();
        blocks.last_mut().into_iter().for_each(|(_, length)| *length += pending);
        let stretch = |(block, n): (&Block<Layer>, usize)| {
            let Layer { keys, values } = &block.layers[layer];
            Ok(Stretch { keys: keys.narrow(1, 0, n)?, values: values.narrow(1, 0, n)? })
        };
        blocks.into_iter().filter(|(_, n)| *n > 0).map(stretch).collect()
    }

    /// An error where the sequence cannot become longer by `n` positions.
    pub fn check_growth(&mut self, id: SequenceId, n: usize) -> Result<()> {
        self.sequences.check_growth(id, n)
    }

    /// Gives the memory of a sequence's own positions back, of which only the number is kept: something else holds them.
    pub fn lend(&mut self, id: SequenceId) -> Result<()> {
        let block = self.sequences.own_mut(id)?;
        block.layers = Vec::new();
        block.capacity = 0;
        Ok(())
    }

    /// Takes a sequence's own positions back from what `held` says of a layer and of some positions.
    pub fn take_back(
        &mut self,
        id: SequenceId,
        held: impl Fn(usize, Range<usize>) -> Result<Stretch>,
    ) -> Result<()> {
        let end = self.length(id);
        let block = self.sequences.own_mut(id)?;
        let layer = |i| -> Result<Layer> {
            let Stretch { keys, values } = held(i, end - block.length..end)?;
            // What is held may be written over.
            Ok(Layer { keys: keys.force_contiguous()?, values: values.force_contiguous()? })
        };
        block.layers = (0..self.shape.layers).map(layer).collect::<Result<_>>()?;
        block.capacity = block.length;
        Ok(())
    }

    /// Counts `n` written positions as part of the sequence.
    pub fn advance(&mut self, id: SequenceId, n: usize) -> Result<()> {
        self.sequences.advance(id, n)
    }
}

fn grow(block: &mut Block<Layer>, capacity: usize, shape: CacheShape, device: &Device) -> Result<()> {
    let length = block.length;
    let bigger = |old: Option<&Tensor>, width: usize| -> Result<Tensor> {
        let new = Tensor::zeros((shape.heads, capacity, width), shape.dtype, device)?;
        if let Some(old) = old.filter(|_| length > 0) {
            new.slice_set(&old.narrow(1, 0, length)?.contiguous()?, 1, 0)?;
        }
        Ok(new)
    };
    let layers = (0..shape.layers)
        .map(|i| {
            let old = block.layers.get(i);
            Ok(Layer {
                keys: bigger(old.map(|layer| &layer.keys), shape.key)?,
                values: bigger(old.map(|layer| &layer.values), shape.value)?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    block.layers = layers;
    block.capacity = capacity;
    Ok(())
}
