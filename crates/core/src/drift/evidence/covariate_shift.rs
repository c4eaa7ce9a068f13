//! Whether what is compared changes, apart from how it is judged.
//!
//! Where late pairs can be told from early ones without looking at the votes, the data have shifted.
//! That is no reason to discount old votes while the standard stands: their share of each kind can be weighed up instead.

use super::blocks::shuffled;
use crate::random::ResponseRandom;
use crate::statistics::Matrix;

/// More pairs than this are thinned out evenly: a difference that they do not show is a small one.
const MOST_PAIRS: usize = 3000;
const N_FOLDS: usize = 5;
/// Draws the classifier's coefficients to 0, in units of one pair with standardised features.
const RIDGE: f64 = 1.0;
/// Stability is measured over so many ranges of equal counts.
const N_RANGES: usize = 5;
/// Stands in for a share of 0, whose logarithm would be infinite.
const LEAST_SHARE: f64 = 1e-3;

/// How well early and late pairs are told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct CovariateShift {
    /// The probability that a late pair looks later than an early one, on pairs that the classifier did not see; 0.5 is a coin's.
    pub auc: f64,
    /// The p-value by putting the pairs' times in another order.
    pub p_value: f64,
    /// For each feature the population stability index Σ (p − q) ln(p / q) over its ranges; above 0.25 it is commonly called a large shift.
    pub stability: Vec<f64>,
}

/// The two-sample test by a classifier (Lopez-Paz and Oquab 2017): `features` of pairs in the order of their times, the first half against the second.
///
/// The classifier is a cross-fitted linear one; none with fewer than 40 pairs or without features.
pub fn covariate_shift(features: &[Vec<f64>], name: &str, n_permutations: u32) -> Option<CovariateShift> {
    let k = features.first()?.len();
    if features.len() < 40 || k == 0 {
        return None;
    }
    let step = features.len().div_ceil(MOST_PAIRS);
    let thinned: Vec<&Vec<f64>> = features.iter().step_by(step).collect();
    let classifier = Classifier::new(&thinned, k)?;
    let n = thinned.len();
    let is_late: Vec<bool> = (0..n).map(|place| place >= n / 2).collect();
    let auc = classifier.auc(&is_late);
    let is_as_large = |number: u32| {
        let order = shuffled(&ResponseRandom::new(0, name, number), n);
        let permuted: Vec<bool> = order.iter().map(|place| is_late[*place]).collect();
        classifier.auc(&permuted) >= auc
    };
    Some(CovariateShift {
        auc,
        p_value: sequential_p_value(n_permutations, is_as_large),
        stability: (0..k).map(|j| stability(&thinned, j)).collect(),
    })
}

/// The share of permutations that are as extreme, the votes themselves among them.
///
/// It ends early where many are, because a large p-value needs few digits (Besag and Clifford 1991, "Sequential Monte Carlo p-values").
fn sequential_p_value(n_permutations: u32, is_as_extreme: impl Fn(u32) -> bool) -> f64 {
    /// After so many the p-value is known to about a third, and far from small.
    const ENOUGH: u32 = 10;
    let mut n_as_extreme = 0;
    for number in 0..n_permutations {
        n_as_extreme += u32::from(is_as_extreme(number));
        if n_as_extreme == ENOUGH {
            return f64::from(ENOUGH) / f64::from(number + 1);
        }
    }
    f64::from(n_as_extreme + 1) / f64::from(n_permutations + 1)
}

/// Linear least squares of "late", fitted on four fifths of the pairs and applied to the fifth.
struct Classifier {
    /// Standardised, with a 1 before.
    rows: Vec<Vec<f64>>,
    /// For each fold the inverse of the normal matrix of the others.
    inverses: Vec<Matrix>,
}

