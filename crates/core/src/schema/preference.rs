//! Weights and preferences: what goes into training.

use super::{Annotator, Extra, Message};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much an old answer still counts, and the evidence for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Weight {
    /// The id of the vote or pair that is weighed.
    pub target: String,
    /// The weight, at least 0.
    pub weight: f64,
    /// The time that ages are counted from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub reference_time: Option<Timestamp>,
    /// After how many days a weight halves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life_days: Option<f64>,
    /// How many days count, all others not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_days: Option<f64>,
    /// The test that speaks for the weight, with its name and result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The stretch of time with one standard that the vote falls in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where a preference comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Origin {
    /// The pair's id.
    pub pair: String,
    /// The prompt's id.
    pub prompt_id: String,
    /// The prompt's category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The ids of the chosen and the rejected response.
    pub responses: [String; 2],
    /// How many votes stand behind it.
    pub votes: u32,
    /// Who gave them, in the order of their ids.
    pub annotators: Vec<Annotator>,
    /// When the last of them was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub decided_at: Option<Timestamp>,
    /// The stretch of time with one standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The version of the guidelines in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guideline_version: Option<String>,
}

/// A row that trainers load: explicit prompt, conversational.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Preference {
    /// The conversation so far.
    pub prompt: Vec<Message>,
    /// The better reply, one assistant message.
    pub chosen: Vec<Message>,
    /// The worse reply, one assistant message.
    pub rejected: Vec<Message>,
    /// Mean absolute strength of the votes for it, 0 to 3.
    pub margin: f64,
    /// Mean weight of its votes; over a file the mean is 1.
    pub weight: f64,
    /// Where it comes from.
    pub origin: Origin,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}
