//! Collects what tests say, and why others could not be done.

use super::document::{AnnotatorSeverity, LeftOut, Test, TestResult};
use crate::drift::evidence::{TREND_DAYS, holm, smallest_detectable};
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
    pub n: usize,
}

/// A change with time, in 30 days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub per_30_days: Estimate,
    pub standard_error: f64,
}

impl Outcome {
    pub fn new(test: Test, about: impl Into<String>, [statistic, p_value]: [f64; 2], n: usize) -> Self {
        Self { test, about: about.into(), statistic, p_value, change: None, at: None, n }
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

    /// The results, by test and name, with p-values adjusted for how many there are, over a time of so many days.
    pub fn results(&mut self, alpha: f64, span_days: f64) -> Vec<TestResult> {
        let mut done = std::mem::take(&mut self.done);
        done.sort_by(|a, b| a.test.cmp(&b.test).then_with(|| a.about.cmp(&b.about)));
        let adjusted = holm(&done.iter().map(|outcome| outcome.p_value).collect::<Vec<_>>());
        let level = alpha / done.len().max(1) as f64;
        let detectable =
            |change: Change| smallest_detectable(change.standard_error, level) * span_days / TREND_DAYS;
        let result = |(outcome, adjusted_p_value): (Outcome, f64)| TestResult {
            test: outcome.test,
            about: outcome.about,
            statistic: outcome.statistic,
            p_value: outcome.p_value,
            adjusted_p_value,
            per_30_days: outcome.change.map(|change| change.per_30_days),
            smallest_detectable: outcome.change.map(detectable),
            at: outcome.at,
            n: outcome.n,
        };
        done.into_iter().zip(adjusted).map(result).collect()
    }
}
