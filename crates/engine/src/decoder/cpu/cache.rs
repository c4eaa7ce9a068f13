//! Keys and values of sequences, laid out as attention's kernels read them.

use crate::config::Config;
use crate::decoder::SequenceId;
use crate::decoder::sequences::{Block, Sequences};
use crate::error::Result;
use std::sync::Arc;
use tiebreak_kernels::{LANES, Remembered, Stretch};

/// How much a position takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheShape {
    pub layers: usize,
    pub heads: usize,
    pub key: usize,
    /// The width of a value, rounded up to whole lanes.
    pub value: usize,
}

/// One layer of a block.
#[derive(Debug)]
pub(super) struct Layer<T> {
    /// (heads, capacity / 16, key, 16)
    keys: Vec<T>,
    /// (heads, capacity, value)
    values: Vec<T>,
}

/// All sequences' keys and values.
#[derive(Debug)]
pub(super) struct Cache<T> {
    shape: CacheShape,
    sequences: Sequences<Layer<T>>,
}

impl<T: Remembered> Cache<T> {
    pub fn new(config: &Config) -> Self {
        let shape = CacheShape {
            layers: config.layers.len(),
            heads: config.head_count_kv,
            key: config.key_length,
            value: config.value_length.next_multiple_of(LANES),
        };
        Self { shape, sequences: Sequences::new(config.context_length) }
    }

    /// The sequences, but for what they remember.
    pub fn sequences(&mut self) -> &mut Sequences<Layer<T>> {
        &mut self.sequences
    }

    pub fn length(&self, id: SequenceId) -> usize {
        self.sequences.length(id)
    }

    /// The blocks of a sequence, oldest first and its own one last.
    pub fn blocks(&self, id: SequenceId) -> Result<impl Iterator<Item = &Arc<Block<Layer<T>>>>> {
        self.sequences.blocks(id)
    }

    /// Makes room for `n` more positions; nothing is appended yet.
    pub fn reserve(&mut self, id: SequenceId, n: usize) -> Result<()> {
        let shape = self.shape;
        self.sequences.reserve(id, n, |block, capacity| {
            grow(block, capacity.next_multiple_of(LANES), shape);
            Ok(())
        })
    }

    /// Writes the keys and values (heads × width) of the `ahead`-th position after those that count, in one layer.
    ///
    /// The position counts only after `advance`.
    pub fn write(
        &mut self,
        id: SequenceId,
        layer: usize,
        ahead: usize,
        keys: &[f32],
        values: &[f32],
    ) -> Result<()> {
        let CacheShape { heads, key, value, .. } = self.shape;
        let block = self.sequences.own_mut(id)?;
        let (position, capacity) = (block.length + ahead, block.capacity);
        let layer = &mut block.layers[layer];
        let (tile, lane) = (position / LANES, position % LANES);
        for (head, numbers) in keys.chunks_exact(key).enumerate() {
            let tile = &mut layer.keys[(head * capacity + tile * LANES) * key..][..key * LANES];
            tile.chunks_exact_mut(LANES)
                .zip(numbers)
                .for_each(|(lanes, number)| lanes[lane] = T::round(*number));
        }
        for (head, numbers) in values.chunks_exact(values.len() / heads).enumerate() {
            let at = (head * capacity + position) * value;
            let values = layer.values[at..].iter_mut();
            values.zip(numbers).for_each(|(value, number)| *value = T::round(*number));
        }
        Ok(())
    }

    /// What one head of a layer remembers of a block.
    pub fn stretch<'a>(&self, block: &'a Block<Layer<T>>, layer: usize, head: usize) -> Stretch<'a, T> {
        let CacheShape { key, value, .. } = self.shape;
        let Layer { keys, values } = &block.layers[layer];
        let positions = head * block.capacity..(head + 1) * block.capacity;
        Stretch {
            keys: &keys[positions.start * key..positions.end * key],
            values: &values[positions.start * value..positions.end * value],
            value_width: value,
        }
    }
}

fn grow<T: Remembered>(block: &mut Block<Layer<T>>, capacity: usize, shape: CacheShape) {
    let old_capacity = block.capacity;
    let bigger = |old: Option<&Vec<T>>, width: usize| {
        let mut new = vec![T::default(); shape.heads * capacity * width];
        for (head, old) in
            old.into_iter().flat_map(|old| old.chunks_exact((old_capacity * width).max(1))).enumerate()
        {
            new[head * capacity * width..][..old.len()].copy_from_slice(old);
        }
        new
    };
    block.layers = (0..shape.layers)
        .map(|i| {
            let old = block.layers.get(i);
            Layer {
                keys: bigger(old.map(|layer| &layer.keys), shape.key),
                values: bigger(old.map(|layer| &layer.values), shape.value),
            }
        })
        .collect();
    block.capacity = capacity;
}
