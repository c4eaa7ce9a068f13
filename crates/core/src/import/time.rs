//! Times as people write them: RFC 3339, dates, and numbers since 1970.

use super::row::number;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::ops::Range;

/// No judgment of a language model's replies is older, and none is younger: durations, years and numbers of rows fall outside.
const YEARS: Range<i16> = 2000..2100;
/// A number from here on counts milliseconds: as seconds it would be after the year 5138.
const LEAST_MILLISECONDS: f64 = 1e11;
/// A number from here on counts microseconds.
const LEAST_MICROSECONDS: f64 = 1e14;
/// A number from here on counts nanoseconds.
const LEAST_NANOSECONDS: f64 = 1e17;

/// The time that a value tells: RFC 3339, a date, a time without a zone (UTC), or seconds, milli-, micro- or nanoseconds since 1970, told apart by their size.
///
/// It lies between the years 2000 and 2100, or is none.
pub(super) fn timestamp(value: &Value) -> Option<Timestamp> {
    let found = match number(value) {
        Some(number) => date_in_digits(number).or_else(|| since_1970(number)),
        None => of_text(value.as_str()?.trim()),
    };
    found.filter(|time| YEARS.contains(&TimeZone::UTC.to_datetime(*time).year()))
}

fn of_text(text: &str) -> Option<Timestamp> {
    let moment = text.parse::<Timestamp>().ok();
    moment.or_else(|| in_utc(text.parse().ok()?)).or_else(|| in_utc(text.parse::<Date>().ok()?.into()))
}

fn in_utc(time: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

/// Eight digits such as 20240501, which as seconds would be a day of 1970.
fn date_in_digits(number: f64) -> Option<Timestamp> {
    if number.fract() != 0.0 || !(1e7..1e8).contains(&number) {
        return None;
    }
    let digits = number as i32;
    let date = Date::new((digits / 10_000) as i16, (digits / 100 % 100) as i8, (digits % 100) as i8);
    in_utc(date.ok()?.into())
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
        check(json!(20240501), Some("2024-05-01T00:00:00Z"));
        check(json!("20240501"), Some("2024-05-01T00:00:00Z"));
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
            json!(2024),
            json!(34.2),
            json!(0),
            json!(1e20),
            json!(20241301),
            json!("1970-01-01T00:00:00Z"),
            json!("2120-01-01"),
            json!(-1e30),
            json!(true),
            json!([]),
            json!("2024-02-30"),
        ] {
            check(value, None);
        }
    }
}
