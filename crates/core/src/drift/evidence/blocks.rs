//! Scores summed over stretches of time, and how far their sums stray by chance.
//!
//! Chance is imitated in one of two ways.
//! Where votes are independent, the stretches are put in another order.
//! Where annotators may differ from each other, all scores of an annotator change their sign or keep it, at random (the wild cluster bootstrap of scores, Kline and Santos 2012): whatever an annotator's votes have in common, and whenever they were given, stays as it is.

use super::clusters::Clusters;
use super::fluctuation::Scores;
use super::split::TRIMMED;
use crate::drift::comparison::Comparisons;
use crate::random::{Purpose, ResponseRandom};
use crate::statistics::{LogisticFit, Matrix, Rows, sigmoid};
use std::collections::BTreeMap;

/// A day is found to within one of at most so many stretches.
const MOST_BLOCKS: usize = 60;
/// A stretch holds at least so many votes.
const LEAST_VOTES: usize = 10;

/// The scores of stretches of time, whitened: their sums are independent of each other, and all together have variance 1.
#[derive(Clone, Debug)]
pub struct Blocks {
    k: usize,
    /// The last time of each block, in days.
    last_days: Vec<f64>,
    /// The share of all votes that come up to the end of each block.
    shares: Vec<f64>,
    /// For each block k numbers.
    increments: Vec<f64>,
    /// For each annotator their part; none where stretches are put in another order.
    annotators: Option<Vec<Part>>,
    /// For each block what a shift of all coefficients adds up to its end.
    bridging: Vec<Matrix>,
}

/// The blocks with votes of one annotator, and what they add there.
type Part = Vec<(usize, Vec<f64>)>;

/// How far a path strays.
#[derive(Clone, Debug, PartialEq)]
struct Path {
    /// For each column the largest absolute value, and the block at whose end it is.
    columns: Vec<(f64, usize)>,
    /// For each block the statistic of a change at its end.
    at_ends: Vec<f64>,
}

/// What the path of the votes says beside those of chance.
#[derive(Clone, Debug, PartialEq)]
pub struct Strays {
    /// The column that strays farthest, measured by chance.
    pub column: usize,
    /// The largest absolute value of its path, in units of what chance gives on average.
    pub distance: f64,
    /// The p-value that any column strays as far.
    pub p_value: f64,
    /// The end of the block at which that column strays farthest, in days.
    pub day: f64,
    /// The largest statistic of a change of all coefficients, over ends of blocks in the central 70 %.
    pub largest_change: f64,
    /// The p-value of that.
    pub largest_change_p_value: f64,
    /// The end of its block, in days.
    pub largest_change_day: f64,
    /// For each known date the statistic of a change there, and its p-value.
    pub known: Vec<(f64, f64)>,
}

impl Blocks {
    /// Sums the scores of the votes; dates in `known_days` are ends of blocks too.
    ///
    /// None where the scores of terms are combinations of each other.
    pub fn new(
        comparisons: &Comparisons,
        fit: &LogisticFit,
        clusters: &Clusters,
        known_days: &[f64],
    ) -> Option<Self> {
        let rows = comparisons.rows();
        let times = comparisons.times();
        let scores = Scores::new(rows, times, fit);
        let scores = match &clusters.few_annotators {
            Some(annotators) => scores.within(annotators),
            None => scores,
        };
        let root = match &clusters.pairs {
            Some(pairs) => scores.by_unit(pairs).whitening()?,
            None => scores.whitening()?,
        };
        let block_of = assigned(&scores, known_days);
        let votes = Votes { rows, scores: &scores, fit, block_of: &block_of };
        let sums = Sums::new(votes);
        let annotators = clusters.annotators.as_ref().map(|annotators| {
            let n_annotators = annotators.iter().max().map_or(0, |most| most + 1);
            let mut places = vec![Vec::new(); n_annotators];
            annotators.iter().enumerate().for_each(|(place, annotator)| places[*annotator].push(place));
            places.iter().map(|places| sums.part(votes, places, &root)).collect()
        });
        Some(Self {
            k: rows.n_columns(),
            last_days: last_days(times, &block_of),
            shares: running(&sums.counts).iter().map(|n| n / rows.len() as f64).collect(),
            increments: sums.increments.iter().flat_map(|values| root.times_vector(values)).collect(),
            annotators,
            bridging: sums.bridging(&root)?,
        })
    }

