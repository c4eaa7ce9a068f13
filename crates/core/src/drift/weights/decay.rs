//! How much an answer of a given age counts: one function for the command, the report and the page.

use serde::{Deserialize, Serialize};

/// What old answers are worth; ages are counted back from a reference time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// As much as new ones.
    #[default]
    None,
    /// Half as much after so many days: 2^(−age / days).
    HalfLife {
        /// The half-life, above 0.
        days: f64,
    },
    /// All for so many days, and then nothing.
    Window {
        /// The window, above 0.
        days: f64,
    },
    /// Nothing where they are older than a date at which the standard changed.
    Cut {
        /// The age of that date at the reference time, in days.
        age_days: f64,
    },
}

impl Decay {
    /// The same, seen from so many days later, or earlier below 0: a date that old answers are cut at stays where it is, and before it nothing is cut.
    pub fn seen_later(self, days: f64) -> Self {
        match self {
            Self::Cut { age_days } if age_days + days > 0.0 => Self::Cut { age_days: age_days + days },
            Self::Cut { .. } => Self::None,
            other => other,
        }
    }
}

/// The weight of an answer, 0 to 1; `age_days` is none where its time is not known, and such an answer is never decayed.
///
/// An age below 0, as of an answer after the reference time, counts as 0.
pub fn weight_at(age_days: Option<f64>, decay: &Decay) -> f64 {
    let Some(age) = age_days.filter(|age| age.is_finite()).map(|age| age.max(0.0)) else {
        return 1.0;
    };
    let kept = |is_kept: bool| f64::from(u8::from(is_kept));
    match *decay {
        Decay::None => 1.0,
        Decay::HalfLife { days } => {
            if days > 0.0 {
                libm::exp2(-age / days)
            } else {
                kept(age == 0.0)
            }
        }
        Decay::Window { days } => kept(age <= days),
        Decay::Cut { age_days } => kept(age <= age_days),
    }
}

impl std::fmt::Display for Decay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => write!(f, "no decay"),
            Self::HalfLife { days } => write!(f, "a half-life of {days:.0} days"),
            Self::Window { days } => write!(f, "a window of {days:.0} days"),
            Self::Cut { age_days } => write!(f, "a cut {age_days:.0} days back"),
        }
    }
}
