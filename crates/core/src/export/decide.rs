//! From compact votes and pairs to decisions, one for each pair that a format has a place for.

use super::ballots::{Ballot, Ballots};
use super::pairs::{PairFacts, PairTable};
use super::report::{Note, PairOutcome, Report, VoteOutcome};
use super::ruling::{Decisions, Row};
use super::weights::{Place, WeightTable};
use crate::aggregate::{Decision, Fate, Outcome, PairVoices, Rule, Voice, aggregate};
use crate::schema::{AnnotatorKind, Side, Verdict};
use std::collections::BTreeSet;

/// What a format has a place for, beside a response that is chosen and one that is rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Pairs of which neither response is better.
    pub ties: bool,
    /// Pairs whose votes cancel each other out.
    pub evenly_split: bool,
    /// Pairs of which both responses are bad.
    pub both_bad: bool,
}

impl Places {
    fn takes(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Better(_) => true,
            Outcome::Tie => self.ties,
            Outcome::EvenlySplit | Outcome::Unsupported => self.evenly_split,
            Outcome::BothBad => self.both_bad,
            Outcome::Flag | Outcome::Skip | Outcome::Unparsed | Outcome::NoVotes => false,
        }
    }
}

/// Decides on every pair by a rule.
///
/// The result depends on the records alone, and not on the order of the votes, unless one annotator voted twice at one time.
pub fn decide(mut ballots: Ballots, pairs: &PairTable, rule: &Rule, places: Places) -> Decisions {
    let mut report = Report::default();
    ballots.settle(|name| pairs.find(name), &mut report);
    let by_pair = by_pair(&ballots.ballots, pairs.pairs.len());
    let voices: Vec<PairVoices> = pairs
        .pairs
        .iter()
        .zip(&by_pair)
        .map(|(facts, of_pair)| voices(facts, of_pair, &mut ballots.weights))
        .collect();
    let decisions = aggregate(&voices, rule);
    let mut rows = Vec::with_capacity(decisions.len());
    for ((facts, ballots_of_pair), decision) in pairs.pairs.iter().zip(&by_pair).zip(decisions) {
        let candidate = Candidate { facts, ballots: ballots_of_pair, decision };
        rows.push(candidate.settle(places, &mut ballots.weights, &mut report));
    }
    (0..ballots.n_wrong_times).for_each(|_| report.note(Note::WrongTime));
    (0..ballots.weights.n_unknown()).for_each(|_| report.note(Note::UnknownWeight));
    Decisions::new(rows, pairs, ballots, report)
}

/// The ballots of each pair; they are in the pairs' order.
fn by_pair(ballots: &[Ballot], n_pairs: usize) -> Vec<&[Ballot]> {
    let mut found: Vec<&[Ballot]> = vec![&[]; n_pairs];
    for of_pair in ballots.chunk_by(|a, b| a.pair == b.pair) {
        found[of_pair[0].pair as usize] = of_pair;
    }
    found
}

fn voices(facts: &PairFacts, ballots: &[Ballot], weights: &mut WeightTable) -> PairVoices {
    let of_pair = weights.meet(facts.id);
    let voice = |ballot: &Ballot| Voice {
        annotator: ballot.annotator,
        kind: ballot.kind,
        verdict: ballot.verdict,
        weight: weights.weight(ballot.weight.or(of_pair)),
    };
    let mut voices: Vec<Voice> = ballots.iter().map(voice).collect();
    // Votes that all weigh nothing are still told apart: their pair is left out for its weight, and not as a tie.
    if voices.iter().all(|voice| voice.weight == 0.0) {
        voices.iter_mut().for_each(|voice| voice.weight = 1.0);
    }
    PairVoices { voices, prompt: facts.sample, responses: facts.responses }
}

/// A pair that may become a row.
struct Candidate<'a> {
    facts: &'a PairFacts,
    ballots: &'a [Ballot],
    decision: Decision,
}

