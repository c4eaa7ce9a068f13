//! Krippendorff's alpha.

/// What differences of values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Values are names.
    Nominal,
    /// Values have an order.
    Ordinal,
    /// Differences of values can be compared.
    Interval,
    /// Values of at least 0, of which the quotients can be compared.
    Ratio,
}

/// Krippendorff's alpha: 1 − disagreement inside units / disagreement of all values with each other.
///
/// Krippendorff 2011, "Computing Krippendorff's alpha-reliability", in the form that counts equal values, so that the time grows with the square of how many different values there are and not of how many there are.
/// A unit holds the values that it was given, by however many annotators, and needs two to count.
/// None where no unit counts, and where all values are the same, which leaves nothing to disagree on.
pub fn krippendorff_alpha(units: &[Vec<f64>], level: Level) -> Option<f64> {
    let units: Vec<&Vec<f64>> = units.iter().filter(|unit| unit.len() >= 2).collect();
    let mut values: Vec<f64> = units.iter().flat_map(|unit| unit.iter().copied()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let count = |unit: &Vec<f64>| -> Vec<f64> {
        values.iter().map(|value| unit.iter().filter(|other| *other == value).count() as f64).collect()
    };
    let by_unit: Vec<Vec<f64>> = units.iter().map(|unit| count(unit)).collect();
    let totals: Vec<f64> = (0..values.len()).map(|v| by_unit.iter().map(|counts| counts[v]).sum()).collect();
    let distance = |a: usize, b: usize| level.distance(a, b, &values, &totals);
    let n: f64 = totals.iter().sum();
    let found: f64 = by_unit
        .iter()
        .map(|counts| disagreement(counts, distance) / (counts.iter().sum::<f64>() - 1.0))
        .sum::<f64>()
        / n;
    let expected = disagreement(&totals, distance) / (n * (n - 1.0));
    let alpha = 1.0 - found / expected;
    (expected > 0.0 && alpha.is_finite()).then_some(alpha)
}

/// The sum of the distances of all ordered pairs of values that occur so often.
fn disagreement(counts: &[f64], distance: impl Fn(usize, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for (a, n_a) in counts.iter().enumerate().filter(|(_, n)| **n > 0.0) {
        for (b, n_b) in counts.iter().enumerate().filter(|(b, _)| *b != a) {
            sum += n_a * n_b * distance(a, b);
        }
    }
    sum
}

impl Level {
    /// The squared distance of the values numbered `a` and `b`.
    pub(super) fn distance(self, a: usize, b: usize, values: &[f64], totals: &[f64]) -> f64 {
        match self {
            Self::Nominal => f64::from(u8::from(a != b)),
            Self::Ordinal => {
                let between: f64 = totals[a.min(b)..=a.max(b)].iter().sum();
                let ranks = between - (totals[a] + totals[b]) / 2.0;
                ranks * ranks
            }
            Self::Interval => (values[a] - values[b]) * (values[a] - values[b]),
            // Two different values of at least 0 never sum up to 0.
            Self::Ratio => {
                let share = (values[a] - values[b]) / (values[a] + values[b]);
                share * share
            }
        }
    }
}
