//! What all kinds of tokenizers have in common once the tokens that stand for themselves are cut out.

use super::finder::Part;
use super::vocabulary::Vocabulary;
use crate::Result;

/// What stands before a stretch of plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing.
    Start,
    /// A token that was cut out.
    BehindToken,
    /// Other plain text.
    BehindText,
}

impl Place {
    pub(super) fn behind(part: &Part) -> Self {
        match part {
            Part::Token(_) => Self::BehindToken,
            Part::Text(_) => Self::BehindText,
        }
    }
}

/// A way from plain text to tokens and back.
pub(super) trait Merging: Send + Sync {
    /// Appends the ids of `text`.
    ///
    /// # Errors
    /// [`crate::EngineError::Tokenizer`] for what the vocabulary cannot spell.
    fn encode(&self, vocabulary: &Vocabulary, text: &str, place: Place, ids: &mut Vec<u32>) -> Result<()>;

    /// The bytes that a token of this name adds to a text.
    fn spell(&self, token: &str) -> Vec<u8>;

    /// The bytes that a token adds which was cut out of the text under this name.
    fn spell_user_defined(&self, token: &str) -> Vec<u8>;

    /// Whether the space that stands before a text's first word belongs to the encoding and not to the text.
    fn adds_space_prefix(&self) -> bool;
}
