//! Who can be compared with whom: annotators who share pairs, directly or over others.

use super::ballots::{Ballot, Ballots, voices};
use crate::disjoint_sets::DisjointSets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which annotators share pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// Annotators with opinions none of whose pairs has an opinion of anybody else.
    pub alone: Vec<String>,
    /// Into how many groups the others fall that share no pair with each other; agreement between two groups is not known.
    pub groups: usize,
}

pub(super) fn overlap(ballots: &Ballots) -> Overlap {
    let mut circle = DisjointSets::new(ballots.annotators.len());
    let mut has_opinion = vec![false; ballots.annotators.len()];
    for pair in ballots.by_pair() {
        let mut others = voices(pair).filter(|ballot| ballot.class().is_some()).map(Ballot::annotator_place);
        let Some(first) = others.next() else { continue };
        has_opinion[first] = true;
        for other in others {
            has_opinion[other] = true;
            circle.join(first, other);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for annotator in (0..has_opinion.len()).filter(|annotator| has_opinion[*annotator]) {
        members.entry(circle.leader(annotator)).or_default().push(annotator);
    }
    let (alone, groups): (Vec<_>, Vec<_>) = members.into_values().partition(|members| members.len() == 1);
    let id = |annotator: usize| ballots.annotators[annotator].id.clone();
    Overlap { alone: alone.into_iter().flatten().map(id).collect(), groups: groups.len() }
}
