//! The rows of a regression in one stretch of memory, for data that are large or fitted often.

use super::logistic::{LogisticFit, Observation};
use std::ops::Range;

/// Rows of features, outcomes, weights and clusters, see [`Observation`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    n_columns: usize,
    features: Vec<f64>,
    outcomes: Vec<f64>,
    weights: Vec<f64>,
    clusters: Vec<usize>,
}

impl Design {
    /// No rows yet, of so many features each.
    pub fn new(n_columns: usize) -> Self {
        Self { n_columns, ..Self::default() }
    }

    /// Appends a row; its features are as many as the design has columns.
    pub fn push(
        &mut self,
        features: impl IntoIterator<Item = f64>,
        outcome: f64,
        weight: f64,
        cluster: usize,
    ) {
        self.features.extend(features);
        self.outcomes.push(outcome);
        self.weights.push(weight);
        self.clusters.push(cluster);
        debug_assert_eq!(self.features.len(), self.n_columns * self.outcomes.len(), "a row of another width");
    }

    /// All rows.
    pub fn rows(&self) -> Rows<'_> {
        self.range(0..self.outcomes.len())
    }

    /// Some neighbouring rows.
    pub fn range(&self, range: Range<usize>) -> Rows<'_> {
        Rows {
            n_columns: self.n_columns,
            features: &self.features[self.n_columns * range.start..self.n_columns * range.end],
            outcomes: &self.outcomes[range.clone()],
            weights: &self.weights[range.clone()],
            clusters: &self.clusters[range],
        }
    }
}

impl From<&[Observation]> for Design {
    fn from(observations: &[Observation]) -> Self {
        let mut design = Self::new(observations.first().map_or(0, |row| row.features.len()));
        for row in observations {
            design.push(row.features.iter().copied(), row.outcome, row.weight, row.cluster);
        }
        design
    }
}

/// A view of neighbouring rows of a [`Design`].
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    n_columns: usize,
    features: &'a [f64],
    outcomes: &'a [f64],
    weights: &'a [f64],
    clusters: &'a [usize],
}

/// One row of a view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// The features.
    pub features: &'a [f64],
    /// The outcome, 0 to 1.
    pub outcome: f64,
    /// How much the row counts, at least 0.
    pub weight: f64,
    /// Rows with the same number may depend on each other; numbers count from 0.
    pub cluster: usize,
}

impl<'a> Rows<'a> {
    /// How many rows there are.
    pub fn len(self) -> usize {
        self.outcomes.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.outcomes.is_empty()
    }

    /// How many features a row has.
    pub fn n_columns(self) -> usize {
        self.n_columns
    }

    /// The row at a place, from 0.
    pub fn row(self, place: usize) -> Row<'a> {
        Row {
            features: &self.features[self.n_columns * place..self.n_columns * (place + 1)],
            outcome: self.outcomes[place],
            weight: self.weights[place],
            cluster: self.clusters[place],
        }
    }

    /// The rows, in order.
    pub fn iter(self) -> impl Iterator<Item = Row<'a>> {
        (0..self.len()).map(move |place| self.row(place))
    }

    /// The same rows with other weights, as many as there are rows.
    pub fn weighed(self, weights: &'a [f64]) -> Self {
        assert_eq!(weights.len(), self.len(), "a weight for each row");
        Self { weights, ..self }
    }

    /// The same rows in other clusters, as many as there are rows.
    pub fn clustered(self, clusters: &'a [usize]) -> Self {
        assert_eq!(clusters.len(), self.len(), "a cluster for each row");
        Self { clusters, ..self }
    }

    /// Fits the regression from the coefficients `start`; see [`fit_logistic`](super::fit_logistic) for the rest.
    pub fn fit_from(self, start: &[f64], ridge: &[f64]) -> Option<LogisticFit> {
        LogisticFit::new(self, start, ridge)
    }

    /// Fits the regression from coefficients of 0.
    pub fn fit(self, ridge: &[f64]) -> Option<LogisticFit> {
        self.fit_from(&vec![0.0; ridge.len()], ridge)
    }
}
