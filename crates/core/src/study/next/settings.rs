//! What the choice of pairs is made by.

use crate::screen::Concern;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The least share of chosen pairs that are drawn at random.
pub const LEAST_RANDOM_SHARE: f64 = 0.1;

/// What share of the chosen pairs each kind gets, 0 to 1; what is left, and what a kind cannot use, goes to information gain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shares {
    /// Drawn at random from all pairs that can be asked, at least [`LEAST_RANDOM_SHARE`]; rounded up.
    pub random: f64,
    /// Anchors that are due again; this and the following are rounded down.
    pub anchors: f64,
    /// Pairs on which judges disagree with each other, or one with itself.
    pub disputed: f64,
    /// Old pairs on whose votes much rests, or whose votes count little by now.
    pub leverage: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Self { random: LEAST_RANDOM_SHARE, anchors: 0.1, disputed: 0.1, leverage: 0.1 }
    }
}

/// How pairs are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct NextSettings {
    /// How many pairs are wanted.
    pub n_pairs: usize,
    /// How they are divided.
    pub shares: Shares,
    /// Before any vote a response's strength is normal with mean 0 and this standard deviation, in logits, above 0 to 3.
    pub prior_deviation: f64,
    /// How much a judge's vote counts in the model, 0 to 1, where a person's counts 1.
    pub judge_weight: f64,
    /// A pair is old where the last vote of a person on it is so many days old.
    pub old_after_days: f64,
    /// The net share of answers that turn to one side, which the test of anchors is to see, above 0 to 1.
    pub net_flip_rate: f64,
    /// The share of anchors that are answered differently the second time, in either direction, at least the net share.
    pub discordance: f64,
    /// What the screening drops; empty and identical responses are never asked about.
    pub drop: BTreeSet<Concern>,
    /// Ids of pairs that are in the study anyway, such as gold.
    pub taken: BTreeSet<String>,
    /// Keys the random draw, together with how many votes there are.
    pub seed: u64,
    /// The time from which ages are counted.
    pub now: Timestamp,
}

impl NextSettings {
    /// So many pairs, seen from `now`, and everything else by default.
    pub fn new(n_pairs: usize, now: Timestamp) -> Self {
        Self {
            n_pairs,
            shares: Shares::default(),
            prior_deviation: 1.0,
            judge_weight: 0.25,
            old_after_days: 70.0,
            net_flip_rate: 0.1,
            discordance: 0.25,
            drop: Concern::ALL.into(),
            taken: BTreeSet::new(),
            seed: 0,
            now,
        }
    }

    pub(super) fn check(&self) -> Result<(), NextError> {
        let Shares { random, anchors, disputed, leverage } = self.shares;
        if !(LEAST_RANDOM_SHARE..=1.0).contains(&random) {
            return Err(NextError::RandomShare { share: random });
        }
        let sum = random + anchors + disputed + leverage;
        // A sum of decimal shares may be off by rounding.
        let are_shares = [anchors, disputed, leverage].iter().all(|share| *share >= 0.0);
        if !are_shares || sum > 1.0 + 1e-9 {
            return Err(NextError::Shares { sum: libm::round(sum * 1e9) / 1e9 });
        }
        let above_0 = |value: f64, most: f64| value > 0.0 && value <= most;
        for (name, value, is_good) in [
            ("prior deviation", self.prior_deviation, above_0(self.prior_deviation, 3.0)),
            ("weight of judges", self.judge_weight, (0.0..=1.0).contains(&self.judge_weight)),
            ("age of old pairs", self.old_after_days, self.old_after_days >= 0.0),
            ("net flip rate", self.net_flip_rate, above_0(self.net_flip_rate, 1.0)),
            ("discordance", self.discordance, (self.net_flip_rate..=1.0).contains(&self.discordance)),
        ] {
            if !is_good {
                return Err(NextError::OutOfRange { name, value });
            }
        }
        Ok(())
    }
}

/// Why pairs cannot be chosen so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NextError {
    /// Too few random pairs to measure anything on.
    #[error(
        "a random share of {share} is out of range: give one from 0.1 to 1, since drift and agreement are measured without bias on random pairs alone"
    )]
    RandomShare {
        /// The share that was asked for.
        share: f64,
    },
    /// The kinds want more than all, or less than nothing.
    #[error(
        "the shares of random pairs, anchors, disputed pairs and leverage are {sum} together: give shares of at least 0 that sum to at most 1"
    )]
    Shares {
        /// What they sum to, rounded to nine digits behind the point.
        sum: f64,
    },
    /// A setting that no model can be made with.
    #[error("the {name} is out of range: {value}")]
    OutOfRange {
        /// What is.
        name: &'static str,
        /// What was asked for.
        value: f64,
    },
}
