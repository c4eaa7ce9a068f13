//! Times that cannot be right.

use super::concern::Concern;
use super::report::Report;
use crate::schema::Vote;
use jiff::{SignedDuration, Timestamp};

/// Clocks differ by as much without being wrong.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(300);
/// A clock is set back by as much now and then to keep it right.
const CLOCK_STEP: SignedDuration = SignedDuration::from_secs(1);
/// The first second of the year 2000, long before the first vote.
const YEAR_2000_SECS: i64 = 946_684_800;

/// What is wrong with a time by itself: before the year 2000, or in the future.
pub(crate) fn wrong_time(time: Timestamp, now: Timestamp) -> Option<Concern> {
    if time.as_second() < YEAR_2000_SECS {
        Some(Concern::ClockNotSet)
    } else if time.duration_since(now) > CLOCK_SKEW {
        Some(Concern::Future)
    } else {
        None
    }
}

/// Checks the times of one vote by themselves.
pub(super) fn check(vote: &Vote, now: Timestamp, report: &mut Report) {
    let Some(decided_at) = vote.decided_at else {
        report.add(Concern::NoTime, || format!("{} on {}", vote.annotator.id, vote.pair));
        return;
    };
    let about = || format!("{} on {} at {decided_at}", vote.annotator.id, vote.pair);
    if let Some(concern) = wrong_time(decided_at, now) {
        report.add(concern, about);
    }
    let Some(shown_at) = vote.shown_at else { return };
    let took = decided_at.duration_since(shown_at);
    let active_ms = i128::from(vote.active_ms.unwrap_or(0));
    if took < SignedDuration::ZERO || active_ms > (took + CLOCK_STEP).as_millis() {
        report.add(Concern::ClockJump, about);
    }
}

/// Checks a vote's time by that of the vote before it, of the same annotator in the same study.
pub(super) fn check_after(before: &Vote, vote: &Vote, report: &mut Report) {
    let (Some(earlier), Some(later)) = (before.decided_at, vote.decided_at) else { return };
    let about = || format!("{} on {} at {later}, after a vote at {earlier}", vote.annotator.id, vote.pair);
    if later.duration_since(earlier) < -CLOCK_STEP {
        report.add(Concern::ClockJump, about);
    }
    let is_person = vote.annotator.kind.is_person();
    let is_same_showing = before.pair == vote.pair && before.shown_in == vote.shown_in;
    if is_person && later == earlier && !is_same_showing {
        report.add(Concern::EqualTimes, about);
    }
}
