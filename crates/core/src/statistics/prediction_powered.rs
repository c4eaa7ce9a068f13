//! Prediction-powered inference: few labels say how wrong many predictions are.
//!
//! With y the labels, f the predictions beside them and f̃ those without a label, the mean of y is estimated by
//!
//! ```text
//! λ · mean(f̃) + mean(y − λ f)
//! ```
//!
//! Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, "Prediction-powered inference"; the λ that makes the interval shortest is from Angelopoulos, Duchi and Zrnic 2023, "PPI++: efficient prediction-powered inference".
//! The predictions must not have been fitted to these labels; labelled and unlabelled items have to be drawn alike.
//!
//! The sources take items as independent; here those of one group, with a label or without, may depend on each other.
//! The estimate is a sum over the items, of which one of the n with a label pulls it from its place by (y − λ f − mean(y − λ f)) / n, and one of the N without by λ (f̃ − mean(f̃)) / N.
//! Groups are independent, so the variance is the sum of the squares of the groups' pulls, times C / (C − 1) for C groups: the sandwich of Liang and Zeger 1986, as for [`cluster_mean`](super::cluster_mean).
//! With each item in a group of its own that is the sources' variance, but for the factor.

use super::Estimate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How much the predictions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tuning {
    /// λ = 1.
    Full,
    /// The λ of 0 to 1 that makes the interval shortest where items are independent; predictions that say nothing then cost nothing.
    ///
    /// Where they hang together another λ may be shorter still, but the interval is right for any.
    Power,
}

/// An item with a label and a prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// The label.
    pub label: f64,
    /// The prediction.
    pub prediction: f64,
}

/// The estimated mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionPowered {
    /// The mean with its 95 % interval.
    pub mean: Estimate,
    /// How much the predictions count, 0 to 1.
    pub lambda: f64,
}

/// The mean label of items, each with the name of its group.
///
/// None where the items with a label, or those without, are of fewer than two groups.
pub fn prediction_powered_mean(
    labelled: &[(Labelled, &str)],
    unlabelled: &[(f64, &str)],
    tuning: Tuning,
) -> Option<PredictionPowered> {
    let n_groups = |groups: &mut dyn Iterator<Item = &str>| groups.collect::<BTreeSet<_>>().len();
    let groups = [
        n_groups(&mut labelled.iter().map(|(_, group)| *group)),
        n_groups(&mut unlabelled.iter().map(|(_, group)| *group)),
    ];
    if groups.into_iter().any(|n| n < 2) {
        return None;
    }
    let lambda = match tuning {
        Tuning::Full => 1.0,
        Tuning::Power => shortest_lambda(labelled, unlabelled),
    };
    let weighed: Vec<_> =
        unlabelled.iter().map(|(prediction, group)| (lambda * prediction, *group)).collect();
    let corrections: Vec<_> =
        labelled.iter().map(|(item, group)| (item.label - lambda * item.prediction, *group)).collect();
    let (mut value, mut pulls) = (0.0, BTreeMap::<&str, f64>::new());
    for part in [&weighed, &corrections] {
        let mean = mean(&part.iter().map(|(value, _)| *value).collect::<Vec<_>>());
        value += mean;
        for (item, group) in part {
            *pulls.entry(group).or_default() += (item - mean) / part.len() as f64;
        }
    }
    let n_groups = pulls.len() as f64;
    let squares: f64 = pulls.values().map(|pull| pull * pull).sum();
    let mean = Estimate::normal(value, libm::sqrt(n_groups / (n_groups - 1.0) * squares))?;
    Some(PredictionPowered { mean, lambda })
}

/// Cov(y, f) / ((1 + n/N) Var(f)), from 0 to 1: example 6.1 of the second source.
fn shortest_lambda(labelled: &[(Labelled, &str)], unlabelled: &[(f64, &str)]) -> f64 {
    let n = labelled.len() as f64;
    let labels: Vec<f64> = labelled.iter().map(|(item, _)| item.label).collect();
    let predictions: Vec<f64> = labelled.iter().map(|(item, _)| item.prediction).collect();
    let (label_mean, prediction_mean) = (mean(&labels), mean(&predictions));
    let covariance = labelled
        .iter()
        .map(|(item, _)| (item.label - label_mean) * (item.prediction - prediction_mean))
        .sum::<f64>()
        / n;
    let all: Vec<f64> =
        predictions.iter().copied().chain(unlabelled.iter().map(|(prediction, _)| *prediction)).collect();
    let all_mean = mean(&all);
    let variance =
        all.iter().map(|f| (f - all_mean) * (f - all_mean)).sum::<f64>() / (all.len() as f64 - 1.0);
    let lambda = covariance / ((1.0 + n / unlabelled.len() as f64) * variance);
    // Predictions that never vary give 0 / 0, and say nothing.
    if lambda.is_nan() { 0.0 } else { lambda.clamp(0.0, 1.0) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
