//! Intervals of a proportion.

use super::{CONFIDENCE, Interval, beta_quantile, cluster_share, two_sided_z};
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
    /// The lower end of its interval by Wilson, see [`wilson`]; a wider one where [`that_in_groups`](Self::that_in_groups) says so.
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

    /// The same for items that hang together in groups, each with the name of its own.
    ///
    /// The interval is the wider of Wilson's and of the one that groups give, see [`cluster_share`]: items of one group say less than as many of different ones, and are never taken to say more.
    pub fn that_in_groups<'a>(holds: impl IntoIterator<Item = (bool, &'a str)>) -> Option<Self> {
        let items: Vec<(bool, &str)> = holds.into_iter().collect();
        let share = Self::that(items.iter().map(|(holds, _)| *holds))?;
        let by_group =
            cluster_share(items.iter().map(|(holds, group)| (f64::from(u8::from(*holds)), *group)));
        Some(match by_group {
            Some(found) => Self { low: share.low.min(found.low), high: share.high.max(found.high), ..share },
            None => share,
        })
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
    Some(score_interval(successes as f64 / trials as f64, trials as f64, confidence))
}

/// Wilson's interval of a share of `n` trials, which need not be whole.
pub(super) fn score_interval(share: f64, n: f64, confidence: f64) -> Interval {
    let z = two_sided_z(confidence);
    let shrink = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / shrink;
    let half = z / shrink * libm::sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
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
