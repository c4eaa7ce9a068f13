//! Who should be asked about, and why.

use super::AnnotatorFacts;
use super::measures::LEAST_GOLD_ACCURACY;
use crate::report::Measure;
use crate::report::plural;
use crate::statistics::Share;
use serde::{Deserialize, Serialize};

/// Known verdicts that it takes to suggest that somebody be suspended.
const LEAST_GOLD: usize = 8;
/// How probable a low accuracy has to be for that.
const SUSPEND_PROBABILITY: f64 = 0.95;
/// A test's p-value, multiplied by the number of annotators tested (Bonferroni), has to be below this.
const SIGNIFICANT: f64 = 0.05;
/// A share of first choices that differs less from one half is of no consequence, however sure it is.
const LEAST_SIDE_BIAS: f64 = 0.05;
/// So far below all others together the upper end of an annotator's interval has to be.
const LEAST_GAP: f64 = 0.1;
/// Faster by so many robust standard deviations than people's median is unusual.
const FAST_Z: f64 = -3.5;
/// Who is less than so many times as fast as people's median may just read well.
const LEAST_TIMES_MEDIAN: f64 = 2.0;
/// More votes than this share in less time than reading takes are unusual.
const MOST_TOO_FAST: f64 = 0.2;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// Known verdicts are missed.
    Gold,
    /// The same pair gets different answers.
    Repeats,
    /// One side of the screen is preferred.
    FirstChoices,
    /// Sides come in streaks, or alternate.
    Streaks,
    /// Pairs are decided faster than they can be read.
    Speed,
    /// The others say something else.
    Others,
}

/// One reason to ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What was seen.
    pub kind: ReasonKind,
    /// In words, with the numbers.
    pub words: String,
}

/// Somebody who should be asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The annotator's id.
    pub annotator: String,
    /// Whether known verdicts suggest that the annotator be suspended until then.
    pub suggests_suspension: bool,
    /// Why.
    pub reasons: Vec<Reason>,
}

pub(super) fn ask(all: &[AnnotatorFacts]) -> Vec<Asked> {
    let totals = Totals::of(all);
    let asked = |facts: &AnnotatorFacts| {
        let gold = gold(facts);
        let suggests_suspension = gold.is_some();
        let found = [
            gold,
            repeats(facts, &totals),
            first_choices(facts, &totals),
            streaks(facts, &totals),
            speed(facts),
            others(facts, &totals),
        ];
        let reasons: Vec<Reason> = found.into_iter().flatten().collect();
        (!reasons.is_empty()).then(|| Asked { annotator: facts.id.clone(), suggests_suspension, reasons })
    };
    let mut ask: Vec<Asked> = all.iter().filter_map(asked).collect();
    ask.sort_by_key(|asked| (!asked.suggests_suspension, std::cmp::Reverse(asked.reasons.len())));
    ask
}

/// What one annotator is compared with.
struct Totals {
    repeats: (usize, usize),
    others: (usize, usize),
    n_first: f64,
    n_streaks: f64,
}

impl Totals {
    fn of(all: &[AnnotatorFacts]) -> Self {
        let sum = |of: fn(&AnnotatorFacts) -> &Measure<Share>| {
            let shares = all.iter().filter_map(|facts| of(facts).value());
            shares.fold((0, 0), |(count, total), share| (count + share.count, total + share.total))
        };
        Self {
            repeats: sum(|facts| &facts.repeats),
            others: sum(|facts| &facts.others),
            n_first: all.iter().filter(|facts| facts.first.value().is_some()).count() as f64,
            n_streaks: all.iter().filter(|facts| facts.streaks.value().is_some()).count() as f64,
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn gold(facts: &AnnotatorFacts) -> Option<Reason> {
    let gold = facts.gold.value()?;
    let is_low = gold.total >= LEAST_GOLD && gold.below_probability > SUSPEND_PROBABILITY;
    is_low.then(|| Reason {
        kind: ReasonKind::Gold,
        words: format!(
            "right on {} of {} pairs with a known verdict: below {} with a probability of {}",
            gold.right,
            gold.total,
            percent(LEAST_GOLD_ACCURACY),
            percent(gold.below_probability)
        ),
    })
}

/// The share of everybody else, where the annotator's own is clearly below it.
fn clearly_below(own: &Share, (count, total): (usize, usize)) -> Option<f64> {
    let everybody_else = Share::of(count - own.count, total - own.total)?.share;
    (own.high < everybody_else - LEAST_GAP).then_some(everybody_else)
}

fn repeats(facts: &AnnotatorFacts, totals: &Totals) -> Option<Reason> {
    let own = facts.repeats.value()?;
    let all = clearly_below(own, totals.repeats)?;
    Some(Reason {
        kind: ReasonKind::Repeats,
        words: format!(
            "the same answer to {} of {} pairs shown again, others to {}",
            own.count,
            own.total,
            percent(all)
        ),
    })
}

fn others(facts: &AnnotatorFacts, totals: &Totals) -> Option<Reason> {
    let own = facts.others.value()?;
    let all = clearly_below(own, totals.others)?;
    Some(Reason {
        kind: ReasonKind::Others,
        words: format!(
            "with most of the others on {} of {} pairs, others on {}",
            own.count,
            own.total,
            percent(all)
        ),
    })
}

fn first_choices(facts: &AnnotatorFacts, totals: &Totals) -> Option<Reason> {
    let first = facts.first.value()?;
    let is_biased =
        first.p_value * totals.n_first < SIGNIFICANT && (first.share.share - 0.5).abs() >= LEAST_SIDE_BIAS;
    is_biased.then(|| Reason {
        kind: ReasonKind::FirstChoices,
        words: format!(
            "prefers what stands first in {} of {} choices ({}), though sides are random",
            first.share.count,
            first.share.total,
            percent(first.share.share)
        ),
    })
}

fn streaks(facts: &AnnotatorFacts, totals: &Totals) -> Option<Reason> {
    let streaks = facts.streaks.value()?;
    (streaks.p_value * totals.n_streaks < SIGNIFICANT).then(|| Reason {
        kind: ReasonKind::Streaks,
        words: format!(
            "{} streaks of one side where a random order has {:.0}; the longest has {}",
            streaks.runs,
            streaks.expected_runs,
            plural(streaks.longest, "vote")
        ),
    })
}

fn speed(facts: &AnnotatorFacts) -> Option<Reason> {
    let speed = facts.speed.value()?;
    let is_fast = speed.robust_z.is_some_and(|z| z < FAST_Z)
        && speed.times_median.is_some_and(|times| times >= LEAST_TIMES_MEDIAN);
    (is_fast || speed.too_fast.low > MOST_TOO_FAST).then(|| Reason {
        kind: ReasonKind::Speed,
        words: format!(
            "{:.0} words a minute; {} of {} votes in less time than reading takes",
            speed.words_per_minute, speed.too_fast.count, speed.too_fast.total
        ),
    })
}
