//! Votes as small as an export needs them: a million fit into a hundred megabytes.

use super::report::{Report, VoteOutcome};
use super::weights::{Place, WeightTable, target_hash};
use crate::merge::wrong_time;
use crate::names::Names;
use crate::pseudonym::vote_hash;
use crate::schema::{AnnotatorKind, ContentHash, Verdict, Vote, vote_id};
use jiff::Timestamp;

/// Takes votes one by one, in any order.
#[derive(Debug, Default)]
pub struct Ballots {
    pub(super) annotators: Names,
    pub(super) guidelines: Names,
    pub(super) weights: WeightTable,
    pub(super) ballots: Vec<Ballot>,
    /// From when on a time lies in the future; none trusts every clock.
    now: Option<Timestamp>,
    pub(super) n_wrong_times: u64,
}

/// One vote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ballot {
    /// What the vote calls its pair, see [`name_hash`]; the pair's place once that is found.
    pub pair: u64,
    /// The annotator's number; the rank of the id once all are known.
    pub annotator: u32,
    pub kind: AnnotatorKind,
    /// In the vote's own order; in the pair's once that is found.
    pub verdict: Verdict,
    pub decided_at: Option<Timestamp>,
    pub guideline: Option<u32>,
    pub weight: Option<Place>,
    number: Option<u64>,
    /// Which of all votes it is: of two at one time the last counts.
    sequence: u32,
    /// The beginning of its hash: tells a vote that is there twice from one that was changed.
    digest: [u8; 16],
}

impl Ballots {
    /// With what votes and pairs weigh.
    pub fn new(weights: WeightTable) -> Self {
        Self { weights, ..Self::default() }
    }

    /// Takes times after `now`, or from before clocks were set, for unknown: such a vote would replace every other of its annotator.
    pub fn at(self, now: Timestamp) -> Self {
        Self { now: Some(now), ..self }
    }

    /// How many votes there are.
    pub fn len(&self) -> usize {
        self.ballots.len()
    }

    /// Whether there is no vote.
    pub fn is_empty(&self) -> bool {
        self.ballots.is_empty()
    }

    /// Takes a vote, and gives its [`vote_hash`] to whoever needs that too.
    pub fn add(&mut self, vote: &Vote) -> [u8; 32] {
        let has_weights = !self.weights.is_empty();
        let hash = vote_hash(vote);
        let is_wrong = |time: &Timestamp| self.now.is_some_and(|now| wrong_time(*time, now).is_some());
        let decided_at = vote.decided_at.filter(|time| !is_wrong(time));
        self.n_wrong_times += u64::from(decided_at != vote.decided_at);
        self.ballots.push(Ballot {
            pair: name_hash(&vote.pair, &vote.responses),
            annotator: self.annotators.number(&vote.annotator.id),
            kind: vote.annotator.kind,
            verdict: vote.verdict,
            decided_at,
            guideline: vote.guideline_version.as_deref().map(|version| self.guidelines.number(version)),
            weight: if has_weights { self.weights.meet(target_hash(&vote_id(vote))) } else { None },
            number: vote.number,
            sequence: u32::try_from(self.ballots.len()).expect("memory ends before four billion votes do"),
            digest: std::array::from_fn(|at| hash[at]),
        });
        hash
    }

    /// Leaves the latest vote of each annotator on each pair that `find` knows, in the order of pairs and of annotators' ids.
    pub(super) fn settle(&mut self, find: impl Fn(u64) -> Option<(u32, bool)>, report: &mut Report) {
        let ranks = self.annotators.ranks();
        self.ballots.retain_mut(|ballot| {
            let Some((place, is_turned)) = find(ballot.pair) else {
                report.vote(VoteOutcome::UnknownPair);
                return false;
            };
            ballot.pair = u64::from(place);
            ballot.annotator = ranks[ballot.annotator as usize];
            if is_turned {
                ballot.verdict = turned(ballot.verdict);
            }
            true
        });
        // What is there twice is found first, so that the counts do not depend on the order; the later place stays.
        self.ballots
            .sort_unstable_by_key(|ballot| (ballot.pair, ballot.annotator, ballot.digest, ballot.sequence));
        self.ballots.dedup_by(|new, old| {
            let is_same = (new.pair, new.annotator, new.digest) == (old.pair, old.annotator, old.digest);
            if is_same {
                old.sequence = new.sequence;
                report.vote(VoteOutcome::Duplicated);
            }
            is_same
        });
        self.ballots.sort_unstable_by_key(|ballot| (ballot.pair, ballot.annotator, ballot.sequence));
        self.ballots.dedup_by(|new, old| {
            if (new.pair, new.annotator) != (old.pair, old.annotator) {
                return false;
            }
            report.vote(old.yield_to(new));
            true
        });
    }
}

impl Ballot {
    /// Takes the place of `self` unless `self` counts beside it, both of one annotator on one pair; says what became of the other.
    ///
    /// The latest counts; of several at one time the one with the highest number, else the last.
    fn yield_to(&mut self, new: &Self) -> VoteOutcome {
        let is_same_time = new.decided_at == self.decided_at && new.decided_at.is_some();
        if is_same_time && new.verdict == self.verdict {
            return VoteOutcome::Duplicated;
        }
        if (new.decided_at, new.number) >= (self.decided_at, self.number) {
            *self = *new;
        }
        VoteOutcome::Superseded
    }
}

fn turned(verdict: Verdict) -> Verdict {
    match verdict {
        // Negation of -128, which no reader lets in, would overflow.
        Verdict::Strength(strength) => Verdict::Strength(strength.saturating_neg()),
        verdict => verdict,
    }
}

/// What a vote or a sample calls a pair: its id, and the ids of its responses in their order.
///
/// Two of ten million names share one with a probability below 10⁻⁵.
pub(super) fn name_hash(pair: &str, responses: &[String; 2]) -> u64 {
    let mut hash = ContentHash::new("tiebreak/export/pair/1");
    hash.text(pair);
    responses.iter().for_each(|id| hash.text(id));
    hash.number()
}
