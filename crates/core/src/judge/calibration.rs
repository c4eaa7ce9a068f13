//! Whether log-odds are probabilities, and what makes them so.
//!
//! Where a judge was asked in both orders and its log-odds were averaged, exchanging the responses only turns their sign.
//! So a correction must not have an intercept, and one number is fitted: the slope, one divided by the temperature (Guo et al. 2017, "On calibration of modern neural networks").
//! An intercept that a free fit (Platt 1999) finds all the same is a preference for one side that people do not share.

use super::card::{Bin, Scores};
use crate::statistics::{
    Estimate, LogisticFit, Observation, chi_square_survival, fit_logistic, log_likelihood, normal_cdf,
    sigmoid,
};

/// How many bins of equal width probabilities are sorted into.
const N_BINS: usize = 10;
/// A probability counts as this far from 0 and 1 at least, so that one sure error costs a finite loss.
const LEAST_PROBABILITY: f64 = 1e-15;
/// Holds the slope of a judge that is never wrong, for whom none is best.
const RIDGE_WITHOUT_ERRORS: f64 = 0.1;

/// A judge's log-odds of something, and whether it was so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Log-odds, in nats.
    pub log_odds: f64,
    /// Whether it was so.
    pub outcome: bool,
    /// Forecasts with the same number may depend on each other.
    pub cluster: usize,
}

impl Forecast {
    fn observation(&self, features: Vec<f64>) -> Observation {
        Observation {
            features,
            outcome: f64::from(u8::from(self.outcome)),
            weight: 1.0,
            cluster: self.cluster,
        }
    }
}

/// The errors of probabilities; none of nothing.
pub fn scores(probabilities: &[(f64, bool)]) -> Option<Scores> {
    if probabilities.is_empty() {
        return None;
    }
    let n = probabilities.len() as f64;
    let loss = |(p, outcome): &(f64, bool)| {
        let of_outcome = if *outcome { *p } else { 1.0 - p };
        -libm::log(of_outcome.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY))
    };
    let squared_error = |(p, outcome): &(f64, bool)| {
        let error = p - f64::from(u8::from(*outcome));
        error * error
    };
    let bins = reliability(probabilities);
    let distance: f64 =
        bins.iter().map(|bin| bin.pairs as f64 * (bin.mean_probability - bin.frequency).abs()).sum();
    Some(Scores {
        log_loss: probabilities.iter().map(loss).sum::<f64>() / n,
        brier: probabilities.iter().map(squared_error).sum::<f64>() / n,
        expected_calibration_error: distance / n,
    })
}

/// Probabilities in ten bins of equal width, and how often the outcome was true in each; empty bins are left out.
pub fn reliability(probabilities: &[(f64, bool)]) -> Vec<Bin> {
    let number_of = |p: f64| ((p * N_BINS as f64) as usize).min(N_BINS - 1);
    let bin = |number: usize| {
        let inside: Vec<_> = probabilities.iter().filter(|(p, _)| number_of(*p) == number).collect();
        let n = inside.len() as f64;
        let mean = |of: fn(&(f64, bool)) -> f64| inside.iter().map(|item| of(item)).sum::<f64>() / n;
        (!inside.is_empty()).then(|| Bin {
            low: number as f64 / N_BINS as f64,
            high: (number + 1) as f64 / N_BINS as f64,
            pairs: inside.len(),
            mean_probability: mean(|(p, _)| *p),
            frequency: mean(|(_, outcome)| f64::from(u8::from(*outcome))),
        })
    };
    (0..N_BINS).filter_map(bin).collect()
}

/// A fitted coefficient with its cluster-robust standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficient {
    /// The coefficient.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl Coefficient {
    fn of(fit: &LogisticFit, rows: &[Observation], place: usize) -> Option<Self> {
        let variance = fit.cluster_covariance(rows)?.at(place, place);
        Some(Self { value: fit.coefficients[place], standard_error: libm::sqrt(variance) })
    }

    /// With its 95 % interval.
    pub fn estimate(&self) -> Option<Estimate> {
        Estimate::normal(self.value, self.standard_error)
    }

    /// The two-sided p-value that it is 0 (Wald); none where the standard error is 0.
    pub fn p_value(&self) -> Option<f64> {
        let p = 2.0 * normal_cdf(-(self.value / self.standard_error).abs());
        p.is_finite().then_some(p)
    }
}

/// The slope alone, by maximum likelihood; one divided by it is the temperature.
///
/// None without forecasts, where all log-odds are 0, and with fewer than two clusters.
pub fn fit_slope(forecasts: &[Forecast]) -> Option<Coefficient> {
    if forecasts.iter().all(|f| f.log_odds == 0.0) {
        return None;
    }
    let rows: Vec<Observation> = forecasts.iter().map(|f| f.observation(vec![f.log_odds])).collect();
    let fit = fit_logistic(&rows, &[0.0]).or_else(|| fit_logistic(&rows, &[RIDGE_WITHOUT_ERRORS]))?;
    Coefficient::of(&fit, &rows, 0)
}

