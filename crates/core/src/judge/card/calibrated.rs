//! The judge's log-odds as probabilities that people prefer the first response.

use super::fold::{N_FOLDS, fold};
use super::measures::Calibration;
use super::table::{Comparison, Majority, Table};
use crate::judge::calibration::{
    Coefficient, Forecast, fit_platt, fit_slope, probabilities, reliability, scores,
};
use crate::report::Measure;
use crate::schema::Side;
use std::collections::BTreeMap;

/// Measures the pairs that people decided and for which the judge's vote holds log-odds.
///
/// A pair stands in the order in which the judge was shown it; where it was asked in both orders, in its own.
pub(super) fn calibration(table: &Table<'_>) -> Measure<Calibration> {
    let mut clusters: BTreeMap<&str, usize> = BTreeMap::new();
    let mut forecasts = Vec::new();
    for pair in table.shared() {
        if let Some((log_odds, outcome)) = shown(pair) {
            let n_known = clusters.len();
            let cluster = *clusters.entry(pair.prompt()).or_insert(n_known);
            forecasts.push((pair.prompt(), Forecast { log_odds, outcome, cluster }));
        }
    }
    if forecasts.is_empty() {
        return Measure::CannotTell("no vote on a pair that the reference decided holds log-odds".to_owned());
    }
    Measure::from_option(measured(&forecasts), "the log-odds fit no slope: too few prompts, or all are 0")
}

fn measured(forecasts: &[(&str, Forecast)]) -> Option<Calibration> {
    let all: Vec<Forecast> = forecasts.iter().map(|(_, forecast)| *forecast).collect();
    let slope = fit_slope(&all)?.estimate()?;
    let platt = fit_platt(&all);
    let cross_fitted = cross_fitted(forecasts)?;
    Some(Calibration {
        pairs: all.len(),
        raw: scores(&probabilities(&all, 1.0))?,
        cross_fitted: scores(&cross_fitted)?,
        slope,
        temperature: Some(1.0 / slope.value).filter(|t| *t > 0.0 && t.is_finite()),
        intercept: platt.and_then(|platt| platt.intercept.estimate()),
        intercept_p_value: platt.and_then(|platt| platt.intercept.p_value()),
        cox_statistic: platt.map(|platt| platt.cox_statistic),
        cox_p_value: platt.map(|platt| platt.cox_p_value),
        bins: reliability(&cross_fitted),
    })
}

/// Log-odds that what was shown first is better, and whether people prefer it.
fn shown(pair: &Comparison<'_>) -> Option<(f64, bool)> {
    let Majority::Side(people) = pair.majority else { return None };
    let judge = pair.judge.as_ref()?;
    judge.stance?;
    let log_odds = judge.log_odds?;
    Some(match judge.shown_first {
        Some(Side::Second) => (-log_odds, people == Side::Second),
        _ => (log_odds, people == Side::First),
    })
}

/// Each forecast's probability by the slope that the other folds' prompts give; one of below 0 is taken for 0.
fn cross_fitted(forecasts: &[(&str, Forecast)]) -> Option<Vec<(f64, bool)>> {
    let mut all = Vec::with_capacity(forecasts.len());
    for own in 0..N_FOLDS {
        let (inside, outside): (Vec<_>, Vec<_>) =
            forecasts.iter().partition(|(prompt, _)| fold(prompt) == own);
        if inside.is_empty() {
            continue;
        }
        let of = |side: Vec<&(&str, Forecast)>| side.into_iter().map(|(_, f)| *f).collect::<Vec<_>>();
        let slope = fit_slope(&of(outside)).map(|Coefficient { value, .. }| value.max(0.0))?;
        all.extend(probabilities(&of(inside), slope));
    }
    Some(all)
}
