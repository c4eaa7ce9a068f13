//! Samples and votes in, preferences out, and a report of everything that stayed behind.
//!
//! A pair becomes a row when its votes lean to one side.
//! Every pair and every vote is counted under exactly one heading of the [`Report`], so that nothing is lost unseen.
//!
//! How several votes on a pair become one is told in [`aggregate`](crate::aggregate).
//! A revision that loses against what it was made of makes no row.
//! `margin` is the mean absolute strength of the votes for the chosen response; `weight` is the mean weight of all votes with a strength, scaled so that the mean over all rows is 1.

mod report;
#[cfg(test)]
mod tests;

pub use report::{Note, PairOutcome, Report, VoteOutcome};

use crate::aggregate::{Decision, Fate, Outcome, PairVoices, Rule, Said, Voice, aggregate, one_voice_each};
use crate::schema::{
    Annotator, Extra, FinishReason, Message, Origin, Pair, PairIndex, Preference, Response, Role, Sample,
    Side, Verdict, Vote, Weight, vote_id,
};
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

/// Makes preferences from votes by the usual [`Rule`]: the sum of strengths, experts before people, people before judges.
///
/// The result depends on the records alone, and not on the order of the votes, unless one annotator voted twice at one time.
pub fn export(samples: &[Sample], votes: &[Vote], settings: &Settings) -> Export {
    export_by(samples, votes, settings, &Rule::default())
}

/// Makes preferences from votes by a rule.
pub fn export_by(samples: &[Sample], votes: &[Vote], settings: &Settings, rule: &Rule) -> Export {
    let mut report = Report::default();
    let index = PairIndex::new(samples);
    (0..index.n_duplicates()).for_each(|_| report.pair(PairOutcome::DuplicatePair));
    let said = hand_out(votes, &index, &mut report);
    let decisions = aggregate(&voices(votes, &index, &said), rule);
    let weights: BTreeMap<&str, &Weight> =
        settings.weights.iter().map(|weight| (weight.target.as_str(), weight)).collect();
    note_unknown_weights(&weights, &index, votes, &mut report);
    let mut preferences = Vec::new();
    for ((indexed, said), decision) in index.pairs().iter().zip(said).zip(decisions) {
        let candidate = Candidate { sample: indexed.sample, pair: &indexed.pair, said, decision };
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
    said: Vec<Said<'a>>,
    decision: Decision,
}

impl<'a> Candidate<'a> {
    /// The votes with a strength that were not overruled.
    fn counted(&self) -> Vec<Said<'a>> {
        let fates = self.said.iter().zip(&self.decision.fates);
        fates.filter(|(_, fate)| **fate == Fate::Counted).map(|(said, _)| *said).collect()
    }
}

/// The votes on each pair of the index, one for each annotator.
fn hand_out<'a>(votes: &'a [Vote], index: &PairIndex<'_>, report: &mut Report) -> Vec<Vec<Said<'a>>> {
    let mut by_pair = vec![Vec::new(); index.pairs().len()];
    for vote in votes {
        match index.find(vote) {
            Some((place, is_turned)) => by_pair[place].push(Said { vote, is_turned }),
            None => report.vote(VoteOutcome::UnknownPair),
        }
    }
    let one_voice = |said: Vec<Said<'a>>| {
        let found = one_voice_each(said);
        (0..found.n_duplicated).for_each(|_| report.vote(VoteOutcome::Duplicated));
        (0..found.n_superseded).for_each(|_| report.vote(VoteOutcome::Superseded));
        found.said
    };
    by_pair.into_iter().map(one_voice).collect()
}