impl Candidate<'_> {
    /// What becomes of the pair and of its votes, which is entered into the report.
    fn settle(&self, places: Places, weights: &mut WeightTable, report: &mut Report) -> Option<Box<Row>> {
        if self.facts.is_duplicate {
            report.pair(PairOutcome::DuplicatePair);
            return None;
        }
        let (outcome, row) = self.row(places, weights);
        report.pair(outcome);
        for (ballot, fate) in self.ballots.iter().zip(&self.decision.fates) {
            report.vote(self.became(ballot, *fate, row.is_some()));
        }
        if row.is_some() {
            self.facts.texts.notes().for_each(|note| report.note(note));
            if outcome != PairOutcome::Exported {
                report.route(outcome);
            }
        }
        row.map(Box::new)
    }

    /// The heading of the pair, and its row where there is one.
    fn row(&self, places: Places, weights: &mut WeightTable) -> (PairOutcome, Option<Row>) {
        // A weight for a pair that is left out is for a pair that is there.
        let pair_weight = weights.meet(self.facts.id);
        let outcome = self.decision.outcome;
        if let Some(unfit) = self.facts.texts.unfit {
            return (unfit, None);
        }
        if !places.takes(outcome) {
            return (outcome.into(), None);
        }
        if matches!(outcome, Outcome::Better(side) if self.has_lost_by_revision(side)) {
            return (PairOutcome::RevisionLost, None);
        }
        match self.weighed(weights, pair_weight) {
            Some(row) => (outcome.into(), Some(row)),
            None => (PairOutcome::WeightZero, None),
        }
    }

    /// The row, unless its votes weigh nothing.
    fn weighed(&self, weights: &WeightTable, pair_weight: Option<Place>) -> Option<Row> {
        let weigh = |ballot: &Ballot| ballot.weight.or(pair_weight);
        let behind: Vec<&Ballot> = self.behind().collect();
        let total: f64 = behind.iter().map(|ballot| weights.weight(weigh(ballot))).sum();
        let weight = total / behind.len() as f64;
        if !(weight.is_finite() && weight > 0.0) {
            return None;
        }
        let last = behind.iter().max_by_key(|ballot| (ballot.decided_at, ballot.annotator))?;
        let annotators: BTreeSet<(u32, AnnotatorKind)> =
            behind.iter().map(|ballot| (ballot.annotator, ballot.kind)).collect();
        Some(Row {
            outcome: self.decision.outcome,
            probability: self.decision.probability,
            margin: self.decision.margin,
            weight,
            n_votes: behind.len() as u32,
            annotators: annotators.into_iter().collect(),
            decided_at: last.decided_at,
            epoch: weights.epoch(weigh(last)),
            guideline: last.guideline,
        })
    }

    /// The votes that the decision rests on.
    fn behind(&self) -> impl Iterator<Item = &Ballot> {
        let wanted = if self.decision.outcome == Outcome::BothBad { Fate::BothBad } else { Fate::Counted };
        let fates = self.ballots.iter().zip(&self.decision.fates);
        fates.filter(move |(_, fate)| **fate == wanted).map(|(ballot, _)| ballot)
    }

    /// Whether the winner is what the loser was made of: such a pair would teach what a critique made worse, and not what a reply needs.
    fn has_lost_by_revision(&self, winner: Side) -> bool {
        let loser = if winner == Side::First { Side::Second } else { Side::First };
        self.facts.is_made_of_other(loser)
    }

    fn became(&self, ballot: &Ballot, fate: Fate, is_row: bool) -> VoteOutcome {
        match fate {
            Fate::BothBad if is_row && self.decision.outcome == Outcome::BothBad => VoteOutcome::Counted,
            Fate::Counted if is_row && self.decision.outcome != Outcome::BothBad => VoteOutcome::Counted,
            Fate::Counted if ballot.verdict == Verdict::Strength(0) => VoteOutcome::Tie,
            Fate::Counted => VoteOutcome::PairLeftOut,
            Fate::BothBad => VoteOutcome::BothBad,
            Fate::Flag => VoteOutcome::Flag,
            Fate::Skip => VoteOutcome::Skip,
            Fate::Unparsed => VoteOutcome::Unparsed,
            Fate::Overruled => VoteOutcome::Overruled,
        }
    }
}
