//! How a command ends, and the problems that it told on the way.

use crate::files::say;
use crate::terminal::plural;
use std::fmt::Display;

/// How a command ended that could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// All was done that could be, and what could not was reported.
    Problems,
    Interrupted,
}

/// Why a run ended before its work did; the same command goes on with the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyEnd {
    Interrupted,
    /// The next call could have exceeded the budget.
    OutOfBudget,
}

/// What could not be used: told as it is found, and counted for the end.
#[derive(Debug, Default)]
pub struct Problems {
    count: usize,
}

impl Problems {
    pub fn add(&mut self, problem: &dyn Display) {
        say(&problem.to_string());
        self.count += 1;
    }

    /// Counts what was told elsewhere.
    pub fn were_told(&mut self, n: usize) {
        self.count += n;
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// Tells how many there were, and what that makes of a run that ended so.
    pub fn outcome(self, end: Option<EarlyEnd>) -> Outcome {
        if self.count > 0 {
            say(&format!("{} reported above", plural(self.count, "problem")));
        }
        match end {
            Some(EarlyEnd::Interrupted) => Outcome::Interrupted,
            Some(EarlyEnd::OutOfBudget) => Outcome::Problems,
            None if self.count > 0 => Outcome::Problems,
            None => Outcome::Done,
        }
    }
}
