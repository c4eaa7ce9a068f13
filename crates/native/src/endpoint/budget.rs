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
        self.prompt.saturating_add(self.completion)
    }
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        // What a server counts is a number of its own choosing.
        self.prompt = self.prompt.saturating_add(other.prompt);
        self.completion = self.completion.saturating_add(other.completion);
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
///
/// How many tokens a question has is a guess, until servers have counted some: from then on guesses grow with the largest ratio of counted to guessed.
pub struct Budget {
    bounds: Bounds,
    prices: Option<Prices>,
    state: Mutex<State>,
}

struct State {
    spent: Spent,
    /// The largest ratio of counted to guessed tokens of a question; none before the first answer.
    ratio: Option<f64>,
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
        Self { bounds, prices, state: Mutex::new(State { spent: before, ratio: None }) }
    }

    /// Whether the first answer should come before a second call is made: money is bounded, and no guess was tried yet.
    pub fn is_untried(&self) -> bool {
        self.bounds.cost.is_some() && self.lock().ratio.is_none()
    }

    /// Takes what a call of about `guess` needs and returns it, or says which bound it would exceed.
    pub fn reserve(&self, guess: Tokens) -> Result<Tokens, Exhausted> {
        let mut state = self.lock();
        let prompt = guess.prompt as f64 * state.ratio.unwrap_or(1.0).max(1.0);
        let tokens = Tokens { prompt: prompt.ceil() as u64, ..guess };
        let mut after = state.spent;
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
        state.spent = after;
        Ok(tokens)
    }

    /// Learns how many tokens a server counted in a question.
    pub fn learn(&self, guess: Tokens, counted: u64) {
        let ratio = counted as f64 / guess.prompt.max(1) as f64;
        let mut state = self.lock();
        state.ratio = Some(state.ratio.map_or(ratio, |largest| largest.max(ratio)));
    }

    /// Replaces what was reserved for a call by what it used.
    pub fn settle(&self, reserved: Tokens, used: Tokens) {
        let spent = &mut self.lock().spent;
        let settled =
            |spent: u64, used: u64, reserved: u64| spent.saturating_sub(reserved).saturating_add(used);
        spent.tokens = Tokens {
            prompt: settled(spent.tokens.prompt, used.prompt, reserved.prompt),
            completion: settled(spent.tokens.completion, used.completion, reserved.completion),
        };
    }

    /// Takes back a call that was never made.
    pub fn release(&self, reserved: Tokens) {
        self.settle(reserved, Tokens::default());
        self.lock().spent.calls -= 1;
    }

    pub fn spent(&self) -> Spent {
        self.lock().spent
    }

    /// What tokens cost; none where no prices were given.
    pub fn cost(&self, tokens: Tokens) -> Option<f64> {
        self.prices.map(|prices| prices.cost(tokens))
    }

    /// A thread that panicked leaves the numbers whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!(budget.reserve(MILLION), Ok(MILLION));
        assert_eq!(budget.reserve(MILLION), Ok(MILLION));
        assert_eq!(budget.reserve(MILLION), Err(Exhausted::Calls(3)));
        budget.release(MILLION);
        assert_eq!(budget.reserve(MILLION), Ok(MILLION));
    }

    #[test]
    fn money_is_bounded_by_the_dearest_that_a_call_can_be() {
        let prices = Some(Prices { prompt: 1.0, completion: 2.0 });
        let budget = Budget::new(Bounds { calls: None, cost: Some(7.0) }, prices, Spent::default());
        assert_eq!(budget.reserve(MILLION), Ok(MILLION));
        assert_eq!(budget.reserve(MILLION), Ok(MILLION));
        assert_eq!(budget.reserve(MILLION), Err(Exhausted::Cost(7.0)));
        budget.settle(MILLION, Tokens { prompt: 1_000_000, completion: 500_000 });
        assert_eq!(
            budget.reserve(MILLION),
            Err(Exhausted::Cost(7.0)),
            "5 are spent, and the call may cost 3"
        );
        budget.settle(MILLION, Tokens::default());
        assert_eq!(budget.cost(budget.spent().tokens), Some(2.0));
        assert_eq!(budget.reserve(MILLION), Ok(MILLION));
    }

    #[test]
    fn guesses_grow_with_what_servers_count() {
        let prices = Some(Prices { prompt: 1.0, completion: 0.0 });
        let budget = Budget::new(Bounds { calls: None, cost: Some(7.0) }, prices, Spent::default());
        assert!(budget.is_untried());
        let counted = Tokens { prompt: 3_000_000, completion: 0 };
        assert_eq!(budget.reserve(MILLION), Ok(MILLION));
        budget.learn(MILLION, counted.prompt);
        budget.settle(MILLION, counted);
        let second = budget.reserve(MILLION);
        assert_eq!(second, Ok(Tokens { completion: 1_000_000, ..counted }));
        assert_eq!(
            budget.reserve(MILLION),
            Err(Exhausted::Cost(7.0)),
            "a third one could be the ninth million"
        );
        assert!(!budget.is_untried());
    }

    #[test]
    fn no_count_is_too_large() {
        let budget = Budget::new(Bounds::default(), None, Spent::default());
        let most = Tokens { prompt: u64::MAX, completion: u64::MAX };
        for _ in 0..2 {
            assert_eq!(budget.reserve(MILLION), Ok(MILLION));
            budget.settle(MILLION, most);
        }
        assert_eq!((budget.spent().tokens, most.total()), (most, u64::MAX));
    }
}
