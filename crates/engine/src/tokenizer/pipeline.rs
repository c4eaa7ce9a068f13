//! Pair encoding as a `tokenizer.json` describes it, by the `tokenizers` crate: normalise, cut into words, merge.
//!
//! What the crate does besides is done here, because there a person's text could become a control token: cutting out added tokens, and the space before the first word, which depends on them.

use super::merging::{Merging, Place};
use super::vocabulary::Vocabulary;
use super::{byte_level, scored};
use crate::{EngineError, Result};
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::tokenizer::{OffsetReferential, OffsetType};
use tokenizers::{Model, NormalizedString, Normalizer, PreTokenizedString, PreTokenizer};

pub(super) struct Pipeline {
    pub normalizer: Option<NormalizerWrapper>,
    pub pre_tokenizer: Option<PreTokenizerWrapper>,
    pub bpe: BPE,
    pub prefix: Prefix,
    pub spelling: Spelling,
    /// Whether each character that is no token is spelled by the tokens of its bytes.
    pub has_all_bytes: bool,
}

/// The ▁ for a space before the first word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefix {
    pub place: PrefixPlace,
    /// A text that begins with a space gets no other.
    pub unless_spaced: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PrefixPlace {
    #[default]
    Nowhere,
    /// Where nothing stands before the text.
    Start,
    /// Before every stretch between two tokens that were cut out.
    EveryStretch,
}

/// How a token's name stands for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Each character is a byte.
    ByteLevel,
    /// As it is, with ▁ for a space.
    Spaced {
        /// A space before the first word is taken away.
        strips: bool,
    },
}

const SPACE: &str = "▁";

impl Prefix {
    fn of(self, text: &str, place: Place) -> &'static str {
        let wanted = match self.place {
            PrefixPlace::Nowhere => false,
            PrefixPlace::Start => place == Place::Start,
            PrefixPlace::EveryStretch => place != Place::BehindText,
        };
        let spaced = self.unless_spaced && text.starts_with([' ', '▁']);
        if wanted && !spaced { SPACE } else { "" }
    }
}

impl Merging for Pipeline {
    fn encode(&self, _: &Vocabulary, text: &str, place: Place, ids: &mut Vec<u32>) -> Result<()> {
        let mut normalized = NormalizedString::from([self.prefix.of(text, place), text].concat());
        if let Some(normalizer) = &self.normalizer {
            normalizer.normalize(&mut normalized).map_err(failed)?;
        }
        let mut words = PreTokenizedString::from(normalized);
        if let Some(pre_tokenizer) = &self.pre_tokenizer {
            pre_tokenizer.pre_tokenize(&mut words).map_err(failed)?;
        }
        for (word, ..) in words.get_splits(OffsetReferential::Original, OffsetType::None) {
            self.push_word(word, ids)?;
        }
        Ok(())
    }

    fn spell(&self, token: &str) -> Vec<u8> {
        match self.spelling {
            Spelling::ByteLevel => byte_level::spell(token),
            Spelling::Spaced { .. } => scored::spell(token).into_bytes(),
        }
    }

    fn spell_user_defined(&self, token: &str) -> Vec<u8> {
        match self.spelling {
            Spelling::ByteLevel => token.as_bytes().to_vec(),
            Spelling::Spaced { .. } => scored::spell(token).into_bytes(),
        }
    }

    fn adds_space_prefix(&self) -> bool {
        self.spelling == Spelling::Spaced { strips: true }
    }
}

impl Pipeline {
    fn push_word(&self, word: &str, ids: &mut Vec<u32>) -> Result<()> {
        let tokens = self.bpe.tokenize(word).map_err(failed)?;
        let spelled = tokens.iter().map(|token| token.value.len()).sum::<usize>();
        // The crate leaves out what it has no token for.
        if !self.has_all_bytes && self.bpe.get_unk_token().is_none() && spelled != word.len() {
            return Err(EngineError::Tokenizer(format!(
                "the vocabulary has no token for a part of {:?}",
                String::from_utf8_lossy(&self.spell(word))
            )));
        }
        ids.extend(tokens.iter().map(|token| token.id));
        Ok(())
    }
}

fn failed(error: tokenizers::Error) -> EngineError {
    EngineError::Tokenizer(error.to_string())
}
