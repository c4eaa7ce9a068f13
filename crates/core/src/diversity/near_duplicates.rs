//! Texts that are almost the same, among many.

use super::{Shingles, minhash, words};
use crate::disjoint_sets::DisjointSets;
use std::collections::BTreeMap;

/// Texts, grouped with those that are almost the same.
///
/// Two texts are almost the same where the Jaccard index of their [`Shingles`] is at least [`THRESHOLD`](Self::THRESHOLD).
/// Candidates come from MinHash, and each is checked exactly: what is grouped is alike for certain, and of two texts at the threshold 4 in 10,000 are overlooked, of those that are more alike fewer.
/// Groups grow along chains: the ends of one may be less alike than the threshold.
/// Case and punctuation make no difference; a text without words is grouped only with its equals.
#[derive(Clone, Debug, Default)]
pub struct NearDuplicates {
    /// The different texts as they are compared, and the place of each.
    places: BTreeMap<Box<str>, usize>,
    /// Which different text each added one is.
    added: Vec<usize>,
    /// The bands of each different text's signature; none of one without words.
    bands: Vec<Option<[u64; minhash::N_BANDS]>>,
}

impl NearDuplicates {
    /// From this Jaccard index on, texts are almost the same.
    pub const THRESHOLD: f64 = 0.8;

    /// Adds a text; its place is how many were added before it.
    pub fn add(&mut self, text: &str) {
        let normal = words(text).join(" ");
        let normal = if normal.is_empty() { text.to_owned() } else { normal };
        let next = self.bands.len();
        let place = *self.places.entry(normal.into()).or_insert(next);
        if place == next {
            self.bands.push(minhash::bands(&Shingles::of(text)));
        }
        self.added.push(place);
    }

    /// The group of each added text: the place of the first that belongs to it.
    pub fn groups(&self) -> Vec<usize> {
        let mut groups = DisjointSets::new(self.bands.len());
        let mut texts = vec![""; self.bands.len()];
        self.places.iter().for_each(|(text, place)| texts[*place] = text);
        for band in 0..minhash::N_BANDS {
            let keys = self.bands.iter().map(|bands| bands.map(|bands| bands[band]));
            let mut candidates: Vec<(u64, usize)> =
                keys.zip(0..).filter_map(|(key, place)| Some((key?, place))).collect();
            candidates.sort_unstable();
            for bucket in candidates.chunk_by(|a, b| a.0 == b.0).filter(|bucket| bucket.len() > 1) {
                join(bucket, &texts, &mut groups);
            }
        }
        self.first_of_each(&mut groups)
    }

    fn first_of_each(&self, groups: &mut DisjointSets) -> Vec<usize> {
        let mut first = vec![None; self.bands.len()];
        let in_order = self.added.iter().enumerate();
        in_order.map(|(place, different)| *first[groups.leader(*different)].get_or_insert(place)).collect()
    }
}

/// A text is compared with at most so many groups of a bucket.
///
/// Buckets of that many different groups come about only where somebody made texts that are all a little less alike than the threshold; without a bound they would cost the square of their number.
const MOST_COMPARED: usize = 500;

/// Joins the texts of one bucket that are almost the same.
///
/// A text is compared with the first of each group that the bucket holds so far, and no more with others of a group that it belongs to: so a bucket of many equal requests takes one comparison for each.
fn join(bucket: &[(u64, usize)], texts: &[&str], groups: &mut DisjointSets) {
    let mut firsts: Vec<(usize, Shingles)> = Vec::new();
    for (_, text) in bucket {
        let is_joined =
            |groups: &mut DisjointSets, first: usize| groups.leader(*text) == groups.leader(first);
        if firsts.iter().any(|(first, _)| is_joined(groups, *first)) {
            continue;
        }
        let shingles = Shingles::of(texts[*text]);
        let mut is_new = true;
        for (first, other) in firsts.iter().take(MOST_COMPARED) {
            if shingles.jaccard(other) >= NearDuplicates::THRESHOLD {
                groups.join(*text, *first);
                is_new = false;
            }
        }
        if is_new {
            firsts.push((*text, shingles));
        }
    }
}
