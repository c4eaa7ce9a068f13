//! The card as it is stored: one JSON document for one judge.

use super::measures::{
    Baselines, Calibration, Concordance, Contrast, Escalation, LeftOneOut, Length, Position, WinRate,
};
use crate::report::Measure;
use crate::schema::{Extra, ModelReference};
use crate::statistics::Share;
use serde::{Deserialize, Serialize};

/// What the card is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardSettings {
    /// On how many pairs people and judge must both take a side before the card says whether the judge may label.
    ///
    /// With 100 the 95 % interval of the accuracy goes at most 10 points to either side.
    pub min_pairs: usize,
    /// The share of kept verdicts, above 0 to below 1, that may differ from people's majority.
    pub alpha: f64,
    /// The probability, above 0 to below 1, that the threshold breaks that promise.
    pub delta: f64,
}

impl Default for CardSettings {
    fn default() -> Self {
        Self { min_pairs: 100, alpha: 0.1, delta: 0.1 }
    }
}

/// How many votes and pairs the card rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// People with an opinion on a pair that the judge voted on.
    pub people: usize,
    /// How many of them are experts.
    pub experts: usize,
    /// How many of them are nobody, because their answers were known by construction; see [`BY_CONSTRUCTION`](super::BY_CONSTRUCTION).
    #[serde(default)]
    pub by_construction: usize,
    /// Prompts of the shared pairs.
    pub prompts: usize,
    /// Pairs that the judge voted on and a person has an opinion on: the shared pairs.
    pub pairs: usize,
    /// Shared pairs on which most people prefer one side.
    pub people_decided: usize,
    /// Shared pairs on which most people prefer neither: a tie, or both bad.
    pub people_tied: usize,
    /// Shared pairs without a majority.
    pub people_split: usize,
    /// Of the pairs that people decided, those on which the judge takes a side too: all accuracies are on these.
    pub compared: usize,
    /// Of the pairs that people decided, those that the judge calls a tie or both bad.
    pub judge_tied: usize,
    /// Of the pairs that people decided, those on which the judge abstained: a skip or a flag.
    #[serde(default)]
    pub judge_abstained: usize,
    /// Of the pairs that people decided, those on which the judge gave no verdict that could be read.
    pub judge_silent: usize,
    /// Pairs that the judge voted on and no person has an opinion on.
    pub judge_only: usize,
    /// Pairs that a person has an opinion on and the judge did not vote on.
    pub people_only: usize,
    /// Votes on pairs that the samples do not hold.
    pub unknown: usize,
}

/// What the judge may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// It may label.
    Label,
    /// It may label what it is sure of; the rest goes to people.
    LabelAboveThreshold,
    /// It knows something, but no verdict of it can stand for people's.
    Triage,
    /// It does no better than a rule that reads nothing.
    Nothing,
    /// Too few pairs.
    CannotTell,
}

/// The answer to "may this judge label?".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// For what.
    #[serde(rename = "use")]
    pub usage: Use,
    /// How many more pairs, on which people and judge both take a side, are needed to tell; 0 where there are enough.
    pub more_pairs: usize,
    /// Why, in plain sentences.
    pub reason: String,
}

/// All that was measured of one judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// `tiebreak/judge-card/1`.
    pub schema: String,
    /// The judge's annotator id.
    pub judge: String,
    /// Its model, where its votes tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelReference>,
    /// What was asked for.
    pub settings: CardSettings,
    /// What it may be used for.
    pub advice: Advice,
    /// What everything rests on.
    pub counts: Counts,
    /// How often it is right, by people's majority, where both take a side; pairs of one prompt are taken to hang together.
    pub accuracy: Measure<Share>,
    /// Agreement with people's majority, ties included.
    pub concordance: Measure<Concordance>,
    /// The judge in a left-out person's place.
    pub left_one_out: Measure<LeftOneOut>,
    /// What simple rules get right.
    pub baselines: Measure<Baselines>,
    /// Whether order matters.
    pub position: Position,
    /// Whether length matters.
    pub length: Length,
    /// Whether it prefers its own family of models.
    pub self_preference: Measure<Contrast>,
    /// The share of its votes that abstain: a skip or a flag.
    #[serde(default = "not_counted")]
    pub abstained: Measure<Share>,
    /// The share of its votes that could not be read.
    pub unparsed: Measure<Share>,
    /// Whether its log-odds are probabilities.
    pub calibration: Measure<Calibration>,
    /// Which verdicts can be kept.
    pub escalation: Escalation,
    /// Win rates of the models that wrote the responses.
    pub win_rates: Vec<WinRate>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

fn not_counted() -> Measure<Share> {
    Measure::CannotTell("the card was made before abstentions were counted apart".to_owned())
}

/// Why a card cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The document is of another kind or version.
    #[error("this is `{found}`; a judge card is `{}`: make one with `tiebreak calibrate`", Card::SCHEMA)]
    OtherSchema {
        /// What it says it is.
        found: String,
    },
    /// The document is no card.
    #[error("the judge card's field `{path}`: {reason}")]
    Unreadable {
        /// The field.
        path: String,
        /// What is wrong there.
        reason: String,
    },
}

impl Card {
    /// The name and version that every card carries.
    pub const SCHEMA: &'static str = "tiebreak/judge-card/1";

    /// Reads a card; one of another version is refused by name.
    pub fn read(bytes: &[u8]) -> Result<Self, CardError> {
        #[derive(Deserialize)]
        struct Header {
            schema: String,
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if let Ok(Header { schema }) = serde_json::from_slice(bytes)
            && schema != Self::SCHEMA
        {
            let found = schema.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(CardError::OtherSchema { found });
        }
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let unreadable = |path: String, reason: String| CardError::Unreadable { path, reason };
        let card = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| unreadable(error.path().to_string(), error.inner().to_string()))?;
        deserializer.end().map_err(|error| unreadable(".".to_owned(), error.to_string()))?;
        Ok(card)
    }

    /// The document as it is written to its file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a card has text keys and finite numbers");
        text.push('\n');
        text
    }
}
