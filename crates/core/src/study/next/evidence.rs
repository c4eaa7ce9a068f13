//! What is known of each pair: what people and judges said of it, and how long ago.

use super::doubts::Doubts;
use super::settings::NextSettings;
use crate::drift::finding::DriftSettings;
use crate::merge::wrong_time;
use crate::names::Names;
use crate::schema::{AnnotatorKind, JudgeEvidence, PairIndex, Verdict, Vote, vote_id};
use crate::statistics::sigmoid;
use jiff::Timestamp;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// Weighed outcomes: 1 where the pair's first is preferred, 0 where its second is, one half for neither.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// How many voices there are.
    pub n: u32,
    /// What they weigh together.
    pub weight: f64,
    /// Their outcomes, each times its weight.
    pub outcomes: f64,
}

impl Tally {
    fn add(&mut self, outcome: f64, weight: f64) {
        self.n += 1;
        self.weight += weight;
        self.outcomes += weight * outcome;
    }
}

/// What is known of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PairEvidence {
    /// People's opinions; where an expert has one, those of experts alone.
    pub people: Tally,
    /// What the heaviest of people's votes weighs.
    pub heaviest: f64,
    /// Judges' opinions, before the settings' weight for judges.
    pub judges: Tally,
    /// How often a judge answered for the first and for the second; in two orders it answers twice.
    pub judge_answers: [u32; 2],
    /// How many days ago a person last had an opinion; none where nobody had one at a known time.
    pub age_days: Option<f64>,
    /// How many people have judged it, at whatever time.
    pub n_voters: u32,
    /// Whether something is wrong with the pair itself.
    pub is_flagged: bool,
}

/// What is known of all pairs.
pub(super) struct Evidence {
    /// In the order of the index.
    pub pairs: Vec<PairEvidence>,
    /// How many times a person has judged a pair again after a while, as the test of anchors counts them.
    pub n_judged_again: usize,
    /// Votes on pairs of the samples.
    pub n_votes: usize,
    /// What of the votes and weights could not be used as it is.
    pub doubts: Doubts,
}

/// One vote as far as it matters here.
#[derive(Clone, Copy, Debug)]
struct Voice {
    pair: u32,
    annotator: u32,
    kind: AnnotatorKind,
    /// Milliseconds since 1970; none where the clock cannot be believed.
    time: Option<i64>,
    number: Option<u64>,
    /// None where it is no opinion.
    outcome: Option<f64>,
    is_flag: bool,
    weight: f64,
    answers: [u32; 2],
}

impl Voice {
    fn is_person(&self) -> bool {
        !is_judge(self.kind)
    }
}

impl Evidence {
    /// Takes votes one by one; `weights` are by vote id or pair id, and what has none weighs 1.
    pub fn new<V: Borrow<Vote>>(
        index: &PairIndex<'_>,
        votes: impl IntoIterator<Item = V>,
        weights: &BTreeMap<String, f64>,
        settings: &NextSettings,
    ) -> Self {
        let (mut annotators, mut voices, mut doubts) = (Names::default(), Vec::new(), Doubts::default());
        let mut targets: BTreeSet<&str> = weights.keys().map(String::as_str).collect();
        for vote in votes {
            let vote = vote.borrow();
            if !targets.is_empty() {
                targets.remove(vote_id(vote).as_str());
                targets.remove(vote.pair.as_str());
            }
            let Some(found) = index.find(vote) else {
                doubts.unknown_votes += 1;
                continue;
            };
            doubts.count_time(time(vote), settings.now);
            let annotator = annotators.number(&vote.annotator.id);
            voices.push(voice(vote, found, annotator, (weights, settings)));
        }
        doubts.unknown_weights = targets.len();
        let ranks = annotators.ranks();
        voices.iter_mut().for_each(|voice| voice.annotator = ranks[voice.annotator as usize]);
        voices.sort_by(|a, b| {
            let key = |v: &Voice| (v.pair, v.annotator, v.time, v.number, v.is_flag, v.answers);
            let by_outcome = a.outcome.unwrap_or(-1.0).total_cmp(&b.outcome.unwrap_or(-1.0));
            key(a).cmp(&key(b)).then(by_outcome).then(a.weight.total_cmp(&b.weight))
        });
        let mut pairs = vec![PairEvidence::default(); index.pairs().len()];
        let mut n_judged_again = 0;
        let now = settings.now.as_millisecond();
        for of_pair in voices.chunk_by(|a, b| a.pair == b.pair) {
            let of_annotators = || of_pair.chunk_by(|a, b| a.annotator == b.annotator);
            n_judged_again += of_annotators().filter(|all| is_judged_again(all)).count();
            // Whoever votes again has changed their mind.
            let last: Vec<&Voice> = of_annotators().filter_map(<[Voice]>::last).collect();
            pairs[of_pair[0].pair as usize] = of_one(&last, now);
        }
        Self { pairs, n_judged_again, n_votes: voices.len(), doubts }
    }
}

