//! What decides.

use serde::{Deserialize, Serialize};

/// How several opinions become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The sum of the strengths, each times its vote's weight: a strong preference outweighs a weak one, and a new one an old one that has lost its weight.
    #[default]
    Majority,
    /// What the pair most probably is, given how each annotator errs, see [`dawid_skene`](crate::agreement::dawid_skene); strengths and weights play no part.
    DawidSkene,
    /// The scores of all responses to the prompt, so that a response that wins elsewhere wins here; strengths play no part.
    BradleyTerry,
}

/// When judges count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judges {
    /// Where no person has an opinion.
    #[default]
    Last,
    /// Never.
    Excluded,
    /// As people do.
    AsPeople,
}

/// What decides on pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// How opinions become one.
    pub method: Method,
    /// When judges count.
    pub judges: Judges,
}
