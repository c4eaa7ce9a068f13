//! What each annotator's votes say about how they work, and who should be asked about it.
//!
//! Nobody is dropped: every finding names what was seen, and a person decides.
//! A share of pairs with a known verdict that stays high does not show that a standard has not moved, see the tests of drift for that.

mod ask;
mod measures;
mod right;
mod text;

pub use ask::{Asked, Reason, ReasonKind};
pub use measures::{FirstChoices, Gold, Speed, Streaks};

use super::ballots::{Ballot, Ballots, N_CLASSES, voices};
use super::noisy_pairs::{NoisyBradleyTerry, NoisySettings, SideBySide, noisy_bradley_terry};
use super::report::class_counts;
use crate::report::Measure;
use crate::schema::{AnnotatorKind, Side};
use crate::statistics::Share;
use right::Estimates;
use serde::{Deserialize, Serialize};

/// A report has to stay fast however many votes there are, and skills and biases are told in whole per cents.
const MOST_STEPS: usize = 100;
const SMALLEST_CHANGE: f64 = 1e-4;

/// What is known of one annotator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnotatorFacts {
    /// The annotator's id.
    pub id: String,
    /// The kind.
    pub kind: AnnotatorKind,
    /// Votes that count.
    pub votes: usize,
    /// Of these, opinions.
    pub opinions: usize,
    /// On pairs with a known verdict.
    pub gold: Measure<Gold>,
    /// How often the same answer was given to a pair that was shown again.
    pub repeats: Measure<Share>,
    /// How often what stood first was preferred.
    pub first: Measure<FirstChoices>,
    /// Whether sides of the screen come in streaks.
    pub streaks: Measure<Streaks>,
    /// How fast pairs are read.
    pub speed: Measure<Speed>,
    /// How often the answer is that of most others on the pair.
    pub others: Measure<Share>,
    /// The probability of being right, estimated from all votes together by smoothed Dawid-Skene, where ten pairs or more have opinions of two others too.
    pub right: Measure<f64>,
    /// The same with one error rate for all answers: it takes fewer votes, and misses who errs in one answer alone.
    pub one_coin: Measure<f64>,
    /// Whether choices rest on the responses, estimated from all votes together by noisy Bradley-Terry.
    pub reading: Measure<Reading>,
}

/// What noisy Bradley-Terry says of an annotator, see [`noisy_bradley_terry`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The probability that a choice rests on the responses.
    pub skill: f64,
    /// The probability of choosing what stands first where it does not.
    pub first_bias: f64,
}

/// All annotators, and those who should be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnotatorReport {
    /// Everybody who voted, by id.
    pub annotators: Vec<AnnotatorFacts>,
    /// Who should be asked about, and why; the ones to suspend come first.
    pub ask: Vec<Asked>,
}

/// Measures everybody who voted, people and judges together.
pub fn annotators(ballots: &Ballots) -> AnnotatorReport {
    let estimates = Estimates::new(ballots);
    let noisy = noisy(ballots);
    let mut work: Vec<Work> = vec![Work::default(); ballots.annotators.len()];
    for pair in ballots.by_pair() {
        add_pair(ballots, pair, &mut work);
    }
    let mut all: Vec<AnnotatorFacts> = ballots
        .annotators
        .iter()
        .zip(work)
        .enumerate()
        .map(|(place, (voter, work))| AnnotatorFacts {
            id: voter.id.clone(),
            kind: voter.kind,
            votes: work.votes,
            opinions: work.opinions,
            gold: measures::gold(&work.gold),
            repeats: measures::share(&work.repeats, "no pair was shown again"),
            first: measures::first(&work.sides),
            streaks: measures::streaks(&work.sides),
            speed: measures::speed(&work.times),
            others: measures::share(&work.others, "no pair has a majority of others"),
            right: estimates.right(place),
            one_coin: estimates.one_coin(place),
            reading: reading(&noisy, place, work.sides.len()),
        })
        .collect();
    measures::compare_speeds(&mut all);
    let ask = ask::ask(&all);
    AnnotatorReport { annotators: all, ask }
}

/// What an annotator's votes are counted by.
#[derive(Clone, Debug, Default)]
struct Work {
    votes: usize,
    opinions: usize,
    gold: Vec<bool>,
    repeats: Vec<bool>,
    others: Vec<bool>,
    /// Choices of a side, with what puts them in order.
    sides: Vec<measures::SideChoice>,
    /// Milliseconds and words.
    times: Vec<(u64, u32)>,
}

fn add_pair(ballots: &Ballots, pair: &[Ballot], work: &mut [Work]) {
    let facts = &ballots.facts[pair[0].pair as usize];
    for ballot in pair {
        let work = &mut work[ballot.annotator as usize];
        work.votes += 1;
        work.opinions += usize::from(ballot.class().is_some());
        work.times.extend(ballot.active_ms.zip(facts.words));
        work.sides.extend(measures::SideChoice::of(ballot));
    }
    for own in pair.chunk_by(|a, b| a.annotator == b.annotator) {
        let classes: Vec<usize> = own.iter().filter_map(Ballot::class).collect();
        let again = classes.windows(2).map(|two| two[0] == two[1]);
        work[own[0].annotator as usize].repeats.extend(again);
    }
    let counts = class_counts(pair);
    for voice in voices(pair) {
        let Some(class) = voice.class() else { continue };
        let work = &mut work[voice.annotator as usize];
        if let Some(gold) = facts.gold.and_then(super::ballots::class) {
            work.gold.push(class == gold);
        }
        let mut others = counts;
        others[class] -= 1;
        work.others.extend(majority(&others).map(|most| most == class));
    }
}

/// The answer that has more voices than each other one.
fn majority(counts: &[u32; N_CLASSES]) -> Option<usize> {
    let most = (0..N_CLASSES).max_by_key(|class| counts[*class])?;
    let is_alone = (0..N_CLASSES).all(|class| class == most || counts[class] < counts[most]);
    (is_alone && counts[most] > 0).then_some(most)
}

/// Whose choices rest on the responses, by all choices of a side whose order is known.
fn noisy(ballots: &Ballots) -> NoisyBradleyTerry {
    let choice = |ballot: &Ballot| {
        let left_wins = ballot.prefers_shown_first()?;
        let (first, second) = (2 * ballot.pair as usize, 2 * ballot.pair as usize + 1);
        let is_first_left = ballot.shown_first == Some(Side::First);
        let (left, right) = if is_first_left { (first, second) } else { (second, first) };
        Some(SideBySide { worker: ballot.annotator as usize, left, right, left_wins })
    };
    let choices: Vec<SideBySide> = ballots.by_pair().flat_map(voices).filter_map(choice).collect();
    let settings = NoisySettings {
        most_steps: MOST_STEPS,
        smallest_change: SMALLEST_CHANGE,
        ..NoisySettings::default()
    };
    noisy_bradley_terry(&choices, &settings)
}

fn reading(noisy: &NoisyBradleyTerry, place: usize, choices: usize) -> Measure<Reading> {
    let found = noisy.skills.get(place).zip(noisy.biases.get(place)).filter(|_| choices > 0);
    let reading = found.map(|(skill, first_bias)| Reading { skill: *skill, first_bias: *first_bias });
    Measure::from_option(reading, "no side was preferred, or no order is known")
}
