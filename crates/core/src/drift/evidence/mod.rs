//! Tests for drift, each of which answers another question.
//!
//! | question | test |
//! |-|-|
//! | does this term grow or shrink? | [`trend()`] |
//! | does any term change at any time, and which, and when? | [`fluctuation()`]; [`Blocks::strays`] where votes hang together |
//! | did all change at this date? | [`known_date`] |
//! | did all change at some date? | [`largest_split`]; [`Blocks::strays`] for its p-value |
//! | are the same items judged otherwise later? | [`mcnemar`], [`stuart_maxwell`], [`bowker`], [`paired_difference`], [`cochran_q`] |
//! | do annotators grow stricter? | [`severity()`] in ratings, [`share_trend`] in pairs |
//! | does what is compared change? | [`covariate_shift()`] |
//!
//! [`holm`] takes them together, and [`smallest_detectable`] says what could have been seen.
//! Where annotators differ from each other, tests that take votes as independent find changes that are only a change of who votes: [`Clusters`] says what they have to allow for.

mod anchors;
mod blocks;
mod clusters;
mod covariate_shift;
mod fluctuation;
mod multiplicity;
mod severity;
mod shares;
mod split;
#[cfg(test)]
mod tests;
mod trend;

pub use anchors::{ChiSquare, Heterogeneity, bowker, cochran_q, mcnemar, paired_difference, stuart_maxwell};
pub use blocks::{Blocks, Strays};
pub(super) use clusters::robust_test;
pub use clusters::{Clusters, FEWEST_CLUSTERS};
pub use covariate_shift::{CovariateShift, area_under_curve, covariate_shift};
pub use fluctuation::{Fluctuation, Scores, Stray, fluctuation};
pub use multiplicity::{POWER, holm, smallest_detectable};
pub use severity::{AnnotatorSeverity, FEWEST_SCORES, NotLinked, Score, Severity, severity};
pub use shares::{ShareTrend, share_trend};
pub use split::{Split, TRIMMED, known_date, largest_split};
pub use trend::{TREND_DAYS, Trend, trend};