    /// Compares the path of the votes with `n_replicates` of chance; `name` keys their random numbers.
    ///
    /// Replicates are the same for the same votes and name.
    pub fn strays(&self, name: &str, n_replicates: u32, known_days: &[f64]) -> Strays {
        let found = self.path(&self.increments);
        let replicates: Vec<Path> =
            (0..n_replicates).map(|number| self.path(&self.replicate(name, number))).collect();
        let means: Vec<f64> = (0..self.k)
            .map(|j| replicates.iter().map(|path| path.columns[j].0).sum::<f64>() / f64::from(n_replicates))
            .collect();
        let farthest = |path: &Path| {
            let measured = |j: usize| if means[j] > 0.0 { path.columns[j].0 / means[j] } else { 0.0 };
            (0..self.k).map(|j| (j, measured(j))).fold((0, 0.0), |a, b| if b.1 > a.1 { b } else { a })
        };
        let p_value = |found: f64, of: &dyn Fn(&Path) -> f64| {
            // Rounding must not make a replicate that is the votes themselves a lesser one.
            let as_far = replicates.iter().filter(|path| of(path) >= found * (1.0 - 1e-9)).count();
            (as_far as f64 + 1.0) / (f64::from(n_replicates) + 1.0)
        };
        let (column, distance) = farthest(&found);
        let (change_block, largest_change) = self.largest_change(&found);
        let known = |day: &f64| {
            let block = self.last_days.partition_point(|last| last < day).saturating_sub(1);
            (found.at_ends[block], p_value(found.at_ends[block], &|path| path.at_ends[block]))
        };
        Strays {
            column,
            distance,
            p_value: p_value(distance, &|path| farthest(path).1),
            day: self.last_days[found.columns[column].1],
            largest_change,
            largest_change_p_value: p_value(largest_change, &|path| self.largest_change(path).1),
            largest_change_day: self.last_days[change_block],
            known: known_days.iter().map(known).collect(),
        }
    }

    fn largest_change(&self, path: &Path) -> (usize, f64) {
        let central = (0..self.shares.len()).filter(|b| (TRIMMED..=1.0 - TRIMMED).contains(&self.shares[*b]));
        central.map(|b| (b, path.at_ends[b])).fold((0, 0.0), |a, b| if b.1 > a.1 { b } else { a })
    }

    /// Cumulates what blocks add.
    ///
    /// A change of all coefficients after a share f of the votes has the statistic |W|² / (f (1 − f)): Andrews 1993, "Tests for parameter instability and structural change with unknown change point".
    fn path(&self, increments: &[f64]) -> Path {
        let mut sum = vec![0.0; self.k];
        let mut path =
            Path { columns: vec![(0.0, 0); self.k], at_ends: Vec::with_capacity(self.shares.len()) };
        for (block, increment) in increments.chunks(self.k).enumerate() {
            add(&mut sum, increment);
            for (column, value) in path.columns.iter_mut().zip(&sum) {
                if value.abs() > column.0 {
                    *column = (value.abs(), block);
                }
            }
            let spread = self.shares[block] * (1.0 - self.shares[block]);
            let square: f64 = sum.iter().map(|value| value * value).sum();
            path.at_ends.push(if spread > 1e-9 { square / spread } else { 0.0 });
        }
        path
    }

    /// What blocks might have added by chance.
    fn replicate(&self, name: &str, number: u32) -> Vec<f64> {
        let random = ResponseRandom::new(0, name, number);
        let Some(annotators) = &self.annotators else {
            let order = shuffled(&random, self.shares.len());
            return order
                .iter()
                .flat_map(|b| &self.increments[b * self.k..(b + 1) * self.k])
                .copied()
                .collect();
        };
        let mut increments = vec![0.0; self.increments.len()];
        for (annotator, blocks) in annotators.iter().enumerate() {
            let sign = if random.uniform(Purpose::Sign, annotator as u32) < 0.5 { -1.0 } else { 1.0 };
            for (block, values) in blocks {
                let target = &mut increments[block * self.k..(block + 1) * self.k];
                target.iter_mut().zip(values).for_each(|(sum, value)| *sum += sign * value);
            }
        }
        self.bridge(&mut increments);
        increments
    }

    /// Takes out what a fit to the turned scores would have taken out, so that they end at 0.
    fn bridge(&self, increments: &mut [f64]) {
        let mut total = vec![0.0; self.k];
        increments.chunks(self.k).for_each(|increment| add(&mut total, increment));
        for (increment, share) in increments.chunks_mut(self.k).zip(&self.bridging) {
            increment.iter_mut().zip(share.times_vector(&total)).for_each(|(a, b)| *a -= b);
        }
    }
}

