//! Trains the reward head: from a message and a reply, whether the reply is to that message.
//!
//! 1. [`source`] draws messages with fitting replies, and sets some of both aside.
//! 2. [`towers`] learns two tables of rows, one for messages and one for replies, whose directions agree where the two fit.
//! 3. [`validate`] measures them on what was set aside, and turns their cosine into a probability.
//! 4. [`mod@file`] writes them into a GGUF file beside the model, whose weights stay as they are.
//! 5. [`weights`] tells how much it should count beside the likelihood.
//!
//! What the head reads and where it stands in the file is told by [`tiebreak_engine::reward`].
//! The same seed, data and build give the same file.

pub mod file;
pub mod source;
pub mod towers;
pub mod validate;
pub mod weights;

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use tiebreak_engine::reward::{RewardHead, features};

use crate::random::Random;
use source::{Example, Source};
use towers::{Side, Towers};

/// How a head is trained.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Keys the first rows and all draws.
    pub seed: u64,
    /// How many batches are learned from.
    pub steps: u64,
    /// How many numbers a row has.
    pub width: usize,
    /// The most rows of a table; the most frequent features get them.
    pub most_rows: usize,
}

impl Settings {
    /// Those of the shipped head.
    pub const SHIPPED: Self = Self { seed: 1, steps: 1_500, width: 48, most_rows: 6_000 };
}

/// What random numbers are drawn for.
const COUNTED: u64 = 2_000;
const FIRST_ROWS: u64 = 2_001;
const BATCH: u64 = 2_002;

/// Examples that features are counted in.
const N_COUNTED: u64 = 30_000;
/// Pairs of a batch; with more of them, more intents stand against each other.
const PAIRS_PER_BATCH: usize = 192;
/// Replies that fit nothing, beside those pairs.
const BAD_PER_BATCH: usize = 24;
/// Share of the features that are left out of a pair's texts, so that no single word decides.
const DROPOUT: f64 = 0.4;
/// Falls to nothing over the run.
const LEARNING_RATE: f32 = 0.01;

/// A head that was trained on what the source draws, with its cosine not yet made a probability.
pub fn train(source: &Source, settings: &Settings) -> Result<RewardHead> {
    let features = frequent_features(source, settings)?;
    let random = &mut Random::new(settings.seed, FIRST_ROWS, 0);
    let mut towers = Towers::random(features, settings.width, random)?;
    let bar = indicatif::ProgressBar::new(settings.steps).with_message("training the head");
    for step in 0..settings.steps {
        let left = 1.0 - step as f32 / settings.steps as f32;
        towers.step(&batch(source, &towers, settings.seed, step), LEARNING_RATE * left)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    towers.head()
}

/// A message, a reply to it, and what both are about, as rows of the tables.
pub struct Pair {
    /// What both are about.
    pub intent: String,
    /// Rows of the message.
    pub prompt: Vec<u32>,
    /// Rows of the reply.
    pub reply: Vec<u32>,
}

/// Pairs that a step learns from.
pub struct Batch {
    /// Fitting pairs.
    pub pairs: Vec<Pair>,
    /// Rows of replies that fit none of the messages.
    pub bad_replies: Vec<Vec<u32>>,
}

fn batch(source: &Source, towers: &Towers, seed: u64, step: u64) -> Batch {
    let random = &mut Random::new(seed, BATCH, step);
    let is_real = source.is_real(random);
    let rows = |side, text: &str, random: &mut Random| {
        let mut rows = towers.rows_of(side, &features(text));
        rows.retain(|_| !random.chance(DROPOUT));
        rows
    };
    let mut pair = |_| {
        let Example { intent, prompt, reply } = source.example(is_real, random);
        let prompt = rows(Side::Prompt, &prompt, random);
        Pair { intent, prompt, reply: rows(Side::Reply, &reply, random) }
    };
    let pairs = (0..PAIRS_PER_BATCH).map(&mut pair).collect();
    let bad_replies = (0..BAD_PER_BATCH)
        .filter_map(|_| random.pick(&source.bad_replies))
        .map(|line| towers.rows_of(Side::Reply, &features(line)))
        .collect();
    Batch { pairs, bad_replies }
}

/// The features that stand in most examples, of messages and of replies, ascending.
fn frequent_features(source: &Source, settings: &Settings) -> Result<[Vec<u32>; 2]> {
    let mut counts = [BTreeMap::new(), BTreeMap::new()];
    let mut count = |side: Side, text: &str| {
        let mut features = features(text);
        features.sort_unstable();
        features.dedup();
        features.into_iter().for_each(|feature| *counts[side as usize].entry(feature).or_insert(0) += 1);
    };
    for index in 0..N_COUNTED {
        let random = &mut Random::new(settings.seed, COUNTED, index);
        let is_real = source.is_real(random);
        let example = source.example(is_real, random);
        count(Side::Prompt, &example.prompt);
        count(Side::Reply, &example.reply);
    }
    source.bad_replies.iter().for_each(|line| count(Side::Reply, line));
    let features = counts.map(|counts| most_frequent(&counts, settings.most_rows));
    if features.iter().any(Vec::is_empty) {
        bail!("the data files hold no word to learn from");
    }
    Ok(features)
}

fn most_frequent(counts: &BTreeMap<u32, u32>, most: usize) -> Vec<u32> {
    let mut all: Vec<(u32, u32)> = counts.iter().map(|(feature, count)| (*count, *feature)).collect();
    all.sort_unstable_by(|one, other| other.cmp(one));
    let mut features: Vec<u32> = all.into_iter().take(most).map(|(_, feature)| feature).collect();
    features.sort_unstable();
    features
}
