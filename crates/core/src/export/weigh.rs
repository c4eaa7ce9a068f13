//! How weights reach a trainer: as a column, by drawing rows, or in the margin.
//!
//! No stock trainer takes a weight for a row.
//! Rows that are drawn in proportion to their weights have the same loss in expectation, and a reward model's margin can carry the weight itself.

use super::ruling::Ruling;
use crate::drift::comparison::kish_size;
use crate::random::{Purpose, ResponseRandom};
use serde::{Deserialize, Serialize};

/// How weights reach a trainer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightsAs {
    /// Each row has its weight in a column, for whoever reads it.
    #[default]
    Column,
    /// Pairs are drawn in proportion to their weights, and every row weighs 1.
    Resample {
        /// How many are drawn; none draws as many as there are.
        size: Option<u64>,
        /// The same seed draws the same pairs.
        seed: u64,
    },
    /// Margins are multiplied by the weights, and every row weighs 1.
    Margin,
}

/// What was done with the weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightFacts {
    /// How they reach the trainer.
    pub weights_as: WeightsAs,
    /// Pairs before.
    pub pairs: u64,
    /// How many pairs of equal weight would tell as much, (Σw)² / Σw² (Kish 1965, "Survey Sampling").
    pub effective_size: f64,
    /// Pairs after: those that are drawn several times count as often.
    pub written: u64,
    /// Of the pairs before, those that are there afterwards.
    pub different: u64,
}

/// Gives one pair after another what its weight makes of it.
#[derive(Clone, Debug)]
pub struct Weighing {
    facts: WeightFacts,
    /// Pairs to draw for a weight of 1.
    rate: f64,
    start: f64,
    passed: f64,
}

impl Weighing {
    /// For pairs of these weights, which come in this order.
    pub fn new(weights_as: WeightsAs, weights: impl Iterator<Item = f64> + Clone) -> Self {
        let (pairs, total) = weights.clone().fold((0, 0.0), |(n, total), weight| (n + 1, total + weight));
        let (size, seed) = match weights_as {
            WeightsAs::Resample { size, seed } => (size.unwrap_or(pairs), seed),
            _ => (pairs, 0),
        };
        let start = ResponseRandom::new(seed, "export", 0).uniform(Purpose::Start, 0);
        let facts =
            WeightFacts { weights_as, pairs, effective_size: kish_size(weights), written: 0, different: 0 };
        Self { facts, rate: size as f64 / total, start, passed: 0.0 }
    }

    /// How often the next pair is written; its weight and margin are changed where that is how weights reach the trainer.
    pub fn apply(&mut self, ruling: &mut Ruling<'_>) -> u64 {
        let copies = match self.facts.weights_as {
            WeightsAs::Column => 1,
            WeightsAs::Margin => {
                ruling.margin *= ruling.weight;
                ruling.weight = 1.0;
                1
            }
            WeightsAs::Resample { .. } => {
                let copies = self.draw(ruling.weight);
                ruling.weight = 1.0;
                copies
            }
        };
        self.facts.written += copies;
        self.facts.different += u64::from(copies > 0);
        copies
    }

    /// Systematic sampling (Madow 1949): points at equal distances on the line of all weights, the first at random.
    ///
    /// A pair is drawn as often as its weight times the rate says, rounded down or up.
    fn draw(&mut self, weight: f64) -> u64 {
        let points = |passed: f64| libm::floor(passed * self.rate + self.start);
        let before = points(self.passed);
        let after = points(self.passed + weight);
        self.passed += weight;
        (after - before) as u64
    }

    /// What was done so far.
    pub fn facts(&self) -> WeightFacts {
        self.facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(weights: &[f64], size: Option<u64>, seed: u64) -> Vec<u64> {
        let mut weighing = Weighing::new(WeightsAs::Resample { size, seed }, weights.iter().copied());
        weights.iter().map(|weight| weighing.draw(*weight)).collect()
    }

    #[test]
    fn pairs_are_drawn_as_often_as_they_weigh() {
        let weights: Vec<f64> = (0..200).map(|i| f64::from(i % 7) / 3.0).collect();
        let total: f64 = weights.iter().sum();
        for size in [1, 50, 200, 1000] {
            for seed in 0..20 {
                let drawn = draws(&weights, Some(size), seed);
                assert_eq!(drawn.iter().sum::<u64>(), size, "size {size}, seed {seed}");
                for (n, weight) in drawn.iter().zip(&weights) {
                    let expected = weight * size as f64 / total;
                    assert!((*n as f64 - expected).abs() < 1.0, "{n} for {expected}");
                }
            }
        }
        assert_eq!(draws(&weights, None, 3), draws(&weights, Some(200), 3));
        assert_ne!(draws(&weights, None, 3), draws(&weights, None, 4));
        assert_eq!(draws(&[1.0; 5], None, 1), [1; 5]);
    }

    #[test]
    fn the_effective_size_is_that_of_kish() {
        let size = |weights: &[f64]| {
            Weighing::new(WeightsAs::Column, weights.iter().copied()).facts().effective_size
        };
        assert_eq!((size(&[1.0; 4]), size(&[3.0, 1.0])), (4.0, 1.6));
    }
}
