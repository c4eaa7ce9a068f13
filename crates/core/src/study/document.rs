//! The study document and its settings.

use super::check;
use crate::schema::{AnnotatorKind, Extra, Finding, Message, Verdict, sha256_hex};
use serde::{Deserialize, Serialize};

/// Why a study cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file is larger than any study.
    #[error("the study is {bytes} bytes long; at most {most} can be read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest size that is read.
        most: usize,
    },
    /// The file is no study, or one of a version that this program does not know.
    #[error("{0}")]
    Unreadable(String),
    /// Some of its values make no sense.
    #[error("the study has {} problem(s); the first: `{}`: {} (expected {})", .0.len(), .0[0].path, .0[0].message, .0[0].expected)]
    Invalid(Vec<Finding>),
}

/// How a preference is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Seven steps, from much better to much better, with a tie in the middle.
    #[default]
    Seven,
    /// The same without a tie.
    Forced,
    /// Better, tie, better.
    Three,
}

impl Scale {
    /// The strengths that may be answered.
    pub fn strengths(self) -> &'static [i8] {
        match self {
            Self::Seven => &[-3, -2, -1, 0, 1, 2, 3],
            Self::Forced => &[-3, -2, -1, 1, 2, 3],
            Self::Three => &[-1, 0, 1],
        }
    }
}

/// How a batch of votes is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "UPPERCASE")]
pub enum ResultMethod {
    /// As the body of a POST.
    #[default]
    Post,
    /// As the body of a PUT.
    Put,
}

/// Where votes are sent, beside being kept in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// An https address, or one on the page's own machine.
    pub url: String,
    /// The request's method.
    #[serde(default)]
    pub method: ResultMethod,
}

/// When an annotator is told to take care.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, deny_unknown_fields)]
pub struct Warnings {
    /// Faster than so many words a minute nobody reads; 0 turns the warning off.
    pub words_per_minute: f64,
    /// So many votes in a row for the same side of the screen are unlikely; 0 turns the warning off.
    pub same_side_run: u32,
}

impl Default for Warnings {
    fn default() -> Self {
        Self { words_per_minute: 900.0, same_side_run: 12 }
    }
}

/// What the researcher decides about a study, as far as annotators' pages need to know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Stands on top of the page.
    pub title: String,
    /// What the study is about and what becomes of the data; the annotator has to agree to it.
    pub consent: Option<String>,
    /// How long a list takes, in minutes.
    pub minutes: Option<f64>,
    /// What is paid for it, in words.
    pub pay: Option<String>,
    /// Whom to ask, in words: a name, an address.
    pub contact: Option<String>,
    /// The answers that can be given.
    pub scale: Scale,
    /// Whether a reason has to be chosen.
    pub require_reason: bool,
    /// The least characters of a rationale; 0 asks for none.
    pub min_rationale_chars: u32,
    /// The share of qualification questions that must be answered rightly, 0 to 1.
    pub pass_share: f64,
    /// After so many votes the page offers to save them to a file; 0 never does.
    pub save_every: u32,
    /// What the platform that pays expects at the end; a part of the last receipt is added to it.
    pub completion_code: Option<String>,
    /// Where the annotator goes at the end; https only. `{code}` stands for the completion code.
    pub completion_url: Option<String>,
    /// Where votes are sent.
    pub delivery: Option<Delivery>,
    /// When to warn.
    pub warnings: Warnings,
    /// Who answers, and so whose word the votes are: people, or experts, who take precedence.
    pub answered_by: Answerers,
}

/// Who a study is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Answerers {
    /// Anyone who is qualified.
    #[default]
    People,
    /// Those who know the work.
    Experts,
}

impl Answerers {
    /// The kind that their votes carry.
    pub fn kind(self) -> AnnotatorKind {
        match self {
            Self::People => AnnotatorKind::Human,
            Self::Experts => AnnotatorKind::Expert,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            title: "Which reply is better?".to_owned(),
            consent: None,
            minutes: None,
            pay: None,
            contact: None,
            scale: Scale::default(),
            require_reason: false,
            min_rationale_chars: 0,
            pass_share: 0.75,
            save_every: 50,
            completion_code: None,
            completion_url: None,
            delivery: None,
            warnings: Warnings::default(),
            answered_by: Answerers::default(),
        }
    }
}

/// What annotators go by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Guidelines {
    /// Such as `1.0.0`.
    pub version: String,
    /// Markdown.
    pub text: String,
    /// The criteria, which serve as reasons for a vote.
    #[serde(default)]
    pub criteria: Vec<String>,
}

/// A question with a known answer, asked before the first pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct QualificationQuestion {
    /// The conversation.
    pub messages: Vec<Message>,
    /// In the order in which they are shown; "first" in the verdict means the first of them.
    pub responses: [String; 2],
    /// The right answer.
    pub verdict: Verdict,
    /// Why it is right; shown after the answer.
    pub reason: String,
}

impl QualificationQuestion {
    /// Whether an answer counts as right: the same side, or the same word where there is no side.
    pub fn accepts(&self, answer: Verdict) -> bool {
        match (self.verdict, answer) {
            (Verdict::Strength(right), Verdict::Strength(given)) => right.signum() == given.signum(),
            (right, given) => right == given,
        }
    }
}

/// The questions before the first pair.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Qualification {
    /// In the order in which they are asked; none asks nothing.
    #[serde(default)]
    pub questions: Vec<QualificationQuestion>,
}

/// A pair to be annotated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Item {
    /// Says nothing about the pair.
    pub id: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// In canonical order: that of the ids that their texts give.
    pub responses: [String; 2],
    /// What the screening found and the researcher chose to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "types", ts(as = "Option<Vec<String>>"))]
    pub marks: Vec<String>,
}

/// The document that goes to annotators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Study {
    /// `tiebreak/study/1`.
    pub schema: String,
    /// By content, so that a changed study is another one.
    pub id: String,
    /// What the researcher decided.
    pub settings: Settings,
    /// What annotators go by.
    pub guidelines: Guidelines,
    /// What is asked before the first pair.
    #[serde(default)]
    pub qualification: Qualification,
    /// Keys the order of pairs and sides. It is public: whoever has it can check the order, not choose it.
    pub order_key: String,
    /// SHA-256 of the key file in hex, which shows later that the key was not changed afterwards.
    pub key_sha256: String,
    /// The pairs.
    pub items: Vec<Item>,
    /// The places of the pairs that each slot gets; one that stands twice in a list is shown twice.
    pub lists: Vec<Vec<usize>>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Study {
    /// The name and version that every study carries.
    pub const SCHEMA: &'static str = "tiebreak/study/1";

    /// Reads and checks a study from anywhere.
    pub fn read(bytes: &[u8]) -> Result<Self, StudyError> {
        check::read(bytes)
    }

    /// What makes no sense in the study; empty where all is well.
    pub fn check(&self) -> Vec<Finding> {
        check::study(self)
    }

    /// The document, indented so that a person can read it.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a study has text keys and finite numbers");
        text.push('\n');
        text
    }

    /// The id that the study's content gives: `s` and 16 hex digits.
    pub fn content_id(&self) -> String {
        let bare = Self { id: String::new(), ..self.clone() };
        let text = serde_json::to_string(&bare).expect("a study has text keys and finite numbers");
        format!("s{}", &sha256_hex(text.as_bytes())[..16])
    }
}
