//! All that is to be said of an export, as one document.

use super::report::Report;
use super::split::SplitFacts;
use super::weigh::{WeightFacts, WeightsAs};
use crate::aggregate::Method;
use crate::diversity::{Leakage, LengthBalance};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What one file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFacts {
    /// `train` or `test`.
    pub name: String,
    /// Pairs, those that are drawn several times as often.
    pub pairs: u64,
    /// Rows: a format can make several of a pair.
    pub rows: u64,
}

/// What went out, by which rules, and what stayed behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// `tiebreak/export/1`.
    pub schema: String,
    /// The format's name.
    pub format: String,
    /// How several votes became one decision.
    pub method: Method,
    /// What became of every pair and every vote.
    #[serde(flatten)]
    pub report: Report,
    /// The files of rows.
    pub parts: Vec<PartFacts>,
    /// What was done with the weights of the training part.
    pub weights: WeightFacts,
    /// The split, where there is a test part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitFacts>,
    /// Test prompts that occur in training, where that was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leakage: Option<Leakage>,
    /// How long chosen and rejected responses are.
    pub lengths: LengthBalance,
    /// Responses whose rows contradict each other, see [`Format::n_contradicted`](super::format::Format::n_contradicted).
    #[serde(default)]
    pub contradicted: u64,
}

impl Document {
    /// The name and version that every document carries.
    pub const SCHEMA: &'static str = "tiebreak/export/1";

    /// How many rows there are in all files.
    pub fn n_rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// The document as it is written to its file.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a report has text keys and finite numbers");
        text + "\n"
    }
}

impl WeightFacts {
    /// What was done, in a sentence.
    pub fn sentence(&self) -> String {
        let size =
            format!("{} pairs weigh as much as {:.0} equal ones (Kish)", self.pairs, self.effective_size);
        match self.weights_as {
            WeightsAs::Column => format!("{size}; each row has its weight in a column"),
            WeightsAs::Margin => format!("{size}; margins are multiplied by the weights"),
            WeightsAs::Resample { seed, .. } => format!(
                "{size}; {} are drawn by weight with seed {seed}, {} different ones",
                self.written, self.different
            ),
        }
    }
}

impl SplitFacts {
    /// What was done, in a sentence.
    pub fn sentence(&self) -> String {
        format!(
            "{} of {} clusters of prompts are for testing, {} % of the pairs wanted, seed {}; prompts that are nearly the same are one cluster",
            self.test_clusters,
            self.clusters,
            100.0 * self.share,
            self.seed
        )
    }
}

impl fmt::Display for Document {
    /// A line a count, then sentences; no line end after the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        let has_weights = self.weights.effective_size + 0.5 < self.weights.pairs as f64;
        if has_weights || self.weights.weights_as != WeightsAs::Column {
            write!(f, "\nweights: {}", self.weights.sentence())?;
        }
        if let Some(split) = &self.split {
            write!(f, "\nsplit: {}", split.sentence())?;
        }
        match self.contradicted {
            0 => Ok(()),
            n => write!(
                f,
                "\ncontradicted: {n} of the responses won one pair and lost another, and have rows with either label"
            ),
        }
    }
}
