//! Pairs as small as an export needs them: all but their texts.

use super::ballots::name_hash;
use super::texts::{Requirements, Texts};
use super::weights::target_hash;
use crate::lookup::Lookup;
use crate::schema::{Pair, Sample, Side, Vote, ids_by_text, pairs};

/// Takes samples one by one; their order is that of the rows.
#[derive(Debug, Default)]
pub struct PairTable {
    requirements: Requirements,
    pub(super) pairs: Vec<PairFacts>,
    /// By what votes call a pair, its place and whether the vote's first response is the pair's second.
    names: Lookup<u64, (u32, bool)>,
    places: Lookup<u64, u32>,
    n_samples: u32,
}

/// What is known of a pair beside its votes.
#[derive(Clone, Copy, Debug)]
pub(super) struct PairFacts {
    /// The hash of its id.
    pub id: u64,
    /// The number of its sample, from 0.
    pub sample: u32,
    /// The places of its responses in the sample.
    pub responses: [u32; 2],
    pub texts: Texts,
    /// The response that was made of the other.
    pub newer: [bool; 2],
    /// Whether its prompt and texts are those of an earlier pair, which has its votes.
    pub is_duplicate: bool,
    /// The smaller text is the same in every pair of this id, whatever its responses are called.
    is_first_smaller: bool,
}

impl PairFacts {
    /// Whether the response on this side was made of the other one.
    pub fn is_made_of_other(&self, side: Side) -> bool {
        self.newer[if side == Side::First { 0 } else { 1 }]
    }
}

impl PairTable {
    /// Of pairs that are to be like this.
    pub fn new(requirements: Requirements) -> Self {
        Self { requirements, ..Self::default() }
    }

    /// How many samples there are.
    pub fn n_samples(&self) -> usize {
        self.n_samples as usize
    }

    /// Takes a sample.
    pub fn add(&mut self, sample: &Sample) {
        for pair in pairs(sample) {
            let facts = self.facts(sample, &pair);
            let place = u32::try_from(self.pairs.len()).expect("memory ends before four billion pairs do");
            self.pairs.push(facts);
            let own_ids = [pair.first.id.clone(), pair.second.id.clone()];
            if facts.is_duplicate {
                let earlier = *self.places.get(&facts.id).expect("a duplicate has an earlier pair");
                let is_turned = facts.is_first_smaller != self.pairs[earlier as usize].is_first_smaller;
                self.name(&pair, &own_ids, (earlier, is_turned));
                continue;
            }
            self.places.set(facts.id, place);
            self.name(&pair, &own_ids, (place, false));
            let (by_text, is_turned) = ids_by_text(&sample.prompt.messages, &pair);
            self.name(&pair, &by_text, (place, is_turned));
        }
        self.n_samples += 1;
    }

    fn facts(&self, sample: &Sample, pair: &Pair<'_>) -> PairFacts {
        let place = |id: &str| sample.responses.iter().position(|response| response.id == id).unwrap_or(0);
        let id = target_hash(&pair.id);
        PairFacts {
            id,
            sample: self.n_samples,
            responses: [place(&pair.first.id) as u32, place(&pair.second.id) as u32],
            texts: Texts::of(&sample.prompt.messages, pair, &self.requirements),
            newer: [sample.descends(pair.first, pair.second), sample.descends(pair.second, pair.first)],
            is_duplicate: self.places.contains(&id),
            is_first_smaller: pair.first.text <= pair.second.text,
        }
    }

    /// The first meaning of a name stays.
    fn name(&mut self, pair: &Pair<'_>, responses: &[String; 2], meaning: (u32, bool)) {
        self.names.set_first(name_hash(&pair.id, responses), meaning);
    }

    /// Whether a vote's first response is the second of its pair; none where no sample has the pair.
    pub fn is_turned(&self, vote: &Vote) -> Option<bool> {
        self.find(name_hash(&vote.pair, &vote.responses)).map(|(_, is_turned)| is_turned)
    }

    /// The place of the pair that votes call so, and whether their first response is its second.
    pub(super) fn find(&self, name: u64) -> Option<(u32, bool)> {
        self.names.get(&name).copied()
    }
}
