//! What time a record says it is.

use anyhow::{Context, Result};
use jiff::{Timestamp, Unit};

/// The clock, or a fixed time where `SOURCE_DATE_EPOCH` asks for files that can be compared byte for byte.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    fixed: Option<Timestamp>,
}

impl Clock {
    /// Reads `SOURCE_DATE_EPOCH`, in seconds since 1970.
    pub fn from_environment() -> Result<Self> {
        let fixed =
            std::env::var_os("SOURCE_DATE_EPOCH").map(|text| parse(&text.to_string_lossy())).transpose()?;
        Ok(Self { fixed })
    }

    /// The time in milliseconds.
    pub fn now(self) -> Timestamp {
        self.fixed.unwrap_or_else(|| {
            let now = Timestamp::now();
            now.round(Unit::Millisecond).unwrap_or(now)
        })
    }
}

fn parse(text: &str) -> Result<Timestamp> {
    let seconds: i64 =
        text.parse().with_context(|| format!("SOURCE_DATE_EPOCH is `{text}`, not a whole number"))?;
    Timestamp::from_second(seconds).with_context(|| format!("SOURCE_DATE_EPOCH is {text}, which is no date"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_time_is_in_seconds() {
        assert_eq!(parse("1700000000").unwrap().to_string(), "2023-11-14T22:13:20Z");
        for bad in ["", "now", "1.5", "99999999999999999"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
