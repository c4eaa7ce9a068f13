//! Times as people write them: RFC 3339, dates, and numbers since 1970.

use super::row::number;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

/// A number from here on counts milliseconds: as seconds it would be after the year 5138.
const LEAST_MILLISECONDS: f64 = 1e11;
/// A number from here on counts microseconds.
const LEAST_MICROSECONDS: f64 = 1e14;
/// A number from here on counts nanoseconds.
const LEAST_NANOSECONDS: f64 = 1e17;

/// The time that a value tells: RFC 3339, a date, a time without a zone (UTC), or seconds, milli-, micro- or nanoseconds since 1970, told apart by their size.
pub(super) fn timestamp(value: &Value) -> Option<Timestamp> {
    if let Some(number) = number(value) {
        return since_1970(number);
    }
    let text = value.as_str()?.trim();
    let in_utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| in_utc(text.parse().ok()?))
        .or_else(|| in_utc(text.parse::<Date>().ok()?.into()))
}

fn since_1970(number: f64) -> Option<Timestamp> {
    let seconds = match number.abs() {
        size if size >= LEAST_NANOSECONDS => number / 1e9,
        size if size >= LEAST_MICROSECONDS => number / 1e6,
        size if size >= LEAST_MILLISECONDS => number / 1e3,
        _ => number,
    };
    // A float holds today's seconds to less than a microsecond, so that more digits would be made up.
    let microseconds = (seconds * 1e6).round();
    Timestamp::from_microsecond(microseconds as i64).ok().filter(|_| microseconds.abs() < 9e18)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: Value, expected: Option<&str>) {
        let found = timestamp(&value).map(|time| time.to_string());
        assert_eq!(found.as_deref(), expected, "{value}");
    }

    #[test]
    fn times_are_read_in_every_form() {
        check(json!("2024-05-01T12:30:00Z"), Some("2024-05-01T12:30:00Z"));
        check(json!("2024-05-01T12:30:00.25+02:00"), Some("2024-05-01T10:30:00.25Z"));
        check(json!("2024-05-01 12:30:00"), Some("2024-05-01T12:30:00Z"));
        check(json!("2024-05-01"), Some("2024-05-01T00:00:00Z"));
        check(json!(1714566600), Some("2024-05-01T12:30:00Z"));
        check(json!(1714566600.25), Some("2024-05-01T12:30:00.25Z"));
        check(json!(1714566600250i64), Some("2024-05-01T12:30:00.25Z"));
        check(json!("1714566600"), Some("2024-05-01T12:30:00Z"));
        check(json!(1714566600250000i64), Some("2024-05-01T12:30:00.25Z"));
        check(json!(1714566600250000000i64), Some("2024-05-01T12:30:00.25Z"));
    }

    #[test]
    fn what_is_no_time_has_none() {
        for value in [
            json!("yesterday"),
            json!(""),
            json!(1e300),
            json!(-1e30),
            json!(true),
            json!([]),
            json!("2024-02-30"),
        ] {
            check(value, None);
        }
    }
}
