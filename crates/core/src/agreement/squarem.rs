//! Fewer steps to where an iteration comes to rest.
//!
//! Varadhan and Roland 2008, "Simple and globally convergent methods for accelerating the convergence of any EM algorithm", with their third step length.

/// Steps that lead far the same way are followed further than they go.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// Where the last steps began.
    starts: Vec<Vec<f64>>,
    /// Where the last step really led, and how well its start fits, while it is tried whether further on is better.
    behind: Option<(Vec<f64>, f64)>,
}

impl Path {
    /// `place` is where a step from `start` led, and how well `start` fits is `fit`, the more the better; another place may be put there to go on from.
    pub fn go_on(&mut self, start: Vec<f64>, fit: f64, place: &mut Vec<f64>) {
        if let Some((led_to, least)) = self.behind.take()
            && fit < least
        {
            *place = led_to;
            return;
        }
        self.starts.push(start);
        if let [first, second] = self.starts.as_slice() {
            if let Some(further) = extrapolated(first, second, place) {
                self.behind = Some((std::mem::replace(place, further), fit));
            }
            self.starts.clear();
        }
    }
}

/// Where the steps from `first` to `second` and on to `third` lead, none of the numbers below 0.
///
/// None where that is `third`, or as good as.
/// Whatever weighted sum of the numbers the steps leave as it is, this leaves as it is.
fn extrapolated(first: &[f64], second: &[f64], third: &[f64]) -> Option<Vec<f64>> {
    let points = || first.iter().zip(second).zip(third).map(|((a, b), c)| (*a, b - a, c - b));
    let (mut step_square, mut turn_square) = (0.0, 0.0);
    for (_, step, next) in points() {
        step_square += step * step;
        turn_square += (next - step) * (next - step);
    }
    // At length 1 it is `third`; what cannot be reached is approached.
    let mut length = (step_square / turn_square).sqrt();
    while length.is_finite() && length > 1.01 {
        let reached: Vec<f64> = points()
            .map(|(start, step, next)| start + 2.0 * length * step + length * length * (next - step))
            .collect();
        if reached.iter().all(|number| *number >= 0.0) {
            return Some(reached);
        }
        length = f64::midpoint(length, 1.0);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_a_geometric_approach_is_found_at_once() {
        // 5 − 4 · 0.9^k in one place and 3 + 2 · 0.9^k in the other.
        let found = extrapolated(&[1.0, 5.0], &[1.4, 4.8], &[1.76, 4.62]).unwrap();
        assert!((found[0] - 5.0).abs() < 1e-9 && (found[1] - 3.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn no_number_falls_below_zero_and_sums_stay() {
        // 9 − 10 · (1 − 0.9^k) would end at −1.
        let found = extrapolated(&[9.0, 1.0], &[8.0, 2.0], &[7.1, 2.9]).unwrap();
        assert!(found[0] >= 0.0 && found[0] < 7.1, "{found:?}");
        assert!((found[0] + found[1] - 10.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_rests_or_moves_evenly_is_left() {
        assert_eq!(extrapolated(&[1.0], &[1.0], &[1.0]), None);
        assert_eq!(extrapolated(&[1.0], &[2.0], &[3.0]), None);
        assert_eq!(extrapolated(&[0.0], &[1.0], &[0.0]), None);
    }

    #[test]
    fn a_place_that_fits_worse_is_left_for_the_one_before() {
        let mut path = Path::default();
        let mut place = vec![1.4];
        path.go_on(vec![1.0], -3.0, &mut place);
        place = vec![1.76];
        path.go_on(vec![1.4], -2.0, &mut place);
        assert!((place[0] - 5.0).abs() < 1e-9, "{place:?}");
        let further = std::mem::replace(&mut place, vec![4.0]);
        path.go_on(further, -2.5, &mut place);
        assert_eq!(place, [1.76]);
    }
}
