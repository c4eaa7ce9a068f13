//! The pairs that can be asked, with what the model says of each.

use super::evidence::{Evidence, PairEvidence};
use super::gain::expected_gain;
use super::posterior::{Compared, Difference, Posterior};
use super::settings::NextSettings;
use crate::schema::{IndexedPair, PairIndex};
use crate::screen::{Concern, screen};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Votes on one pair tell no more than so many of weight 1: beyond that the fit has no digits left for the others.
const MOST_WEIGHT: f64 = 1e6;

/// A pair that can be asked.
pub(super) struct Candidate<'a> {
    pub indexed: &'a IndexedPair<'a>,
    /// Its responses, by numbers that no two responses of all samples share.
    pub responses: [usize; 2],
    /// The sample's place among the samples with pairs.
    pub sample: usize,
    pub evidence: PairEvidence,
    pub difference: Difference,
    /// In nats.
    pub gain: f64,
}

impl Candidate<'_> {
    pub fn id(&self) -> &str {
        &self.indexed.pair.id
    }
}

/// All pairs, and which of them cannot be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairCounts {
    /// All different pairs of the samples.
    pub all: usize,
    /// Those that can be asked, of which random pairs are drawn.
    pub eligible: usize,
    /// Those in which the screening found something that is dropped.
    pub screened: usize,
    /// Those that a person flagged: something is wrong with the pair itself.
    pub flagged: usize,
    /// Those that are in the study anyway.
    pub taken: usize,
}

/// What pairs are chosen from.
pub(super) struct Pool<'a> {
    /// In the order of the samples.
    pub candidates: Vec<Candidate<'a>>,
    pub counts: PairCounts,
    /// Responses, by their numbers, that people's votes compare already.
    pub connected: Vec<[usize; 2]>,
    pub n_responses: usize,
}

impl<'a> Pool<'a> {
    pub fn new(index: &'a PairIndex<'a>, evidence: &Evidence, settings: &NextSettings) -> Self {
        let mut pool = Self {
            candidates: Vec::new(),
            counts: PairCounts::default(),
            connected: Vec::new(),
            n_responses: 0,
        };
        let mut from = 0;
        for (sample, pairs) in index.pairs().chunk_by(|a, b| std::ptr::eq(a.sample, b.sample)).enumerate() {
            let known = &evidence.pairs[from..from + pairs.len()];
            pool.add_sample(sample, (pairs, known), settings);
            from += pairs.len();
        }
        pool.counts.all = from;
        pool.counts.eligible = pool.candidates.len();
        pool
    }

    fn add_sample(
        &mut self,
        sample: usize,
        (pairs, known): (&'a [IndexedPair<'a>], &[PairEvidence]),
        settings: &NextSettings,
    ) {
        let numbers = numbers(pairs);
        let of = |pair: &IndexedPair<'_>| {
            [pair.pair.first, pair.pair.second].map(|response| numbers[response.id.as_str()])
        };
        let votes: Vec<Compared> = pairs
            .iter()
            .zip(known)
            .filter_map(|(pair, known)| compared(of(pair), known, settings.judge_weight))
            .collect();
        let variance = settings.prior_deviation * settings.prior_deviation;
        let posterior = Posterior::new(numbers.len(), &votes, variance);
        for (pair, known) in pairs.iter().zip(known) {
            let responses = of(pair).map(|number| number + self.n_responses);
            if known.people.weight > 0.0 {
                self.connected.push(responses);
            }
            if self.can_be_asked(pair, known, settings) {
                let difference = posterior.difference(of(pair));
                let gain = expected_gain(difference);
                self.candidates.push(Candidate {
                    indexed: pair,
                    responses,
                    sample,
                    evidence: *known,
                    difference,
                    gain,
                });
            }
        }
        self.n_responses += numbers.len();
    }

    /// Counts what cannot.
    fn can_be_asked(
        &mut self,
        pair: &IndexedPair<'_>,
        known: &PairEvidence,
        settings: &NextSettings,
    ) -> bool {
        let counts = &mut self.counts;
        if settings.taken.contains(&pair.pair.id) {
            counts.taken += 1;
        } else if known.is_flagged {
            counts.flagged += 1;
        } else if is_unfit(pair, settings) {
            counts.screened += 1;
        } else {
            return true;
        }
        false
    }
}

/// The numbers of the responses that stand in a sample's pairs.
fn numbers<'a>(pairs: &[IndexedPair<'a>]) -> BTreeMap<&'a str, usize> {
    let mut numbers = BTreeMap::new();
    for response in pairs.iter().flat_map(|pair| [pair.pair.first, pair.pair.second]) {
        let next = numbers.len();
        numbers.entry(response.id.as_str()).or_insert(next);
    }
    numbers
}

/// The votes on a pair put together; none where none counts.
fn compared(responses: [usize; 2], known: &PairEvidence, judge_weight: f64) -> Option<Compared> {
    let weight = known.people.weight + judge_weight * known.judges.weight;
    let outcomes = known.people.outcomes + judge_weight * known.judges.outcomes;
    (weight > 0.0).then(|| Compared {
        responses,
        outcome: (outcomes / weight).clamp(0.0, 1.0),
        weight: weight.min(MOST_WEIGHT),
    })
}

fn is_unfit(pair: &IndexedPair<'_>, settings: &NextSettings) -> bool {
    let found = screen(&pair.sample.prompt.messages, pair.pair.first, pair.pair.second);
    let never = |concern| matches!(concern, Concern::Empty | Concern::Identical);
    found.iter().any(|found| never(found.concern) || settings.drop.contains(&found.concern))
}
