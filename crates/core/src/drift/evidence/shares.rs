//! Severity in pairs: how often neither side is good enough, and how sure people are.
//!
//! That an annotator grows stricter cancels inside a pair, which they judge at one time.
//! It shows only in what is said of both together: shares of "both bad" and of ties, and how strong preferences are.

use super::clusters::{Clusters, robust_test};
use super::trend::TREND_DAYS;
use crate::drift::comparison::Unfit;
use crate::statistics::{Design, Estimate, normal_cdf, sigmoid};

/// How a share changes with time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareTrend {
    /// By how much its log-odds rise in 30 days, in nats.
    pub per_30_days: Estimate,
    /// The standard error of that.
    pub standard_error: f64,
    /// The p-value that it does not change.
    pub p_value: f64,
    /// What the trend says of the first and of the last day, 0 to 1.
    pub first_and_last: [f64; 2],
}

/// Tests whether the mean of values from 0 to 1 changes with time, in days, by a straight line in log-odds.
///
/// Values that are not 0 or 1 are allowed (Papke and Wooldridge 1996).
/// Where annotators are few, each has a level of their own; where they are many, votes of one may depend on each other.
pub fn share_trend(values: &[f64], times: &[f64], clusters: &Clusters) -> Result<ShareTrend, Unfit> {
    let name = || "the answer".to_owned();
    if values.iter().all(|value| *value == 0.0) || values.iter().all(|value| *value == 1.0) {
        return Err(Unfit::NeverDiffers { term: name() });
    }
    let n_levels = clusters.n_few();
    let middle = times.iter().sum::<f64>() / times.len() as f64;
    let mut design = Design::new(n_levels + 1);
    for (place, value) in values.iter().enumerate() {
        let level = clusters.few_annotators.as_ref().map_or(0, |few| few[place]);
        let levels = (0..n_levels).map(|other| f64::from(u8::from(other == level)));
        design.push(levels.chain([(times[place] - middle) / TREND_DAYS]), *value, 1.0, place);
    }
    let rows = design.rows();
    let fit = rows.fit(&vec![0.0; n_levels + 1]).ok_or(Unfit::Separated { term: None })?;
    let robust = robust_test(&fit, rows, n_levels, clusters);
    let slope = fit.coefficients[n_levels];
    let by_normal = 2.0 * normal_cdf(-(slope / robust.standard_error).abs());
    let level = fit.coefficients[..n_levels].iter().sum::<f64>() / n_levels as f64;
    let at =
        |day: Option<&f64>| sigmoid(level + slope * (day.map_or(middle, |day| *day) - middle) / TREND_DAYS);
    Ok(ShareTrend {
        per_30_days: Estimate::normal(slope, robust.standard_error).ok_or(Unfit::NotIdentified)?,
        standard_error: robust.standard_error,
        p_value: robust.p_value.map_or(by_normal, |p| p.max(by_normal)),
        first_and_last: [at(times.first()), at(times.last())],
    })
}
