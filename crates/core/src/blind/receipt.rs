//! The chain of receipts through an annotator's votes.

use crate::schema::{ContentHash, Vote, to_line};
use std::collections::BTreeMap;

/// What stands in the place of the receipt before the first vote.
pub const FIRST_RECEIPT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The receipt of a vote: SHA-256 in hex over the vote's JSON without its receipt, and the receipt before it.
pub fn receipt(vote: &Vote, before: &str) -> String {
    let bare = Vote { receipt: None, ..vote.clone() };
    let mut hash = ContentHash::new("tiebreak/receipt/1");
    hash.text(before);
    hash.text(&to_line(&bare));
    hash.hex()
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainProblem {
    /// The vote at this place has no receipt or no number.
    Missing {
        /// Its place in the list.
        at: usize,
    },
    /// The vote at this place is not what its receipt was made of, or follows none of the others.
    Broken {
        /// Its place in the list.
        at: usize,
    },
    /// Two different votes follow the same one: the work went on in two places.
    Branch {
        /// The places of the votes in the list.
        at: Vec<usize>,
    },
}

/// A chain of receipts, put together from votes in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// For each vote the place of the one that it follows; none for the first of a chain, and where it is not known.
    pub before: Vec<Option<usize>>,
    /// What is wrong; empty where all is well.
    pub problems: Vec<ChainProblem>,
}

impl Chain {
    /// Whether the vote at `later` follows the one at `earlier`, directly or over others.
    pub fn follows(&self, later: usize, earlier: usize) -> bool {
        let mut at = later;
        // A chain without circles ends after as many steps as there are votes.
        for _ in 0..self.before.len() {
            match self.before[at] {
                Some(before) if before == earlier => return true,
                Some(before) => at = before,
                None => return false,
            }
        }
        false
    }
}

/// Checks the votes of one annotator in one study, in any order; empty where all is well.
///
/// Exact duplicates are no problem.
pub fn check_chain(votes: &[Vote]) -> Vec<ChainProblem> {
    chain(votes).problems
}

/// Finds for each vote of one annotator in one study the vote that it follows, and what is wrong with their receipts.
///
/// Exact duplicates are no problem.
pub fn chain(votes: &[Vote]) -> Chain {
    let mut chain = Chain { before: vec![None; votes.len()], problems: Vec::new() };
    // The place of each receipt; the first of duplicates.
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut numbered: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, vote) in votes.iter().enumerate() {
        match (vote.receipt.as_deref(), vote.number) {
            (Some(own), Some(number)) => {
                if known.insert(own, at).is_some_and(|other| votes[other] == *vote) {
                    continue;
                }
                numbered.entry(number).or_default().push(at);
            }
            _ => chain.problems.push(ChainProblem::Missing { at }),
        }
    }
    // Followers by the place of what they follow; the first votes follow none.
    let mut followers: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (&number, &at) in
        numbered.iter().flat_map(|(number, places)| places.iter().map(move |at| (number, at)))
    {
        let earlier = number.checked_sub(1).and_then(|before| numbered.get(&before));
        let earlier = earlier.into_iter().flatten().map(|&place| Some(place));
        let mut candidates = (number == 1).then_some(None).into_iter().chain(earlier);
        let own = votes[at].receipt.as_deref();
        let found = candidates.find(|before: &Option<usize>| {
            let before = before.map_or(Some(FIRST_RECEIPT), |before| votes[before].receipt.as_deref());
            before.is_some_and(|before| own == Some(receipt(&votes[at], before).as_str()))
        });
        match found {
            Some(before) => {
                chain.before[at] = before;
                followers.entry(before).or_default().push(at);
            }
            None => chain.problems.push(ChainProblem::Broken { at }),
        }
    }
    let branches = followers.into_values().filter(|at| at.len() > 1);
    chain.problems.extend(branches.map(|at| ChainProblem::Branch { at }));
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Annotator, AnnotatorKind, Verdict};

    fn chain(n: u64) -> Vec<Vote> {
        let mut before = FIRST_RECEIPT.to_owned();
        (1..=n)
            .map(|number| {
                let mut vote = Vote {
                    number: Some(number),
                    ..Vote::new(
                        format!("p{number}"),
                        "q".to_owned(),
                        ["r1".to_owned(), "r2".to_owned()],
                        Annotator { id: "ann".to_owned(), kind: AnnotatorKind::Human },
                        Verdict::Strength(1),
                    )
                };
                vote.receipt = Some(receipt(&vote, &before));
                before = vote.receipt.clone().unwrap();
                vote
            })
            .collect()
    }

    #[test]
    fn a_whole_chain_has_no_problem_in_any_order_and_with_duplicates() {
        let mut votes = chain(5);
        assert_eq!(check_chain(&votes), []);
        votes.reverse();
        votes.push(votes[2].clone());
        assert_eq!(check_chain(&votes), []);
    }

    #[test]
    fn changed_left_out_and_added_votes_are_found() {
        let mut changed = chain(4);
        changed[1].verdict = Verdict::Strength(-3);
        assert_eq!(check_chain(&changed), [ChainProblem::Broken { at: 1 }]);

        let mut left_out = chain(4);
        left_out.remove(1);
        assert_eq!(check_chain(&left_out), [ChainProblem::Broken { at: 1 }]);

        let mut without = chain(2);
        without[1].receipt = None;
        assert_eq!(check_chain(&without), [ChainProblem::Missing { at: 1 }]);
    }

    #[test]
    fn work_that_went_on_in_two_places_is_a_branch() {
        let mut votes = chain(3);
        let mut other = votes[2].clone();
        other.verdict = Verdict::BothBad;
        other.receipt = Some(receipt(&other, votes[1].receipt.as_deref().unwrap()));
        votes.push(other);
        assert_eq!(check_chain(&votes), [ChainProblem::Branch { at: vec![2, 3] }]);
        let chain = super::chain(&votes);
        assert!(chain.follows(3, 0) && chain.follows(2, 1) && !chain.follows(3, 2) && !chain.follows(0, 3));
    }
}
