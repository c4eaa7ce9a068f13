//! Votes that can be placed in time and say something, in the order of their pairs' responses.

use super::document::Counts;
use crate::drift::times;
use crate::names::Names;
use crate::schema::{PairIndex, Side, Verdict, Vote};
use jiff::Timestamp;
use std::borrow::Borrow;
use std::collections::BTreeSet;

const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// What is kept of one vote: a million of them are to fit into little memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// The pair, in [`PairIndex::pairs`].
    pub pair: usize,
    /// The annotator, from 0 in the order of their ids.
    pub annotator: usize,
    pub is_person: bool,
    pub verdict: Verdict,
    /// 1 where the pair's first response was preferred, 0 where its second was, one half for neither.
    pub outcome: f64,
    /// 1 where the pair's first response was shown first, −1 where its second was, 0 where that is not known.
    pub position: f64,
    pub time_days: f64,
    /// The place of its guidelines' version in [`Observations::versions`].
    pub version: Option<usize>,
    /// The number of the study that the pair was shown in, and how often the annotator had seen it before.
    pub showing: Option<(usize, u32)>,
}

/// All of them in the order of time, and how many votes are left out.
pub(super) struct Observations<'a> {
    pub index: &'a PairIndex<'a>,
    pub seen: Vec<Seen>,
    /// The annotators' ids, in order.
    pub annotators: Vec<String>,
    /// The versions of the guidelines.
    pub versions: Vec<String>,
    /// What was not seen, by the reason.
    pub left_out: Counts,
}

impl<'a> Observations<'a> {
    /// Takes votes one by one; `now` tells which times lie in the future.
    pub fn new<V: Borrow<Vote>>(
        index: &'a PairIndex<'a>,
        votes: impl IntoIterator<Item = V>,
        now: Option<Timestamp>,
    ) -> Self {
        let mut all = Self {
            index,
            seen: Vec::new(),
            annotators: Vec::new(),
            versions: Vec::new(),
            left_out: Counts::default(),
        };
        let mut names = Common::default();
        for vote in votes {
            all.take(vote.borrow(), now, &mut names);
        }
        all.drop_judges();
        let Common { annotators, versions, .. } = names;
        all.versions = versions.texts().map(str::to_owned).collect();
        // In the order of their ids, so that the order of the votes says nothing.
        let places = annotators.ranks();
        all.seen.iter_mut().for_each(|seen| seen.annotator = places[seen.annotator] as usize);
        all.annotators = annotators.texts().map(str::to_owned).collect();
        all.annotators.sort_unstable();
        all.seen.sort_by(|a, b| {
            let tie_broken = (a.annotator, a.pair).cmp(&(b.annotator, b.pair));
            a.time_days.total_cmp(&b.time_days).then(tie_broken)
        });
        all.drop_revised();
        all
    }

    /// Leaves the votes of people alone, where there are any: a judge has a standard of its own, which is not in question beside theirs.
    fn drop_judges(&mut self) {
        if self.seen.iter().any(|seen| seen.is_person) {
            let n_before = self.seen.len();
            self.seen.retain(|seen| seen.is_person);
            self.left_out.of_judges = n_before - self.seen.len();
        }
    }

    /// Keeps the last vote on each showing of a pair: it takes the place of those before.
    fn drop_revised(&mut self) {
        let mut later = BTreeSet::new();
        let mut is_last = |seen: &Seen| {
            seen.showing.is_none_or(|showing| later.insert((seen.annotator, seen.pair, showing)))
        };
        let n_before = self.seen.len();
        self.seen.reverse();
        self.seen.retain(|seen| is_last(seen));
        self.seen.reverse();
        self.left_out.revised = n_before - self.seen.len();
    }

    fn take(&mut self, vote: &Vote, now: Option<Timestamp>, names: &mut Common) {
        let Some(outcome) = outcome(vote.verdict) else {
            self.left_out.without_opinion += 1;
            return;
        };
        let Some((pair, is_turned)) = self.index.find(vote) else {
            self.left_out.unknown += 1;
            return;
        };
        let time = match times::of_vote(vote, now) {
            Ok(time) => time,
            Err(reason) => return self.left_out.count(reason),
        };
        let position = position(vote.shown_first);
        self.seen.push(Seen {
            pair,
            annotator: names.annotators.number(&vote.annotator.id) as usize,
            is_person: vote.annotator.kind.is_person(),
            verdict: vote.verdict,
            outcome: if is_turned { 1.0 - outcome } else { outcome },
            position: if is_turned { -position } else { position },
            time_days: days(time),
            version: vote.guideline_version.as_ref().map(|version| names.versions.number(version) as usize),
            showing: vote
                .shown_in
                .as_ref()
                .map(|shown| (names.studies.number(&shown.study) as usize, shown.repeat)),
        });
    }

    /// How many votes have the time of another one of the same annotator, on another pair.
    pub fn n_at_equal_times(&self) -> usize {
        let is_equal = |a: &Seen, b: &Seen| (a.time_days, a.annotator) == (b.time_days, b.annotator);
        let at_once = self.seen.chunk_by(is_equal);
        at_once.filter(|votes| votes.iter().any(|vote| vote.pair != votes[0].pair)).map(<[Seen]>::len).sum()
    }

    /// From the first vote to the last, in days.
    pub fn span_days(&self) -> f64 {
        match (self.seen.first(), self.seen.last()) {
            (Some(first), Some(last)) => last.time_days - first.time_days,
            _ => 0.0,
        }
    }
}

/// The names of what votes have in common.
#[derive(Default)]
struct Common {
    annotators: Names,
    versions: Names,
    studies: Names,
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
