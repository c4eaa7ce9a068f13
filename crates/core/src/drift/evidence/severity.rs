//! Severity in ratings: whether annotators score the same responses lower or higher as time passes.
//!
//! ```text
//! score = quality of the response + level of the annotator + slope of the annotator · time
//! ```
//!
//! A linear many-facet model (Linacre 1989; Myford and Wolfe 2003 for change over time), whose responses' qualities are taken out exactly by comparing scores of one response with each other.
//! It rests on responses that were scored twice or more: without them nobody can tell a stricter annotator from a worse response, and the test is refused.

use super::anchors::{ChiSquare, Heterogeneity, cochran_q};
use super::trend::TREND_DAYS;
use crate::statistics::{Estimate, Matrix, chi_square_survival};
use std::collections::BTreeMap;

/// An annotator with fewer scores that can be compared is left out.
pub const FEWEST_SCORES: usize = 5;

/// One score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The response and criterion, as a number.
    pub item: usize,
    /// The annotator, as a number.
    pub annotator: usize,
    /// The score as a share of its scale, 0 to 1.
    pub value: f64,
    /// When, in days.
    pub time_days: f64,
}

/// How one annotator's scores move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnotatorSeverity {
    /// The annotator.
    pub annotator: usize,
    /// By what share of the scale scores of the same response rise in 30 days; below 0 the annotator grows stricter.
    pub per_30_days: Estimate,
    /// The same, drawn towards the mean of all by how little is known of it (empirical Bayes).
    pub shrunk_per_30_days: f64,
}

/// How the annotators' scores move.
#[derive(Clone, Debug, PartialEq)]
pub struct Severity {
    /// The Wald test that no annotator's scores move, with a degree of freedom for each annotator.
    pub test: ChiSquare,
    /// The mean movement in 30 days, as a share of the scale, and whether annotators differ; none of a single annotator.
    pub common: Option<Heterogeneity>,
    /// Each annotator's.
    pub annotators: Vec<AnnotatorSeverity>,
}

/// Why severity cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLinked {
    /// No response was scored often enough.
    #[error(
        "no annotator has {FEWEST_SCORES} scores of responses that were scored twice: have some scored again, or by several people"
    )]
    NothingShared,
    /// Two groups never scored the same.
    #[error(
        "annotators fall into groups that never scored the same response, so that levels cannot be compared: share some responses"
    )]
    Unconnected,
    /// Time cannot be told from the response.
    #[error(
        "scores of one response were all given at one time, or each annotator's always in the same order, so that time cannot be told from the response: have some scored again later"
    )]
    NoTime,
}

/// Fits the model and tests the slopes.
pub fn severity(scores: &[Score]) -> Result<Severity, NotLinked> {
    let scores = comparable(scores);
    let mut numbers = BTreeMap::new();
    for score in &scores {
        let next = numbers.len();
        numbers.entry(score.annotator).or_insert(next);
    }
    let n = numbers.len();
    if n == 0 {
        return Err(NotLinked::NothingShared);
    }
    let by_item = by_item(&scores);
    if !is_connected(&by_item, &numbers) {
        return Err(NotLinked::Unconnected);
    }
    let middle = scores.iter().map(|score| score.time_days).sum::<f64>() / scores.len() as f64;
    // Levels are relative to the first annotator's.
    let row = |score: &Score| {
        let mut row = vec![0.0; 2 * n - 1];
        let number = numbers[&score.annotator];
        if number > 0 {
            row[n + number - 1] = 1.0;
        }
        row[number] = (score.time_days - middle) / TREND_DAYS;
        row
    };
    let fit = LeastSquares::within_items(&by_item, row, 2 * n - 1).ok_or(NotLinked::NoTime)?;
    fit.severity(&numbers).ok_or(NotLinked::NoTime)
}

/// Scores of responses with at least two, by annotators with at least [`FEWEST_SCORES`] of them.
fn comparable(scores: &[Score]) -> Vec<Score> {
    let mut scores = scores.to_vec();
    loop {
        let before = scores.len();
        for (of, least) in [
            ((|score: &Score| score.item) as fn(&Score) -> usize, 2),
            (|score: &Score| score.annotator, FEWEST_SCORES),
        ] {
            let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
            scores.iter().for_each(|score| *counts.entry(of(score)).or_default() += 1);
            scores.retain(|score| counts[&of(score)] >= least);
        }
        if scores.len() == before {
            return scores;
        }
    }
}

