//! What the rows for training are like.

use super::measure::Measure;
use crate::names::Names;
use crate::schema::{Message, Preference};
use crate::statistics::Share;
use serde::Serialize;

/// Takes rows one by one, of any number of files; a row that was drawn several times is one row and its repeats.
#[derive(Clone, Debug, Default)]
pub struct RowTally {
    /// Pairs by what was chosen of them, and what all rows of each weigh together.
    different: Names,
    weights: Vec<f64>,
    rows: usize,
    votes: usize,
    chosen_longer: usize,
    of_different_length: usize,
    margins: f64,
    characters: [usize; 2],
}

/// What rows are like on the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingRows {
    /// How many there are, above 0.
    pub rows: usize,
    /// How many of them are different: another pair, or the other response chosen.
    pub different: usize,
    /// Votes behind them, those of repeated rows once.
    pub votes: usize,
    /// How often the chosen response is the longer one, of different rows whose responses differ in length: a repeat is no evidence.
    pub chosen_longer: Measure<Share>,
    /// Mean absolute strength of the votes, 0 to 3.
    pub mean_margin: f64,
    /// How many different rows of weight 1 tell as much, by Kish, where a row weighs what its repeats do together; see [`kish_size`](crate::drift::comparison::kish_size()).
    pub kish_size: f64,
    /// Mean characters of the chosen and the rejected response.
    pub mean_characters: [f64; 2],
}

impl RowTally {
    /// Takes a row.
    pub fn add(&mut self, row: &Preference) {
        let length = |messages: &[Message]| messages.iter().map(|m| m.content.chars().count()).sum::<usize>();
        let [chosen, rejected] = [length(&row.chosen), length(&row.rejected)];
        self.rows += 1;
        self.margins += row.margin;
        self.characters[0] += chosen;
        self.characters[1] += rejected;
        let number = self.different.number(&format!("{} {}", row.origin.pair, row.origin.responses[0]));
        if let Some(weight) = self.weights.get_mut(number as usize) {
            *weight += row.weight;
            return;
        }
        self.weights.push(row.weight);
        self.votes += row.origin.votes as usize;
        self.chosen_longer += usize::from(chosen > rejected);
        self.of_different_length += usize::from(chosen != rejected);
    }

    /// What they are like; none where there is no row.
    pub fn close(&self) -> Option<TrainingRows> {
        let n = self.rows as f64;
        let weight: f64 = self.weights.iter().sum();
        let kish_size = weight * weight / self.weights.iter().map(|weight| weight * weight).sum::<f64>();
        (self.rows > 0).then(|| TrainingRows {
            rows: self.rows,
            different: self.different.len(),
            votes: self.votes,
            chosen_longer: Measure::from_option(
                Share::of(self.chosen_longer, self.of_different_length),
                "both responses of every row are as long",
            ),
            mean_margin: self.margins / n,
            kish_size: if kish_size.is_finite() { kish_size } else { 0.0 },
            mean_characters: self.characters.map(|characters| characters as f64 / n),
        })
    }
}
