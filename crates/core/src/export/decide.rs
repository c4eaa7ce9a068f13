//! How the votes on a pair become one decision.

use super::report::{PairOutcome, Report, VoteOutcome};
use crate::schema::{AnnotatorKind, Verdict, Vote};
use std::collections::BTreeMap;

/// A vote on a pair.
#[derive(Clone, Copy)]
pub(super) struct Ballot<'a> {
    pub vote: &'a Vote,
    /// Whether the two texts stood the other way round where the vote was given.
    pub is_turned: bool,
}

impl Ballot<'_> {
    /// The strength in the pair's own order, where there is one.
    pub fn strength(&self) -> Option<i8> {
        match self.vote.verdict {
            // Negation of -128, which no reader lets in, would overflow.
            Verdict::Strength(strength) if self.is_turned => Some(strength.saturating_neg()),
            Verdict::Strength(strength) => Some(strength),
            _ => None,
        }
    }

    fn is_opinion(&self) -> bool {
        matches!(self.vote.verdict, Verdict::Strength(_) | Verdict::BothBad)
    }
}

/// What the votes say.
pub(super) struct Decision<'a> {
    /// Exported, or why not.
    pub outcome: PairOutcome,
    /// The votes with a strength that were not overruled; they are not in the report yet.
    pub counted: Vec<Ballot<'a>>,
    /// The sum of their strengths; negative where the first is better.
    pub score: i64,
}

/// The latest vote of each annotator, in the order of their ids.
pub(super) fn one_voice_each<'a>(ballots: Vec<Ballot<'a>>, report: &mut Report) -> Vec<Ballot<'a>> {
    let mut voices: BTreeMap<&str, Ballot<'a>> = BTreeMap::new();
    for ballot in ballots {
        let Some(other) = voices.get_mut(ballot.vote.annotator.id.as_str()) else {
            voices.insert(&ballot.vote.annotator.id, ballot);
            continue;
        };
        let (new, old) = (ballot.vote, other.vote);
        let is_same_time = new.decided_at == old.decided_at;
        let is_same_word = match (ballot.strength(), other.strength()) {
            (None, None) => new.verdict == old.verdict,
            (new, old) => new == old,
        };
        if new == old || (is_same_time && new.decided_at.is_some() && is_same_word) {
            report.vote(VoteOutcome::Duplicated);
            continue;
        }
        if new.decided_at >= old.decided_at {
            *other = ballot;
        }
        report.vote(VoteOutcome::Superseded);
    }
    voices.into_values().collect()
}

/// Decides; votes without a strength and overruled ones are entered into the report.
pub(super) fn decide<'a>(ballots: &[Ballot<'a>], report: &mut Report) -> Decision<'a> {
    let is_expert = |ballot: &Ballot<'_>| ballot.vote.annotator.kind == AnnotatorKind::Expert;
    let has_expert = ballots.iter().any(|ballot| is_expert(ballot) && ballot.is_opinion());
    let (valid, overruled): (Vec<_>, Vec<_>) =
        ballots.iter().copied().partition(|ballot| !has_expert || is_expert(ballot));
    for _ in overruled {
        report.vote(VoteOutcome::Overruled);
    }
    let mut counts = BTreeMap::new();
    let mut counted = Vec::new();
    for ballot in valid {
        let heading = match ballot.vote.verdict {
            Verdict::Strength(_) => {
                counted.push(ballot);
                continue;
            }
            Verdict::BothBad => VoteOutcome::BothBad,
            Verdict::Skip => VoteOutcome::Skip,
            Verdict::Flag => VoteOutcome::Flag,
            Verdict::Unparsed => VoteOutcome::Unparsed,
        };
        *counts.entry(heading).or_insert(0) += 1;
        report.vote(heading);
    }
    let score = counted.iter().filter_map(Ballot::strength).map(i64::from).sum();
    let count = |heading| counts.get(&heading).copied().unwrap_or(0);
    let outcome = if count(VoteOutcome::Flag) > 0 {
        PairOutcome::Flag
    } else if count(VoteOutcome::BothBad) > 0 && count(VoteOutcome::BothBad) >= counted.len() {
        PairOutcome::BothBad
    } else if score != 0 {
        PairOutcome::Exported
    } else if counted.iter().any(|ballot| ballot.strength() != Some(0)) {
        PairOutcome::VotesDisagreeEvenly
    } else if !counted.is_empty() {
        PairOutcome::Tie
    } else if count(VoteOutcome::Unparsed) > 0 {
        PairOutcome::Unparsed
    } else if count(VoteOutcome::Skip) > 0 {
        PairOutcome::Skip
    } else {
        PairOutcome::NoVotes
    };
    Decision { outcome, counted, score }
}
