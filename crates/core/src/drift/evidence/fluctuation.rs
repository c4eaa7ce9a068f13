//! A change of any term at any time: how far the cumulated scores stray.
//!
//! At the best fit the scores x (y − p) of all votes sum to 0, and while nothing changes so do, nearly, those of every stretch of time.
//! Errors and residuals average to 0 while a coefficient moves; scores do not, which is why this test finds what those of errors miss.

use crate::statistics::{LogisticFit, Matrix, Rows, brownian_bridge_survival, sigmoid};
use std::collections::BTreeMap;

/// The scores of votes in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    n_columns: usize,
    /// Of each unit, one after another.
    values: Vec<f64>,
    times: Vec<f64>,
}

/// How far one term's scores stray.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stray {
    /// The largest absolute value of the path, which is a Brownian bridge where nothing changes.
    pub largest: f64,
    /// The place of the last unit before the change, from 0.
    pub place: usize,
    /// Its p-value alone.
    pub p_value: f64,
}

/// The double-maximum test.
#[derive(Clone, Debug, PartialEq)]
pub struct Fluctuation {
    /// For each column.
    pub columns: Vec<Stray>,
    /// The column that strays farthest.
    pub column: usize,
    /// Its largest absolute value.
    pub statistic: f64,
    /// When it strays farthest, in days: the change is after this.
    pub day: f64,
    /// The p-value over all columns.
    pub p_value: f64,
}

impl Scores {
    /// The score of each vote at the fit; `times` in days, rising.
    pub fn new(rows: Rows<'_>, times: &[f64], fit: &LogisticFit) -> Self {
        let mut values = Vec::with_capacity(rows.len() * rows.n_columns());
        for row in rows.iter() {
            let residual = row.weight * (row.outcome - sigmoid(fit.log_odds(row.features)));
            values.extend(row.features.iter().map(|x| residual * x));
        }
        Self { n_columns: rows.n_columns(), values, times: times.to_vec() }
    }

    /// One score for all votes of a unit, such as a pair, at the mean of their times.
    pub fn by_unit(&self, units: &[usize]) -> Self {
        let mut sums: BTreeMap<usize, (Vec<f64>, f64, f64)> = BTreeMap::new();
        for (place, unit) in units.iter().enumerate() {
            let sum = sums.entry(*unit).or_insert_with(|| (vec![0.0; self.n_columns], 0.0, 0.0));
            sum.0.iter_mut().zip(self.of(place)).for_each(|(sum, score)| *sum += score);
            sum.1 += self.times[place];
            sum.2 += 1.0;
        }
        let mut units: Vec<(f64, Vec<f64>)> = sums.into_values().map(|(v, t, n)| (t / n, v)).collect();
        units.sort_by(|a, b| a.0.total_cmp(&b.0));
        let times = units.iter().map(|(time, _)| *time).collect();
        Self { n_columns: self.n_columns, values: units.into_iter().flat_map(|(_, v)| v).collect(), times }
    }

    /// The scores less their annotator's mean, so that only what changes within annotators is left.
    ///
    /// The sum of the annotators' own bridges strays less than one bridge of all: p-values are at most too large.
    pub fn within(&self, annotators: &[usize]) -> Self {
        let n_annotators = annotators.iter().max().map_or(0, |most| most + 1);
        let mut means = vec![(vec![0.0; self.n_columns], 0.0); n_annotators];
        for (place, annotator) in annotators.iter().enumerate() {
            let (sum, n) = &mut means[*annotator];
            sum.iter_mut().zip(self.of(place)).for_each(|(sum, score)| *sum += score);
            *n += 1.0;
        }
        let mut within = self.clone();
        for (place, annotator) in annotators.iter().enumerate() {
            let (sum, n) = &means[*annotator];
            for (column, sum) in sum.iter().enumerate() {
                within.values[place * self.n_columns + column] -= sum / n;
            }
        }
        within
    }

    /// The scores of all columns from one on.
    pub fn from_column(&self, first: usize) -> Self {
        let values = (0..self.len()).flat_map(|place| &self.of(place)[first..]).copied().collect();
        Self { n_columns: self.n_columns - first, values, times: self.times.clone() }
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The times, in days, rising.
    pub(super) fn times(&self) -> &[f64] {
        &self.times
    }

    /// The score of one unit.
    pub(super) fn of(&self, place: usize) -> &[f64] {
        &self.values[self.n_columns * place..self.n_columns * (place + 1)]
    }

    /// What makes sums of scores independent of each other with variance 1: the inverse root of Σ s sᵀ.
    pub(super) fn whitening(&self) -> Option<Matrix> {
        let mut squares = Matrix::zeros(self.n_columns);
        (0..self.len()).for_each(|place| squares.add_outer(self.of(place), 1.0));
        squares.inverse_square_root()
    }

    /// Whether the time changes after a place, so that what is up to it can be told from what follows.
    pub(super) fn ends_a_time(&self, place: usize) -> bool {
        self.times.get(place + 1).is_none_or(|next| *next > self.times[place])
    }
}

/// The double-maximum test of Zeileis and Hornik 2007, "Generalized M-fluctuation tests for parameter instability".
///
/// W(t) = J^{−½} n^{−½} Σ_{i ≤ nt} s_i with J the mean of s sᵀ; the statistic is the largest |W_j(t)| over terms and times.
/// Its p-value is 1 − (1 − p₁)^k, for k independent Brownian bridges.
/// None where the scores of terms are combinations of each other.
pub fn fluctuation(scores: &Scores) -> Option<Fluctuation> {
    let root = scores.whitening()?;
    let k = scores.n_columns;
    let mut sum = vec![0.0; k];
    let mut columns = vec![Stray { largest: 0.0, place: 0, p_value: 1.0 }; k];
    for place in 0..scores.len() {
        sum.iter_mut().zip(scores.of(place)).for_each(|(sum, score)| *sum += score);
        if !scores.ends_a_time(place) {
            continue;
        }
        for (stray, value) in columns.iter_mut().zip(root.times_vector(&sum)) {
            if value.abs() > stray.largest {
                *stray = Stray { largest: value.abs(), place, p_value: 1.0 };
            }
        }
    }
    columns.iter_mut().for_each(|stray| stray.p_value = brownian_bridge_survival(stray.largest));
    let column = (0..k).max_by(|a, b| columns[*a].largest.total_cmp(&columns[*b].largest))?;
    let Stray { largest, place, p_value } = columns[column];
    // 1 − (1 − p)^k, which keeps its digits for small p in this form.
    let p_value = if p_value < 1.0 { -libm::expm1(k as f64 * libm::log1p(-p_value)) } else { 1.0 };
    Some(Fluctuation { column, statistic: largest, day: scores.times[place], p_value, columns })
}
