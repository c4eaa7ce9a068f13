//! The numbers about one annotator.

use super::super::ballots::Ballot;
use super::AnnotatorFacts;
use crate::report::Measure;
use crate::statistics::{Share, beta_cdf, beta_quantile, binomial_test, normal_cdf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who is right on fewer of the known verdicts than this share is not to be relied on.
pub(super) const LEAST_GOLD_ACCURACY: f64 = 0.7;
/// Nobody reads faster and understands, in words a minute.
const FASTEST_WORDS_PER_MINUTE: f64 = 700.0;
/// The runs test's normal approximation wants as many choices of each side.
const LEAST_OF_EACH_SIDE: usize = 10;
/// So many annotators are needed to say who is unusually fast.
const LEAST_READERS: usize = 5;

/// Accuracy on pairs with a known verdict.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gold {
    /// How many answers were right.
    pub right: usize,
    /// Of how many.
    pub total: usize,
    /// The posterior's mean, from a uniform prior, Beta(1, 1).
    pub mean: f64,
    /// The lower end of the posterior's central 95 %.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The posterior probability that the accuracy is below 0.7.
    pub below_probability: f64,
}

/// How often what stood first on the screen was preferred.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstChoices {
    /// Of all choices of a side.
    pub share: Share,
    /// The exact binomial p-value that it is one half: sides are random, so that it should be.
    pub p_value: f64,
}

/// Whether the sides of the screen that were preferred come in a random order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Streaks {
    /// The longest streak of one side.
    pub longest: usize,
    /// How many streaks there are.
    pub runs: usize,
    /// How many a random order has in the mean.
    pub expected_runs: f64,
    /// The p-value of the runs test (Wald and Wolfowitz 1940, "On a test whether two samples are from the same population"), two-sided, by the normal approximation.
    pub p_value: f64,
}

/// How fast pairs are read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// The median over votes.
    pub words_per_minute: f64,
    /// How the logarithm of the time for a word differs from that of all people's median, in robust standard deviations; negative is fast.
    ///
    /// (ln t − median) / (1.4826 · MAD); none with fewer than five people, and where they do not differ.
    pub robust_z: Option<f64>,
    /// How many times as fast as people's median that is; none where the former is none.
    pub times_median: Option<f64>,
    /// Votes in less time than reading takes at 700 words a minute.
    pub too_fast: Share,
}

/// One choice of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SideChoice {
    decided_at: Option<Timestamp>,
    number: Option<u64>,
    is_first: bool,
}

impl SideChoice {
    pub fn of(ballot: &Ballot) -> Option<Self> {
        let is_first = ballot.prefers_shown_first()?;
        Some(Self { decided_at: ballot.decided_at, number: ballot.number(), is_first })
    }
}

pub(super) fn share(holds: &[bool], reason: &str) -> Measure<Share> {
    Measure::from_option(Share::that(holds.iter().copied()), reason)
}

pub(super) fn gold(answers: &[bool]) -> Measure<Gold> {
    let total = answers.len();
    let right = answers.iter().filter(|is_right| **is_right).count();
    let (a, b) = (right as f64 + 1.0, (total - right) as f64 + 1.0);
    let gold = (total > 0).then(|| Gold {
        right,
        total,
        mean: a / (a + b),
        low: beta_quantile(0.025, a, b),
        high: beta_quantile(0.975, a, b),
        below_probability: beta_cdf(LEAST_GOLD_ACCURACY, a, b),
    });
    Measure::from_option(gold, "no vote on a pair with a known verdict")
}

pub(super) fn first(choices: &[SideChoice]) -> Measure<FirstChoices> {
    let share = Share::that(choices.iter().map(|choice| choice.is_first));
    let first =
        share.map(|share| FirstChoices { share, p_value: binomial_test(share.count, share.total, 0.5) });
    Measure::from_option(first, "no side was preferred, or no order is known")
}

pub(super) fn streaks(choices: &[SideChoice]) -> Measure<Streaks> {
    let mut choices: Vec<SideChoice> =
        choices.iter().copied().filter(|choice| choice.decided_at.is_some()).collect();
    choices.sort_unstable();
    let runs = choices.chunk_by(|a, b| a.is_first == b.is_first).count();
    let longest = choices.chunk_by(|a, b| a.is_first == b.is_first).map(<[_]>::len).max().unwrap_or(0);
    let n_first = choices.iter().filter(|choice| choice.is_first).count();
    if n_first.min(choices.len() - n_first) < LEAST_OF_EACH_SIDE {
        let reason = format!("it takes {LEAST_OF_EACH_SIDE} dated choices of each side");
        return Measure::CannotTell(reason);
    }
    let (n, twice) = (choices.len() as f64, 2.0 * n_first as f64 * (choices.len() - n_first) as f64);
    let expected_runs = twice / n + 1.0;
    let variance = twice * (twice - n) / (n * n * (n - 1.0));
    let z = (runs as f64 - expected_runs) / libm::sqrt(variance);
    Measure::Value(Streaks { longest, runs, expected_runs, p_value: 2.0 * normal_cdf(-z.abs()) })
}

pub(super) fn speed(times: &[(u64, u32)]) -> Measure<Speed> {
    let times: Vec<(f64, f64)> = times
        .iter()
        .filter(|(ms, words)| *ms > 0 && *words > 0)
        .map(|(ms, words)| (*ms as f64 / 60_000.0, f64::from(*words)))
        .collect();
    let per_minute = median(times.iter().map(|(minutes, words)| words / minutes).collect());
    let too_fast =
        Share::that(times.iter().map(|(minutes, words)| words / minutes > FASTEST_WORDS_PER_MINUTE));
    let speed = per_minute.zip(too_fast).map(|(words_per_minute, too_fast)| Speed {
        words_per_minute,
        robust_z: None,
        times_median: None,
        too_fast,
    });
    Measure::from_option(speed, "no times, or no texts to count the words of")
}

/// Enters how far each person's speed lies from all people's.
pub(super) fn compare_speeds(all: &mut [AnnotatorFacts]) {
    let is_person = |facts: &AnnotatorFacts| facts.kind.is_person();
    // The time for a word is the inverse of the speed.
    let log_time = |speed: &Speed| -libm::log(speed.words_per_minute);
    let logs: Vec<f64> = all
        .iter()
        .filter(|facts| is_person(facts))
        .filter_map(|facts| facts.speed.value().map(log_time))
        .collect();
    let Some(middle) = median(logs.clone()).filter(|_| logs.len() >= LEAST_READERS) else { return };
    let Some(deviation) = median(logs.iter().map(|log| (log - middle).abs()).collect()) else { return };
    if deviation <= 0.0 {
        return;
    }
    for facts in all.iter_mut().filter(|facts| is_person(facts)) {
        if let Measure::Value(speed) = &mut facts.speed {
            let slower = log_time(speed) - middle;
            speed.robust_z = Some(slower / (1.4826 * deviation));
            speed.times_median = Some(libm::exp(-slower));
        }
    }
}

/// The middle number, or the mean of the two in the middle; none of nothing.
fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    let low = *numbers.get(numbers.len().checked_sub(1)? / 2)?;
    Some((low + numbers[numbers.len() / 2]) / 2.0)
}
