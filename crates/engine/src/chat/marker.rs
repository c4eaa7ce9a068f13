//! How a person's text is kept from becoming a control token while a template moves it around.

use crate::tokenizer::Tokenizer;
use crate::{EngineError, Result};
use std::collections::BTreeSet;

/// A character that no text holds, put inside everything in a message that could be read as a control token, or as part of one together with the template's text around it.
pub(super) struct Marker {
    pub character: char,
    beginnings: BTreeSet<char>,
}

impl Marker {
    /// One of Unicode's noncharacters, which are for such use inside a program and stand for nothing.
    pub(super) fn for_texts<'a>(
        texts: impl Iterator<Item = &'a str> + Clone,
        tokenizer: &Tokenizer,
    ) -> Result<Self> {
        let unused = |character: &char| texts.clone().all(|text| !text.contains(*character));
        let character = ('\u{FDD0}'..='\u{FDEF}').find(unused);
        let character = character.ok_or_else(|| {
            EngineError::Request(
                "the messages hold every Unicode noncharacter from U+FDD0 to U+FDEF; take one of them out"
                    .to_owned(),
            )
        })?;
        Ok(Self { character, beginnings: tokenizer.special_beginnings() })
    }

    /// `content` with the marker after its first visible character and after every one with which a control token begins.
    /// It is never put at an end, where it would stand in the way of a template that trims.
    pub(super) fn guard(&self, content: &str) -> String {
        let mut guarded = String::with_capacity(content.len() + content.len() / 8);
        let first_visible = content.find(|character: char| !character.is_whitespace());
        for (index, character) in content.char_indices() {
            guarded.push(character);
            if Some(index) == first_visible || self.beginnings.contains(&character) {
                guarded.push(self.character);
            }
        }
        guarded
    }
}
