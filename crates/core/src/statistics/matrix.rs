//! Small symmetric matrices.

/// A square matrix of numbers, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    n: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// Zeros, `n` rows and columns.
    pub fn zeros(n: usize) -> Self {
        Self { n, values: vec![0.0; n * n] }
    }

    /// How many rows and columns there are.
    pub fn size(&self) -> usize {
        self.n
    }

    /// The number in a row and column, from 0.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.n + column]
    }

    /// The same, to change it.
    pub fn at_mut(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.values[row * self.n + column]
    }

    /// Adds `factor` times the product of a column `vector` and itself as a row.
    pub fn add_outer(&mut self, vector: &[f64], factor: f64) {
        for (row, a) in vector.iter().enumerate() {
            for (column, b) in vector.iter().enumerate() {
                *self.at_mut(row, column) += factor * a * b;
            }
        }
    }

    /// Adds the same below and on the diagonal alone, for the places `present` at which the vector is not 0, in order.
    ///
    /// [`mirror_lower`](Self::mirror_lower) makes it whole after the last.
    pub(super) fn add_lower_outer(&mut self, vector: &[f64], present: &[usize], factor: f64) {
        for (i, row) in present.iter().enumerate() {
            let scaled = factor * vector[*row];
            let values = &mut self.values[row * self.n..(row + 1) * self.n];
            for column in &present[..=i] {
                values[*column] += scaled * vector[*column];
            }
        }
    }

    /// The rows and columns at these places alone.
    pub fn part(&self, places: &[usize]) -> Self {
        let mut part = Self::zeros(places.len());
        for (i, row) in places.iter().enumerate() {
            for (j, column) in places.iter().enumerate() {
                *part.at_mut(i, j) = self.at(*row, *column);
            }
        }
        part
    }

    /// Copies what is below the diagonal above it.
    pub(super) fn mirror_lower(&mut self) {
        for row in 0..self.n {
            for column in 0..row {
                *self.at_mut(column, row) = self.at(row, column);
            }
        }
    }

    /// Adds another matrix of the same size.
    pub fn add(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a += b);
    }

    /// The matrix less another one of the same size.
    pub fn minus(&self, other: &Self) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| a - b).collect();
        Self { n: self.n, values }
    }

    /// The matrix product of the two.
    pub fn times(&self, other: &Self) -> Self {
        let mut product = Self::zeros(self.n);
        for row in 0..self.n {
            for column in 0..self.n {
                *product.at_mut(row, column) =
                    (0..self.n).map(|inner| self.at(row, inner) * other.at(inner, column)).sum();
            }
        }
        product
    }

    /// The product with a column.
    pub fn times_vector(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.n)
            .map(|row| vector.iter().enumerate().map(|(column, x)| self.at(row, column) * x).sum())
            .collect()
    }

    /// Every number multiplied by `factor`.
    pub fn scaled(mut self, factor: f64) -> Self {
        self.values.iter_mut().for_each(|value| *value *= factor);
        self
    }

    /// The inverse of a symmetric positive definite matrix, by its Cholesky factor; none where it is not one.
    pub fn inverse(&self) -> Option<Self> {
        let factor = self.cholesky()?;
        let mut inverse = Self::zeros(self.n);
        for column in 0..self.n {
            let unit: Vec<f64> = (0..self.n).map(|row| f64::from(u8::from(row == column))).collect();
            for (row, value) in factor.solve_factored(unit).into_iter().enumerate() {
                *inverse.at_mut(row, column) = value;
            }
        }
        inverse.values.iter().all(|value| value.is_finite()).then_some(inverse)
    }

    /// The x with M x = `right` for a symmetric positive definite M; none where it is not one.
    pub fn solve(&self, right: &[f64]) -> Option<Vec<f64>> {
        let solved = self.cholesky()?.solve_factored(right.to_vec());
        solved.iter().all(|value| value.is_finite()).then_some(solved)
    }

    /// vᵀ M⁻¹ v for a symmetric positive definite M; none where it is not one.
    pub fn inverse_form(&self, vector: &[f64]) -> Option<f64> {
        Some(self.solve(vector)?.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// The lower triangle L with L Lᵀ = the matrix.
    fn cholesky(&self) -> Option<Self> {
        let mut lower = Self::zeros(self.n);
        for row in 0..self.n {
            for column in 0..=row {
                let known: f64 = (0..column).map(|k| lower.at(row, k) * lower.at(column, k)).sum();
                let rest = self.at(row, column) - known;
                *lower.at_mut(row, column) = if row != column {
                    rest / lower.at(column, column)
                } else if rest > 1e-12 * self.at(row, row) {
                    libm::sqrt(rest)
                } else {
                    return None;
                };
            }
        }
        Some(lower)
    }

    /// Solves L Lᵀ x = `right` where this is L.
    fn solve_factored(&self, mut right: Vec<f64>) -> Vec<f64> {
        for row in 0..self.n {
            let known: f64 = (0..row).map(|k| self.at(row, k) * right[k]).sum();
            right[row] = (right[row] - known) / self.at(row, row);
        }
        for row in (0..self.n).rev() {
            let known: f64 = (row + 1..self.n).map(|k| self.at(k, row) * right[k]).sum();
            right[row] = (right[row] - known) / self.at(row, row);
        }
        right
    }
}
