//! Votes in the order in which they are written, and all checks that need whole votes.

use super::clock;
use super::concern::Concern;
use super::expected::Expected;
use super::report::Report;
use crate::blind::{Chain, ChainProblem, chain};
use crate::schema::Vote;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Whether a vote counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the annotator's last word on this showing of the pair.
    Current,
    /// A later one takes its place.
    Revised,
}

/// A vote of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What [`VoteMerge::add`](super::VoteMerge::add) was told of it.
    pub place: u64,
    /// Whether it counts.
    pub standing: Standing,
}

/// The result's order, and the check that goes on while it is written.
#[derive(Debug)]
pub struct Ordered {
    /// All votes but duplicates.
    pub votes: Vec<Placed>,
    /// Wants each of these votes, in their order.
    pub check: VoteCheck,
}

/// Checks votes that come in their order, in the memory of one annotator's votes.
#[derive(Debug)]
pub struct VoteCheck {
    expected: Expected,
    now: Timestamp,
    report: Report,
    /// The votes of one annotator in one study; without a study the last one alone.
    held: Vec<Vote>,
    /// Whether one of them is on a known verdict.
    has_met_gold: bool,
}

impl VoteCheck {
    pub(super) fn new(expected: Expected, now: Timestamp, report: Report) -> Self {
        Self { expected, now, report, held: Vec::new(), has_met_gold: false }
    }

    /// Takes the next vote.
    pub fn next(&mut self, vote: Vote) {
        match self.held.last() {
            Some(before) if chain_of(before) == chain_of(&vote) => {
                clock::check_after(before, &vote, &mut self.report);
            }
            _ => self.check_held(),
        }
        if vote.shown_in.is_none() {
            self.held.clear();
        }
        self.has_met_gold |= self.expected.check(&vote, &mut self.report);
        clock::check(&vote, self.now, &mut self.report);
        self.held.push(vote);
    }

    /// The report, after the last vote.
    pub fn finish(mut self) -> Report {
        self.check_held();
        self.report
    }

    fn check_held(&mut self) {
        let votes = std::mem::take(&mut self.held);
        let has_met_gold = std::mem::take(&mut self.has_met_gold);
        let Some(shown) = votes.first().and_then(|vote| vote.shown_in.as_ref()) else { return };
        if self.expected.has_gold(&shown.study) && !has_met_gold {
            self.report.add(Concern::NoGold, || votes[0].annotator.id.clone());
        }
        let chain = chain(&votes);
        let about = |at: usize| {
            let vote = &votes[at];
            let number = vote.number.map_or("no number".to_owned(), |number| format!("number {number}"));
            format!("{} on {}, {number}", vote.annotator.id, vote.pair)
        };
        let mut is_branched = false;
        for problem in &chain.problems {
            match problem {
                ChainProblem::Missing { at } => self.report.add(Concern::MissingReceipt, || about(*at)),
                ChainProblem::Broken { at } => self.report.add(Concern::BrokenReceipt, || about(*at)),
                ChainProblem::Branch { at } => {
                    is_branched = true;
                    at[1..].iter().for_each(|at| self.report.add(Concern::BranchedReceipts, || about(*at)));
                }
            }
        }
        if is_branched {
            for at in beside_the_last(&votes, &chain) {
                self.report.add(Concern::Conflict, || about(at));
            }
        }
    }
}

fn chain_of(vote: &Vote) -> (Option<&str>, &str) {
    (vote.shown_in.as_ref().map(|shown| shown.study.as_str()), &vote.annotator.id)
}

/// Votes that are not the last on their showing by number, and which the last does not follow: they are the last of another branch.
///
/// Those with the same number as the last were found without their receipts.
fn beside_the_last(votes: &[Vote], chain: &Chain) -> Vec<usize> {
    let mut showings: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
    for (at, vote) in votes.iter().enumerate() {
        if let Some(shown) = &vote.shown_in {
            showings.entry((&shown.item, shown.repeat)).or_default().push(at);
        }
    }
    let of_showing = |places: Vec<usize>| {
        let last = places.last().copied();
        places.into_iter().filter(move |&at| {
            last.is_some_and(|last| votes[at].number != votes[last].number && !chain.follows(last, at))
        })
    };
    showings.into_values().flat_map(of_showing).collect()
}
