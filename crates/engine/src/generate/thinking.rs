//! What reasoning models write before their answer, kept apart from it.

use crate::tokenizer::Tokenizer;

/// What stands around a block, as text or as control tokens that no text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    open: &'static str,
    close: &'static str,
}

/// Those that models write, Mistral's behind everybody else's.
const MARKS: [Marks; 2] =
    [Marks { open: "<think>", close: "</think>" }, Marks { open: "[THINK]", close: "[/THINK]" }];
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
    /// It is in the block that these are around.
    Open(Marks),
    /// The block is over, or there is none.
    Over,
}

impl Thinking {
    /// Of a response to a prompt whose template may have opened the block already.
    pub fn after(prompt: &[u32], tokenizer: &Tokenizer) -> Self {
        let end = &prompt[prompt.len().saturating_sub(END_OF_PROMPT)..];
        let text = tokenizer.decode(end);
        let is_space = |token: &&u32| {
            let bytes = tokenizer.token_bytes(**token);
            !bytes.is_empty() && bytes.iter().all(u8::is_ascii_whitespace)
        };
        let last = end.iter().rev().find(|token| !is_space(token));
        let is_opened = |marks: &Marks| {
            text.trim_end().ends_with(marks.open)
                || last.is_some_and(|last| tokenizer.token_id(marks.open) == Some(*last))
        };
        MARKS.into_iter().find(is_opened).map_or(Self::MayBegin, Self::Open)
    }

    /// Looks at the response's text after its next token, which may be a mark that no text shows.
    ///
    /// Returns where the block's text ends and where the answer begins, once the block is over.
    pub fn look(&mut self, text: &str, token: u32, tokenizer: &Tokenizer) -> Option<(usize, usize)> {
        if *self == Self::MayBegin {
            let begun = text.trim_start();
            let is_open = |marks: &Marks| {
                begun.starts_with(marks.open) || tokenizer.token_id(marks.open) == Some(token)
            };
            if let Some(marks) = MARKS.into_iter().find(is_open) {
                *self = Self::Open(marks);
            } else if !MARKS.iter().any(|marks| marks.open.starts_with(begun)) {
                *self = Self::Over;
            }
        }
        let Self::Open(Marks { close, .. }) = *self else { return None };
        let written = text.find(close).map(|at| (at, at + close.len()));
        let unseen = (tokenizer.token_id(close) == Some(token)).then_some((text.len(), text.len()));
        let over = written.or(unseen)?;
        *self = Self::Over;
        Some(over)
    }
}

/// A block's text without its marks.
pub(super) fn inside(block: &str) -> &str {
    let block = block.trim();
    MARKS.iter().find_map(|marks| block.strip_prefix(marks.open)).unwrap_or(block).trim()
}