fn voice(
    vote: &Vote,
    (pair, is_turned): (usize, bool),
    annotator: u32,
    (weights, settings): (&BTreeMap<String, f64>, &NextSettings),
) -> Voice {
    let evidence = vote.judge.as_deref();
    let outcome = outcome(vote.verdict).map(|of_verdict| {
        let log_odds = evidence.and_then(|evidence| evidence.log_odds).filter(|x| x.is_finite());
        let outcome = log_odds.map_or(of_verdict, sigmoid);
        if is_turned { 1.0 - outcome } else { outcome }
    });
    let weight = || weights.get(&vote_id(vote)).or_else(|| weights.get(&vote.pair)).copied();
    let weight = if weights.is_empty() { None } else { weight() };
    let time = time(vote).filter(|time| wrong_time(*time, settings.now).is_none());
    let mut answers = if is_judge(vote.annotator.kind) { answers(vote.verdict, evidence) } else { [0; 2] };
    if is_turned {
        answers.reverse();
    }
    Voice {
        pair: u32::try_from(pair).expect("memory ends before four billion pairs do"),
        annotator,
        kind: vote.annotator.kind,
        time: time.map(|time| time.as_millisecond()),
        number: vote.number,
        outcome,
        is_flag: vote.verdict == Verdict::Flag,
        weight: weight.filter(|weight| weight.is_finite()).map_or(1.0, |weight| weight.max(0.0)),
        answers,
    }
}

fn time(vote: &Vote) -> Option<Timestamp> {
    vote.decided_at.or(vote.shown_at)
}

fn is_judge(kind: AnnotatorKind) -> bool {
    matches!(kind, AnnotatorKind::Judge | AnnotatorKind::Constitution)
}

/// 1 for the first, 0 for the second, one half for neither, none for no opinion.
fn outcome(verdict: Verdict) -> Option<f64> {
    match verdict {
        Verdict::Strength(strength) => Some(0.5 - 0.5 * f64::from(strength.signum())),
        Verdict::BothBad => Some(0.5),
        Verdict::Skip | Verdict::Flag | Verdict::Unparsed => None,
    }
}

/// How often a judge answered for each side: in both orders where it was asked in both, and once where its vote says no more than its verdict.
///
/// A panel has no answers of its own.
fn answers(verdict: Verdict, evidence: Option<&JudgeEvidence>) -> [u32; 2] {
    if evidence.is_some_and(|evidence| !evidence.members.is_empty()) {
        return [0; 2];
    }
    let of_log_odds = |log_odds: f64| Verdict::Strength(i8::from(log_odds < 0.0) - i8::from(log_odds > 0.0));
    let by_order = evidence.and_then(|evidence| match evidence.log_odds_by_order {
        Some(both) if both.iter().all(|x| x.is_finite()) => Some(both.map(of_log_odds)),
        _ => evidence.verdict_by_order,
    });
    let mut count = [0; 2];
    for verdict in by_order.as_ref().map_or(&[verdict][..], |both| &both[..]) {
        match outcome(*verdict) {
            Some(1.0) => count[0] += 1,
            Some(0.0) => count[1] += 1,
            _ => {}
        }
    }
    count
}

/// Whether a person's first and last opinion lie as far apart as those of an anchor; voices are in the order of time.
fn is_judged_again(of_annotator: &[Voice]) -> bool {
    let times =
        || of_annotator.iter().filter(|v| v.is_person() && v.outcome.is_some()).filter_map(|v| v.time);
    match (times().next(), times().next_back()) {
        (Some(first), Some(last)) => {
            (last - first) as f64 >= DriftSettings::default().anchor_gap_days * MILLISECONDS_A_DAY
        }
        _ => false,
    }
}

/// A pair by one voice of each annotator.
fn of_one(voices: &[&Voice], now: i64) -> PairEvidence {
    let mut found = PairEvidence::default();
    let opinions = || voices.iter().filter_map(|voice| Some((*voice, voice.outcome?)));
    let has_expert = opinions().any(|(voice, _)| voice.kind == AnnotatorKind::Expert);
    for (voice, outcome) in opinions() {
        match voice.kind {
            AnnotatorKind::Judge | AnnotatorKind::Constitution => found.judges.add(outcome, voice.weight),
            AnnotatorKind::Human if has_expert => {}
            AnnotatorKind::Human | AnnotatorKind::Expert => {
                found.people.add(outcome, voice.weight);
                found.heaviest = found.heaviest.max(voice.weight);
            }
        }
        found.n_voters += u32::from(voice.is_person());
    }
    for voice in voices {
        found.judge_answers[0] += voice.answers[0];
        found.judge_answers[1] += voice.answers[1];
        found.is_flagged |= voice.is_flag && voice.is_person();
    }
    let last = opinions().filter(|(voice, _)| voice.is_person()).filter_map(|(voice, _)| voice.time).max();
    found.age_days = last.map(|last| ((now - last) as f64 / MILLISECONDS_A_DAY).max(0.0));
    found
}
