//! What votes weigh by their age.

use crate::schema::{Vote, Weight, vote_id};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Ages are told in at most so many stretches of as many days each.
const MOST_BINS: i64 = 24;
const MILLISECONDS_A_DAY: f64 = 86_400_000.0;
/// The most different reasons for weights that are told.
const MOST_REASONS: usize = 12;

/// Weights by what they weigh.
#[derive(Clone, Debug, Default)]
pub struct WeightTable {
    weights: BTreeMap<String, f64>,
    /// Why votes weigh what they weigh, each reason once; not more than a dozen.
    pub evidence: BTreeSet<String>,
    /// The time from which ages are counted, the latest where there are several.
    pub reference_time: Option<Timestamp>,
}

impl WeightTable {
    /// Takes a weight; of several for one vote or pair the last counts.
    pub fn add(&mut self, weight: Weight) {
        self.reference_time = self.reference_time.max(weight.reference_time);
        if self.evidence.len() < MOST_REASONS {
            self.evidence.extend(weight.evidence);
        }
        self.weights.insert(weight.target, weight.weight);
    }

    /// What a vote weighs: by its own id, else by its pair's; none where neither is there.
    pub fn of(&self, vote: &Vote) -> Option<f64> {
        self.weights.get(&vote_id(vote)).or_else(|| self.weights.get(&vote.pair)).copied()
    }
}

/// Takes the weights of votes one by one.
#[derive(Clone, Debug, Default)]
pub struct AgeTally {
    reference_time: Option<Timestamp>,
    days: BTreeMap<i64, Day>,
    without_age: Day,
}

/// The votes of one day.
#[derive(Clone, Copy, Debug, Default)]
struct Day {
    votes: usize,
    sum: f64,
    squares: f64,
    low: f64,
    high: f64,
}

impl Day {
    fn of(weight: f64) -> Self {
        Self { votes: 1, sum: weight, squares: weight * weight, low: weight, high: weight }
    }

    fn add(&mut self, other: &Self) {
        if self.votes == 0 {
            *self = *other;
        } else if other.votes > 0 {
            self.votes += other.votes;
            self.sum += other.sum;
            self.squares += other.squares;
            self.low = self.low.min(other.low);
            self.high = self.high.max(other.high);
        }
    }
}

/// What votes weigh.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightAges {
    /// The time from which ages are counted.
    pub reference_time: Option<Timestamp>,
    /// Votes with a weight.
    pub votes: usize,
    /// How many votes of weight 1 tell as much as all of these, by Kish; see [`kish_size`](crate::drift::comparison::kish_size()).
    pub kish_size: f64,
    /// By age, the youngest first.
    pub bins: Vec<AgeBin>,
    /// Votes whose age is not known: they are in no bin.
    pub without_age: usize,
}

/// Votes of about one age.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AgeBin {
    /// At least so many days old.
    pub from_days: i64,
    /// Younger than so many days.
    pub to_days: i64,
    /// Votes.
    pub votes: usize,
    /// Their mean weight.
    pub mean: f64,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl AgeTally {
    /// Ages are counted from `reference_time`; without one none is known.
    pub fn new(reference_time: Option<Timestamp>) -> Self {
        Self { reference_time, ..Self::default() }
    }

    /// Takes the weight of a vote that was given at `decided_at`; a vote after the reference time has the age 0.
    pub fn add(&mut self, decided_at: Option<Timestamp>, weight: f64) {
        let age_days = self.reference_time.zip(decided_at).map(|(reference, time)| {
            let milliseconds = reference.as_millisecond() - time.as_millisecond();
            (milliseconds.max(0) as f64 / MILLISECONDS_A_DAY) as i64
        });
        let day = match age_days {
            Some(age) => self.days.entry(age).or_default(),
            None => &mut self.without_age,
        };
        day.add(&Day::of(weight));
    }

    /// The weights by age.
    pub fn close(&self) -> WeightAges {
        let oldest = self.days.keys().last().copied().unwrap_or(0);
        let width = oldest / MOST_BINS + 1;
        let mut bins: BTreeMap<i64, Day> = BTreeMap::new();
        self.days.iter().for_each(|(age, day)| bins.entry(age / width).or_default().add(day));
        let mut all = self.without_age;
        self.days.values().for_each(|day| all.add(day));
        let bin = |(number, day): (&i64, &Day)| AgeBin {
            from_days: number * width,
            to_days: (number + 1) * width,
            votes: day.votes,
            mean: day.sum / day.votes as f64,
            low: day.low,
            high: day.high,
        };
        WeightAges {
            reference_time: self.reference_time,
            votes: all.votes,
            kish_size: if all.squares > 0.0 { all.sum * all.sum / all.squares } else { 0.0 },
            bins: bins.iter().map(bin).collect(),
            without_age: self.without_age.votes,
        }
    }
}