/// Intercept and slope, freely fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Platt {
    /// Log-odds where the judge's are 0, in nats.
    pub intercept: Coefficient,
    /// What the judge's log-odds are multiplied by.
    pub slope: Coefficient,
    /// Twice the gain of log-likelihood over intercept 0 and slope 1 (Cox 1958, "Two further applications of a model for binary regression").
    pub cox_statistic: f64,
    /// Its p-value, chi-square with two degrees of freedom.
    pub cox_p_value: f64,
}

/// Fits both; none where there is no one best fit, as with a judge that is never wrong.
pub fn fit_platt(forecasts: &[Forecast]) -> Option<Platt> {
    let rows: Vec<Observation> = forecasts.iter().map(|f| f.observation(vec![1.0, f.log_odds])).collect();
    let fit = fit_logistic(&rows, &[0.0, 0.0])?;
    let cox_statistic = 2.0 * (fit.log_likelihood - log_likelihood(&rows, &[0.0, 1.0]));
    Some(Platt {
        intercept: Coefficient::of(&fit, &rows, 0)?,
        slope: Coefficient::of(&fit, &rows, 1)?,
        cox_statistic,
        cox_p_value: chi_square_survival(cox_statistic, 2),
    })
}

/// The forecasts' probabilities where log-odds are multiplied by `slope`.
pub fn probabilities(forecasts: &[Forecast], slope: f64) -> Vec<(f64, bool)> {
    forecasts.iter().map(|f| (sigmoid(slope * f.log_odds), f.outcome)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: &str = include_str!("../../../../tests/cases/judge_calibration.csv");

    fn forecasts() -> Vec<Forecast> {
        let forecast = |(cluster, line): (usize, &str)| {
            let (p, human) = line.split_once(',').unwrap();
            let p: f64 = p.parse().unwrap();
            Forecast { log_odds: libm::log(p / (1.0 - p)), outcome: human == "1", cluster }
        };
        CASES.lines().skip(1).enumerate().map(forecast).collect()
    }

    #[track_caller]
    fn assert_close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() < tolerance, "{found} is not {expected}");
    }

    #[test]
    fn calibration_is_that_of_the_reference() {
        let forecasts = forecasts();
        let raw = scores(&probabilities(&forecasts, 1.0)).unwrap();
        assert_close(raw.log_loss, 0.966_447_911_557_339, 1e-12);
        assert_close(raw.brier, 0.303_324_229_789_8, 1e-12);
        assert_close(raw.expected_calibration_error, 0.237_937_85, 1e-8);
        let slope = fit_slope(&forecasts).unwrap().value;
        // The reference stopped its search earlier.
        assert_close(1.0 / slope, 5.311_632_685, 1e-5);
        let tempered = scores(&probabilities(&forecasts, slope)).unwrap();
        assert_close(tempered.log_loss, 0.669_542_216_8, 1e-9);
        let platt = fit_platt(&forecasts).unwrap();
        assert_close(platt.intercept.value, 0.492_809_917_45, 1e-9);
        assert_close(platt.slope.value, 0.215_953_356_56, 1e-9);
        assert_close(platt.cox_statistic, 129.763_457_867, 1e-6);
        assert!((platt.cox_p_value / 6.640_842e-29 - 1.0).abs() < 1e-5);
        assert!(platt.intercept.p_value().unwrap() < 0.01);
        let adjusted: Vec<(f64, bool)> = forecasts
            .iter()
            .map(|f| (sigmoid(platt.intercept.value + platt.slope.value * f.log_odds), f.outcome))
            .collect();
        assert_close(scores(&adjusted).unwrap().log_loss, 0.642_039_266_9, 1e-9);
    }

    #[test]
    fn bins_by_hand() {
        let bins = reliability(&[(0.0, false), (0.05, true), (0.95, true), (1.0, true)]);
        let shown: Vec<_> = bins.iter().map(|bin| (bin.low, bin.high, bin.pairs, bin.frequency)).collect();
        assert_eq!(shown, [(0.0, 0.1, 2, 0.5), (0.9, 1.0, 2, 1.0)]);
        let found = scores(&[(0.0, false), (0.05, true), (0.95, true), (1.0, true)]).unwrap();
        assert_close(found.expected_calibration_error, 0.5 * 0.475 + 0.5 * 0.025, 1e-12);
        assert_eq!((scores(&[]), reliability(&[])), (None, vec![]));
        let sure_and_wrong = scores(&[(1.0, false)]).unwrap().log_loss;
        assert!(sure_and_wrong.is_finite() && sure_and_wrong > 30.0);
    }

    #[test]
    fn a_judge_that_is_never_wrong_has_a_slope_and_one_that_says_nothing_has_none() {
        let forecast = |log_odds: f64, outcome: bool, cluster: usize| Forecast { log_odds, outcome, cluster };
        let right = [forecast(1.0, true, 0), forecast(-2.0, false, 1), forecast(0.5, true, 2)];
        let slope = fit_slope(&right).unwrap().value;
        assert!(slope > 0.5 && slope.is_finite(), "{slope}");
        assert_eq!(fit_platt(&right), None);
        assert_eq!(fit_slope(&[forecast(0.0, true, 0), forecast(0.0, false, 1)]), None);
        assert_eq!(fit_slope(&[]), None);
    }
}
