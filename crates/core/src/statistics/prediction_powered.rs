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

use super::Estimate;
use serde::{Deserialize, Serialize};

/// How much the predictions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tuning {
    /// λ = 1.
    Full,
    /// The λ of 0 to 1 that makes the interval shortest; predictions that say nothing then cost nothing.
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

/// The mean label; none with fewer than two labels or fewer than two items without one.
pub fn prediction_powered_mean(
    labelled: &[Labelled],
    unlabelled: &[f64],
    tuning: Tuning,
) -> Option<PredictionPowered> {
    if labelled.len() < 2 || unlabelled.len() < 2 {
        return None;
    }
    let lambda = match tuning {
        Tuning::Full => 1.0,
        Tuning::Power => shortest_lambda(labelled, unlabelled),
    };
    let weighed: Vec<f64> = unlabelled.iter().map(|prediction| lambda * prediction).collect();
    let corrections: Vec<f64> = labelled.iter().map(|item| item.label - lambda * item.prediction).collect();
    let variance = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64
    };
    let squared_error =
        variance(&weighed) / weighed.len() as f64 + variance(&corrections) / corrections.len() as f64;
    let mean = Estimate::normal(mean(&weighed) + mean(&corrections), libm::sqrt(squared_error))?;
    Some(PredictionPowered { mean, lambda })
}

/// Cov(y, f) / ((1 + n/N) Var(f)), from 0 to 1: example 6.1 of the second source.
fn shortest_lambda(labelled: &[Labelled], unlabelled: &[f64]) -> f64 {
    let n = labelled.len() as f64;
    let labels: Vec<f64> = labelled.iter().map(|item| item.label).collect();
    let predictions: Vec<f64> = labelled.iter().map(|item| item.prediction).collect();
    let (label_mean, prediction_mean) = (mean(&labels), mean(&predictions));
    let covariance = labelled
        .iter()
        .map(|item| (item.label - label_mean) * (item.prediction - prediction_mean))
        .sum::<f64>()
        / n;
    let all = [predictions.as_slice(), unlabelled].concat();
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
