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
