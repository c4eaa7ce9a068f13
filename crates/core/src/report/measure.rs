//! A result, or the reason why there is none.

use serde::{Deserialize, Serialize};

/// Something that was measured, or why it could not be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure<T> {
    /// The result.
    Value(T),
    /// Why there is none, as the end of a sentence that begins with "cannot tell:".
    CannotTell(String),
}

impl<T> Measure<T> {
    /// The value, or `reason` where there is none.
    pub fn from_option(value: Option<T>, reason: &str) -> Self {
        value.map_or_else(|| Self::CannotTell(reason.to_owned()), Self::Value)
    }

    /// The value, where there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::CannotTell(_) => None,
        }
    }
}
