//! What of votes and weights could not be used as it is.

use crate::merge::{Concern, wrong_time};
use jiff::Timestamp;

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Votes on pairs that the samples do not hold: they play no part.
    pub unknown_votes: usize,
    /// Votes from before the year 2000, given under a clock that was not set: they count, and have no age.
    pub clock_not_set: usize,
    /// Votes from the future: they count, and have no age.
    pub from_future: usize,
    /// Weights of votes and pairs that are not among the votes.
    pub unknown_weights: usize,
}

impl Doubts {
    pub(super) fn count_time(&mut self, time: Option<Timestamp>, now: Timestamp) {
        match time.and_then(|time| wrong_time(time, now)) {
            Some(Concern::ClockNotSet) => self.clock_not_set += 1,
            Some(_) => self.from_future += 1,
            None => {}
        }
    }
}
