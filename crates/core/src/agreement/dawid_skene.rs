//! What items are, where several workers who err each in their own way have labelled them.
//!
//! Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm".
//! A worker who always says the same, or the opposite of all others, is found out and costs nothing, if three others or more err independently; in a plain majority each of them has a full voice.
//! The labels of two workers fit many error rates equally well, and the estimate then means nothing.

use serde::{Deserialize, Serialize};

const MOST_STEPS: usize = 2000;
/// The estimate stands where no item's probability moves by more than this.
const SMALLEST_CHANGE: f64 = 1e-9;
/// No label is impossible, however the estimate goes; otherwise a single slip would rule out a class.
const LEAST_PROBABILITY: f64 = 1e-10;

/// One label that a worker gave to an item; all three are numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The item.
    pub item: usize,
    /// The worker.
    pub worker: usize,
    /// The class that the worker says the item is of.
    pub class: usize,
}

/// How a worker errs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerModel {
    /// With a probability of its own for each true class and each label.
    Confusion,
    /// With one probability of being right, errors spread evenly: for few labels a worker.
    OneCoin,
}

/// What the labels say together.
#[derive(Clone, Debug, PartialEq)]
pub struct DawidSkene {
    /// For each item the probability of each class; that of an item without labels is how common classes are.
    pub items: Vec<Vec<f64>>,
    /// For each worker, by true class, the probability of each label.
    pub workers: Vec<Vec<Vec<f64>>>,
    /// How common each class is.
    pub classes: Vec<f64>,
    /// How often the estimate was improved.
    pub n_steps: usize,
}

/// Estimates items and workers from labels, beginning with the share of each item's labels.
///
/// `smoothing` is added to every count of a worker's labels: 1 keeps a worker with few labels from looking certain, 0 is the estimate as published.
/// The result depends on the order of the labels in the last bits alone.
pub fn dawid_skene(labels: &[Label], n_classes: usize, model: WorkerModel, smoothing: f64) -> DawidSkene {
    let size = |number: fn(&Label) -> usize| labels.iter().map(|label| number(label) + 1).max().unwrap_or(0);
    let (n_items, n_workers) = (size(|label| label.item), size(|label| label.worker));
    let mut items = vec![vec![0.0; n_classes]; n_items];
    for label in labels {
        items[label.item][label.class] += 1.0;
    }
    items.iter_mut().for_each(|item| scale_to_one(item));
    let counts = Counts { labels, n_workers, n_classes, model, smoothing };
    let mut n_steps = 0;
    loop {
        let (classes, workers) = (shares(&items, n_classes), counts.workers(&items));
        let next = posteriors(labels, &classes, &workers, n_items);
        let change = largest_change(&items, &next);
        items = next;
        n_steps += 1;
        if change < SMALLEST_CHANGE || n_steps == MOST_STEPS {
            return DawidSkene { items, workers, classes, n_steps };
        }
    }
}

/// What workers are estimated from.
struct Counts<'a> {
    labels: &'a [Label],
    n_workers: usize,
    n_classes: usize,
    model: WorkerModel,
    smoothing: f64,
}

impl Counts<'_> {
    /// How each worker labels each true class, given what items are.
    fn workers(&self, items: &[Vec<f64>]) -> Vec<Vec<Vec<f64>>> {
        let mut workers = vec![vec![vec![0.0; self.n_classes]; self.n_classes]; self.n_workers];
        for label in self.labels {
            for (class, probability) in items[label.item].iter().enumerate() {
                workers[label.worker][class][label.class] += probability;
            }
        }
        for worker in &mut workers {
            match self.model {
                WorkerModel::Confusion => worker.iter_mut().for_each(|row| self.smooth(row)),
                WorkerModel::OneCoin => self.one_coin(worker),
            }
        }
        workers
    }

    fn smooth(&self, row: &mut [f64]) {
        row.iter_mut().for_each(|count| *count += self.smoothing);
        scale_to_one(row);
        row.iter_mut().for_each(|probability| *probability = probability.max(LEAST_PROBABILITY));
    }

    fn one_coin(&self, worker: &mut [Vec<f64>]) {
        let right: f64 = worker.iter().enumerate().map(|(class, row)| row[class]).sum();
        let all: f64 = worker.iter().flatten().sum();
        let mut coin = [right, all - right];
        self.smooth(&mut coin);
        let each_error = coin[1] / (self.n_classes as f64 - 1.0).max(1.0);
        for (class, row) in worker.iter_mut().enumerate() {
            row.fill(each_error);
            row[class] = coin[0];
        }
    }
}

/// What each item is, given how workers label: Bayes' rule, in logarithms.
fn posteriors(labels: &[Label], classes: &[f64], workers: &[Vec<Vec<f64>>], n_items: usize) -> Vec<Vec<f64>> {
    let prior: Vec<f64> = classes.iter().map(|share| libm::log(share.max(LEAST_PROBABILITY))).collect();
    let mut items = vec![prior; n_items];
    for label in labels {
        for (class, log_probability) in items[label.item].iter_mut().enumerate() {
            *log_probability += libm::log(workers[label.worker][class][label.class]);
        }
    }
    for item in &mut items {
        let largest = item.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        item.iter_mut().for_each(|value| *value = libm::exp(*value - largest));
        scale_to_one(item);
    }
    items
}

/// The mean of the items.
fn shares(items: &[Vec<f64>], n_classes: usize) -> Vec<f64> {
    let mut shares = vec![0.0; n_classes];
    for item in items {
        shares.iter_mut().zip(item).for_each(|(share, probability)| *share += probability);
    }
    scale_to_one(&mut shares);
    shares
}

/// Divides by the sum; where that is 0, all are alike.
fn scale_to_one(values: &mut [f64]) {
    let sum: f64 = values.iter().sum();
    let n = values.len() as f64;
    values.iter_mut().for_each(|value| *value = if sum > 0.0 { *value / sum } else { 1.0 / n });
}

fn largest_change(before: &[Vec<f64>], after: &[Vec<f64>]) -> f64 {
    before.iter().flatten().zip(after.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
