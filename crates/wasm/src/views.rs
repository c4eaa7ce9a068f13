//! What a session and the page's other calls hand to a page.
//!
//! Records go as they stand in a file; these are what a screen shows of them.

use serde::Serialize;
use tiebreak_core::export::Report;
use tiebreak_core::schema::{Message, Side, Verdict};
use tiebreak_core::study::{Choice, Guidelines, Session, Settings};

/// What a page needs to know of a study, and of whom it is open for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct StudyInfo<'a> {
    /// The study's id.
    pub id: &'a str,
    /// What the researcher decided.
    #[serde(flatten)]
    pub settings: &'a Settings,
    /// The guidelines' criteria, which serve as reasons.
    pub criteria: &'a [String],
    /// What annotators go by.
    pub guidelines: &'a Guidelines,
    /// How many qualification questions there are.
    pub questions: usize,
    /// How many lists there are.
    pub slots: usize,
    /// The annotator's list.
    pub slot: usize,
    /// Who annotates.
    pub annotator: &'a str,
}

/// How far the annotator is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Progress {
    /// Turns with an answer.
    pub done: usize,
    /// All turns.
    pub total: usize,
    /// Votes that are in this browser only.
    pub unsaved: usize,
}

/// A pair as it stands on the screen.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Turn<'a> {
    /// Its number in the list, from 0.
    pub turn: usize,
    /// The conversation.
    pub messages: &'a [Message],
    /// The responses, the one that is shown first before the other.
    pub texts: [&'a str; 2],
    /// What the screening found and the researcher chose to show.
    pub marks: &'a [String],
    /// The words of all of it.
    pub words: usize,
    /// The answer that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered<'a>>,
}

/// An answer that was given.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Answered<'a> {
    /// As seen on the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// Why.
    pub reasons: &'a [String],
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<&'a str>,
}

/// What became of a vote.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Taken {
    /// Its number.
    pub number: u64,
    /// `too_fast` or `same_side`.
    pub warnings: Vec<&'static str>,
}

/// A qualification question.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Question<'a> {
    /// The conversation.
    pub messages: &'a [Message],
    /// In the order in which they are shown.
    pub responses: &'a [String; 2],
}

/// What became of an answer to a qualification question.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct QuestionResult {
    /// Whether it was right.
    pub right: bool,
    /// The right answer.
    pub verdict: Verdict,
    /// Why it is right.
    pub reason: String,
}

/// How the qualification stands.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct QualificationState {
    /// Questions with an answer.
    pub answered: usize,
    /// Right answers.
    pub right: usize,
    /// Nothing while questions are left.
    pub passed: Option<bool>,
}

/// What became of a file of votes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Imported {
    /// Votes that were not here before.
    pub taken: usize,
    /// Lines that are no votes, and so were not taken, a sentence each.
    pub problems: Vec<String>,
    /// Receipts that do not hold, a sentence each; their votes were taken.
    pub receipts: Vec<String>,
}

/// Votes that are to be sent.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Batch {
    /// JSON lines.
    pub lines: String,
    /// The last vote's number.
    pub last: u64,
    /// How many votes.
    pub count: usize,
}

/// What a study is, before anyone opens it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct StudySummary<'a> {
    /// The study's id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// How many pairs it holds.
    pub pairs: usize,
    /// How many lists it deals them into.
    pub slots: usize,
}

/// A session that was begun in this browser.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct StoredStudy {
    /// The study's id.
    pub study: String,
    /// Its title.
    pub title: String,
    /// Who annotates.
    pub annotator: String,
    /// How many votes there are.
    pub votes: u32,
}

/// What is known of the browser's storage.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct StorageState {
    /// Whether the browser has promised to keep the data.
    pub persisted: bool,
    /// Whether anything can be stored.
    pub available: bool,
    /// Bytes in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<f64>,
    /// Bytes that may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<f64>,
    /// Why nothing can be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A prompt of the catalogue.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct CataloguePrompt {
    /// Its id.
    pub id: String,
    /// The category's short name.
    pub category: String,
    /// The category's title.
    pub title: String,
    /// What the customer wrote.
    pub text: String,
}

/// The catalogue's guidelines.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct CatalogueGuidelines {
    /// Such as `1.0.0`.
    pub version: &'static str,
    /// Markdown.
    pub text: &'static str,
}

/// The program's version.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Versions {
    /// Of the program.
    pub tiebreak: &'static str,
    /// Whether the module was built with SIMD.
    pub simd128: bool,
}

/// The ids of a prompt and of responses to it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Identities {
    /// The prompt's.
    pub prompt: String,
    /// The responses', in the order in which they came.
    pub responses: Vec<String>,
    /// The pairs': first and second, first and third, and so on.
    pub pairs: Vec<String>,
}

/// A pair in an annotator's order.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Shown {
    /// The item's id.
    pub item: String,
    /// Which of the item's responses stands first.
    pub first: Side,
}

impl Shown {
    /// All turns of a session.
    pub fn all(session: &Session) -> Vec<Self> {
        let shown = (0..).map_while(|turn| session.shown(turn));
        shown.map(|shown| Self { item: shown.item.id.clone(), first: shown.first }).collect()
    }
}

/// Rows for training, and what became of everything else.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Preferences<'a> {
    /// JSON lines.
    pub lines: String,
    /// Counts of pairs, votes and notes by what became of them.
    #[cfg_attr(
        feature = "types",
        ts(type = "Record<\"pairs\" | \"votes\" | \"notes\", Record<string, number>>")
    )]
    pub report: &'a Report,
}

/// What a model computes after a prompt.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct GreedyReply<'a> {
    /// The logits after the prompt, one for each token of the vocabulary.
    pub logits: &'a [f32],
    /// The likeliest token at each step.
    pub tokens: &'a [u32],
    /// How far its logit is above the second best.
    pub gaps: &'a [f32],
}
