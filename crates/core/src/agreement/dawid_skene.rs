//! What items are, where several workers who err each in their own way have labelled them.
//!
//! Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm".
//! A worker who always says the same, or the opposite of all others, is found out and costs nothing, if three others or more err independently; in a plain majority each of them has a full voice.
//! The labels of two workers fit many error rates equally well, and the estimate then means nothing.
//!
//! A step visits each label twice, in the order of the items: the time grows in proportion to labels, classes and steps.

use super::decaying_exp::decaying_exp;
use super::squarem::Path;
use serde::{Deserialize, Serialize};

/// No label is impossible, however the estimate goes; otherwise a single slip would rule out a class.
const LEAST_PROBABILITY: f64 = 1e-10;
/// Items that are computed together: so many that they fill a processor's pipeline, and so few that they stay in its nearest cache.
const BLOCK: usize = 128;
/// So few rows that what they add up to, at most the number of classes each, can be multiplied.
const PRODUCT: usize = 16;
/// The most numbers in all workers' tables together: half a gigabyte.
const MOST_TABLE_NUMBERS: usize = 1 << 26;

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

/// How the estimate is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DawidSkeneSettings {
    /// How a worker errs.
    pub model: WorkerModel,
    /// Added to every count of a worker's labels: 1 keeps a worker with few labels from looking certain, 0 is the estimate as published.
    pub smoothing: f64,
    /// How often the estimate is improved at most.
    pub most_steps: usize,
    /// The estimate stands where no item's probability moves by more than this.
    pub smallest_change: f64,
    /// Whether steps that lead the same way are followed further than they go: a class that few labels tell from another takes thousands of steps otherwise.
    /// What is alike on both sides then comes out alike but for rounding.
    pub accelerated: bool,
}

impl Default for DawidSkeneSettings {
    fn default() -> Self {
        Self {
            model: WorkerModel::Confusion,
            smoothing: 1.0,
            most_steps: 2000,
            smallest_change: 1e-9,
            accelerated: false,
        }
    }
}

impl DawidSkeneSettings {
    /// The logarithm of how probable workers' rates are by the counts that are added to their own, but for a constant; `logs` are those of the rates, a table for each worker.
    fn log_prior(&self, logs: &[f64], n_classes: usize) -> f64 {
        let n_rates = match self.model {
            WorkerModel::Confusion => n_classes * n_classes,
            // Being right and erring; all others are the same.
            WorkerModel::OneCoin => 2,
        };
        let tables = logs.chunks_exact(n_classes * n_classes);
        self.smoothing * tables.map(|table| table.iter().take(n_rates).sum::<f64>()).sum::<f64>()
    }
}

/// What the labels say together.
#[derive(Clone, Debug, PartialEq)]
pub struct DawidSkene {
    n_classes: usize,
    items: Vec<f64>,
    workers: Vec<f64>,
    /// How common each class is.
    pub classes: Vec<f64>,
    /// How often the estimate was improved.
    pub n_steps: usize,
}

impl DawidSkene {
    /// How many items there are.
    pub fn n_items(&self) -> usize {
        self.items.len() / self.n_classes
    }

    /// The probability of each class for an item; that of an item without labels is how common classes are.
    pub fn item(&self, item: usize) -> &[f64] {
        &self.items[item * self.n_classes..][..self.n_classes]
    }

    /// How many workers there are.
    pub fn n_workers(&self) -> usize {
        self.workers.len() / (self.n_classes * self.n_classes)
    }

    /// The probability of each label that a worker gives to items of a true class.
    pub fn worker(&self, worker: usize, truth: usize) -> &[f64] {
        &self.workers[(worker * self.n_classes + truth) * self.n_classes..][..self.n_classes]
    }
}

/// Estimates items and workers from labels, beginning with the share of each item's labels.
///
/// The result depends on the order of the labels in the last bits alone.
/// None without classes, where a label is of none of them, and where the tables of all workers, `n_workers` × `n_classes`², would hold more than 2²⁶ numbers.
pub fn dawid_skene(labels: &[Label], n_classes: usize, settings: &DawidSkeneSettings) -> Option<DawidSkene> {
    let sorted = SortedLabels::new(labels, n_classes)?;
    // The length of a row is known where it is one of the usual ones, so that the compiler can unroll what goes over rows.
    Some(match n_classes {
        2 => sorted.estimate([0.0; 2], settings),
        3 => sorted.estimate([0.0; 3], settings),
        n => sorted.estimate(vec![0.0; n], settings),
    })
}

/// A row of one number for each class, of which the length is known or not.
trait Row: AsRef<[f64]> + AsMut<[f64]> + Clone {}

impl<R: AsRef<[f64]> + AsMut<[f64]> + Clone> Row for R {}

