//! Which verdicts can be trusted: a threshold of confidence above which few differ from people's.
//!
//! Jung, Brahman and Choi 2025, "Trust or escalate: LLM judges with provable guarantees for human agreement" (ICLR): thresholds are tested from the highest confidence down, each only if the one before passed.
//! Such a fixed sequence needs no correction for the number of tests (Bauer 1991).
//! It promises: with probability 1 − δ the verdicts that are kept differ from people's at most in the share α.
//! For that the sequence must not depend on the answers that it is tested with, and these have to be independent of each other.

use super::card::ThresholdTest;
use crate::statistics::clopper_pearson_upper;

/// Thresholds in steps of one hundredth, from the highest to a coin's.
const HIGHEST_PERCENT: u32 = 99;
const LOWEST_PERCENT: u32 = 50;

/// A verdict with its confidence, beside people's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// The judge's probability that its verdict is people's, 0.5 to 1.
    pub confidence: f64,
    /// Whether it is.
    pub agrees: bool,
}

/// The thresholds that were tested, and the one to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// In order; all but the last passed, and the last may have.
    pub tests: Vec<ThresholdTest>,
    /// The lowest threshold that passed.
    pub threshold: Option<f64>,
}

/// Tests thresholds on trials until one fails.
///
/// One that keeps so few pairs that it would fail without any disagreement is passed over: how many a threshold keeps says nothing of the answers.
pub fn select(trials: &[Trial], alpha: f64, delta: f64) -> Selection {
    let mut selection = Selection { tests: Vec::new(), threshold: None };
    for percent in (LOWEST_PERCENT..=HIGHEST_PERCENT).rev() {
        let threshold = f64::from(percent) / 100.0;
        let kept = trials.iter().filter(|trial| trial.confidence >= threshold);
        let (kept, disagreements) =
            kept.fold((0, 0), |(kept, wrong), trial| (kept + 1, wrong + usize::from(!trial.agrees)));
        if clopper_pearson_upper(0, kept, 1.0 - delta) > alpha {
            continue;
        }
        let upper_bound = clopper_pearson_upper(disagreements, kept, 1.0 - delta);
        selection.tests.push(ThresholdTest { threshold, kept, disagreements, upper_bound });
        if upper_bound > alpha {
            break;
        }
        selection.threshold = Some(threshold);
    }
    selection
}

/// The fewest pairs with which a threshold can pass at all: all of them right.
pub fn fewest_trials(alpha: f64, delta: f64) -> usize {
    libm::ceil(libm::log(delta) / libm::log1p(-alpha)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_finds_no_threshold() {
        let cases = include_str!("../../../../tests/cases/judge_calibration.csv");
        let trial = |line: &str| {
            let (p, human) = line.split_once(',').unwrap();
            let p: f64 = p.parse().unwrap();
            Trial { confidence: p.max(1.0 - p), agrees: (p >= 0.5) == (human == "1") }
        };
        let trials: Vec<Trial> = cases.lines().skip(1).map(trial).collect();
        let found = select(&trials, 0.25, 0.1);
        // 0.98 keeps 7 pairs, and 9 would be needed; 0.97 is the first that is tested, and fails.
        assert_eq!((found.threshold, found.tests.len()), (None, 1));
        let test = found.tests[0];
        assert_eq!((test.threshold, test.kept, test.disagreements), (0.97, 26, 9));
        assert!((test.upper_bound - 0.490_711).abs() < 1e-6);
        assert!((clopper_pearson_upper(3, 7, 0.9) - 0.721_398).abs() < 1e-6);
        assert_eq!(fewest_trials(0.25, 0.1), 9);
        assert_eq!(fewest_trials(0.1, 0.1), 22);
    }

    #[test]
    fn the_last_threshold_that_passes_is_used() {
        let trials: Vec<Trial> = (0..100)
            .map(|i| Trial { confidence: 0.9, agrees: i > 0 })
            .chain((0..100).map(|i| Trial { confidence: 0.6, agrees: i % 2 == 0 }))
            .collect();
        let found = select(&trials, 0.1, 0.1);
        assert_eq!(found.threshold, Some(0.61));
        assert_eq!(found.tests.last().unwrap().threshold, 0.6);
        assert_eq!(select(&[], 0.1, 0.1), Selection { tests: vec![], threshold: None });
    }
}
