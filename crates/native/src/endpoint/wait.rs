//! How long to wait before a call is made again.

use jiff::fmt::rfc2822;
use jiff::Timestamp;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tiebreak_core::random::{Purpose, ResponseRandom};
use ureq::http::{header, HeaderMap};

/// Before the second attempt, on average.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause that is ours.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that a server may ask for; a longer one is cut, and the call is tried then.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The pause after attempt `attempt` (from 0) of the ask `id`: doubled each time, and spread from half of that to one and a half, so that calls that failed together do not come again together.
pub fn backoff(id: &str, attempt: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.min(16)).min(LONGEST_PAUSE);
    let jitter = ResponseRandom::new(0, id, attempt).uniform(Purpose::Token, 0);
    doubled.mul_f64(0.5 + jitter)
}

/// What `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3), 5 minutes at most.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
        Err(_) => {
            let date = rfc2822::parse(text).ok()?.timestamp();
            Duration::try_from(date.duration_since(Timestamp::now())).unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

/// Ends the work of all threads, also of those that wait.
#[derive(Default)]
pub struct Halt {
    is_raised: Mutex<bool>,
    raised: Condvar,
}

impl Halt {
    pub fn raise(&self) {
        *self.lock() = true;
        self.raised.notify_all();
    }

    /// Waits for `duration`, or less where the halt is raised; returns whether it is.
    pub fn wait(&self, duration: Duration) -> bool {
        let waited = self.raised.wait_timeout_while(self.lock(), duration, |is_raised| !*is_raised);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// A thread that panicked leaves the flag whole.
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(text: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn servers_say_seconds_or_a_date() {
        assert_eq!(
            [wait("7"), wait(" 0 "), wait("1.5"), wait("86400")],
            [Some(7), Some(0), Some(1), Some(300)]
        );
        assert_eq!([wait("soon"), wait("-1"), wait("NaN")], [None, None, None]);
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(wait("Thu, 01 Jan 2099 00:00:00 GMT"), Some(300));
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn pauses_double_and_are_spread_and_bounded() {
        for attempt in 0..40 {
            let whole = 0.5 * f64::from(1u32 << attempt.min(6));
            let pauses: Vec<f64> =
                (0..20).map(|id| backoff(&id.to_string(), attempt).as_secs_f64()).collect();
            let bounds = whole.min(30.0) * 0.5..whole.min(30.0) * 1.5;
            assert!(pauses.iter().all(|pause| bounds.contains(pause)), "{attempt}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{attempt}");
        }
        assert_eq!(backoff("a", 3), backoff("a", 3));
    }

    #[test]
    fn a_halt_ends_a_wait() {
        let halt = Halt::default();
        assert!(!halt.wait(Duration::ZERO));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| halt.wait(Duration::from_secs(3600)));
            halt.raise();
            assert!(waiting.join().unwrap());
        });
        assert!(halt.wait(Duration::ZERO));
    }
}
