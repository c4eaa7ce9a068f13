//! Samples and votes in, preferences out, and a report of everything that stayed behind.
//!
//! A pair becomes a row when its votes lean to one side: the mean of their strengths decides, and exactly 0 decides nothing.
//! Every pair and every vote is counted under exactly one heading of the [`Report`], so that nothing is lost unseen.
//!
//! How several votes on a pair become one:
//! 1. An annotator has one voice for a pair: the latest vote counts.
//! 2. Where an expert prefers a side, calls a tie or finds both bad, only experts count.
//! 3. One flag takes the pair out: something is wrong with the pair itself.
//! 4. Both are bad where at least half of those who judged the pair say so.
//! 5. The sum of the strengths names the chosen response. A revision that loses against what it was made of makes no row.
//!    `margin` is the mean absolute strength of the votes for it; `weight` is the mean weight of all votes with a strength, scaled so that the mean over all rows is 1.

mod decide;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Note, PairOutcome, Report, VoteOutcome};

use crate::schema::{
    Annotator, Extra, FinishReason, Message, Origin, Pair, PairIndex, Preference, Role, Sample, Vote, Weight,
    vote_id,
};
use decide::{Ballot, Decision, decide, one_voice_each};
use std::collections::{BTreeMap, BTreeSet};

/// What is exported, and how rows are weighed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Leaves out pairs with a response that reached its most tokens.
    pub drop_cut_off: bool,
    /// Weights by vote id ([`vote_id`]) or pair id; a vote that has none weighs 1.
    pub weights: Vec<Weight>,
}

/// Rows for training, and what became of everything else.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The rows, in the order of the samples and, within one, of its pairs.
    pub preferences: Vec<Preference>,
    /// Every pair and every vote under one heading.
    pub report: Report,
}

/// Makes preferences from votes.
///
/// The result depends on the records alone, and not on the order of the votes, unless one annotator voted twice at one time.
pub fn export(samples: &[Sample], votes: &[Vote], settings: &Settings) -> Export {
    let mut report = Report::default();
    let index = PairIndex::new(samples);
    (0..index.n_duplicates()).for_each(|_| report.pair(PairOutcome::DuplicatePair));
    let ballots = hand_out(votes, &index, &mut report);
    let weights: BTreeMap<&str, &Weight> =
        settings.weights.iter().map(|weight| (weight.target.as_str(), weight)).collect();
    note_unknown_weights(&weights, &index, votes, &mut report);
    let mut preferences = Vec::new();
    for (indexed, ballots) in index.pairs().iter().zip(ballots) {
        let candidate = Candidate { sample: indexed.sample, pair: &indexed.pair, ballots };
        let outcome = settle(&candidate, settings, &weights, &mut report);
        report.pair(outcome.0);
        preferences.extend(outcome.1);
    }
    scale_weights(&mut preferences);
    Export { preferences, report }
}

/// A pair that may become a row.
struct Candidate<'a> {
    sample: &'a Sample,
    pair: &'a Pair<'a>,
    ballots: Vec<Ballot<'a>>,
}

/// The votes on each pair of the index.
fn hand_out<'a>(votes: &'a [Vote], index: &PairIndex<'_>, report: &mut Report) -> Vec<Vec<Ballot<'a>>> {
    let mut by_pair = vec![Vec::new(); index.pairs().len()];
    for vote in votes {
        match index.find(vote) {
            Some((place, is_turned)) => by_pair[place].push(Ballot { vote, is_turned }),
            None => report.vote(VoteOutcome::UnknownPair),
        }
    }
    by_pair.into_iter().map(|ballots| one_voice_each(ballots, report)).collect()
}

/// What becomes of a pair; its votes are entered into the report here.
fn settle<'a>(
    candidate: &Candidate<'a>,
    settings: &Settings,
    weights: &BTreeMap<&str, &Weight>,
    report: &mut Report,
) -> (PairOutcome, Option<Preference>) {
    let Decision { outcome, counted, score } = decide(&candidate.ballots, report);
    let outcome = unfit(candidate.pair, settings).unwrap_or(outcome);
    let outcome = match outcome {
        PairOutcome::Exported if has_lost_by_revision(candidate, score) => PairOutcome::RevisionLost,
        outcome => outcome,
    };
    let row = match outcome {
        PairOutcome::Exported => row(candidate, &counted, score, weights),
        _ => None,
    };
    let outcome = match (outcome, &row) {
        (PairOutcome::Exported, None) => PairOutcome::WeightZero,
        (outcome, _) => outcome,
    };
    for ballot in counted {
        report.vote(match (&row, ballot.strength()) {
            (Some(_), _) => VoteOutcome::Counted,
            (None, Some(0)) => VoteOutcome::Tie,
            (None, _) => VoteOutcome::PairLeftOut,
        });
    }
    if row.is_some() {
        note(candidate.pair, report);
    }
    (outcome, row)
}

