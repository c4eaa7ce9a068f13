//! How often each annotator is right, estimated from all opinions together where they tell.

use super::super::ballots::{Ballot, Ballots, N_CLASSES, voices};
use super::super::dawid_skene::{DawidSkene, DawidSkeneSettings, Label, WorkerModel, dawid_skene};
use crate::report::Measure;

/// The fewest pairs with opinions of two others too: smoothing alone adds nine opinions to an annotator, one for each truth and answer.
const LEAST_TOGETHER: u32 = 10;

/// A million opinions of which few tell ties from preferences took 400 steps to rates that differed by less than 0.001 from those after thousands.
const MOST_STEPS: usize = 400;
/// Rates are told in whole per cents.
const SMALLEST_CHANGE: f64 = 1e-5;

/// Everybody's error rates by the two models of an annotator.
pub(super) struct Estimates {
    confusion: Option<DawidSkene>,
    one_coin: Option<DawidSkene>,
    /// For each annotator how many pairs have opinions of two others too.
    together: Vec<u32>,
}

impl Estimates {
    pub fn new(ballots: &Ballots) -> Self {
        let label = |ballot: &Ballot| {
            let class = ballot.class()?;
            Some(Label { item: ballot.pair as usize, worker: ballot.annotator as usize, class })
        };
        let labels: Vec<Label> = ballots.by_pair().flat_map(voices).filter_map(label).collect();
        let estimate = |model| {
            let settings = DawidSkeneSettings {
                model,
                most_steps: MOST_STEPS,
                smallest_change: SMALLEST_CHANGE,
                accelerated: true,
                ..DawidSkeneSettings::default()
            };
            dawid_skene(&labels, N_CLASSES, &settings)
        };
        Self {
            confusion: estimate(WorkerModel::Confusion),
            one_coin: estimate(WorkerModel::OneCoin),
            together: together(&labels, ballots.annotators.len()),
        }
    }

    /// The share of right answers over what pairs are, by an error rate for each truth and answer.
    pub fn right(&self, place: usize) -> Measure<f64> {
        self.told(place, self.confusion.as_ref(), |found| {
            (0..N_CLASSES).map(|truth| found.classes[truth] * found.worker(place, truth)[truth]).sum()
        })
    }

    /// The same by one error rate, whatever the truth.
    pub fn one_coin(&self, place: usize) -> Measure<f64> {
        self.told(place, self.one_coin.as_ref(), |found| found.worker(place, 0)[0])
    }

    /// The opinions of two fit many error rates equally well: it takes three on the same pairs (Allman, Matias and Rhodes 2009, "Identifiability of parameters in latent structure models with many observed variables").
    fn told(
        &self,
        place: usize,
        estimate: Option<&DawidSkene>,
        share: impl FnOnce(&DawidSkene) -> f64,
    ) -> Measure<f64> {
        let estimate = estimate.filter(|_| self.together[place] >= LEAST_TOGETHER);
        Measure::from_option(
            estimate.map(share),
            &format!("it takes {LEAST_TOGETHER} pairs on which two others have opinions too"),
        )
    }
}

/// For each annotator how many items have labels of two others; labels come item by item, one of each annotator.
fn together(labels: &[Label], n_annotators: usize) -> Vec<u32> {
    let mut together = vec![0; n_annotators];
    for of_item in labels.chunk_by(|a, b| a.item == b.item).filter(|of_item| of_item.len() > 2) {
        of_item.iter().for_each(|label| together[label.worker] += 1);
    }
    together
}
