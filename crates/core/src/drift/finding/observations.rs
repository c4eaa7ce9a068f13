//! Votes that can be placed in time and say something, in the order of their pairs' responses.

use crate::schema::{PairIndex, Side, Verdict, Vote};
use jiff::Timestamp;
use std::collections::BTreeMap;

const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// One vote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub vote: &'a Vote,
    /// The pair, in [`PairIndex::pairs`].
    pub pair: usize,
    /// The annotator, from 0 in the order of their ids.
    pub annotator: usize,
    /// 1 where the pair's first response was preferred, 0 where its second was, one half for neither.
    pub outcome: f64,
    /// 1 where the pair's first response was shown first, −1 where its second was, 0 where that is not known.
    pub position: f64,
    pub time_days: f64,
}

/// All of them in the order of time, and how many votes are left out.
pub(super) struct Observations<'a> {
    pub index: &'a PairIndex<'a>,
    pub seen: Vec<Seen<'a>>,
    /// The annotators' ids, in order.
    pub annotators: Vec<&'a str>,
    pub n_without_time: usize,
    pub n_without_opinion: usize,
    pub n_unknown: usize,
}

impl<'a> Observations<'a> {
    pub fn new(index: &'a PairIndex<'a>, votes: &'a [Vote]) -> Self {
        let mut numbers: BTreeMap<&str, usize> =
            votes.iter().map(|vote| (vote.annotator.id.as_str(), 0)).collect();
        numbers.values_mut().enumerate().for_each(|(number, value)| *value = number);
        let annotators = numbers.keys().copied().collect();
        let mut all = Self {
            index,
            seen: Vec::new(),
            annotators,
            n_without_time: 0,
            n_without_opinion: 0,
            n_unknown: 0,
        };
        for vote in votes {
            let Some(outcome) = outcome(vote.verdict) else {
                all.n_without_opinion += 1;
                continue;
            };
            let Some((pair, is_turned)) = index.find(vote) else {
                all.n_unknown += 1;
                continue;
            };
            let Some(time) = vote.decided_at.or(vote.shown_at) else {
                all.n_without_time += 1;
                continue;
            };
            let turn = |value: f64, turned: f64| if is_turned { turned } else { value };
            let position = position(vote.shown_first);
            all.seen.push(Seen {
                vote,
                pair,
                annotator: numbers[vote.annotator.id.as_str()],
                outcome: turn(outcome, 1.0 - outcome),
                position: turn(position, -position),
                time_days: days(time),
            });
        }
        all.seen.sort_by(|a, b| {
            let tie_broken = (a.annotator, a.pair).cmp(&(b.annotator, b.pair));
            a.time_days.total_cmp(&b.time_days).then(tie_broken)
        });
        all
    }

    /// From the first vote to the last, in days.
    pub fn span_days(&self) -> f64 {
        match (self.seen.first(), self.seen.last()) {
            (Some(first), Some(last)) => last.time_days - first.time_days,
            _ => 0.0,
        }
    }
}

/// Days since the beginning of 1970.
pub(super) fn days(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / MILLISECONDS_A_DAY
}

/// The time of a number of days since the beginning of 1970; none where there is no such time.
pub(super) fn time_of(days: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((days * MILLISECONDS_A_DAY) as i64).ok()
}

fn outcome(verdict: Verdict) -> Option<f64> {
    match verdict {
        Verdict::Strength(strength) if strength < 0 => Some(1.0),
        Verdict::Strength(0) | Verdict::BothBad => Some(0.5),
        Verdict::Strength(_) => Some(0.0),
        Verdict::Skip | Verdict::Flag | Verdict::Unparsed => None,
    }
}

fn position(shown_first: Option<Side>) -> f64 {
    match shown_first {
        Some(Side::First) => 1.0,
        Some(Side::Second) => -1.0,
        None => 0.0,
    }
}
