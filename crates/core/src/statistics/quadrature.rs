//! Means over a normal distribution by Gauss-Hermite quadrature.

use super::Matrix;

/// Points and weights that turn the mean of a function over a normal distribution into a sum.
///
/// With n points it is exact for polynomials up to degree 2n − 1.
/// Points are the eigenvalues of the recurrence of Hermite's polynomials as a matrix, weights the squared first parts of its eigenvectors (Golub and Welsch 1969, "Calculation of Gauss quadrature rules").
#[derive(Clone, Debug, PartialEq)]
pub struct NormalQuadrature {
    /// In standard deviations from the mean, and the weight, which together are 1.
    points: Vec<(f64, f64)>,
}

impl NormalQuadrature {
    /// So many points, at least 1.
    pub fn new(n_points: usize) -> Self {
        let mut recurrence = Matrix::zeros(n_points);
        for k in 1..n_points {
            let beside = libm::sqrt(k as f64);
            *recurrence.at_mut(k, k - 1) = beside;
            *recurrence.at_mut(k - 1, k) = beside;
        }
        let (values, vectors) = recurrence.eigen();
        let weight = |place: usize| vectors.at(0, place) * vectors.at(0, place);
        let mut points: Vec<(f64, f64)> = values.into_iter().zip((0..n_points).map(weight)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { points }
    }

    /// The means of several functions of a number that is normal with this mean and standard deviation.
    pub fn means<const N: usize>(
        &self,
        mean: f64,
        standard_deviation: f64,
        functions: impl Fn(f64) -> [f64; N],
    ) -> [f64; N] {
        let mut sums = [0.0; N];
        for (point, weight) in &self.points {
            let values = functions(mean + standard_deviation * point);
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of x^`degree` over a standard normal distribution: 1 · 3 · 5 … for even degrees, 0 for odd ones.
    fn moment(degree: i32) -> f64 {
        if degree % 2 == 1 { 0.0 } else { (1..degree).step_by(2).map(f64::from).product() }
    }

    #[test]
    fn polynomials_up_to_twice_the_points_are_exact() {
        for n_points in [1, 2, 5, 20] {
            let quadrature = NormalQuadrature::new(n_points);
            for degree in 0..(2 * n_points as i32).min(24) {
                let [found] = quadrature.means(0.0, 1.0, |x| [x.powi(degree)]);
                let expected = moment(degree);
                let scale = expected.max(moment(degree + degree % 2));
                assert!((found - expected).abs() <= 1e-9 * scale, "{n_points} points, x^{degree}: {found}");
            }
        }
        let [beyond] = NormalQuadrature::new(2).means(0.0, 1.0, |x| [x.powi(4)]);
        assert!((beyond - 1.0).abs() < 1e-12, "two points make 1 of a mean of 3: {beyond}");
    }

    #[test]
    fn two_and_three_points_are_those_that_are_known_in_closed_form() {
        let check = |n_points, expected: &[(f64, f64)]| {
            let found = NormalQuadrature::new(n_points).points;
            for (found, expected) in found.iter().zip(expected) {
                assert!((found.0 - expected.0).abs() < 1e-12 && (found.1 - expected.1).abs() < 1e-12);
            }
        };
        check(2, &[(-1.0, 0.5), (1.0, 0.5)]);
        check(3, &[(-3f64.sqrt(), 1.0 / 6.0), (0.0, 2.0 / 3.0), (3f64.sqrt(), 1.0 / 6.0)]);
    }

    #[test]
    fn mean_and_deviation_move_the_points() {
        // The mean of e^x is that of the log-normal distribution.
        let [found, itself] = NormalQuadrature::new(20).means(0.3, 0.8, |x| [libm::exp(x), x]);
        assert!((found - libm::exp(0.3 + 0.32)).abs() < 1e-12, "{found}");
        assert!((itself - 0.3).abs() < 1e-12);
    }
}
