//! When something was said, as far as its clock can be believed.

use crate::merge::{Concern, wrong_time};
use crate::schema::{Rating, Vote};
use jiff::Timestamp;

/// Votes of a shorter time are not tested: a trend over hours, told for 30 days, is a number without meaning.
pub(super) const LEAST_DAYS: f64 = 1.0;

/// Why there is no time to go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTime {
    Missing,
    ClockNotSet,
    Future,
}

/// When a vote was given; `now` tells which times lie in the future, and without it none does.
pub(super) fn of_vote(vote: &Vote, now: Option<Timestamp>) -> Result<Timestamp, NoTime> {
    believed(vote.decided_at.or(vote.shown_at), now)
}

/// The same of a rating.
pub(super) fn of_rating(rating: &Rating, now: Option<Timestamp>) -> Result<Timestamp, NoTime> {
    believed(rating.decided_at.or(rating.shown_at), now)
}

fn believed(time: Option<Timestamp>, now: Option<Timestamp>) -> Result<Timestamp, NoTime> {
    let time = time.ok_or(NoTime::Missing)?;
    match wrong_time(time, now.unwrap_or(Timestamp::MAX)) {
        Some(Concern::ClockNotSet) => Err(NoTime::ClockNotSet),
        Some(_) => Err(NoTime::Future),
        None => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(time: &str, expected: Option<NoTime>) {
        let now = Some("2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(believed(Some(time.parse().unwrap()), now).err(), expected, "{time}");
    }

    #[test]
    fn a_clock_that_was_not_set_or_runs_ahead_is_not_believed() {
        check("1970-01-01T00:00:01Z", Some(NoTime::ClockNotSet));
        check("2025-12-31T00:00:00Z", None);
        check("2026-01-01T00:04:00Z", None);
        check("2026-01-02T00:00:00Z", Some(NoTime::Future));
        assert_eq!(believed(None, None), Err(NoTime::Missing));
        assert!(believed(Some("2999-01-01T00:00:00Z".parse().unwrap()), None).is_ok());
    }
}