fn by_item(scores: &[Score]) -> Vec<Vec<Score>> {
    let mut items: BTreeMap<usize, Vec<Score>> = BTreeMap::new();
    scores.iter().for_each(|score| items.entry(score.item).or_default().push(*score));
    items.into_values().collect()
}

/// Whether all annotators are linked by responses that two of them scored.
fn is_connected(items: &[Vec<Score>], numbers: &BTreeMap<usize, usize>) -> bool {
    let mut group: Vec<usize> = (0..numbers.len()).collect();
    for scores in items {
        let first = group[numbers[&scores[0].annotator]];
        for score in scores {
            let other = group[numbers[&score.annotator]];
            if other != first {
                group.iter_mut().filter(|g| **g == other).for_each(|g| *g = first);
            }
        }
    }
    group.iter().all(|g| *g == group[0])
}

struct LeastSquares {
    coefficients: Vec<f64>,
    covariance: Matrix,
}

impl LeastSquares {
    /// Regresses values on rows, both less their item's mean.
    fn within_items(items: &[Vec<Score>], row: impl Fn(&Score) -> Vec<f64>, k: usize) -> Option<Self> {
        let mut normal = Matrix::zeros(k);
        let mut right = vec![0.0; k];
        let (mut squares, mut n) = (0.0, 0.0);
        for scores in items {
            let rows: Vec<Vec<f64>> = scores.iter().map(&row).collect();
            let size = scores.len() as f64;
            let mean: Vec<f64> = (0..k).map(|j| rows.iter().map(|row| row[j]).sum::<f64>() / size).collect();
            let mean_value = scores.iter().map(|score| score.value).sum::<f64>() / size;
            for (score, row) in scores.iter().zip(&rows) {
                let row: Vec<f64> = row.iter().zip(&mean).map(|(x, mean)| x - mean).collect();
                let value = score.value - mean_value;
                normal.add_outer(&row, 1.0);
                right.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x * value);
                squares += value * value;
            }
            n += size - 1.0;
        }
        let inverse = normal.inverse()?;
        let coefficients = inverse.times_vector(&right);
        let explained: f64 = coefficients.iter().zip(&right).map(|(c, r)| c * r).sum();
        let degrees = n - k as f64;
        let variance = (squares - explained) / degrees;
        // Scores that are explained to the last digit leave no error to measure slopes by.
        let is_measured = degrees >= 1.0 && variance > 1e-12 * squares;
        is_measured.then(|| Self { coefficients, covariance: inverse.scaled(variance) })
    }

    fn severity(&self, numbers: &BTreeMap<usize, usize>) -> Option<Severity> {
        let n = numbers.len();
        let slopes = &self.coefficients[..n];
        let covariance = self.covariance.part(&(0..n).collect::<Vec<_>>());
        let statistic = covariance.inverse_form(slopes)?;
        let p_value = chi_square_survival(statistic, n as u32);
        let error = |number: usize| libm::sqrt(covariance.at(number, number));
        let estimates: Vec<(f64, f64)> = (0..n).map(|number| (slopes[number], error(number))).collect();
        let common = cochran_q(&estimates);
        let shrunk = |(value, error): (f64, f64)| match common {
            Some(common) if common.variance > 0.0 => {
                let trust = common.variance / (common.variance + error * error);
                common.mean + trust * (value - common.mean)
            }
            Some(common) => common.mean,
            None => value,
        };
        let annotators = numbers.iter().map(|(annotator, number)| {
            Some(AnnotatorSeverity {
                annotator: *annotator,
                per_30_days: Estimate::normal(slopes[*number], error(*number))?,
                shrunk_per_30_days: shrunk(estimates[*number]),
            })
        });
        Some(Severity {
            test: ChiSquare { statistic, degrees: n as u32, p_value },
            common,
            annotators: annotators.collect::<Option<_>>()?,
        })
    }
}
