//! Votes of any number of files, in the memory of their outlines.

use super::concern::Concern;
use super::entry::{Entry, Register, sort};
use super::expected::Expected;
use super::ordered::{Ordered, Placed, Standing, VoteCheck};
use super::report::Report;
use crate::schema::{Problem, Read, Vote};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Takes votes one by one, in any order, and keeps no vote itself.
#[derive(Debug)]
pub struct VoteMerge {
    register: Register,
    entries: Vec<Entry>,
    report: Report,
}

impl Default for VoteMerge {
    fn default() -> Self {
        Self { register: Register::default(), entries: Vec::new(), report: Report::new("votes") }
    }
}

impl VoteMerge {
    /// Counts a line that the reader could not make a vote of.
    pub fn unreadable(&mut self, problem: &Problem) {
        self.report.unreadable(problem);
    }

    /// Takes a vote; `place` is where the caller finds it again, such as its file and offset.
    pub fn add(&mut self, vote: &Vote, place: u64) {
        self.entries.push(Entry::new(vote, place, &mut self.register));
    }

    /// Puts the votes into order, after the last of them; `now` tells which times lie in the future.
    pub fn order(mut self, expected: Expected, now: Timestamp) -> Ordered {
        let n_read = self.entries.len();
        sort(&mut self.entries, &self.register);
        self.entries.dedup_by_key(|entry| entry.digest);
        self.count(n_read);
        expected.report_documents(&mut self.report);
        expected.report_missing(&self.register.pairs, &mut self.report);
        let standings = self.standings();
        let placed = |(entry, standing): (&Entry, Standing)| Placed { place: entry.place, standing };
        let votes = self.entries.iter().zip(standings).map(placed).collect();
        Ordered { votes, check: VoteCheck::new(expected, now, self.report) }
    }

    fn count(&mut self, n_read: usize) {
        let counts = &mut self.report.counts;
        counts.read = n_read as u64;
        counts.kept = self.entries.len() as u64;
        counts.duplicates = counts.read - counts.kept;
        counts.annotators = self.register.annotators.len() as u64;
        counts.subjects = self.register.pairs.len() as u64;
        for entry in &self.entries {
            let study = self.register.studies.text(entry.study);
            match self.report.studies.get_mut(study) {
                Some(count) => *count += 1,
                None => drop(self.report.studies.insert(study.to_owned(), 1)),
            }
        }
        let studies: BTreeSet<String> =
            self.report.studies.keys().filter(|study| !study.is_empty()).cloned().collect();
        if studies.len() > 1 {
            studies.into_iter().for_each(|study| self.report.add(Concern::SeveralStudies, || study));
        }
    }

    /// Which votes count: of those on one showing the last.
    fn standings(&mut self) -> Vec<Standing> {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_unstable_by_key(|&at| (self.entries[at].showing(), at));
        let mut standings = vec![Standing::Current; self.entries.len()];
        for showing in order.chunk_by(|&a, &b| self.entries[a].showing() == self.entries[b].showing()) {
            let Some((&last, replaced)) = showing.split_last() else { continue };
            for &at in replaced {
                standings[at] = Standing::Revised;
                self.report.counts.revised += 1;
                let entry = &self.entries[at];
                if entry.is_as_late_as(&self.entries[last]) {
                    let annotator = self.register.annotators.text(entry.annotator);
                    let pair = self.register.pairs.text(entry.pair);
                    self.report.add(Concern::Conflict, || format!("{annotator} on {pair}"));
                }
            }
        }
        standings
    }
}

/// Votes of files that were read whole.
#[derive(Clone, Debug, PartialEq)]
pub struct MergedVotes {
    /// All votes but duplicates, in the order in which they are written.
    pub votes: Vec<Vote>,
    /// For each of them, whether it counts.
    pub standings: Vec<Standing>,
    /// What was found.
    pub report: Report,
}

impl MergedVotes {
    /// The votes that count.
    pub fn current(&self) -> impl Iterator<Item = &Vote> {
        let is_current = |(_, standing): &(&Vote, &Standing)| **standing == Standing::Current;
        self.votes.iter().zip(&self.standings).filter(is_current).map(|(vote, _)| vote)
    }
}

/// Merges files that were read whole; `now` tells which times lie in the future.
pub fn merge_votes(files: Vec<Read<Vote>>, expected: Expected, now: Timestamp) -> MergedVotes {
    let mut merge = VoteMerge::default();
    let mut votes: Vec<Option<Vote>> = Vec::new();
    for file in files {
        file.problems.iter().for_each(|problem| merge.unreadable(problem));
        for vote in file.into_records() {
            merge.add(&vote, votes.len() as u64);
            votes.push(Some(vote));
        }
    }
    let Ordered { votes: order, mut check } = merge.order(expected, now);
    let ordered: Vec<Vote> = order.iter().filter_map(|placed| votes[placed.place as usize].take()).collect();
    ordered.iter().for_each(|vote| check.next(vote.clone()));
    let standings = order.iter().map(|placed| placed.standing).collect();
    MergedVotes { votes: ordered, standings, report: check.finish() }
}
