//! How a person's text is kept from becoming a control token while a template moves it around.

use crate::tokenizer::Tokenizer;
use crate::{EngineError, Result};
use std::collections::BTreeSet;

/// A character that no text holds, put inside everything in a message that could be read as a control token, or as part of one together with the template's text around it.
pub(super) struct Marker<'a> {
    pub character: char,
    beginnings: BTreeSet<char>,
    tokenizer: &'a Tokenizer,
    /// The template, which may look for marks such as `</think>` in messages and must find them whole.
    source: &'a str,
}

/// More than the bytes of any mark that a template looks for.
const LONGEST_MARK_BYTES: usize = 64;

impl<'a> Marker<'a> {
    /// One of Unicode's noncharacters, which are for such use inside a program and stand for nothing.
    pub(super) fn for_texts<'b>(
        texts: impl Iterator<Item = &'b str> + Clone,
        source: &'a str,
        tokenizer: &'a Tokenizer,
    ) -> Result<Self> {
        let unused = |character: &char| {
            !source.contains(*character) && texts.clone().all(|text| !text.contains(*character))
        };
        let character = ('\u{FDD0}'..='\u{FDEF}').find(unused);
        let character = character.ok_or_else(|| {
            EngineError::Request(
                "the messages hold every Unicode noncharacter from U+FDD0 to U+FDEF; take one of them out"
                    .to_owned(),
            )
        })?;
        Ok(Self { character, beginnings: tokenizer.special_beginnings(), tokenizer, source })
    }

    /// `content` with the marker after every character with which a control token begins, and after its first visible one where that could go on with a name that the template began.
    pub(super) fn guard(&self, content: &str) -> String {
        let mut guarded = String::with_capacity(content.len() + content.len() / 8);
        let visible = content.trim_start();
        let continues = self.continues_a_name(visible).then_some(content.len() - visible.len());
        for (index, character) in content.char_indices() {
            guarded.push(character);
            let begins = self.beginnings.contains(&character) && !self.is_known_mark(&content[index..]);
            if begins || continues == Some(index) {
                guarded.push(self.character);
            }
        }
        guarded
    }

    /// Whether `text` begins with what may stand inside a control token's name.
    fn continues_a_name(&self, text: &str) -> bool {
        let continues = |rest: &str| text.starts_with(rest) || rest.starts_with(text);
        let inside = |name: &str| name.char_indices().skip(1).any(|(index, _)| continues(&name[index..]));
        !text.is_empty() && self.tokenizer.special_tokens().any(|(_, name)| inside(name))
    }

    /// Whether `text` begins with a mark in angle or square brackets that stands in the template too, and holds no control token.
    fn is_known_mark(&self, text: &str) -> bool {
        let end = text.bytes().take(LONGEST_MARK_BYTES).position(|byte| matches!(byte, b'>' | b']'));
        let mark = end.map(|end| &text[..=end]);
        mark.is_some_and(|mark| self.source.contains(mark) && self.tokenizer.first_special(mark).is_none())
    }
}
