//! Why a row, or a part of one, is left out.

use crate::schema::{Problem, printable};
use serde::Serialize;

/// The headings under which things are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is no JSON object and no row of the table, or breaks off.
    Unreadable,
    /// All of it stands in an earlier row of the same file, or of one with the same content.
    Repeated,
    /// There is no conversation that waits for a reply.
    NoPrompt,
    /// A response is missing, or is no text.
    NoResponse,
    /// A response has no text.
    EmptyResponse,
    /// Two responses have one text.
    IdenticalResponses,
    /// The two conversations differ before their last reply, so that they are no two replies to one prompt.
    PartEarly,
    /// Which response is better cannot be read.
    NoVerdict,
    /// A score is no number, or off its scale.
    NoScore,
    /// A time cannot be read, or cannot be one; the record is kept without one.
    UnreadableTime,
    /// A prompt has one response in all the files, and a sample takes two.
    OneResponse,
}

impl Reason {
    /// Whether what it speaks of is kept, without the part that is wrong.
    pub fn keeps_record(self) -> bool {
        self == Self::UnreadableTime
    }

    /// The heading, for people.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Unreadable => "a row that cannot be read",
            Self::Repeated => "a row that repeats an earlier one",
            Self::NoPrompt => "no usable prompt",
            Self::NoResponse => "a response that is missing or no text",
            Self::EmptyResponse => "an empty response",
            Self::IdenticalResponses => "identical responses",
            Self::PartEarly => "conversations that differ before the last reply",
            Self::NoVerdict => "no verdict that can be read",
            Self::NoScore => "no score that can be read",
            Self::UnreadableTime => "without a time, since theirs cannot be one",
            Self::OneResponse => "a prompt with one response only",
        }
    }
}

/// One thing that is left out, before it is known where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Under which heading it is counted.
    pub reason: Reason,
    /// What is wrong, in words.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    pub(super) fn in_field(reason: Reason, field: &str, message: impl AsRef<str>) -> Self {
        Self::new(reason, format!("field `{field}`: {}", message.as_ref()))
    }

    /// The same, with its place.
    pub(super) fn at(&self, file: &str, line: u64) -> Problem {
        Problem {
            file: file.to_owned(),
            line,
            column: 1,
            message: printable(&self.message),
            expected: None,
            cut_at: None,
        }
    }
}