impl Classifier {
    fn new(features: &[&Vec<f64>], k: usize) -> Option<Self> {
        let n = features.len() as f64;
        let moments: Vec<(f64, f64)> = (0..k)
            .map(|j| {
                let mean = features.iter().map(|row| row[j]).sum::<f64>() / n;
                let variance = features.iter().map(|row| (row[j] - mean) * (row[j] - mean)).sum::<f64>() / n;
                (mean, libm::sqrt(variance))
            })
            .collect();
        let scaled = |(x, (mean, deviation)): (&f64, &(f64, f64))| {
            if *deviation > 0.0 { (x - mean) / deviation } else { 0.0 }
        };
        let rows: Vec<Vec<f64>> = features
            .iter()
            .map(|row| [1.0].into_iter().chain(row.iter().zip(&moments).map(scaled)).collect())
            .collect();
        let inverse = |fold: usize| {
            let mut normal = Matrix::zeros(k + 1);
            (0..=k).for_each(|j| *normal.at_mut(j, j) = RIDGE);
            for row in
                rows.iter().enumerate().filter(|(place, _)| place % N_FOLDS != fold).map(|(_, row)| row)
            {
                normal.add_outer(row, 1.0);
            }
            normal.inverse()
        };
        let inverses = (0..N_FOLDS).map(inverse).collect::<Option<_>>()?;
        Some(Self { rows, inverses })
    }

    fn auc(&self, is_late: &[bool]) -> f64 {
        let mut sums = vec![vec![0.0; self.inverses[0].size()]; N_FOLDS];
        for (place, row) in self.rows.iter().enumerate().filter(|(place, _)| is_late[*place]) {
            sums[place % N_FOLDS].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let coefficients = |fold: usize| {
            let others = sums.iter().enumerate().filter(|(other, _)| *other != fold);
            let mut right = vec![0.0; self.inverses[0].size()];
            others.for_each(|(_, sum)| right.iter_mut().zip(sum).for_each(|(a, b)| *a += b));
            self.inverses[fold].times_vector(&right)
        };
        let coefficients: Vec<Vec<f64>> = (0..N_FOLDS).map(coefficients).collect();
        let score = |(place, row): (usize, &Vec<f64>)| {
            row.iter().zip(&coefficients[place % N_FOLDS]).map(|(x, c)| x * c).sum::<f64>()
        };
        let scores: Vec<f64> = self.rows.iter().enumerate().map(score).collect();
        area_under_curve(&scores, is_late)
    }
}

/// The probability that a true one has a higher score than a false one; equal scores count half (Mann and Whitney 1947).
///
/// One half where either kind is missing.
pub fn area_under_curve(scores: &[f64], is_true: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let n_true = is_true.iter().filter(|is_true| **is_true).count() as f64;
    let n_false = scores.len() as f64 - n_true;
    let (mut below, mut pairs) = (0.0, 0.0);
    for equal in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let trues = equal.iter().filter(|place| is_true[**place]).count() as f64;
        let falses = equal.len() as f64 - trues;
        pairs += trues * (below + falses / 2.0);
        below += falses;
    }
    if n_true * n_false > 0.0 { pairs / (n_true * n_false) } else { 0.5 }
}

/// Of a feature between the first and the second half of the pairs.
fn stability(features: &[&Vec<f64>], j: usize) -> f64 {
    let mut sorted: Vec<f64> = features.iter().map(|row| row[j]).collect();
    sorted.sort_by(f64::total_cmp);
    let mut ends: Vec<f64> = (1..N_RANGES).map(|range| sorted[range * sorted.len() / N_RANGES]).collect();
    ends.dedup();
    let shares = |rows: &[&Vec<f64>]| {
        let mut counts = vec![0.0; ends.len() + 1];
        rows.iter().for_each(|row| counts[ends.partition_point(|end| *end <= row[j])] += 1.0);
        counts.into_iter().map(|count| (count / rows.len() as f64).max(LEAST_SHARE)).collect::<Vec<f64>>()
    };
    let (early, late) = features.split_at(features.len() / 2);
    shares(early).iter().zip(shares(late)).map(|(p, q)| (p - q) * libm::log(p / q)).sum()
}