/// The votes as they are counted: annotators by the rank of their ids, prompts and responses by their place.
fn voices(votes: &[Vote], index: &PairIndex<'_>, said: &[Vec<Said<'_>>]) -> Vec<PairVoices> {
    let ids: BTreeSet<&str> = votes.iter().map(|vote| vote.annotator.id.as_str()).collect();
    let numbers: BTreeMap<&str, u32> = ids.into_iter().zip(0..).collect();
    let voice = |said: &Said<'_>| {
        let annotator = &said.vote.annotator;
        Voice { annotator: numbers[annotator.id.as_str()], kind: annotator.kind, verdict: said.verdict() }
    };
    let mut pairs = Vec::with_capacity(said.len());
    // The index holds the pairs of a sample one after the other.
    let by_sample = index.pairs().chunk_by(|a, b| std::ptr::eq(a.sample, b.sample));
    for (prompt, of_sample) in (0..).zip(by_sample) {
        for indexed in of_sample {
            let responses = &indexed.sample.responses;
            let place =
                |id: &str| responses.iter().position(|response| response.id == id).unwrap_or(0) as u32;
            pairs.push(PairVoices {
                voices: said[pairs.len()].iter().map(voice).collect(),
                prompt,
                responses: [place(&indexed.pair.first.id), place(&indexed.pair.second.id)],
            });
        }
    }
    pairs
}

/// What becomes of a pair; its votes are entered into the report here.
fn settle<'a>(
    candidate: &Candidate<'a>,
    settings: &Settings,
    weights: &BTreeMap<&str, &Weight>,
    report: &mut Report,
) -> (PairOutcome, Option<Preference>) {
    let side = match candidate.decision.outcome {
        Outcome::Better(side) => Some(side),
        _ => None,
    };
    let outcome = unfit(candidate.pair, settings).unwrap_or(candidate.decision.outcome.into());
    let (outcome, row) = match (outcome, side) {
        (PairOutcome::Exported, Some(side)) if has_lost_by_revision(candidate, side) => {
            (PairOutcome::RevisionLost, None)
        }
        (PairOutcome::Exported, Some(side)) => match row(candidate, side, weights) {
            Some(row) => (PairOutcome::Exported, Some(row)),
            None => (PairOutcome::WeightZero, None),
        },
        (outcome, _) => (outcome, None),
    };
    for (said, fate) in candidate.said.iter().zip(&candidate.decision.fates) {
        report.vote(match fate {
            Fate::Counted if row.is_some() => VoteOutcome::Counted,
            Fate::Counted if said.verdict() == Verdict::Strength(0) => VoteOutcome::Tie,
            Fate::Counted => VoteOutcome::PairLeftOut,
            Fate::BothBad => VoteOutcome::BothBad,
            Fate::Flag => VoteOutcome::Flag,
            Fate::Skip => VoteOutcome::Skip,
            Fate::Unparsed => VoteOutcome::Unparsed,
            Fate::Overruled => VoteOutcome::Overruled,
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
fn has_lost_by_revision(candidate: &Candidate<'_>, side: Side) -> bool {
    let [winner, loser] = winner_first(candidate.pair, side);
    candidate.sample.descends(loser, winner)
}

fn winner_first<'a>(pair: &Pair<'a>, side: Side) -> [&'a Response; 2] {
    match side {
        Side::First => [pair.first, pair.second],
        Side::Second => [pair.second, pair.first],
    }
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
fn row(candidate: &Candidate<'_>, side: Side, weights: &BTreeMap<&str, &Weight>) -> Option<Preference> {
    let counted = candidate.counted();
    let weight_of = |said: &Said<'_>| {
        let by_vote = weights.get(vote_id(said.vote).as_str());
        by_vote.or_else(|| weights.get(candidate.pair.id.as_str())).copied()
    };
    let total: f64 = counted.iter().map(|said| weight_of(said).map_or(1.0, |weight| weight.weight)).sum();
    let weight = total / counted.len() as f64;
    if !(weight.is_finite() && weight > 0.0) {
        return None;
    }
    let [chosen, rejected] = winner_first(candidate.pair, side);
    let last = counted.iter().max_by_key(|said| (said.vote.decided_at, &said.vote.annotator.id))?;
    let annotators: BTreeSet<&Annotator> = counted.iter().map(|said| &said.vote.annotator).collect();
    let reply = |text: &str| vec![Message::new(Role::Assistant, text)];
    let prompt = &candidate.sample.prompt;
    Some(Preference {
        prompt: prompt.messages.clone(),
        chosen: reply(&chosen.text),
        rejected: reply(&rejected.text),
        margin: candidate.decision.margin,
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
