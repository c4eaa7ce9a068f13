//! Weights as small as an export needs them, found by what they are for.

use crate::names::Names;
use crate::schema::{ContentHash, Weight};

/// The weights of votes and pairs: a million take 32 megabytes.
#[derive(Clone, Debug, Default)]
pub struct WeightTable {
    /// In the order of their targets.
    entries: Vec<Entry>,
    epochs: Names,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    target: u64,
    weight: f64,
    epoch: Option<u32>,
    is_met: bool,
}

/// A weight's place in its table.
pub(super) type Place = u32;

impl FromIterator<Weight> for WeightTable {
    /// Of several weights for one target the last counts.
    fn from_iter<I: IntoIterator<Item = Weight>>(weights: I) -> Self {
        let mut table = Self::default();
        for weight in weights {
            let epoch = weight.epoch.as_deref().map(|epoch| table.epochs.number(epoch));
            let target = target_hash(&weight.target);
            table.entries.push(Entry { target, weight: weight.weight, epoch, is_met: false });
        }
        table.entries.sort_by_key(|entry| entry.target);
        table.entries.dedup_by(|later, earlier| {
            let is_same = later.target == earlier.target;
            if is_same {
                *earlier = *later;
            }
            is_same
        });
        table
    }
}

impl WeightTable {
    /// Whether there is none, so that nobody has to ask for any.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where the weight of a vote or pair is, which is known from now on to be there.
    pub(super) fn meet(&mut self, target: u64) -> Option<Place> {
        let place = self.entries.binary_search_by_key(&target, |entry| entry.target).ok()?;
        self.entries[place].is_met = true;
        Some(place as Place)
    }

    /// The weight at a place; 1 where there is none.
    pub(super) fn weight(&self, place: Option<Place>) -> f64 {
        place.map_or(1.0, |place| self.entries[place as usize].weight)
    }

    /// The number of the epoch at a place.
    pub(super) fn epoch(&self, place: Option<Place>) -> Option<u32> {
        self.entries[place? as usize].epoch
    }

    /// How many are for votes and pairs that nobody met.
    pub(super) fn n_unknown(&self) -> u64 {
        self.entries.iter().filter(|entry| !entry.is_met).count() as u64
    }

    /// The names of the epochs, by number.
    pub(super) fn into_epochs(self) -> Names {
        self.epochs
    }
}

/// The hash of a vote's or pair's id; two of ten million share one with a probability below 10⁻⁵.
pub(super) fn target_hash(target: &str) -> u64 {
    let mut hash = ContentHash::new("tiebreak/export/target/1");
    hash.text(target);
    hash.number()
}
