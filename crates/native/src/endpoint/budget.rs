//! How much may be spent, in calls and in money.

use crate::terminal::plural;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tokens of a question and of its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub prompt: u64,
    pub completion: u64,
}

impl Tokens {
    pub fn total(self) -> u64 {
        self.prompt + self.completion
    }
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.prompt += other.prompt;
        self.completion += other.completion;
    }
}

/// What a million tokens cost, in any currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prices {
    pub prompt: f64,
    pub completion: f64,
}

impl Prices {
    pub fn cost(self, tokens: Tokens) -> f64 {
        (self.prompt * tokens.prompt as f64 + self.completion * tokens.completion as f64) / 1e6
    }
}

/// The bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    pub calls: Option<u64>,
    pub cost: Option<f64>,
}

/// Which bound the next call would exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exhausted {
    Calls(u64),
    Cost(f64),
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls(most) => {
                let most = plural(usize::try_from(*most).unwrap_or(usize::MAX), "call");
                write!(f, "--max-calls allows {most}, answers of earlier starts included")
            }
            Self::Cost(most) => {
                write!(f, "the next call could exceed --max-cost {most}, answers of earlier starts included")
            }
        }
    }
}

/// What may be spent and what is.
pub struct Budget {
    bounds: Bounds,
    prices: Option<Prices>,
    spent: Mutex<Spent>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    pub calls: u64,
    pub tokens: Tokens,
}

impl Budget {
    /// A budget of which `before` is spent.
    pub fn new(bounds: Bounds, prices: Option<Prices>, before: Spent) -> Self {
        Self { bounds, prices, spent: Mutex::new(before) }
    }

    /// Takes what a call of at most `tokens` needs, or says which bound it would exceed.
    pub fn reserve(&self, tokens: Tokens) -> Result<(), Exhausted> {
        let mut spent = self.lock();
        let mut after = *spent;
        after.calls += 1;
        after.tokens += tokens;
        if let Some(most) = self.bounds.calls.filter(|most| after.calls > *most) {
            return Err(Exhausted::Calls(most));
        }
        if let (Some(most), Some(prices)) = (self.bounds.cost, self.prices) {
            if prices.cost(after.tokens) > most {
                return Err(Exhausted::Cost(most));
            }
        }
        *spent = after;
        Ok(())
    }

    /// Replaces what was reserved for a call by what it used.
    pub fn settle(&self, reserved: Tokens, used: Tokens) {
        let mut spent = self.lock();
        spent.tokens.prompt = (spent.tokens.prompt + used.prompt).saturating_sub(reserved.prompt);
        spent.tokens.completion =
            (spent.tokens.completion + used.completion).saturating_sub(reserved.completion);
    }

    /// Takes back a call that was never made.
    pub fn release(&self, reserved: Tokens) {
        self.settle(reserved, Tokens::default());
        self.lock().calls -= 1;
    }

    pub fn spent(&self) -> Spent {
        *self.lock()
    }

    /// What tokens cost; none where no prices were given.
    pub fn cost(&self, tokens: Tokens) -> Option<f64> {
        self.prices.map(|prices| prices.cost(tokens))
    }

    /// A thread that panicked leaves the numbers whole.
    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: Tokens = Tokens { prompt: 1_000_000, completion: 1_000_000 };

    #[test]
    fn calls_are_bounded_and_earlier_ones_count() {
        let before = Spent { calls: 1, ..Spent::default() };
        let budget = Budget::new(Bounds { calls: Some(3), cost: None }, None, before);
        assert_eq!(budget.reserve(MILLION), Ok(()));
        assert_eq!(budget.reserve(MILLION), Ok(()));
        assert_eq!(budget.reserve(MILLION), Err(Exhausted::Calls(3)));
        budget.release(MILLION);
        assert_eq!(budget.reserve(MILLION), Ok(()));
    }

    #[test]
    fn money_is_bounded_by_the_dearest_that_a_call_can_be() {
        let prices = Some(Prices { prompt: 1.0, completion: 2.0 });
        let budget = Budget::new(Bounds { calls: None, cost: Some(7.0) }, prices, Spent::default());
        assert_eq!(budget.reserve(MILLION), Ok(()));
        assert_eq!(budget.reserve(MILLION), Ok(()));
        assert_eq!(budget.reserve(MILLION), Err(Exhausted::Cost(7.0)));
        budget.settle(MILLION, Tokens { prompt: 1_000_000, completion: 500_000 });
        assert_eq!(
            budget.reserve(MILLION),
            Err(Exhausted::Cost(7.0)),
            "5 are spent, and the call may cost 3"
        );
        budget.settle(MILLION, Tokens::default());
        assert_eq!(budget.cost(budget.spent().tokens), Some(2.0));
        assert_eq!(budget.reserve(MILLION), Ok(()));
    }
}
