//! What there is: prompts, responses, pairs, and the votes on them by kind of annotator and by month.

use super::month::{month, months};
use super::table::PairTable;
use crate::agreement::Ballot;
use crate::schema::{AnnotatorKind, Sample, Verdict};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of annotators, in the order in which counts by kind stand.
const KINDS: [AnnotatorKind; 4] =
    [AnnotatorKind::Human, AnnotatorKind::Expert, AnnotatorKind::Judge, AnnotatorKind::Constitution];

/// What a collection holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Collection {
    /// Different prompts.
    pub prompts: usize,
    /// Responses to them.
    pub responses: usize,
    /// Different pairs of responses.
    pub pairs: usize,
    /// Pairs with a vote.
    pub voted_pairs: usize,
    /// Pairs with opinions of two annotators or more.
    pub compared_pairs: usize,
    /// Who wrote the responses, most responses first.
    pub models: Vec<ModelCount>,
    /// Who voted, for the kinds that did.
    pub kinds: Vec<KindCount>,
    /// What was said, for the same kinds.
    pub verdicts: Vec<VerdictCount>,
    /// When the first vote was given, of those with a time.
    pub first: Option<Timestamp>,
    /// When the last one was.
    pub last: Option<Timestamp>,
    /// Every month from the first vote to the last, those without votes too.
    pub months: Vec<MonthCount>,
    /// Votes without a time that can be believed.
    pub without_time: usize,
    /// Votes that a later one on the same showing took the place of; they are in no other count.
    pub replaced: usize,
}

/// How many responses are from one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelCount {
    /// The model's name; none where the samples do not tell.
    pub name: Option<String>,
    /// Its responses.
    pub responses: usize,
}

/// How many annotators of a kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// The kind.
    pub kind: AnnotatorKind,
    /// Annotators.
    pub annotators: usize,
    /// Their votes.
    pub votes: usize,
}

/// What annotators of one kind said, in votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VerdictCount {
    /// The kind.
    pub kind: AnnotatorKind,
    /// One side is slightly, clearly and much better: strengths 1, 2 and 3.
    pub sides: [usize; 3],
    /// Both are as good.
    pub ties: usize,
    /// Neither may be shown.
    pub both_bad: usize,
    /// Skipped.
    pub skipped: usize,
    /// Something is wrong with the pair.
    pub flagged: usize,
    /// No verdict in a judge's answer.
    pub unparsed: usize,
}

/// The votes of one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MonthCount {
    /// Such as `2026-01`.
    pub name: String,
    /// Votes by kind: people, experts, judges, and judges of revisions.
    pub votes: [usize; 4],
}

impl Collection {
    /// Everybody's votes that count.
    pub fn votes(&self) -> usize {
        self.kinds.iter().map(|own| own.votes).sum()
    }
}

/// Counts what there is.
pub fn collection(samples: &[Sample], table: &PairTable<'_>) -> Collection {
    let ballots = table.ballots;
    let times = || ballots.ballots.iter().filter_map(|ballot| ballot.decided_at);
    let prompts: BTreeSet<&str> = samples.iter().map(|sample| sample.prompt.id.as_str()).collect();
    let kinds: Vec<KindCount> = KINDS.iter().filter_map(|kind| kind_count(table, *kind)).collect();
    let has_two = |pair: &&[Ballot]| crate::agreement::voices(pair).nth(1).is_some();
    Collection {
        prompts: prompts.len(),
        responses: samples.iter().map(|sample| sample.responses.len()).sum(),
        pairs: table.pairs().len(),
        voted_pairs: ballots.by_pair().count(),
        compared_pairs: ballots.by_pair().filter(has_two).count(),
        models: models(samples),
        verdicts: kinds.iter().map(|count| verdict_count(table, count.kind)).collect(),
        kinds,
        first: times().min(),
        last: times().max(),
        months: month_counts(table),
        without_time: ballots.ballots.len() - times().count(),
        replaced: ballots.n_replaced,
    }
}

fn kind_of(table: &PairTable<'_>, ballot: &Ballot) -> AnnotatorKind {
    table.ballots.annotators[ballot.annotator as usize].kind
}

/// None where nobody of that kind voted.
fn kind_count(table: &PairTable<'_>, kind: AnnotatorKind) -> Option<KindCount> {
    let votes = table.ballots.ballots.iter().filter(|ballot| kind_of(table, ballot) == kind).count();
    let annotators = table.ballots.annotators.iter().filter(|voter| voter.kind == kind).count();
    (votes > 0).then_some(KindCount { kind, annotators, votes })
}

fn verdict_count(table: &PairTable<'_>, kind: AnnotatorKind) -> VerdictCount {
    let mut count =
        VerdictCount { kind, sides: [0; 3], ties: 0, both_bad: 0, skipped: 0, flagged: 0, unparsed: 0 };
    for ballot in table.ballots.ballots.iter().filter(|ballot| kind_of(table, ballot) == kind) {
        *match ballot.verdict {
            Verdict::Strength(0) => &mut count.ties,
            Verdict::Strength(strength) => &mut count.sides[usize::from(strength.unsigned_abs().min(3)) - 1],
            Verdict::BothBad => &mut count.both_bad,
            Verdict::Skip => &mut count.skipped,
            Verdict::Flag => &mut count.flagged,
            Verdict::Unparsed => &mut count.unparsed,
        } += 1;
    }
    count
}

fn models(samples: &[Sample]) -> Vec<ModelCount> {
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for response in samples.iter().flat_map(|sample| &sample.responses) {
        *counts.entry(response.model.as_ref().map(|model| model.name.as_str())).or_default() += 1;
    }
    let count =
        |(name, responses): (Option<&str>, usize)| ModelCount { name: name.map(str::to_owned), responses };
    let mut models: Vec<ModelCount> = counts.into_iter().map(count).collect();
    models.sort_by_key(|model| std::cmp::Reverse(model.responses));
    models
}

fn month_counts(table: &PairTable<'_>) -> Vec<MonthCount> {
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let times = || table.ballots.ballots.iter().filter_map(|ballot| ballot.decided_at);
    if let (Some(first), Some(last)) = (times().min(), times().max()) {
        counts.extend(months(first, last).map(|name| (name, [0; 4])));
    }
    for ballot in &table.ballots.ballots {
        let Some(time) = ballot.decided_at else { continue };
        let kind = KINDS.iter().position(|kind| *kind == kind_of(table, ballot));
        if let (Some(count), Some(kind)) = (counts.get_mut(&month(time)), kind) {
            count[kind] += 1;
        }
    }
    counts.into_iter().map(|(name, votes)| MonthCount { name, votes }).collect()
}
