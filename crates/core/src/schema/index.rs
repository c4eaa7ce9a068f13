//! Which pair of which sample a vote is on.

use super::{Message, Pair, Sample, Vote, pairs, response_ids};
use crate::lookup::Lookup;

/// The pairs of samples, each once, and all names that votes may call them by.
#[derive(Clone, Debug)]
pub struct PairIndex<'a> {
    pairs: Vec<IndexedPair<'a>>,
    by_id: Lookup<String, usize>,
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
        let mut index = Self { pairs: Vec::new(), by_id: Lookup::default(), n_duplicates: 0 };
        for sample in samples {
            for pair in pairs(sample) {
                if let Some(&earlier) = index.by_id.get(&pair.id) {
                    let earlier = &mut index.pairs[earlier];
                    earlier.names.push((ids(&pair), pair.first.text != earlier.pair.first.text));
                    index.n_duplicates += 1;
                    continue;
                }
                index.by_id.set(pair.id.clone(), index.pairs.len());
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
        self.by_id.contains(pair_id)
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
        let names = vec![(ids(&pair), false), ids_by_text(&sample.prompt.messages, &pair)];
        Self { sample, pair, names }
    }
}

/// The ids that a pair's responses have by their texts, in canonical order, and whether that turns the pair.
pub(crate) fn ids_by_text(messages: &[Message], pair: &Pair<'_>) -> ([String; 2], bool) {
    let texts = [pair.first.text.as_str(), pair.second.text.as_str()];
    let ids: [String; 2] = response_ids(messages, &texts).try_into().expect("two texts have two ids");
    let [first, second] = ids;
    if second < first { ([second, first], true) } else { ([first, second], false) }
}

fn ids(pair: &Pair<'_>) -> [String; 2] {
    [pair.first.id.clone(), pair.second.id.clone()]
}
