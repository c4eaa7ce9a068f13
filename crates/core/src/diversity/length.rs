//! How long the chosen and the rejected responses are.

use crate::statistics::Share;
use serde::{Deserialize, Serialize};

/// Collects the lengths of chosen and rejected responses.
///
/// Where nearly all winners are the longer ones, a model learns to write much, whatever else it learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LengthBalance {
    /// Pairs that were added.
    pub n_pairs: usize,
    /// Pairs whose lengths differ by more than [`LEAST_DIFFERENCE`](Self::LEAST_DIFFERENCE) characters.
    pub n_different: usize,
    /// Those of them whose longer response was chosen.
    pub n_longer_chosen: usize,
    /// All characters of chosen responses.
    pub chosen_characters: u64,
    /// All characters of rejected responses.
    pub rejected_characters: u64,
}

impl LengthBalance {
    /// Lengths that differ by no more than this many characters count as equal.
    pub const LEAST_DIFFERENCE: usize = 30;

    /// Adds a pair.
    pub fn add(&mut self, chosen: &str, rejected: &str) {
        let [chosen, rejected] = [chosen, rejected].map(|text| text.chars().count());
        self.n_pairs += 1;
        self.chosen_characters += chosen as u64;
        self.rejected_characters += rejected as u64;
        if chosen.abs_diff(rejected) > Self::LEAST_DIFFERENCE {
            self.n_different += 1;
            self.n_longer_chosen += usize::from(chosen > rejected);
        }
    }

    /// The share of longer winners among pairs whose lengths differ; none where there is no such pair.
    pub fn longer_chosen(&self) -> Option<Share> {
        Share::of(self.n_longer_chosen, self.n_different)
    }

    /// The mean length of chosen and of rejected responses in characters; none without pairs.
    pub fn mean_characters(&self) -> Option<[f64; 2]> {
        let mean = |total: u64| total as f64 / self.n_pairs as f64;
        (self.n_pairs > 0).then(|| [mean(self.chosen_characters), mean(self.rejected_characters)])
    }
}
