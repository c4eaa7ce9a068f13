//! How many pairs and votes each category and each kind of edge case has.

use super::table::PairTable;
use crate::agreement::{Ballot, voices};
use crate::schema::{IndexedPair, Prompt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most categories that are told one by one.
const MOST_CATEGORIES: usize = 30;

/// What is covered how well.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// The largest categories, most pairs first.
    pub categories: Vec<Covered>,
    /// How many categories are not told one by one.
    pub other_categories: usize,
    /// What these have together.
    pub others: Covered,
    /// The kinds of edge cases that there are, by name; ordinary prompts come last, without one.
    pub edge_cases: Vec<Covered>,
}

/// One category or kind of edge case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// Its name; none for prompts without one.
    pub name: Option<String>,
    /// Different prompts.
    pub prompts: usize,
    /// Pairs of their responses.
    pub pairs: usize,
    /// Pairs with a vote.
    pub voted: usize,
    /// Pairs with opinions of two annotators or more.
    pub compared: usize,
    /// Opinions, one an annotator and pair.
    pub opinions: usize,
}

impl Covered {
    fn add(&mut self, other: &Self) {
        self.prompts += other.prompts;
        self.pairs += other.pairs;
        self.voted += other.voted;
        self.compared += other.compared;
        self.opinions += other.opinions;
    }
}

/// Counts by category and by kind of edge case.
pub fn coverage(table: &PairTable<'_>) -> Coverage {
    let mut categories = covered(table, |prompt| prompt.category.clone());
    categories.sort_by(|a, b| b.pairs.cmp(&a.pairs).then_with(|| a.name.cmp(&b.name)));
    let rest = categories.split_off(categories.len().min(MOST_CATEGORIES));
    let mut others = Covered::default();
    rest.iter().for_each(|other| others.add(other));
    let mut edge_cases = covered(table, edge_case);
    edge_cases.sort_by_key(|covered| covered.name.is_none());
    Coverage { categories, other_categories: rest.len(), others, edge_cases }
}

/// The name in records with spaces, such as `wrong premise`.
fn edge_case(prompt: &Prompt) -> Option<String> {
    let name = serde_json::to_value(prompt.edge_case?).ok()?;
    Some(name.as_str()?.replace('_', " "))
}

fn covered(table: &PairTable<'_>, name: impl Fn(&Prompt) -> Option<String>) -> Vec<Covered> {
    let mut all: BTreeMap<Option<String>, (Covered, BTreeSet<&str>)> = BTreeMap::new();
    let own_votes = votes(table);
    for (place, pair) in table.pairs().iter().enumerate() {
        let IndexedPair { sample, .. } = pair;
        let (covered, prompts) = all.entry(name(&sample.prompt)).or_default();
        prompts.insert(sample.prompt.id.as_str());
        let (votes, opinions) = own_votes[place];
        covered.pairs += 1;
        covered.voted += usize::from(votes > 0);
        covered.compared += usize::from(opinions > 1);
        covered.opinions += opinions;
    }
    let finish = |(name, (covered, prompts)): (_, (Covered, BTreeSet<_>))| Covered {
        name,
        prompts: prompts.len(),
        ..covered
    };
    all.into_iter().map(finish).collect()
}

/// Votes and opinions of each pair.
fn votes(table: &PairTable<'_>) -> Vec<(usize, usize)> {
    let mut votes = vec![(0, 0); table.pairs().len()];
    let own = |pair: &[Ballot]| (pair.len(), voices(pair).count());
    for pair in table.ballots.by_pair() {
        if let Some(place) = table.place(&pair[0]) {
            votes[place] = own(pair);
        }
    }
    votes
}
