//! Keys and values of sequences that grow by a token a step, side by side, so that one product serves all of them.
//!
//! A sequence takes a slot with its first step and brings a copy of all that it holds, its prompt included.
//! So attention costs a handful of operations a layer, however many rows there are: what counts on a GPU, where starting one takes longer than a row's share of it.
//! The price is memory: a prompt with eight responses lies there eight times.

use super::attention::{Heads, bounded, is_seen, mask_value, product};
use super::cache::{CacheShape, Stretch};
use crate::config::Config;
use crate::decoder::SequenceId;
use crate::error::Result;
use candle_core::{Device, Tensor};
use candle_nn::ops::softmax_last_dim;
use std::ops::Range;

/// How many positions a slot holds at first; it doubles from there.
const FIRST_CAPACITY: usize = 64;

/// One layer's keys (slots, heads, capacity, key) and values (slots, heads, capacity, value).
#[derive(Debug)]
struct Layer {
    keys: Tensor,
    values: Tensor,
}

/// Whose a slot is, and how many of its positions count.
#[derive(Clone, Copy, Debug)]
struct Owner {
    id: SequenceId,
    length: usize,
}

/// The slots of a decoder.
#[derive(Debug)]
pub struct Slots {
    shape: CacheShape,
    device: Device,
    layers: Vec<Layer>,
    owners: Vec<Option<Owner>>,
    capacity: usize,
}

/// Which rows take part in a step, and where in the slots they stand.
pub struct Placement {
    /// For each slot the row that it computes; a slot without one repeats the first.
    row_of_slot: Tensor,
    /// For each row its slot.
    slot_of_row: Tensor,
    /// Where each slot writes: (slots, heads, 1, key) and (slots, heads, 1, value).
    key_places: Tensor,
    value_places: Tensor,
    /// How many positions the longest row holds after the step.
    longest: usize,
    /// What is added to the scores, (slots, 1, 1, longest), by window.
    masks: Vec<(Option<usize>, Tensor)>,
}

impl Slots {
    pub fn new(shape: CacheShape, device: Device) -> Self {
        Self { shape, device, layers: Vec::new(), owners: Vec::new(), capacity: 0 }
    }

    /// Whether a sequence has a slot.
    pub fn has(&self, id: SequenceId) -> bool {
        self.find(id).is_some()
    }

    /// Makes room for `n_new` more sequences, and for `longest` positions in every slot.
    pub fn reserve(&mut self, n_new: usize, longest: usize) -> Result<()> {
        let n_taken = self.owners.iter().flatten().count();
        let n_slots = n_slots_for(n_taken + n_new);
        // One more than the context, for the slots that take no part in a step of the others.
        let most = self.shape.context + 1;
        let capacity = if longest < self.capacity {
            self.capacity
        } else {
            (longest + 1).max(2 * self.capacity).max(FIRST_CAPACITY).min(most)
        };
        let is_too_large = self.owners.len() >= 2 * n_slots;
        if self.owners.len() < n_taken + n_new || capacity > self.capacity || is_too_large {
            self.lay_out(n_slots, capacity)?;
        }
        Ok(())
    }

    /// Gives a sequence a slot, with what it holds by layer; there must be room.
    pub fn take(
        &mut self,
        id: SequenceId,
        length: usize,
        past: impl Fn(usize) -> Result<Vec<Stretch>>,
    ) -> Result<()> {
        let free = self.owners.iter().position(Option::is_none);
        let slot = free.expect("there is room, because it was reserved");
        for (i, layer) in self.layers.iter().enumerate() {
            let mut start = 0;
            for Stretch { keys, values } in past(i)? {
                let n = keys.dim(1)?;
                let place = |all: &Tensor, new: &Tensor| -> Result<()> {
                    Ok(all.narrow(0, slot, 1)?.slice_set(&new.unsqueeze(0)?.contiguous()?, 2, start)?)
                };
                place(&layer.keys, &keys)?;
                place(&layer.values, &values)?;
                start += n;
            }
        }
        self.owners[slot] = Some(Owner { id, length });
        Ok(())
    }

    /// What a sequence's slot holds of some positions in one layer.
    pub fn read(&self, id: SequenceId, layer: usize, positions: Range<usize>) -> Result<Stretch> {
        let slot = self.find(id).expect("only a sequence with a slot is read from one");
        let of = |all: &Tensor| all.get(slot)?.narrow(1, positions.start, positions.len());
        let Layer { keys, values } = &self.layers[layer];
        Ok(Stretch { keys: of(keys)?, values: of(values)? })
    }

    /// Takes a sequence's slot away, if it has one; with the last one all memory is given back.
    pub fn release(&mut self, id: SequenceId) {
        if let Some(slot) = self.find(id) {
            self.owners[slot] = None;
        }
        if self.owners.iter().all(Option::is_none) {
            *self = Self::new(self.shape, self.device.clone());
        }
    }

