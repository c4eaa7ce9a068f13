//! Which pair of which sample a vote is on.

use super::{Pair, Sample, Vote, pairs, response_ids};
use std::collections::BTreeMap;

/// The pairs of samples, each once, and all names that votes may call them by.
#[derive(Clone, Debug)]
pub struct PairIndex<'a> {
    pairs: Vec<IndexedPair<'a>>,
    by_id: BTreeMap<String, usize>,
    n_duplicates: usize,
}

/// A pair and its sample.
#[derive(Clone, Debug)]
pub struct IndexedPair<'a> {
    /// The sample.
    pub sample: &'a Sample,
    /// The pair; "first" is that of this sample.
    pub pair: Pair<'a>,
    /// The ids that the same two texts go by, and whether they stand the other way round there.
    names: Vec<([String; 2], bool)>,
}

impl<'a> PairIndex<'a> {
    /// Finds all pairs; one with the texts of an earlier one is the same pair under another name.
    pub fn new(samples: &'a [Sample]) -> Self {
        let mut index = Self { pairs: Vec::new(), by_id: BTreeMap::new(), n_duplicates: 0 };
        for sample in samples {
            for pair in pairs(sample) {
                if let Some(&earlier) = index.by_id.get(&pair.id) {
                    let earlier = &mut index.pairs[earlier];
                    earlier.names.push((ids(&pair), pair.first.text != earlier.pair.first.text));
                    index.n_duplicates += 1;
                    continue;
                }
                index.by_id.insert(pair.id.clone(), index.pairs.len());
                index.pairs.push(IndexedPair::new(sample, pair));
            }
        }
        index
    }

    /// The pairs, in the order of the samples and, within one, of the ids.
    pub fn pairs(&self) -> &[IndexedPair<'a>] {
        &self.pairs
    }

    /// How many pairs were the same as an earlier one.
    pub fn n_duplicates(&self) -> usize {
        self.n_duplicates
    }

    /// Whether there is a pair with this id.
    pub fn contains(&self, pair_id: &str) -> bool {
        self.by_id.contains_key(pair_id)
    }

    /// The place in [`pairs`](Self::pairs) of the pair that a vote is on, and whether the vote's first response is the pair's second.
    ///
    /// None where the pair is not there, or goes by other responses than the vote says, so that it is open which is first.
    pub fn find(&self, vote: &Vote) -> Option<(usize, bool)> {
        let place = *self.by_id.get(&vote.pair)?;
        let (_, is_turned) = self.pairs[place].names.iter().find(|(ids, _)| *ids == vote.responses)?;
        Some((place, *is_turned))
    }
}

impl<'a> IndexedPair<'a> {
    /// The pair goes by the ids of its sample, and by those of its texts: a study knows no others.
    fn new(sample: &'a Sample, pair: Pair<'a>) -> Self {
        let texts = [pair.first.text.as_str(), pair.second.text.as_str()];
        let mut by_text = response_ids(&sample.prompt.messages, &texts);
        let is_turned = by_text[1] < by_text[0];
        by_text.sort();
        let by_text = by_text.try_into().map(|ids| (ids, is_turned)).ok();
        let names = [(ids(&pair), false)].into_iter().chain(by_text).collect();
        Self { sample, pair, names }
    }
}

fn ids(pair: &Pair<'_>) -> [String; 2] {
    [pair.first.id.clone(), pair.second.id.clone()]
}
