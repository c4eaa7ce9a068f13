//! What a row says, whatever its format: a prompt, responses, and what somebody thinks of them.

use super::refusal::{Reason, Refusal};
use super::row::Part;
use crate::schema::{AnnotatorKind, Extra, Message, Prompt, Record, Verdict};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// All that a row says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub(super) asked: Asked,
    pub(super) replies: Vec<Reply>,
    pub(super) opinions: Vec<Opinion>,
    pub(super) scores: Vec<Score>,
    /// Fields of the row that are none of these.
    pub(super) rest: Extra,
    /// Whether the prompt is only what both responses begin with.
    pub(super) has_guessed_prompt: bool,
    /// Of which kind the annotators of such rows usually are, where neither row nor user tells.
    pub(super) usual_kind: Option<AnnotatorKind>,
    /// Parts of the row that are left out; the row itself is kept.
    pub(super) left_out: Vec<Refusal>,
    /// A hash of all the row's fields: the same row says the same twice.
    pub(super) row: [u8; 16],
    /// The parts whose field, as the user names it, is somewhere in the row.
    pub(super) named: BTreeSet<Part>,
}

/// A prompt, as far as the row knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub messages: Vec<Message>,
    pub id: Option<String>,
    pub category: Option<String>,
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub text: String,
    pub model: Option<String>,
    pub extra: Extra,
}

/// Who said something.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Who {
    /// The source names the annotator, and may know of which kind it is.
    Named { id: String, kind: Option<AnnotatorKind> },
    /// The source does not.
    Unnamed,
    /// One of several whom the source keeps apart without naming them, from 1.
    OneOf(usize),
}

/// What somebody thinks of two of the replies.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Opinion {
    /// The places of the two in the replies.
    pub pair: [usize; 2],
    /// A negative strength: the first of `pair` is better.
    pub verdict: Verdict,
    pub who: Who,
    pub at: Option<Timestamp>,
    /// Which of `pair` stood first on the screen, 0 or 1, where that is known.
    pub shown_first: Option<usize>,
    pub rationale: Option<String>,
    /// 0 to 1.
    pub confidence: Option<f64>,
    pub active_ms: Option<u64>,
    pub extra: Extra,
}

impl Opinion {
    /// An opinion on the first two replies.
    pub fn new(verdict: Verdict, who: Who, at: Option<Timestamp>) -> Self {
        Self {
            pair: [0, 1],
            verdict,
            who,
            at,
            shown_first: None,
            rationale: None,
            confidence: None,
            active_ms: None,
            extra: Extra::new(),
        }
    }
}

/// A score of one reply.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Score {
    /// The reply's place.
    pub reply: usize,
    pub criterion: String,
    pub value: f64,
    pub scale: [f64; 2],
    pub who: Who,
    pub at: Option<Timestamp>,
}

impl Reply {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn of_message(message: Message) -> Self {
        Self { text: message.content, model: None, extra: message.extra }
    }

    pub fn by(self, model: Option<String>) -> Self {
        Self { model, ..self }
    }
}

impl Asked {
    /// The conversation, where it is one that waits for a reply.
    pub fn new(messages: Vec<Message>) -> Result<Self, Refusal> {
        let finding = Prompt::new("unnamed", messages.clone()).check().into_iter().next();
        match finding {
            Some(finding) => Err(Refusal::new(
                Reason::NoPrompt,
                format!("the prompt cannot be used: {} ({})", finding.message, finding.path),
            )),
            None => Ok(Self { messages, id: None, category: None }),
        }
    }
}

/// An error where two replies cannot be compared: one is empty, or both are one text.
pub(super) fn refuse_no_pair(replies: &[Reply; 2]) -> Result<(), Refusal> {
    if replies.iter().any(|reply| reply.text.trim().is_empty()) {
        return Err(Refusal::new(Reason::EmptyResponse, "a response has no text, so the row is left out"));
    }
    if replies[0].text == replies[1].text {
        let message = "both responses have the same text, so the row is left out";
        return Err(Refusal::new(Reason::IdenticalResponses, message));
    }
    Ok(())
}
