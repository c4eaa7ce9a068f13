//! From votes as files hold them to ballots, with what cannot be used named and counted.

use super::ballots::{BallotBox, Ballots, PairFacts};
use crate::merge::{Concern, Concerns, note, wrong_time};
use crate::schema::{PairIndex, Sample, Vote};
use crate::study::{KeyItem, StudyKey};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Takes votes one by one, in any order.
#[derive(Debug)]
pub struct Collector<'a> {
    index: PairIndex<'a>,
    now: Timestamp,
    ballots: BallotBox,
    concerns: Concerns,
}

impl<'a> Collector<'a> {
    /// Of the pairs of `samples`; the studies' keys tell known verdicts, and `now` which times lie in the future.
    pub fn new(samples: &'a [Sample], keys: &[StudyKey], now: Timestamp) -> Self {
        let gold: BTreeMap<&str, &KeyItem> = keys
            .iter()
            .flat_map(|key| &key.items)
            .filter(|item| item.gold.is_some())
            .map(|item| (item.pair.as_str(), item))
            .collect();
        let index = PairIndex::new(samples);
        let mut ballots = BallotBox::default();
        for indexed in index.pairs() {
            let pair = &indexed.pair;
            let facts = PairFacts::of(indexed.sample, pair, gold.get(pair.id.as_str()).copied());
            ballots.describe(&pair.id, facts);
        }
        Self { index, now, ballots, concerns: Concerns::new() }
    }

    /// Takes a vote; one on no pair of the samples is left out, and a time that cannot be right is taken for unknown.
    pub fn add(&mut self, mut vote: Vote) {
        let Some((_, is_turned)) = self.index.find(&vote) else {
            note(&mut self.concerns, Concern::UnknownPair, || vote.pair.clone());
            return;
        };
        let wrong = vote.decided_at.and_then(|time| Some((time, wrong_time(time, self.now)?)));
        if let Some((time, concern)) = wrong {
            note(&mut self.concerns, concern, || format!("{} at {time}", vote.pair));
            vote.decided_at = None;
        }
        self.ballots.add(&vote, is_turned);
    }

    /// The ballots, and what was not as it should be; no annotator is named there.
    pub fn close(self) -> (Ballots, Concerns) {
        (self.ballots.close(), self.concerns)
    }
}
