//! What a judge's words say, read strictly: what holds no verdict is told as such, and never becomes one.
//!
//! The ladder, first rung that holds: a JSON object that the answer ends with; the last marked verdict after the reasoning; an answer that is nothing but a verdict.
//! A verdict within a sentence, one that other verdicts differ from, and one that is followed by more than a short remark does not count.
//! Anything else is a [`NoVerdict`].
//! Prose is not interpreted: "all in all I would go with B" in the middle of a text is no verdict, because a rule that guesses there also guesses where nothing was said.

mod comparison;
mod label;
mod lead;
mod lines;
mod marker;
mod ratings;
mod remark;
mod structured;
#[cfg(test)]
mod tests;
mod thinking;
mod trim;

pub use ratings::read_ratings;
pub use thinking::{TAGS as REASONING_TAGS, after as without_reasoning};

use crate::schema::{Side, Verdict};
use serde::{Deserialize, Serialize};

/// The version of the rules; it stands in every vote that they read.
pub const PARSER_VERSION: &str = "2";

/// What a judge says of the replies A and B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// A is better.
    A,
    /// B is better.
    B,
    /// Neither is better.
    Tie,
    /// Neither may be sent.
    BothBad,
}

impl Choice {
    /// The verdict in canonical order, where `shown_first` was A; strengths are −1 and 1.
    pub fn verdict(self, shown_first: Side) -> Verdict {
        match (self, shown_first) {
            (Self::Tie, _) => Verdict::Strength(0),
            (Self::BothBad, _) => Verdict::BothBad,
            (Self::A, Side::First) | (Self::B, Side::Second) => Verdict::Strength(-1),
            (Self::A, Side::Second) | (Self::B, Side::First) => Verdict::Strength(1),
        }
    }

    fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            same => same,
        }
    }
}

/// Why an answer holds no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoVerdict {
    /// There is nothing in it.
    Empty,
    /// The reasoning never ended.
    Unfinished,
    /// It reached its most tokens.
    CutOff,
    /// The server ended it for a reason of its own, such as a filter.
    Ended,
    /// It is the message of a server or program.
    Error,
    /// The model declined to judge, by its words or by what the server says.
    Refusal,
    /// It says two things.
    Contradiction,
    /// Nothing that the rules take for a verdict.
    Unclear,
}

impl NoVerdict {
    /// The reason in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unfinished => "reasoning without an end",
            Self::CutOff => "cut off",
            Self::Ended => "ended by the server",
            Self::Error => "an error message",
            Self::Refusal => "a refusal",
            Self::Contradiction => "a contradiction",
            Self::Unclear => "no clear verdict",
        }
    }
}

/// What one rung of the ladder found: nothing, or a verdict or what stands in its place.
type Found = Option<Result<Choice, NoVerdict>>;

/// What a verdict or ratings stand in is never longer than this after its reasoning; a hostile text of markers would cost the square of its length.
const MOST_BYTES: usize = 16_384;

/// Reads a judge's answer.
pub fn read_verdict(answer: &str) -> Result<Choice, NoVerdict> {
    let text = after_reasoning(answer)?;
    structured::read(text)
        .or_else(|| marker::read(text))
        .or_else(|| label::statement(text).map(Ok))
        .unwrap_or_else(|| Err(kind_of(text)))
}

/// What is read of an answer.
fn after_reasoning(answer: &str) -> Result<&str, NoVerdict> {
    match thinking::after(answer)? {
        "" => Err(NoVerdict::Empty),
        text if text.len() > MOST_BYTES => Err(NoVerdict::Unclear),
        text => Ok(text),
    }
}

/// What an answer without a verdict is.
fn kind_of(text: &str) -> NoVerdict {
    const ERRORS: [&str; 7] = ["$error$", "error", "http ", "<!doctype", "<html", "{\"error\"", "traceback"];
    const REFUSALS: [&str; 22] = [
        "i'm sorry",
        "i am sorry",
        "sorry,",
        "i cannot",
        "i can't",
        "i can not",
        "i am unable",
        "i'm unable",
        "i am not able",
        "i'm not able",
        "i won't",
        "i will not",
        "as an ai",
        "i decline",
        "ich kann",
        "je ne peux pas",
        "lo siento",
        "no puedo",
        "não posso",
        "抱歉",
        "对不起",
        "извините",
    ];
    let start: String = text.chars().take(40).collect::<String>().to_lowercase().replace('’', "'");
    let begins = |starts: &[&str]| starts.iter().any(|known| start.starts_with(known));
    match () {
        () if begins(&ERRORS) => NoVerdict::Error,
        () if begins(&REFUSALS) => NoVerdict::Refusal,
        () => NoVerdict::Unclear,
    }
}
