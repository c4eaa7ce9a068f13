//! Two annotators on the same items; a class is a number from 0.

/// How bad it is to take one class for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// All are equally bad.
    Nominal,
    /// By how far the classes lie apart.
    Linear,
    /// By the square of it.
    Quadratic,
}

impl Disagreement {
    fn of(self, a: usize, b: usize) -> f64 {
        let distance = a.abs_diff(b) as f64;
        match self {
            Self::Nominal => f64::from(u8::from(a != b)),
            Self::Linear => distance,
            Self::Quadratic => distance * distance,
        }
    }
}

/// The share of items on which both say the same; none of nothing.
pub fn percent_agreement(ratings: &[(usize, usize)]) -> Option<f64> {
    let same = ratings.iter().filter(|(a, b)| a == b).count();
    (!ratings.is_empty()).then(|| same as f64 / ratings.len() as f64)
}

/// Cohen's kappa: 1 − disagreement found / disagreement of two who answer as often, but independently.
///
/// Cohen 1960, "A coefficient of agreement for nominal scales"; weighted as in Cohen 1968.
/// None without items, and where both always give the same one class, which chance explains as well.
pub fn cohen_kappa(ratings: &[(usize, usize)], disagreement: Disagreement) -> Option<f64> {
    let n = ratings.len() as f64;
    let [first, second] = class_shares(ratings);
    let found = ratings.iter().map(|(a, b)| disagreement.of(*a, *b)).sum::<f64>() / n;
    let mut expected = 0.0;
    for (a, share_a) in first.iter().enumerate() {
        for (b, share_b) in second.iter().enumerate() {
            expected += share_a * share_b * disagreement.of(a, b);
        }
    }
    (expected > 0.0).then(|| 1.0 - found / expected)
}

/// Gwet's AC1, whose chance agreement does not rise where nearly all items are of one class.
///
/// Gwet 2008, "Computing inter-rater reliability and its variance in the presence of high agreement".
/// `n_classes` counts all there are, used or not; none without items or with fewer than two classes.
pub fn gwet_ac1(ratings: &[(usize, usize)], n_classes: usize) -> Option<f64> {
    let found = percent_agreement(ratings)?;
    if n_classes < 2 {
        return None;
    }
    let [first, second] = class_shares(ratings);
    let chance =
        first.iter().zip(&second).map(|(a, b)| (a + b) / 2.0).map(|share| share * (1.0 - share)).sum::<f64>()
            / (n_classes as f64 - 1.0);
    Some((found - chance) / (1.0 - chance))
}

/// How often each of the two gives each class.
fn class_shares(ratings: &[(usize, usize)]) -> [Vec<f64>; 2] {
    let n_used = ratings.iter().map(|(a, b)| a.max(b) + 1).max().unwrap_or(0);
    let mut shares = [vec![0.0; n_used], vec![0.0; n_used]];
    for (a, b) in ratings {
        shares[0][*a] += 1.0 / ratings.len() as f64;
        shares[1][*b] += 1.0 / ratings.len() as f64;
    }
    shares
}
