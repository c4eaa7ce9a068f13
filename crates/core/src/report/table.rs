//! Ballots and the pairs that they are on.

use crate::agreement::{Ballot, Ballots};
use crate::schema::{IndexedPair, PairIndex, Sample};
use std::collections::BTreeMap;

/// Every ballot's pair with its texts.
#[derive(Clone, Debug)]
pub struct PairTable<'a> {
    /// The votes.
    pub ballots: &'a Ballots,
    /// The pairs of the samples, each once.
    index: PairIndex<'a>,
    /// For each of [`Ballots::pairs`] the place in the index.
    places: Vec<Option<usize>>,
}

impl<'a> PairTable<'a> {
    /// Joins them; `ballots` are those that a [`Collector`](crate::agreement::Collector) made on the same samples.
    pub fn new(samples: &'a [Sample], ballots: &'a Ballots) -> Self {
        let index = PairIndex::new(samples);
        let by_id: BTreeMap<&str, usize> =
            index.pairs().iter().enumerate().map(|(place, pair)| (pair.pair.id.as_str(), place)).collect();
        let places = ballots.pairs.iter().map(|id| by_id.get(id.as_str()).copied()).collect();
        Self { ballots, index, places }
    }

    /// All pairs of the samples, in their order.
    pub fn pairs(&self) -> &[IndexedPair<'a>] {
        self.index.pairs()
    }

    /// The place in [`pairs`](Self::pairs) of the pair that a ballot is on.
    pub(super) fn place(&self, ballot: &Ballot) -> Option<usize> {
        self.places.get(ballot.pair as usize).copied().flatten()
    }
}