/// Labels in the order of the items.
struct SortedLabels {
    /// Where each item's labels begin, and behind the last where they end.
    starts: Vec<u32>,
    /// Worker and class of each label as one number, the row of the workers' table that it reads.
    rows: Vec<u32>,
    n_workers: usize,
}

impl SortedLabels {
    fn new(labels: &[Label], n_classes: usize) -> Option<Self> {
        let size = |number: fn(&Label) -> usize| labels.iter().map(number).max().map_or(0, |most| most + 1);
        let (n_items, n_workers) = (size(|label| label.item), size(|label| label.worker));
        let n_numbers = n_workers.checked_mul(n_classes)?.checked_mul(n_classes)?;
        let is_strange = labels.iter().any(|label| label.class >= n_classes);
        let is_large = n_numbers > MOST_TABLE_NUMBERS || u32::try_from(labels.len()).is_err();
        if n_classes == 0 || is_strange || is_large {
            return None;
        }
        let mut starts = vec![0u32; n_items + 1];
        labels.iter().for_each(|label| starts[label.item + 1] += 1);
        (0..n_items).for_each(|item| starts[item + 1] += starts[item]);
        let mut next = starts.clone();
        let mut rows = vec![0; labels.len()];
        for label in labels {
            let at = &mut next[label.item];
            rows[*at as usize] = (label.worker * n_classes + label.class) as u32;
            *at += 1;
        }
        Some(Self { starts, rows, n_workers })
    }

    fn of_item(&self, item: usize) -> &[u32] {
        &self.rows[self.starts[item] as usize..self.starts[item + 1] as usize]
    }

    /// `row` is any row, which tells how long rows are.
    fn estimate<R: Row>(&self, row: R, settings: &DawidSkeneSettings) -> DawidSkene {
        let n_classes = row.as_ref().len();
        let n_items = self.starts.len() - 1;
        let n_counts = self.n_workers * n_classes * n_classes;
        let mut state = State {
            items: vec![0.0; n_items * n_classes],
            sums: vec![0.0; n_counts + n_classes],
            next: vec![0.0; BLOCK * n_classes],
        };
        self.begin(n_classes, &mut state);
        let mut workers = vec![0.0; n_counts];
        let mut logs = workers.clone();
        let mut path = settings.accelerated.then(Path::default);
        let mut n_steps = 0;
        loop {
            let (counts, sizes) = state.sums.split_at(n_counts);
            let mut classes = sizes.to_vec();
            scale_to_one(&mut classes);
            probabilities(counts, n_classes, settings, &mut workers);
            logs.iter_mut().zip(&workers).for_each(|(log, p)| *log = libm::log(*p));
            let before = path.is_some().then(|| state.sums.clone());
            let step = self.improve(row.clone(), &classes, &logs, &mut state);
            n_steps += 1;
            if step.change < settings.smallest_change || n_steps >= settings.most_steps {
                let workers = by_truth(&workers, n_classes);
                return DawidSkene { n_classes, items: state.items, workers, classes, n_steps };
            }
            if let (Some(path), Some(before)) = (&mut path, before) {
                let fit = step.log_likelihood + settings.log_prior(&logs, n_classes);
                path.go_on(before, fit, &mut state.sums);
            }
        }
    }

    /// Each item is what most of its labels say.
    fn begin(&self, n_classes: usize, state: &mut State) {
        let n_counts = state.sums.len() - n_classes;
        let (counts, sizes) = state.sums.split_at_mut(n_counts);
        for (item, row) in state.items.chunks_exact_mut(n_classes).enumerate() {
            self.of_item(item).iter().for_each(|label| row[*label as usize % n_classes] += 1.0);
            scale_to_one(row);
            sizes.iter_mut().zip(&*row).for_each(|(sum, p)| *sum += p);
            for label in self.of_item(item) {
                let counts = &mut counts[*label as usize * n_classes..][..n_classes];
                counts.iter_mut().zip(&*row).for_each(|(count, p)| *count += p);
            }
        }
    }

