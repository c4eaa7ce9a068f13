//! Where a text names tokens that are cut out of it before anything else.

use super::vocabulary::{Kind, Vocabulary};
use crate::{EngineError, Result};
use aho_corasick::{AhoCorasick, MatchKind};

/// A stretch of a text that is one token, or what lies between two.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Token(u32),
    Text(&'a str),
}

/// White space beside a token that belongs to the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides {
    pub left: bool,
    pub right: bool,
}

/// Finds the names of some tokens in a text, the longest first where several begin.
pub(super) struct Finder {
    ids: Vec<u32>,
    sides: Vec<Sides>,
    names: Option<AhoCorasick>,
}

impl Finder {
    pub(super) fn new(vocabulary: &Vocabulary, wanted: impl Fn(Kind) -> bool) -> Result<Self> {
        let (ids, names): (Vec<_>, Vec<_>) =
            vocabulary.of_kind(wanted).filter(|(_, text)| !text.is_empty()).unzip();
        let sides = ids.iter().map(|&id| vocabulary.sides(id)).collect();
        if names.is_empty() {
            return Ok(Self { ids, sides, names: None });
        }
        let names = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names);
        let names =
            names.map_err(|error| EngineError::Tokenizer(format!("too many special tokens: {error}")))?;
        Ok(Self { ids, sides, names: Some(names) })
    }

    /// Cuts `text` at the tokens, but at none that `marker` follows.
    pub(super) fn split<'a>(&'a self, text: &'a str, marker: Option<char>) -> impl Iterator<Item = Part<'a>> {
        let found = self.names.iter().flat_map(move |names| names.find_iter(text));
        let mut found =
            found.filter(move |hit| marker.is_none_or(|marker| !text[hit.end()..].starts_with(marker)));
        let mut position = 0;
        let mut waiting = None;
        std::iter::from_fn(move || {
            if let Some(id) = waiting.take() {
                return Some(Part::Token(id));
            }
            let start = position;
            let Some(hit) = found.next() else {
                position = text.len();
                return (start < text.len()).then(|| Part::Text(&text[start..]));
            };
            let token = hit.pattern().as_usize();
            let before = &text[start.min(hit.start())..hit.start()];
            let before = if self.sides[token].left { before.trim_end() } else { before };
            let behind = &text[hit.end()..];
            let behind = if self.sides[token].right { behind.trim_start() } else { behind };
            position = text.len() - behind.len();
            if before.is_empty() {
                return Some(Part::Token(self.ids[token]));
            }
            waiting = Some(self.ids[token]);
            Some(Part::Text(before))
        })
    }
}
