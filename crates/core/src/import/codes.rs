//! What the values of a field of verdicts mean, where they are no words.

use super::helpsteer::strength;
use super::row::number;
use crate::schema::{Verdict, printable};
use serde_json::Value;
use std::str::FromStr;
use thiserror::Error;

/// What the user says that values mean: a number alone tells neither its side nor its scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// A value for each side, and one for a tie where there are ties.
    Sides {
        /// The first response is better.
        first: String,
        /// The second response is better.
        second: String,
        /// Neither is.
        tie: Option<String>,
    },
    /// Whole numbers from −3 to 3, below 0 where the first response is better.
    Strength,
    /// Whole numbers from −3 to 3, below 0 where the second response is better.
    ReversedStrength,
}

/// A text that names no codes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` codes no verdicts; give different values for the first, the second and perhaps a tie, as 1,2 or 0,1,2, or for -3 to 3 `strength` (below 0: the first) or `reversed-strength`"
)]
pub struct NoCodes {
    text: String,
}

impl Codes {
    /// What a value means, where it is one of the codes.
    pub(super) fn verdict(&self, value: &Value) -> Option<Verdict> {
        match self {
            Self::Strength => strength(Some(value)).map(Verdict::Strength),
            Self::ReversedStrength => strength(Some(value)).map(|strength| Verdict::Strength(-strength)),
            Self::Sides { first, second, tie } => {
                let code = code(value)?;
                let known = [(Some(first), -1), (Some(second), 1), (tie.as_ref(), 0)];
                let found = known.into_iter().find(|(known, _)| *known == Some(&code));
                found.map(|(_, strength)| Verdict::Strength(strength))
            }
        }
    }
}

impl FromStr for Codes {
    type Err = NoCodes;

    fn from_str(text: &str) -> Result<Self, NoCodes> {
        let parts: Vec<String> = text.split(',').filter_map(|part| code(&Value::from(part))).collect();
        let all_differ = parts.iter().enumerate().all(|(at, part)| !parts[..at].contains(part));
        match (text, parts.as_slice()) {
            ("strength", _) => Ok(Self::Strength),
            ("reversed-strength", _) => Ok(Self::ReversedStrength),
            (_, [first, second, tie @ ..]) if all_differ && tie.len() < 2 => {
                Ok(Self::Sides { first: first.clone(), second: second.clone(), tie: tie.first().cloned() })
            }
            _ => Err(NoCodes { text: printable(text) }),
        }
    }
}

/// The value as it is compared: tables write 1 as 1.0 where some cell of the column is empty.
fn code(value: &Value) -> Option<String> {
    match value {
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(_) | Value::String(_) => match number(value) {
            Some(number) => Some(number.to_string()),
            None => value.as_str().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(codes: &str, values: Value, expected: &[Option<i8>]) {
        let codes: Codes = codes.parse().unwrap();
        let found = values.as_array().unwrap().iter().map(|value| codes.verdict(value));
        let expected: Vec<Option<Verdict>> =
            expected.iter().map(|strength| strength.map(Verdict::Strength)).collect();
        assert_eq!(found.collect::<Vec<_>>(), expected, "{codes:?}");
    }

    #[test]
    fn values_mean_what_the_user_says() {
        check("1,2", json!([1, "2", "1.0", 0, null]), &[Some(-1), Some(1), Some(-1), None, None]);
        check("0,1,2", json!([0, 1, 2, 3]), &[Some(-1), Some(1), Some(0), None]);
        check("1,0", json!([0, 1, true]), &[Some(1), Some(-1), None]);
        check("Win, Loss, Draw", json!(["win", "LOSS", "draw"]), &[Some(-1), Some(1), Some(0)]);
        check("true,false", json!([true, false, "true"]), &[Some(-1), Some(1), Some(-1)]);
        check("strength", json!([-3, 0, 1, 4, 0.5]), &[Some(-3), Some(0), Some(1), None, None]);
        check("reversed-strength", json!([-3, 0, "1"]), &[Some(3), Some(0), Some(-1)]);
    }

    #[test]
    fn what_names_no_codes_is_refused() {
        for text in ["", "1", "1,1", "1,1.0", "1,2,3,4", "1,,", "scale"] {
            let error = text.parse::<Codes>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` codes no verdicts")), "{error}");
        }
    }
}