    /// Finds the places of rows that all have slots; `windows` are those of the layers.
    pub fn place(
        &self,
        rows: &[SequenceId],
        windows: impl Iterator<Item = Option<usize>>,
    ) -> Result<Placement> {
        let n_slots = self.owners.len();
        let (mut row_of_slot, mut slot_of_row) = (vec![0u32; n_slots], Vec::with_capacity(rows.len()));
        let mut longest = 0;
        for (row, id) in (0..).zip(rows) {
            let slot = self.find(*id).expect("every row of a step has a slot");
            row_of_slot[slot] = row;
            slot_of_row.push(slot as u32);
            longest = longest.max(self.length(slot) + 1);
        }
        // What a slot without a row writes lies behind what counts.
        let places: Vec<u32> = (0..n_slots).map(|slot| self.length(slot) as u32).collect();
        let places = Tensor::from_vec(places, (n_slots, 1, 1, 1), &self.device)?;
        let CacheShape { heads, key, value, .. } = self.shape;
        let spread = |width| places.broadcast_as((n_slots, heads, 1, width))?.contiguous();
        let mut masks: Vec<(Option<usize>, Tensor)> = Vec::new();
        for window in windows {
            if masks.iter().all(|(of, _)| *of != window) {
                masks.push((window, self.mask(longest, window)?));
            }
        }
        Ok(Placement {
            row_of_slot: Tensor::from_vec(row_of_slot, n_slots, &self.device)?,
            slot_of_row: Tensor::from_vec(slot_of_row, rows.len(), &self.device)?,
            key_places: spread(key)?,
            value_places: spread(value)?,
            longest,
            masks,
        })
    }

    /// Writes each row's key and value, and attends with its query; returns (rows, heads × value).
    pub fn attend(
        &self,
        config: &Config,
        layer: usize,
        placement: &Placement,
        heads: &Heads,
    ) -> Result<Tensor> {
        let CacheShape { heads: n_kept, key, value, dtype, .. } = self.shape;
        let (n_slots, n_heads) = (self.owners.len(), config.head_count);
        let Layer { keys, values } = &self.layers[layer];
        let in_slots = |rows: &Tensor| rows.contiguous()?.index_select(&placement.row_of_slot, 0);
        let kept = |rows: &Tensor| in_slots(rows)?.unsqueeze(2)?.to_dtype(dtype)?.contiguous();
        keys.scatter_set(&placement.key_places, &kept(&heads.key)?, 2)?;
        values.scatter_set(&placement.value_places, &kept(&heads.value)?, 2)?;
        let query = in_slots(&heads.query)?.reshape((n_slots, n_kept, n_heads / n_kept, key))?;
        let query = (query * f64::from(config.scoring.scale))?;
        let scores = product(&query, &keys.narrow(2, 0, placement.longest)?.t()?)?;
        let scores = bounded(scores, config.scoring.soft_cap)?;
        let window = config.layers[layer].window;
        let (_, mask) = placement
            .masks
            .iter()
            .find(|(of, _)| *of == window)
            .expect("there is a mask for the window of every layer");
        let shares = softmax_last_dim(&scores.broadcast_add(mask)?)?;
        let attended = product(&shares, &values.narrow(2, 0, placement.longest)?)?;
        Ok(attended.reshape((n_slots, n_heads * value))?.index_select(&placement.slot_of_row, 0)?)
    }

    /// Counts what was written for `rows`.
    pub fn advance(&mut self, rows: &[SequenceId]) {
        for owner in self.owners.iter_mut().flatten().filter(|owner| rows.contains(&owner.id)) {
            owner.length += 1;
        }
    }

    fn find(&self, id: SequenceId) -> Option<usize> {
        self.owners.iter().position(|owner| owner.is_some_and(|owner| owner.id == id))
    }

    fn length(&self, slot: usize) -> usize {
        self.owners[slot].map_or(0, |owner| owner.length)
    }

    /// (slots, 1, 1, positions)
    fn mask(&self, positions: usize, window: Option<usize>) -> Result<Tensor> {
        let n_slots = self.owners.len();
        let of_slot = |slot: usize| {
            // A slot without a row computes what nobody reads; it may see all, so that it has something to see.
            let at = self.length(slot).min(positions - 1);
            (0..positions).map(move |position| mask_value(is_seen(at, position, window)))
        };
        let mask: Vec<f32> = (0..n_slots).flat_map(of_slot).collect();
        Ok(Tensor::from_vec(mask, (n_slots, 1, 1, positions), &self.device)?)
    }

    /// Makes all layers anew, with the sequences that have slots in the first of them, one layer after the other: two whole copies may not fit.
    fn lay_out(&mut self, n_slots: usize, capacity: usize) -> Result<()> {
        let CacheShape { heads, key, value, dtype, layers, .. } = self.shape;
        let taken: Vec<u32> =
            (0..).zip(&self.owners).filter(|(_, owner)| owner.is_some()).map(|(slot, _)| slot).collect();
        let n_taken = taken.len();
        let taken = Tensor::from_vec(taken, n_taken, &self.device)?;
        let used = self.owners.iter().flatten().map(|owner| owner.length).max().unwrap_or(0);
        let anew = |old: Option<&Tensor>, width: usize| -> Result<Tensor> {
            let new = Tensor::zeros((n_slots, heads, capacity, width), dtype, &self.device)?;
            if let Some(old) = old.filter(|_| used > 0) {
                let old = old.narrow(2, 0, used)?.contiguous()?.index_select(&taken, 0)?;
                new.narrow(0, 0, n_taken)?.slice_set(&old, 2, 0)?;
            }
            Ok(new)
        };
        let mut layers_left = std::mem::take(&mut self.layers).into_iter();
        let mut made = Vec::with_capacity(layers);
        for _ in 0..layers {
            let old = layers_left.next();
            made.push(Layer {
                keys: anew(old.as_ref().map(|layer| &layer.keys), key)?,
                values: anew(old.as_ref().map(|layer| &layer.values), value)?,
            });
        }
        self.layers = made;
        let owners = self.owners.iter().flatten().copied().map(Some);
        self.owners = owners.chain(std::iter::repeat(None)).take(n_slots).collect();
        self.capacity = capacity;
        Ok(())
    }
}

/// How many slots are made for `n` sequences: powers of 2, and multiples of 32 where those are fewer.
fn n_slots_for(n: usize) -> usize {
    n.next_power_of_two().min(n.next_multiple_of(32))
}
