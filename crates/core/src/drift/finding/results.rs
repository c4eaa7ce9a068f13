//! Collects what tests say, and why others could not be done.

use super::document::{AnnotatorSeverity, LeftOut, Test, TestResult};
use crate::drift::evidence::{ChiSquare, TREND_DAYS, holm, smallest_detectable};
use crate::statistics::Estimate;
use jiff::Timestamp;

/// What one test says, before it is known how many there are.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub test: Test,
    pub about: String,
    pub statistic: f64,
    pub p_value: f64,
    pub change: Option<Change>,
    pub at: Option<Timestamp>,
    pub symmetry: Option<ChiSquare>,
    pub n: usize,
}

/// A change with time, in 30 days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub per_30_days: Estimate,
    pub standard_error: f64,
    /// The time that was looked at, from the first to the last of what was tested.
    pub span_days: f64,
}

impl Change {
    /// The smallest change over its time that a test at the level `alpha` finds, see [`smallest_detectable`].
    fn smallest_detectable(self, alpha: f64) -> f64 {
        smallest_detectable(self.standard_error, alpha) * self.span_days / TREND_DAYS
    }
}

impl Outcome {
    pub fn new(test: Test, about: impl Into<String>, [statistic, p_value]: [f64; 2], n: usize) -> Self {
        Self { test, about: about.into(), statistic, p_value, change: None, at: None, symmetry: None, n }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Outcomes {
    pub done: Vec<Outcome>,
    pub left_out: Vec<LeftOut>,
    pub severity: Vec<AnnotatorSeverity>,
}

impl Outcomes {
    pub fn push(&mut self, outcome: Outcome) {
        self.done.push(outcome);
    }

    pub fn leave_out(&mut self, what: impl Into<String>, reason: impl ToString) {
        self.left_out.push(LeftOut { what: what.into(), reason: reason.to_string() });
    }

    /// The results, by test and name, with p-values adjusted for how many there are.
    pub fn results(&mut self, alpha: f64) -> Vec<TestResult> {
        let mut done = std::mem::take(&mut self.done);
        done.sort_by(|a, b| a.test.cmp(&b.test).then_with(|| a.about.cmp(&b.about)));
        let adjusted = holm(&done.iter().map(|outcome| outcome.p_value).collect::<Vec<_>>());
        let level = alpha / done.len().max(1) as f64;
        let result = |(outcome, adjusted_p_value): (Outcome, f64)| TestResult {
            test: outcome.test,
            about: outcome.about,
            statistic: outcome.statistic,
            p_value: outcome.p_value,
            adjusted_p_value,
            per_30_days: outcome.change.map(|change| change.per_30_days),
            smallest_detectable: outcome.change.map(|change| change.smallest_detectable(level)),
            symmetry: outcome.symmetry,
            at: outcome.at,
            n: outcome.n,
        };
        done.into_iter().zip(adjusted).map(result).collect()
    }
}
