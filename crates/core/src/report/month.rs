//! Calendar months, in UTC.

use jiff::Timestamp;
use jiff::tz::Offset;

/// Such as `2026-01`.
pub(crate) fn month(time: Timestamp) -> String {
    name(months_since_year_0(time))
}

/// All months from that of one time to that of another, both included.
pub(super) fn months(first: Timestamp, last: Timestamp) -> impl Iterator<Item = String> {
    (months_since_year_0(first)..=months_since_year_0(last)).map(name)
}

fn months_since_year_0(time: Timestamp) -> i32 {
    let date = Offset::UTC.to_datetime(time);
    12 * i32::from(date.year()) + i32::from(date.month()) - 1
}

fn name(months: i32) -> String {
    format!("{:04}-{:02}", months.div_euclid(12), months.rem_euclid(12) + 1)
}
