//! What reasoning models write before their answer, kept apart from it.

use crate::tokenizer::Tokenizer;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// In so many last tokens of a prompt an opened block can be seen, if the template opens it.
const END_OF_PROMPT: usize = 16;

/// What a model thought before it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thought {
    /// The text, without the marks around it and the white space at its ends.
    pub text: String,
    /// How many tokens it took, the marks included.
    pub tokens: u32,
}

/// Where the block of a response begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// The response may begin with a block.
    MayBegin,
    /// It is in the block.
    Open,
    /// The block is over, or there is none.
    Over,
}

impl Thinking {
    /// Of a response to a prompt whose template may have opened the block already.
    pub fn after(prompt: &[u32], tokenizer: &Tokenizer) -> Self {
        let end = &prompt[prompt.len().saturating_sub(END_OF_PROMPT)..];
        let opened = tokenizer.decode(end).trim_end().ends_with(OPEN);
        let is_space = |token: &&u32| {
            let bytes = tokenizer.token_bytes(**token);
            !bytes.is_empty() && bytes.iter().all(u8::is_ascii_whitespace)
        };
        let last = end.iter().rev().find(|token| !is_space(token));
        let opened_unseen = last.is_some_and(|last| tokenizer.token_id(OPEN) == Some(*last));
        if opened || opened_unseen { Self::Open } else { Self::MayBegin }
    }

    /// Looks at the response's text after its next token, which may be a mark that no text shows.
    ///
    /// Returns where the block's text ends and where the answer begins, once the block is over.
    pub fn look(&mut self, text: &str, token: u32, tokenizer: &Tokenizer) -> Option<(usize, usize)> {
        if *self == Self::MayBegin {
            let begun = text.trim_start();
            if begun.starts_with(OPEN) || tokenizer.token_id(OPEN) == Some(token) {
                *self = Self::Open;
            } else if !OPEN.starts_with(begun) {
                *self = Self::Over;
            }
        }
        if *self != Self::Open {
            return None;
        }
        let written = text.find(CLOSE).map(|at| (at, at + CLOSE.len()));
        let unseen = (tokenizer.token_id(CLOSE) == Some(token)).then_some((text.len(), text.len()));
        let over = written.or(unseen)?;
        *self = Self::Over;
        Some(over)
    }
}

/// A block's text without its marks.
pub(super) fn inside(block: &str) -> &str {
    let block = block.trim();
    block.strip_prefix(OPEN).unwrap_or(block).trim()
}