/// The block of each vote, from 0: of equal sizes, but that votes of one time stay together and known dates divide.
fn assigned(scores: &Scores, known_days: &[f64]) -> Vec<usize> {
    let n = scores.len();
    let n_blocks = (n / LEAST_VOTES).clamp(1, MOST_BLOCKS);
    let times = scores.times();
    let mut block = 0;
    let mut planned = 1;
    (0..n)
        .map(|place| {
            let here = block;
            if scores.ends_a_time(place) && place + 1 < n {
                let is_full = (place + 1) * n_blocks >= planned * n;
                let is_known = known_days.iter().any(|day| times[place] < *day && times[place + 1] >= *day);
                if is_full {
                    planned = (place + 1) * n_blocks / n + 1;
                }
                block += usize::from(is_full || is_known);
            }
            here
        })
        .collect()
}

/// The last time of each block.
fn last_days(times: &[f64], block_of: &[usize]) -> Vec<f64> {
    let mut days = Vec::new();
    for (day, block) in times.iter().zip(block_of) {
        days.resize(block + 1, *day);
        days[*block] = *day;
    }
    days
}

/// Votes with their scores at the fit, and the block of each.
#[derive(Clone, Copy)]
struct Votes<'a> {
    rows: Rows<'a>,
    scores: &'a Scores,
    fit: &'a LogisticFit,
    block_of: &'a [usize],
}

impl Votes<'_> {
    /// Adds what one vote tells of the coefficients: p (1 − p) x xᵀ.
    fn add_information(self, sum: &mut Matrix, place: usize) {
        let row = self.rows.row(place);
        let p = sigmoid(self.fit.log_odds(row.features));
        sum.add_outer(row.features, row.weight * p * (1.0 - p));
    }
}

/// What the votes of each block sum to.
struct Sums {
    increments: Vec<Vec<f64>>,
    information: Vec<Matrix>,
    counts: Vec<f64>,
    all: Matrix,
}

impl Sums {
    fn new(votes: Votes<'_>) -> Self {
        let (k, n_blocks) = (votes.rows.n_columns(), votes.block_of.last().map_or(0, |last| last + 1));
        let mut sums = Self {
            increments: vec![vec![0.0; k]; n_blocks],
            information: vec![Matrix::zeros(k); n_blocks],
            counts: vec![0.0; n_blocks],
            all: Matrix::zeros(k),
        };
        for (place, block) in votes.block_of.iter().enumerate() {
            add(&mut sums.increments[*block], votes.scores.of(place));
            votes.add_information(&mut sums.information[*block], place);
            sums.counts[*block] += 1.0;
        }
        sums.information.iter().for_each(|block| sums.all.add(block));
        sums
    }

    /// What one annotator's votes at `places` add to each block, whitened.
    ///
    /// Scores are those that the annotator would have at a fit to the others alone, I (I − Iₐ)⁻¹ s, because a fit draws each annotator's own scores to 0.
    fn part(&self, votes: Votes<'_>, places: &[usize], root: &Matrix) -> Part {
        let k = votes.rows.n_columns();
        let mut blocks: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let mut own = Matrix::zeros(k);
        for place in places {
            let block = blocks.entry(votes.block_of[*place]).or_insert_with(|| vec![0.0; k]);
            add(block, votes.scores.of(*place));
            votes.add_information(&mut own, *place);
        }
        let others = self.all.minus(&own).inverse();
        let alone = |score: &[f64]| match &others {
            Some(others) => self.all.times_vector(&others.times_vector(score)),
            None => score.to_vec(),
        };
        blocks.into_iter().map(|(block, score)| (block, root.times_vector(&alone(&score)))).collect()
    }

    /// For each block R Iᵇ I⁻¹ R⁻¹, with Iᵇ the information of the block, I that of all and R the whitening.
    fn bridging(&self, root: &Matrix) -> Option<Vec<Matrix>> {
        let right = self.all.inverse()?.times(&root.inverse()?);
        Some(self.information.iter().map(|block| root.times(block).times(&right)).collect())
    }
}

fn running(values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    values
        .iter()
        .map(|value| {
            sum += value;
            sum
        })
        .collect()
}

fn add(sum: &mut [f64], values: &[f64]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// The numbers from 0 to `n` − 1 in a random order (Fisher and Yates 1938).
pub(super) fn shuffled(random: &ResponseRandom, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        let other = (random.uniform(Purpose::Permutation, last as u32) * (last + 1) as f64) as usize;
        order.swap(last, other);
    }
    order
}
