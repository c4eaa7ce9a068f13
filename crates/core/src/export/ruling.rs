//! Decisions, and what samples become by them when they are read for the second time.

use super::ballots::Ballots;
use super::pairs::PairTable;
use super::report::Report;
use super::weights::target_hash;
use crate::aggregate::Outcome;
use crate::names::Names;
use crate::schema::{
    Annotator, AnnotatorKind, Extra, Message, Origin, Pair, Preference, Prompt, Response, Role, Sample, Side,
    pairs,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What was decided about each pair of the samples.
#[derive(Debug)]
pub struct Decisions {
    /// By the pair's place; none where the pair is left out.
    rows: Vec<Option<Box<Row>>>,
    /// The hash of the pair's id and the number of its sample, by place.
    pairs: Vec<(u64, u32)>,
    n_samples: usize,
    /// What the annotators behind rows are called, by the rank of their ids.
    annotators: BTreeMap<(u32, AnnotatorKind), String>,
    guidelines: Names,
    epochs: Names,
    report: Report,
}

/// One decision with what stands behind it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub outcome: Outcome,
    pub probability: Option<f64>,
    pub margin: f64,
    pub weight: f64,
    pub n_votes: u32,
    pub annotators: Box<[(u32, AnnotatorKind)]>,
    pub decided_at: Option<Timestamp>,
    pub epoch: Option<u32>,
    pub guideline: Option<u32>,
}

impl Decisions {
    pub(super) fn new(
        rows: Vec<Option<Box<Row>>>,
        pairs: &PairTable,
        ballots: Ballots,
        report: Report,
    ) -> Self {
        let mut decisions = Self {
            annotators: names(&rows, &ballots.annotators),
            pairs: pairs.pairs.iter().map(|facts| (facts.id, facts.sample)).collect(),
            n_samples: pairs.n_samples(),
            rows,
            guidelines: ballots.guidelines,
            epochs: ballots.weights.into_epochs(),
            report,
        };
        decisions.scale();
        decisions
    }

    /// Scales the weights so that their mean is 1, and the learning rate means what it meant without them.
    fn scale(&mut self) {
        let n_rows = self.rows.iter().flatten().count() as f64;
        let mean = self.weights(|_| true).sum::<f64>() / n_rows;
        for row in self.rows.iter_mut().flatten() {
            row.weight /= mean;
        }
    }

    /// The weights of the pairs that go out, in their order, from samples whose number is `wanted`; over all samples their mean is 1.
    pub fn weights(&self, wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = f64> {
        let rows = self.rows.iter().zip(&self.pairs);
        rows.filter(move |(_, (_, sample))| wanted(*sample as usize))
            .filter_map(|(row, _)| Some(row.as_ref()?.weight))
    }

    /// How many pairs of each sample go out.
    pub fn n_out_by_sample(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_samples];
        for (row, (_, sample)) in self.rows.iter().zip(&self.pairs) {
            counts[*sample as usize] += u32::from(row.is_some());
        }
        counts
    }

    /// The annotators behind the pairs that go out, in the order of their ids.
    pub fn annotators(&self) -> impl Iterator<Item = (&str, AnnotatorKind)> {
        self.annotators.iter().map(|((_, kind), name)| (name.as_str(), *kind))
    }

    /// Calls annotators otherwise.
    pub fn rename(&mut self, name: impl Fn(&str, AnnotatorKind) -> String) {
        for ((_, kind), called) in &mut self.annotators {
            *called = name(called, *kind);
        }
    }

