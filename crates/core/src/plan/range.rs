//! A number, or a range that numbers are drawn from.

use super::PlanError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// From `low` to `high`; a single number where they are the same.
///
/// As text it is `0.7` or `0.3..1.0`; JSON and TOML have it as a number or as such a text.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(type = "number | string", rename = "PlanRange"))]
pub struct Range {
    /// The lower end.
    pub low: f64,
    /// The higher end.
    pub high: f64,
}

impl Range {
    /// The range that holds `value` alone.
    pub fn single(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// Whether the ends are in order and within `bounds`, which `expected` says in words.
    pub(super) fn check(
        self,
        setting: &'static str,
        bounds: RangeInclusive<f64>,
        expected: &'static str,
    ) -> Result<(), PlanError> {
        if !bounds.contains(&self.low) || !bounds.contains(&self.high) {
            return Err(PlanError::OutOfBounds { setting, value: self.to_string(), expected });
        }
        if self.low > self.high {
            return Err(PlanError::Reversed { range: self });
        }
        Ok(())
    }

    /// The number at `uniform` (0 to 1) of slice `index` of `count`, to four places for the reader's sake.
    pub(super) fn at(self, (index, count): (u32, u32), uniform: f64) -> f64 {
        let share = (f64::from(index) + uniform) / f64::from(count);
        let value = self.low + (self.high - self.low) * share;
        let rounded = libm::round(value * 1e4) / 1e4;
        // Rounding may leave a narrow range, and `clamp` would panic on a reversed one.
        rounded.min(self.high).max(self.low)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            return write!(f, "{}", self.low);
        }
        write!(f, "{}..{}", self.low, self.high)
    }
}

impl FromStr for Range {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let number = |part: &str| part.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let range = match (number(low), number(high)) {
            (Some(low), Some(high)) => Self { low, high },
            _ => return Err(PlanError::NotARange { text: text.to_owned() }),
        };
        if range.low > range.high {
            return Err(PlanError::Reversed { range });
        }
        Ok(range)
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.low == self.high {
            true => serializer.serialize_f64(self.low),
            false => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RangeVisitor;

        impl de::Visitor<'_> for RangeVisitor {
            type Value = Range;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number such as 0.7, or a range such as \"0.3..1.0\"")
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Range, E> {
                Ok(Range::single(value))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Range, E> {
                Ok(Range::single(value as f64))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Range, E> {
                Ok(Range::single(value as f64))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Range, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(RangeVisitor)
    }
}