    /// What each item is, given how workers label, by Bayes' rule in logarithms; and in the same pass what workers did, given that.
    ///
    /// Items are taken in blocks, each of which is gone through three times: what one item waits for, others can do.
    fn improve<R: Row>(&self, mut prior: R, classes: &[f64], logs: &[f64], state: &mut State) -> Step {
        let State { items, sums, next } = state;
        let n_classes = prior.as_ref().len();
        for (log, share) in prior.as_mut().iter_mut().zip(classes) {
            *log = libm::log(share.max(LEAST_PROBABILITY));
        }
        sums.fill(0.0);
        let (counts, sizes) = sums.split_at_mut(logs.len());
        let mut step = Step { change: 0.0, log_likelihood: 0.0 };
        for (block, items) in items.chunks_mut(BLOCK * n_classes).enumerate() {
            let next = &mut next[..items.len()];
            for (item, row) in (block * BLOCK..).zip(next.chunks_exact_mut(n_classes)) {
                let mut sums = prior.clone();
                for label in self.of_item(item) {
                    let log = &logs[*label as usize * n_classes..][..n_classes];
                    sums.as_mut().iter_mut().zip(log).for_each(|(sum, log)| *sum += log);
                }
                row.copy_from_slice(sums.as_ref());
            }
            for rows in next.chunks_mut(PRODUCT * n_classes) {
                step.log_likelihood += to_probabilities(rows, n_classes);
            }
            for (item, row) in (block * BLOCK..).zip(next.chunks_exact(n_classes)) {
                sizes.iter_mut().zip(row).for_each(|(sum, p)| *sum += p);
                for label in self.of_item(item) {
                    let counts = &mut counts[*label as usize * n_classes..][..n_classes];
                    counts.iter_mut().zip(row).for_each(|(count, p)| *count += p);
                }
            }
            let changes = next.iter().zip(&*items).map(|(p, before)| (p - before).abs());
            step.change = changes.fold(step.change, f64::max);
            items.copy_from_slice(next);
        }
        step
    }
}

/// What a step did.
struct Step {
    /// The largest change of an item's probability.
    change: f64,
    /// The logarithm of how probable the labels are by the rates that the step began with.
    log_likelihood: f64,
}

/// What changes from step to step; rows are of one number for each class.
struct State {
    /// A row for each item: the probabilities of what it is.
    items: Vec<f64>,
    /// A row for each worker and label: how many items of each class got that label, as far as is known; behind them a row of how many items of each class there are.
    sums: Vec<f64>,
    /// The rows of the block of items that is being computed.
    next: Vec<f64>,
}

/// How each worker labels each true class, laid out as `counts` is: worker, label, class.
fn probabilities(counts: &[f64], n_classes: usize, settings: &DawidSkeneSettings, workers: &mut [f64]) {
    let table = n_classes * n_classes;
    let mut column = vec![0.0; n_classes];
    for (counts, worker) in counts.chunks_exact(table).zip(workers.chunks_exact_mut(table)) {
        let smooth = |values: &mut [f64]| {
            values.iter_mut().for_each(|count| *count += settings.smoothing);
            scale_to_one(values);
            values.iter_mut().for_each(|probability| *probability = probability.max(LEAST_PROBABILITY));
        };
        match settings.model {
            WorkerModel::Confusion => {
                for truth in 0..n_classes {
                    for (label, count) in column.iter_mut().enumerate() {
                        *count = counts[label * n_classes + truth];
                    }
                    smooth(&mut column);
                    for (label, probability) in column.iter().enumerate() {
                        worker[label * n_classes + truth] = *probability;
                    }
                }
            }
            WorkerModel::OneCoin => {
                let right: f64 = (0..n_classes).map(|class| counts[class * n_classes + class]).sum();
                let all: f64 = counts.iter().sum();
                let mut coin = [right, all - right];
                smooth(&mut coin);
                worker.fill(coin[1] / (n_classes as f64 - 1.0).max(1.0));
                (0..n_classes).for_each(|class| worker[class * n_classes + class] = coin[0]);
            }
        }
    }
}

/// Each row from logarithms up to a constant to probabilities; the result is the logarithm of the product of what the rows added up to.
#[inline(always)]
fn to_probabilities(rows: &mut [f64], n_classes: usize) -> f64 {
    let (mut exponent, mut product) = (0.0, 1.0);
    for row in rows.chunks_exact_mut(n_classes) {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for value in row.iter_mut() {
            *value = decaying_exp(*value - largest);
            sum += *value;
        }
        row.iter_mut().for_each(|value| *value /= sum);
        exponent += largest;
        product *= sum;
    }
    exponent + libm::log(product)
}

/// From worker, label, class to worker, class, label.
fn by_truth(workers: &[f64], n_classes: usize) -> Vec<f64> {
    let table = n_classes * n_classes;
    let number = |at: usize| {
        let (worker, truth, label) = (at / table, at % table / n_classes, at % n_classes);
        workers[worker * table + label * n_classes + truth]
    };
    (0..workers.len()).map(number).collect()
}

/// Divides by the sum; where that is 0, all are alike.
fn scale_to_one(values: &mut [f64]) {
    let sum: f64 = values.iter().sum();
    let n = values.len() as f64;
    values.iter_mut().for_each(|value| *value = if sum > 0.0 { *value / sum } else { 1.0 / n });
}