    /// What became of every pair and every vote.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The same samples in the same order once more, this time to make rows of them.
    pub fn second_reading(&self) -> SecondReading<'_> {
        SecondReading { decisions: self, place: 0 }
    }

    fn origin(&self, row: &Row, prompt: &Prompt, pair: &Pair<'_>) -> Origin {
        let [first, second] = match row.outcome {
            Outcome::Better(Side::Second) => [pair.second, pair.first],
            _ => [pair.first, pair.second],
        };
        let annotator =
            |who: &(u32, AnnotatorKind)| Annotator { id: self.annotators[who].clone(), kind: who.1 };
        let mut annotators: Vec<Annotator> = row.annotators.iter().map(annotator).collect();
        // Pseudonyms in the order of the ids would tell something of them.
        annotators.sort();
        let text = |names: &Names, number: Option<u32>| number.map(|number| names.text(number).to_owned());
        Origin {
            pair: pair.id.clone(),
            prompt_id: prompt.id.clone(),
            category: prompt.category.clone(),
            responses: [first.id.clone(), second.id.clone()],
            votes: row.n_votes,
            annotators,
            decided_at: row.decided_at,
            epoch: text(&self.epochs, row.epoch),
            guideline_version: text(&self.guidelines, row.guideline),
        }
    }
}

/// The annotators behind rows by their ids.
fn names(rows: &[Option<Box<Row>>], ids: &Names) -> BTreeMap<(u32, AnnotatorKind), String> {
    let mut by_rank = vec![""; ids.len()];
    for (number, rank) in (0..).zip(ids.ranks()) {
        by_rank[rank as usize] = ids.text(number);
    }
    let behind: BTreeSet<(u32, AnnotatorKind)> =
        rows.iter().flatten().flat_map(|row| row.annotators.iter().copied()).collect();
    behind.into_iter().map(|who| (who, by_rank[who.0 as usize].to_owned())).collect()
}

/// Where the second reading of the samples is.
#[derive(Clone, Debug)]
pub struct SecondReading<'a> {
    decisions: &'a Decisions,
    place: usize,
}

impl SecondReading<'_> {
    /// Whether all samples were read again.
    pub fn is_at_end(&self) -> bool {
        self.place == self.decisions.pairs.len()
    }

    /// The decisions on the pairs of the next sample; none where it is another sample than at the first reading.
    pub fn next<'s>(&mut self, sample: &'s Sample) -> Option<Vec<Ruling<'s>>> {
        let mut rulings = Vec::new();
        for pair in pairs(sample) {
            if self.decisions.pairs.get(self.place)?.0 != target_hash(&pair.id) {
                return None;
            }
            if let Some(row) = &self.decisions.rows[self.place] {
                let origin = self.decisions.origin(row, &sample.prompt, &pair);
                rulings.push(Ruling {
                    prompt: &sample.prompt,
                    first: pair.first,
                    second: pair.second,
                    outcome: row.outcome,
                    probability: row.probability,
                    margin: row.margin,
                    weight: row.weight,
                    origin,
                });
            }
            self.place += 1;
        }
        Some(rulings)
    }
}

/// A pair that goes out, with what was decided about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling<'a> {
    /// What was asked.
    pub prompt: &'a Prompt,
    /// The response that comes first in canonical order.
    pub first: &'a Response,
    /// The other one.
    pub second: &'a Response,
    /// What was decided.
    pub outcome: Outcome,
    /// How probable that is, 0 to 1, where the method has a probability for it.
    pub probability: Option<f64>,
    /// The mean absolute strength of the votes that say the same, 0 to 3; 0 where no side is better.
    pub margin: f64,
    /// The mean weight of its votes, scaled so that the mean over all rows is 1.
    pub weight: f64,
    /// Where it comes from; the chosen response's id comes first where there is one.
    pub origin: Origin,
}

impl Ruling<'_> {
    /// The better and the worse response, where one is better.
    pub fn chosen_and_rejected(&self) -> Option<[&Response; 2]> {
        match self.outcome {
            Outcome::Better(Side::First) => Some([self.first, self.second]),
            Outcome::Better(Side::Second) => Some([self.second, self.first]),
            _ => None,
        }
    }

    /// The preference, where one is better.
    pub fn preference(&self) -> Option<Preference> {
        let [chosen, rejected] = self.chosen_and_rejected()?;
        let reply = |response: &Response| vec![Message::new(Role::Assistant, &*response.text)];
        Some(Preference {
            prompt: self.prompt.messages.clone(),
            chosen: reply(chosen),
            rejected: reply(rejected),
            margin: self.margin,
            weight: self.weight,
            origin: self.origin.clone(),
            extra: Extra::new(),
        })
    }
}
