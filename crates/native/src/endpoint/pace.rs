//! How many calls and tokens a minute.
//!
//! Calls are spread evenly and not sent in bursts, because servers count over windows of their own.

use super::wait::Halt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When the next call may be made.
pub struct Pace {
    secs_per_request: f64,
    secs_per_token: f64,
    next: Mutex<Next>,
}

#[derive(Clone, Copy)]
struct Next {
    by_requests: Instant,
    by_tokens: Instant,
    /// Until when the server asked all to wait.
    held: Instant,
}

impl Pace {
    /// At most so many requests and tokens a minute; none is as fast as the server answers.
    pub fn new(requests_per_minute: Option<u32>, tokens_per_minute: Option<u32>) -> Self {
        let secs = |per_minute: Option<u32>| per_minute.map_or(0.0, |n| 60.0 / f64::from(n.max(1)));
        let now = Instant::now();
        Self {
            secs_per_request: secs(requests_per_minute),
            secs_per_token: secs(tokens_per_minute),
            next: Mutex::new(Next { by_requests: now, by_tokens: now, held: now }),
        }
    }

    /// Waits for the turn of a call of `tokens`; returns false where the halt was raised before.
    pub fn wait(&self, tokens: u64, halt: &Halt) -> bool {
        let mut turn = self.reserve(tokens);
        loop {
            if halt.wait(turn.saturating_duration_since(Instant::now())) {
                return false;
            }
            // The server may have asked for a pause meanwhile.
            turn = self.lock().held;
            if turn <= Instant::now() {
                return true;
            }
        }
    }

    /// Gives back what a call took less than was reserved for it, or takes what it took more.
    pub fn settle(&self, reserved: u64, used: u64) {
        let mut next = self.lock();
        let secs = |tokens: u64| Duration::from_secs_f64(self.secs_per_token * tokens as f64);
        next.by_tokens += secs(used);
        next.by_tokens = next.by_tokens.checked_sub(secs(reserved)).unwrap_or(next.by_tokens);
    }

    /// Lets no call begin for `wait`.
    pub fn hold(&self, wait: Duration) {
        let mut next = self.lock();
        next.held = next.held.max(Instant::now() + wait);
    }

    /// The time of a call of `tokens`; the next one comes later.
    fn reserve(&self, tokens: u64) -> Instant {
        let mut next = self.lock();
        let turn = Instant::now().max(next.by_requests).max(next.by_tokens).max(next.held);
        next.by_requests = turn + Duration::from_secs_f64(self.secs_per_request);
        next.by_tokens = turn + Duration::from_secs_f64(self.secs_per_token * tokens as f64);
        turn
    }

    /// A thread that panicked leaves the times whole.
    fn lock(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When the last of four calls of 100 tokens may be made, in seconds after the first.
    fn last_of_four(requests: Option<u32>, tokens: Option<u32>, used: u64) -> f64 {
        let pace = Pace::new(requests, tokens);
        let first = pace.reserve(100);
        pace.settle(100, used);
        let last = (1..4).map(|_| pace.reserve(100)).last().unwrap();
        last.duration_since(first).as_secs_f64()
    }

    #[track_caller]
    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.2, "{found}, not {expected}");
    }

    #[test]
    fn calls_are_spread_by_requests_and_tokens() {
        check(last_of_four(None, None, 100), 0.0);
        check(last_of_four(Some(60), None, 100), 3.0);
        check(last_of_four(None, Some(6000), 100), 3.0);
        check(last_of_four(Some(6), Some(6000), 100), 30.0);
        check(last_of_four(None, Some(6000), 400), 6.0);
        check(last_of_four(None, Some(6000), 10), 2.1);
    }

    #[test]
    fn a_hold_is_for_all() {
        let pace = Pace::new(None, None);
        pace.hold(Duration::from_secs(3600));
        pace.hold(Duration::from_secs(1));
        assert!(pace.reserve(1).duration_since(Instant::now()) > Duration::from_secs(3000));
        let halt = Halt::default();
        halt.raise();
        assert!(!pace.wait(1, &halt));
    }
}
