//! Logistic regression: P(outcome) = σ(coefficients · features).
//!
//! The fit maximises Σ w (y η − log(1 + e^η)) − ½ Σ_j ridge_j β_j², by Newton's method with halved steps.
//! Outcomes may lie between 0 and 1, as that of a tie does.

use super::design::{Design, Row, Rows};
use super::matrix::Matrix;

const MOST_STEPS: usize = 100;
/// A step may lower what is maximised by this share: that much is rounding.
const ROUNDING: f64 = 1e-13;
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
    /// Rows with the same number may depend on each other; numbers count from 0.
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
    let design = Design::from(observations);
    design.rows().iter().map(|row| likelihood(row, dot(row.features, coefficients)).0).sum()
}

/// The weighted log-likelihood of a row whose log-odds are `eta`, and the probability that they say.
fn likelihood(row: Row<'_>, eta: f64) -> (f64, f64) {
    // One exponential for both, which overflows for no η in this form.
    let smaller = libm::exp(-eta.abs());
    let normaliser = eta.max(0.0) + libm::log1p(smaller);
    let p = if eta >= 0.0 { 1.0 } else { smaller } / (1.0 + smaller);
    (row.weight * (row.outcome * eta - normaliser), p)
}

/// Fits the regression; `ridge` holds a penalty of at least 0 for each coefficient.
///
/// None where there is no one best fit: without rows, where features are multiples of each other, or where they separate the outcomes and no ridge holds the coefficients.
pub fn fit_logistic(observations: &[Observation], ridge: &[f64]) -> Option<LogisticFit> {
    Design::from(observations).rows().fit(ridge)
}

/// Where a search stands.
struct Position {
    coefficients: Vec<f64>,
    log_likelihood: f64,
    /// What is maximised: the log-likelihood less the ridge's part.
    objective: f64,
    gradient: Vec<f64>,
    /// The negative second derivatives.
    hessian: Matrix,
}

impl Position {
    fn new(rows: Rows<'_>, coefficients: Vec<f64>, ridge: &[f64]) -> Self {
        let mut gradient: Vec<f64> = coefficients.iter().zip(ridge).map(|(c, ridge)| -ridge * c).collect();
        let mut hessian = Matrix::zeros(ridge.len());
        for (j, ridge) in ridge.iter().enumerate() {
            *hessian.at_mut(j, j) = *ridge;
        }
        let mut log_likelihood = 0.0;
        // Rows of items are zeros but for two, so that only what is not 0 is worth a multiplication.
        let mut present = Vec::with_capacity(ridge.len());
        for row in rows.iter() {
            let (of_row, p) = likelihood(row, dot(row.features, &coefficients));
            log_likelihood += of_row;
            add_scaled(&mut gradient, row.features, row.weight * (row.outcome - p));
            present.clear();
            present.extend((0..row.features.len()).filter(|j| row.features[*j] != 0.0));
            hessian.add_lower_outer(row.features, &present, row.weight * p * (1.0 - p));
        }
        hessian.mirror_lower();
        let penalty: f64 = coefficients.iter().zip(ridge).map(|(c, ridge)| ridge * c * c).sum();
        Self { coefficients, log_likelihood, objective: log_likelihood - penalty / 2.0, gradient, hessian }
    }
}

fn is_small(step: &[f64]) -> bool {
    step.iter().all(|step| step.abs() < SMALLEST_STEP)
}

impl LogisticFit {
    pub(super) fn new(rows: Rows<'_>, start: &[f64], ridge: &[f64]) -> Option<Self> {
        let mut position = Position::new(rows, start.to_vec(), ridge);
        for _ in 0..MOST_STEPS {
            let mut step = position.hessian.solve(&position.gradient)?;
            if is_small(&step) {
                return Self::finished(rows, position);
            }
            let least = position.objective - ROUNDING * position.objective.abs();
            position = loop {
                let next = position.coefficients.iter().zip(&step).map(|(c, step)| c + step).collect();
                let next = Position::new(rows, next, ridge);
                if next.objective >= least || is_small(&step) {
                    break next;
                }
                step.iter_mut().for_each(|step| *step /= 2.0);
            };
        }
        None
    }

    fn finished(rows: Rows<'_>, position: Position) -> Option<Self> {
        let inverse_hessian = position.hessian.inverse()?;
        let Position { coefficients, log_likelihood, .. } = position;
        let is_bounded = rows.iter().any(|row| dot(row.features, &coefficients).abs() < SEPARATED_LOG_ODDS);
        is_bounded.then_some(Self { coefficients, log_likelihood, inverse_hessian })
    }

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
        let (sandwich, n_clusters) = self.sandwich(Design::from(observations).rows());
        let n = n_clusters as f64;
        (n_clusters >= 2).then(|| sandwich.scaled(n / (n - 1.0)))
    }

    /// The sandwich without the factor for few clusters, and how many clusters there are.
    pub fn sandwich(&self, rows: Rows<'_>) -> (Matrix, usize) {
        let scores = self.cluster_scores(rows);
        let n_clusters = scores.iter().filter(|score| !score.is_empty()).count();
        (self.sandwich_of(&scores), n_clusters)
    }

    /// The sandwich that stays right with few clusters or uneven ones: each score is that which its cluster would have had at a fit without it.
    ///
    /// s becomes H (H − H_c)⁻¹ s, and the sum is multiplied by (C − 1) / C (Bell and McCaffrey 2002, "Bias reduction in standard errors for linear regression with multi-stage samples"; CR3).
    /// Where a cluster alone carries a coefficient its score stays as it is.
    /// None with fewer than two clusters.
    pub fn jackknife_covariance(&self, rows: Rows<'_>) -> Option<Matrix> {
        let scores = self.cluster_scores(rows);
        let mut information = vec![Matrix::zeros(rows.n_columns()); scores.len()];
        for row in rows.iter() {
            let p = sigmoid(self.log_odds(row.features));
            information[row.cluster].add_outer(row.features, row.weight * p * (1.0 - p));
        }
        let mut whole = Matrix::zeros(rows.n_columns());
        information.iter().for_each(|cluster| whole.add(cluster));
        let alone = |(score, information): (&Vec<f64>, &Matrix)| match whole.minus(information).inverse() {
            Some(others) if !score.is_empty() => whole.times_vector(&others.times_vector(score)),
            _ => score.clone(),
        };
        let spread: Vec<Vec<f64>> = scores.iter().zip(&information).map(alone).collect();
        let n = scores.iter().filter(|score| !score.is_empty()).count() as f64;
        (n >= 2.0).then(|| self.sandwich_of(&spread).scaled((n - 1.0) / n))
    }

    fn sandwich_of(&self, scores: &[Vec<f64>]) -> Matrix {
        let mut middle = Matrix::zeros(self.inverse_hessian.size());
        scores.iter().for_each(|score| middle.add_outer(score, 1.0));
        self.inverse_hessian.times(&middle).times(&self.inverse_hessian)
    }

    /// For each number of a cluster the sum of weighted residuals times features; empty where no row has the number.
    fn cluster_scores(&self, rows: Rows<'_>) -> Vec<Vec<f64>> {
        let n_numbers = rows.iter().map(|row| row.cluster + 1).max().unwrap_or(0);
        let mut scores = vec![Vec::new(); n_numbers];
        for row in rows.iter() {
            let score = &mut scores[row.cluster];
            score.resize(rows.n_columns(), 0.0);
            let residual = row.outcome - sigmoid(self.log_odds(row.features));
            add_scaled(score, row.features, row.weight * residual);
        }
        scores
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
