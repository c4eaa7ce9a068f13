//! Samples, votes and settings for the tests.

use super::*;
use crate::schema::{Annotator, AnnotatorKind, JudgeEvidence, Pair, Verdict, pairs};
use jiff::{SignedDuration, Timestamp};

pub(super) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

pub(super) fn days_ago(days: i64) -> Option<Timestamp> {
    Some(now() - SignedDuration::from_hours(24 * days))
}

/// `n` samples of `m` responses of different words and lengths.
pub(super) fn samples(n: usize, m: usize) -> Vec<Sample> {
    let text = |i: usize, j: usize| format!("reply {j} to {i}{}", " word".repeat(j * j));
    let sample = |i: usize| {
        serde_json::from_value(serde_json::json!({
            "prompt": {"id": format!("n{i}"), "tags": [], "messages": [{"role": "user", "content": format!("question {i}")}]},
            "responses": (0..m).map(|j| serde_json::json!({"id": format!("r{j}"), "text": text(i, j)})).collect::<Vec<_>>(),
        }))
    };
    (0..n).map(|i| sample(i).unwrap()).collect()
}

pub(super) fn settings(n_pairs: usize) -> NextSettings {
    NextSettings { seed: 5, ..NextSettings::new(n_pairs, now()) }
}

pub(super) fn only(shares: Shares, n_pairs: usize) -> NextSettings {
    NextSettings { shares, ..settings(n_pairs) }
}

pub(super) const NOTHING: Shares =
    Shares { random: LEAST_RANDOM_SHARE, anchors: 0.0, disputed: 0.0, leverage: 0.0 };

pub(super) fn nth_pair(sample: &Sample, n: usize) -> Pair<'_> {
    pairs(sample).nth(n).unwrap()
}

pub(super) fn vote(sample: &Sample, pair: usize, who: &str, verdict: Verdict) -> Vote {
    let pair = nth_pair(sample, pair);
    let kind = if who.starts_with("judge") { AnnotatorKind::Judge } else { AnnotatorKind::Human };
    let ids = [pair.first.id.clone(), pair.second.id.clone()];
    Vote::new(pair.id, sample.prompt.id.clone(), ids, Annotator { id: who.to_owned(), kind }, verdict)
}

pub(super) fn aged(vote: Vote, days: i64) -> Vote {
    Vote { decided_at: days_ago(days), ..vote }
}

pub(super) fn judged(sample: &Sample, who: &str, by_order: [i8; 2]) -> Vote {
    let evidence =
        JudgeEvidence { verdict_by_order: Some(by_order.map(Verdict::Strength)), ..JudgeEvidence::default() };
    let strength = (by_order[0] + by_order[1]).signum();
    Vote { judge: Some(Box::new(evidence)), ..vote(sample, 0, who, Verdict::Strength(strength)) }
}

pub(super) fn chosen(samples: &[Sample], votes: &[Vote], settings: &NextSettings) -> Next {
    choose(samples, votes, &BTreeMap::new(), settings).unwrap()
}