/// Why the two texts are no pair to learn from, whatever the votes.
fn unfit(pair: &Pair<'_>, settings: &Settings) -> Option<PairOutcome> {
    let (first, second) = (pair.first.text.trim(), pair.second.text.trim());
    if first.is_empty() || second.is_empty() {
        return Some(PairOutcome::EmptyResponse);
    }
    if first == second {
        return Some(PairOutcome::IdenticalResponses);
    }
    (settings.drop_cut_off && is_cut_off(pair)).then_some(PairOutcome::CutOff)
}

/// Whether the winner is what the loser was made of: such a pair would teach what a critique made worse, and not what a reply needs.
fn has_lost_by_revision(candidate: &Candidate<'_>, score: i64) -> bool {
    let (winner, loser) = match score < 0 {
        true => (candidate.pair.first, candidate.pair.second),
        false => (candidate.pair.second, candidate.pair.first),
    };
    candidate.sample.descends(loser, winner)
}

fn is_cut_off(pair: &Pair<'_>) -> bool {
    [pair.first, pair.second].iter().any(|response| response.finish_reason == Some(FinishReason::Length))
}

/// Enters what a reader of the rows should know of one that was kept.
fn note(pair: &Pair<'_>, report: &mut Report) {
    let (first, second) = (pair.first.text.trim_end(), pair.second.text.trim_end());
    if first.starts_with(second) || second.starts_with(first) {
        report.note(Note::OnePrefixesTheOther);
    }
    if is_cut_off(pair) {
        report.note(Note::CutOffKept);
    }
}

/// The row, unless its votes weigh nothing.
fn row(
    candidate: &Candidate<'_>,
    counted: &[Ballot<'_>],
    score: i64,
    weights: &BTreeMap<&str, &Weight>,
) -> Option<Preference> {
    let weight_of = |ballot: &Ballot<'_>| {
        let by_vote = weights.get(vote_id(ballot.vote).as_str());
        by_vote.or_else(|| weights.get(candidate.pair.id.as_str())).copied()
    };
    let total: f64 = counted.iter().map(|ballot| weight_of(ballot).map_or(1.0, |weight| weight.weight)).sum();
    let weight = total / counted.len() as f64;
    if !(weight.is_finite() && weight > 0.0) {
        return None;
    }
    let supporting =
        || counted.iter().filter_map(Ballot::strength).map(i64::from).filter(|strength| strength * score > 0);
    let margin =
        supporting().map(|strength| strength.abs() as f64).sum::<f64>() / supporting().count() as f64;
    let (chosen, rejected) = match score < 0 {
        true => (candidate.pair.first, candidate.pair.second),
        false => (candidate.pair.second, candidate.pair.first),
    };
    let last = counted.iter().max_by_key(|ballot| (ballot.vote.decided_at, &ballot.vote.annotator.id))?;
    let annotators: BTreeSet<&Annotator> = counted.iter().map(|ballot| &ballot.vote.annotator).collect();
    let reply = |text: &str| vec![Message::new(Role::Assistant, text)];
    let prompt = &candidate.sample.prompt;
    Some(Preference {
        prompt: prompt.messages.clone(),
        chosen: reply(&chosen.text),
        rejected: reply(&rejected.text),
        margin,
        weight,
        origin: Origin {
            pair: candidate.pair.id.clone(),
            prompt_id: prompt.id.clone(),
            category: prompt.category.clone(),
            responses: [chosen.id.clone(), rejected.id.clone()],
            votes: counted.len() as u32,
            annotators: annotators.into_iter().cloned().collect(),
            decided_at: last.vote.decided_at,
            epoch: weight_of(last).and_then(|weight| weight.epoch.clone()),
            guideline_version: last.vote.guideline_version.clone(),
        },
        extra: Extra::new(),
    })
}

/// Scales the weights so that their mean is 1, and the learning rate means what it meant without them.
fn scale_weights(preferences: &mut [Preference]) {
    let mean = preferences.iter().map(|row| row.weight).sum::<f64>() / preferences.len() as f64;
    for row in preferences {
        row.weight /= mean;
    }
}

fn note_unknown_weights(
    weights: &BTreeMap<&str, &Weight>,
    index: &PairIndex<'_>,
    votes: &[Vote],
    report: &mut Report,
) {
    if weights.is_empty() {
        return;
    }
    let vote_ids: BTreeSet<String> = votes.iter().map(vote_id).collect();
    for target in weights.keys() {
        if !vote_ids.contains(*target) && !index.contains(target) {
            report.note(Note::UnknownWeight);
        }
    }
}
