//! One table of rows, and the direction that it gives to a text.

/// Rows of integers by feature; features that have no row count for nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Tower {
    /// Ascending, each once.
    features: Vec<u32>,
    /// (features, width)
    rows: Vec<i8>,
    width: usize,
}

/// The sum of the rows of a text: (width).
pub(super) type Direction = Vec<f64>;

impl Tower {
    /// A table of one row of `width` numbers for each of `features`, which ascend; none where the counts do not fit.
    pub fn new(features: Vec<u32>, rows: Vec<i8>, width: usize) -> Option<Self> {
        let fits = width > 0 && features.len().checked_mul(width) == Some(rows.len());
        fits.then_some(Self { features, rows, width })
    }

    /// The features that have a row, ascending.
    pub fn features(&self) -> &[u32] {
        &self.features
    }

    /// The rows: (features, width).
    pub fn rows(&self) -> &[i8] {
        &self.rows
    }

    /// How many numbers a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The sum of the features' rows.
    pub(super) fn direction(&self, features: impl Iterator<Item = u32>) -> Direction {
        // A text would need 2^56 words to leave the range of 64 bits.
        let mut sum = vec![0_i64; self.width];
        for at in features.filter_map(|feature| self.features.binary_search(&feature).ok()) {
            for (sum, number) in sum.iter_mut().zip(&self.rows[at * self.width..][..self.width]) {
                *sum += i64::from(*number);
            }
        }
        sum.into_iter().map(|sum| sum as f64).collect()
    }
}

/// The cosine of the angle between two directions, 0 where one is nothing.
pub(super) fn cosine(one: &Direction, other: &Direction) -> f64 {
    let dot = |a: &Direction, b: &Direction| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norms = dot(one, one).sqrt() * dot(other, other).sqrt();
    if norms > 0.0 { (dot(one, other) / norms).clamp(-1.0, 1.0) } else { 0.0 }
}
