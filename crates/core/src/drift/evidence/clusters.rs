//! Which votes hang together: those of one annotator, and those on one pair.

use crate::drift::comparison::Comparisons;
use crate::statistics::{LogisticFit, Rows, student_survival};
use std::collections::{BTreeMap, BTreeSet};

/// With fewer annotators than this, how they differ from each other cannot be estimated, and each is compared with themselves alone.
pub const FEWEST_CLUSTERS: usize = 10;

/// The clusters of votes that tests allow for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clusters {
    /// The annotator of each vote, from 0, where there are at least ten.
    pub annotators: Option<Vec<usize>>,
    /// The annotator of each vote, from 0, where there are two to nine.
    pub few_annotators: Option<Vec<usize>>,
    /// The pair of each vote, from 0, where a pair has several votes.
    pub pairs: Option<Vec<usize>>,
}

impl Clusters {
    /// No vote depends on another.
    pub fn none() -> Self {
        Self { annotators: None, few_annotators: None, pairs: None }
    }

    /// Those of votes with these annotators and pairs, as any numbers.
    pub fn new(annotators: &[usize], pairs: &[usize]) -> Self {
        let (annotators, n_annotators) = numbered(annotators);
        let (pairs, n_pairs) = numbered(pairs);
        let has_repeats = n_pairs >= FEWEST_CLUSTERS && n_pairs < pairs.len();
        let (many, few) = match n_annotators {
            0 | 1 => (None, None),
            2..FEWEST_CLUSTERS => (None, Some(annotators)),
            _ => (Some(annotators), None),
        };
        Self { annotators: many, few_annotators: few, pairs: has_repeats.then_some(pairs) }
    }

    /// Those of the votes.
    pub fn of(comparisons: &Comparisons) -> Self {
        Self::new(comparisons.annotators(), comparisons.pairs())
    }

    /// How many annotators there are, where they are few: 1 without.
    pub(super) fn n_few(&self) -> usize {
        self.few_annotators.as_ref().and_then(|few| few.iter().max()).map_or(1, |most| most + 1)
    }

    /// For each vote the mean time of all votes, or of its annotator's where there are few.
    pub(super) fn mean_times(&self, comparisons: &Comparisons) -> Vec<f64> {
        let times = comparisons.times();
        let one_group = vec![0; times.len()];
        let groups = self.few_annotators.as_ref().unwrap_or(&one_group);
        let mut sums = vec![(0.0, 0.0); groups.iter().max().map_or(0, |most| most + 1)];
        for (group, time) in groups.iter().zip(times) {
            sums[*group].0 += time;
            sums[*group].1 += 1.0;
        }
        groups.iter().map(|group| sums[*group].0 / sums[*group].1).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.annotators.iter().chain(&self.pairs)
    }
}

/// Numbers from 0 in the order in which they first occur, and how many there are.
fn numbered(names: &[usize]) -> (Vec<usize>, usize) {
    let mut numbers = BTreeMap::new();
    let numbered = names
        .iter()
        .map(|name| {
            let next = numbers.len();
            *numbers.entry(name).or_insert(next)
        })
        .collect();
    (numbered, numbers.len())
}

/// What clusters say of one coefficient.
pub(in crate::drift) struct RobustTest {
    /// The largest standard error, that of independent votes included.
    pub standard_error: f64,
    /// The largest p-value that it is 0; none without clusters.
    pub p_value: Option<f64>,
}

/// Tests a coefficient against 0 with the sandwich covariance of each kind of clusters, by t with as many degrees of freedom as there are clusters that tell of it, less one.
pub(in crate::drift) fn robust_test(
    fit: &LogisticFit,
    rows: Rows<'_>,
    column: usize,
    clusters: &Clusters,
) -> RobustTest {
    let mut standard_error = libm::sqrt(fit.covariance().at(column, column));
    let mut p_value: Option<f64> = None;
    for clusters in clusters.all() {
        let rows = rows.clustered(clusters);
        let telling: BTreeSet<usize> =
            rows.iter().filter(|row| row.features[column] != 0.0).map(|row| row.cluster).collect();
        let n = telling.len() as f64;
        let found = if telling.len() < 2 {
            1.0
        } else {
            let error = libm::sqrt(robust_variance(fit, rows, column, telling.len()));
            standard_error = standard_error.max(error);
            student_survival(fit.coefficients[column] / error.max(f64::MIN_POSITIVE), n - 1.0)
        };
        p_value = Some(p_value.map_or(found, |p| p.max(found)));
    }
    RobustTest { standard_error, p_value }
}

/// Above so many clusters their number needs no correction, which would take a matrix of each.
const MANY_CLUSTERS: usize = 1000;

fn robust_variance(fit: &LogisticFit, rows: Rows<'_>, column: usize, n_telling: usize) -> f64 {
    let n = n_telling as f64;
    let covariance = if n_telling > MANY_CLUSTERS { None } else { fit.jackknife_covariance(rows) };
    match covariance {
        Some(covariance) => covariance.at(column, column),
        None => fit.sandwich(rows).0.at(column, column) * n / (n - 1.0),
    }
}
