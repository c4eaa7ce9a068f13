//! What asking came to.

use super::budget::{Exhausted, Tokens};
use super::error::AskError;
use crate::outcome::EarlyEnd;
use crate::progress::Progress;
use crate::terminal::{count, plural};
use anyhow::{bail, Result};
use std::collections::BTreeMap;
use std::fmt;

/// What asking came to in this start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Calls that were made, those included that failed.
    pub n_calls: u64,
    /// Calls that were answered.
    pub n_answers: usize,
    /// Asks that the cache answered.
    pub n_from_cache: usize,
    /// Asks that another one's call answered.
    pub n_shared: usize,
    /// Asks that failed for good, by the class of their errors.
    pub failures: BTreeMap<&'static str, usize>,
    /// Tokens of the calls that were answered, as the server counted them.
    pub tokens: Tokens,
    /// What these cost, where prices were given.
    pub cost: Option<f64>,
    pub end: End,
}

/// Why asking ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum End {
    /// All was asked.
    #[default]
    Done,
    /// The caller wanted no more.
    Stopped,
    /// Ctrl-C.
    Interrupted,
    OutOfBudget(Exhausted),
    /// The server refuses all of the run.
    Refused(AskError),
    /// So many asks failed one after the other that the rest would too.
    NothingWorks {
        n_failures: usize,
        last: AskError,
    },
}

impl End {
    /// Why the run ends before its work does, where it does; an error where the server is of no use to it.
    pub fn early(&self, progress: &Progress) -> Result<Option<EarlyEnd>> {
        match self {
            Self::Done | Self::Stopped => Ok(None),
            Self::Interrupted => Ok(Some(EarlyEnd::Interrupted)),
            Self::OutOfBudget(_) => {
                progress.say(&self.to_string());
                Ok(Some(EarlyEnd::OutOfBudget))
            }
            Self::Refused(_) | Self::NothingWorks { .. } => bail!("{self}"),
        }
    }
}

/// Such as `14 calls (2 without an answer), 1,234 tokens of questions and 567 of answers, 0.0123 in the prices' currency`.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", plural(usize::try_from(self.n_calls).unwrap_or(usize::MAX), "call"))?;
        match self.n_calls.saturating_sub(self.n_answers as u64) {
            0 => {}
            n => write!(f, " ({} without an answer)", count(n))?,
        }
        if self.n_from_cache > 0 {
            write!(f, ", {} from earlier starts", plural(self.n_from_cache, "answer"))?;
        }
        if self.n_shared > 0 {
            write!(f, ", {} of another's answer", plural(self.n_shared, "use"))?;
        }
        let [prompt, completion] = [self.tokens.prompt, self.tokens.completion].map(count);
        write!(f, ", {prompt} tokens of questions and {completion} of answers")?;
        self.cost.map_or(Ok(()), |cost| write!(f, ", {cost:.4} in the prices' currency"))?;
        self.failures.iter().try_for_each(|(class, n)| write!(f, ", {class}: {}", count(*n as u64)))
    }
}

/// What a person is told; empty where all was asked or the caller ended it.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done | Self::Stopped => Ok(()),
            Self::Interrupted => f.write_str("interrupted"),
            Self::OutOfBudget(exhausted) => {
                write!(f, "the budget is used up: {exhausted}; the same command goes on with a higher one")
            }
            Self::Refused(error) => error.fmt(f),
            Self::NothingWorks { n_failures, last } => {
                write!(f, "{} failed in a row, the last one because {last}", plural(*n_failures, "ask"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_say_what_there_is_to_say() {
        let mut totals = Totals {
            n_calls: 2,
            n_answers: 2,
            tokens: Tokens { prompt: 1234, completion: 5 },
            ..Totals::default()
        };
        assert_eq!(totals.to_string(), "2 calls, 1,234 tokens of questions and 5 of answers");
        totals.n_calls = 5;
        totals.n_from_cache = 1;
        totals.n_shared = 3;
        totals.cost = Some(0.5);
        totals.failures.insert("timeout", 3);
        assert_eq!(
            totals.to_string(),
            "5 calls (3 without an answer), 1 answer from earlier starts, 3 uses of another's answer, \
             1,234 tokens of questions and 5 of answers, 0.5000 in the prices' currency, timeout: 3"
        );
    }
}
