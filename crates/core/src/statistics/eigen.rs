//! Eigenvalues of small symmetric matrices.

use super::Matrix;

/// So many sweeps bring any matrix that fits a regression to its diagonal; it mostly takes under ten.
const MOST_SWEEPS: usize = 60;
/// An eigenvalue below this share of the largest one is 0 but for rounding.
const SMALLEST_SHARE: f64 = 1e-12;

impl Matrix {
    /// The symmetric square root of the inverse of a symmetric positive definite matrix; none where it is not one.
    ///
    /// From its eigenvectors by cyclic rotations (Jacobi 1846; Golub and Van Loan, "Matrix Computations", section 8.5).
    pub fn inverse_square_root(&self) -> Option<Self> {
        let (values, vectors) = self.eigen();
        let largest = values.iter().copied().fold(0.0, f64::max);
        let is_positive = values.iter().all(|value| *value > SMALLEST_SHARE * largest && value.is_finite());
        if values.is_empty() || !is_positive {
            return None;
        }
        let mut root = Self::zeros(self.size());
        for (place, value) in values.iter().enumerate() {
            let vector: Vec<f64> = (0..self.size()).map(|row| vectors.at(row, place)).collect();
            root.add_outer(&vector, 1.0 / libm::sqrt(*value));
        }
        Some(root)
    }

    /// The eigenvalues, and the eigenvectors as columns.
    pub(super) fn eigen(&self) -> (Vec<f64>, Self) {
        let n = self.size();
        let mut diagonal = self.clone();
        let mut vectors = Self::zeros(n);
        for i in 0..n {
            *vectors.at_mut(i, i) = 1.0;
        }
        for _ in 0..MOST_SWEEPS {
            let mut largest = 0.0_f64;
            for p in 0..n {
                for q in p + 1..n {
                    let scale = libm::sqrt((diagonal.at(p, p) * diagonal.at(q, q)).abs());
                    largest = largest.max(diagonal.at(p, q).abs() / scale.max(f64::MIN_POSITIVE));
                    rotate(&mut diagonal, &mut vectors, [p, q]);
                }
            }
            if largest < f64::EPSILON {
                break;
            }
        }
        ((0..n).map(|i| diagonal.at(i, i)).collect(), vectors)
    }
}

/// Turns the plane of two axes so that the number where they cross becomes 0.
fn rotate(diagonal: &mut Matrix, vectors: &mut Matrix, [p, q]: [usize; 2]) {
    let crossing = diagonal.at(p, q);
    if crossing == 0.0 {
        return;
    }
    let ratio = (diagonal.at(q, q) - diagonal.at(p, p)) / (2.0 * crossing);
    let tangent = ratio.signum() / (ratio.abs() + libm::sqrt(1.0 + ratio * ratio));
    let cosine = 1.0 / libm::sqrt(1.0 + tangent * tangent);
    let sine = tangent * cosine;
    let turned = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
    for k in 0..diagonal.size() {
        (*diagonal.at_mut(k, p), *diagonal.at_mut(k, q)) = turned(diagonal.at(k, p), diagonal.at(k, q));
        (*vectors.at_mut(k, p), *vectors.at_mut(k, q)) = turned(vectors.at(k, p), vectors.at(k, q));
    }
    for k in 0..diagonal.size() {
        (*diagonal.at_mut(p, k), *diagonal.at_mut(q, k)) = turned(diagonal.at(p, k), diagonal.at(q, k));
    }
}
