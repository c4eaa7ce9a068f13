//! Intervals of a proportion.

use super::{CONFIDENCE, Interval, beta_quantile, two_sided_z};
use serde::{Deserialize, Serialize};

/// How many of how many, with the 95 % interval of the share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Of how many; above 0.
    pub total: usize,
    /// The one divided by the other, 0 to 1.
    pub share: f64,
    /// The lower end of its interval by Wilson, see [`wilson`].
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Share {
    /// The share with its interval; none of nothing.
    pub fn of(count: usize, total: usize) -> Option<Self> {
        let Interval { low, high } = wilson(count, total, CONFIDENCE)?;
        Some(Self { count, total, share: count as f64 / total as f64, low, high })
    }

    /// The share of the items for which `holds` is true; none of nothing.
    pub fn that(holds: impl IntoIterator<Item = bool>) -> Option<Self> {
        let (count, total) =
            holds.into_iter().fold((0, 0), |(count, total), holds| (count + usize::from(holds), total + 1));
        Self::of(count, total)
    }
}

/// The score interval of a proportion; none without trials.
///
/// Wilson 1927, "Probable inference, the law of succession, and statistical inference": it also holds for few trials and for shares near 0 and 1.
/// Trials have to be independent of each other.
pub fn wilson(successes: usize, trials: usize, confidence: f64) -> Option<Interval> {
    if trials == 0 {
        return None;
    }
    let (n, z) = (trials as f64, two_sided_z(confidence));
    let share = successes as f64 / n;
    let shrink = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / shrink;
    let half = z / shrink * libm::sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));
    Some(Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) })
}

/// The exact interval of a proportion, which holds the true one at least as often as `confidence` says; [0, 1] without trials.
///
/// Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".
pub fn clopper_pearson(successes: usize, trials: usize, confidence: f64) -> Interval {
    let tail = (1.0 - confidence) / 2.0;
    // What fails at most so often succeeds at least so often.
    let low = 1.0 - clopper_pearson_upper(trials - successes, trials, 1.0 - tail);
    Interval { low, high: clopper_pearson_upper(successes, trials, 1.0 - tail) }
}

/// The largest proportion that `successes` of `trials` leave open: the true one is at most this, with probability `confidence` or more.
///
/// Without trials it is 1.
pub fn clopper_pearson_upper(successes: usize, trials: usize, confidence: f64) -> f64 {
    if successes >= trials {
        return 1.0;
    }
    beta_quantile(confidence, successes as f64 + 1.0, (trials - successes) as f64)
}
