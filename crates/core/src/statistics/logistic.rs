//! Logistic regression: P(outcome) = σ(coefficients · features).
//!
//! The fit maximises Σ w (y η − log(1 + e^η)) − ½ Σ_j ridge_j β_j², by Newton's method with halved steps.
//! Outcomes may lie between 0 and 1, as that of a tie does.

use super::matrix::Matrix;
use std::collections::BTreeMap;

const MOST_STEPS: usize = 100;
/// A fit has converged where no coefficient moves by more than this.
const SMALLEST_STEP: f64 = 1e-10;
/// Log-odds of more than this for every row: nothing bounds the coefficients, and no maximum exists.
const SEPARATED_LOG_ODDS: f64 = 15.0;

/// One row of a regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The features, as many in every row; a 1 among them gives an intercept.
    pub features: Vec<f64>,
    /// The outcome, 0 to 1.
    pub outcome: f64,
    /// How much the row counts, at least 0.
    pub weight: f64,
    /// Rows with the same number may depend on each other.
    pub cluster: usize,
}

/// The coefficients that fit best.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticFit {
    /// One for each feature.
    pub coefficients: Vec<f64>,
    /// The weighted log-likelihood there, in nats, without the ridge's part.
    pub log_likelihood: f64,
    inverse_hessian: Matrix,
}

/// σ(x) = 1 / (1 + e^−x).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// The weighted log-likelihood of rows under coefficients, in nats.
pub fn log_likelihood(observations: &[Observation], coefficients: &[f64]) -> f64 {
    let of_row = |row: &Observation| {
        let eta = dot(&row.features, coefficients);
        // log(1 + e^η), which overflows for no η in this form.
        let normaliser = eta.max(0.0) + libm::log1p(libm::exp(-eta.abs()));
        row.weight * (row.outcome * eta - normaliser)
    };
    observations.iter().map(of_row).sum()
}

/// Fits the regression; `ridge` holds a penalty of at least 0 for each coefficient.
///
/// None where there is no one best fit: without rows, where features are multiples of each other, or where they separate the outcomes and no ridge holds the coefficients.
pub fn fit_logistic(observations: &[Observation], ridge: &[f64]) -> Option<LogisticFit> {
    let objective = |coefficients: &[f64]| {
        let penalty: f64 = coefficients.iter().zip(ridge).map(|(c, ridge)| ridge * c * c).sum();
        log_likelihood(observations, coefficients) - penalty / 2.0
    };
    let mut coefficients = vec![0.0; ridge.len()];
    let mut best = objective(&coefficients);
    for _ in 0..MOST_STEPS {
        let (gradient, hessian) = derivatives(observations, &coefficients, ridge);
        let inverse_hessian = hessian.inverse()?;
        let mut step = inverse_hessian.times_vector(&gradient);
        let next = loop {
            let next: Vec<f64> = coefficients.iter().zip(&step).map(|(c, step)| c + step).collect();
            let is_small = step.iter().all(|step| step.abs() < SMALLEST_STEP);
            if is_small || objective(&next) >= best {
                break next;
            }
            step.iter_mut().for_each(|step| *step /= 2.0);
        };
        if step.iter().all(|step| step.abs() < SMALLEST_STEP) {
            return finished(observations, coefficients, inverse_hessian);
        }
        coefficients = next;
        best = objective(&coefficients);
    }
    None
}

fn finished(
    observations: &[Observation],
    coefficients: Vec<f64>,
    inverse_hessian: Matrix,
) -> Option<LogisticFit> {
    let is_bounded =
        observations.iter().any(|row| dot(&row.features, &coefficients).abs() < SEPARATED_LOG_ODDS);
    let log_likelihood = log_likelihood(observations, &coefficients);
    is_bounded.then_some(LogisticFit { coefficients, log_likelihood, inverse_hessian })
}

/// The gradient, and the negative second derivatives.
fn derivatives(observations: &[Observation], coefficients: &[f64], ridge: &[f64]) -> (Vec<f64>, Matrix) {
    let mut gradient: Vec<f64> = coefficients.iter().zip(ridge).map(|(c, ridge)| -ridge * c).collect();
    let mut hessian = Matrix::zeros(ridge.len());
    for (j, ridge) in ridge.iter().enumerate() {
        *hessian.at_mut(j, j) = *ridge;
    }
    for row in observations {
        let p = sigmoid(dot(&row.features, coefficients));
        add_scaled(&mut gradient, &row.features, row.weight * (row.outcome - p));
        hessian.add_outer(&row.features, row.weight * p * (1.0 - p));
    }
    (gradient, hessian)
}

impl LogisticFit {
    /// The log-odds that the fit gives to features.
    pub fn log_odds(&self, features: &[f64]) -> f64 {
        dot(features, &self.coefficients)
    }

    /// The covariance of the coefficients if the model is right and rows are independent: the inverse of the second derivatives.
    pub fn covariance(&self) -> &Matrix {
        &self.inverse_hessian
    }

    /// The covariance that lets rows of one cluster depend on each other, and the model be wrong: the sandwich H⁻¹ G H⁻¹.
    ///
    /// G is the sum over clusters of s sᵀ, with s the sum of the rows' weighted residuals times features (Liang and Zeger 1986).
    /// It is multiplied by C / (C − 1) for C clusters; none with fewer than two.
    pub fn cluster_covariance(&self, observations: &[Observation]) -> Option<Matrix> {
        let mut scores: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for row in observations {
            let score = scores.entry(row.cluster).or_insert_with(|| vec![0.0; row.features.len()]);
            let residual = row.outcome - sigmoid(self.log_odds(&row.features));
            add_scaled(score, &row.features, row.weight * residual);
        }
        let n_clusters = scores.len() as f64;
        if scores.len() < 2 {
            return None;
        }
        let mut middle = Matrix::zeros(self.inverse_hessian.size());
        scores.values().for_each(|score| middle.add_outer(score, 1.0));
        let outer = &self.inverse_hessian;
        Some(outer.times(&middle).times(outer).scaled(n_clusters / (n_clusters - 1.0)))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add_scaled(sum: &mut [f64], vector: &[f64], factor: f64) {
    for (sum, x) in sum.iter_mut().zip(vector) {
        *sum += factor * x;
    }
}
