//! Byte-level pair encoding: a word's bytes are written as 256 printable characters and merged pair by pair, the earliest learned first.

use super::merging::{Merging, Place};
use super::pretokenizer::Pretokenizer;
use super::vocabulary::{Kind, TOKENS, Vocabulary};
use crate::gguf::{Metadata, bad_key};
use crate::{EngineError, Result};
use std::borrow::Cow;
use std::collections::HashSet;
use tokenizers::models::bpe::{BPE, Merges, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::{Model, NormalizedString, Normalizer};

const MERGES: &str = "tokenizer.ggml.merges";
const PRETOKENIZER: &str = "tokenizer.ggml.pre";

pub(super) struct ByteLevel {
    pretokenizer: Pretokenizer,
    bpe: BPE,
    /// Whether the vocabulary has a token for each byte alone.
    known_bytes: [bool; 256],
}

impl ByteLevel {
    pub(super) fn from_gguf(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Self> {
        let pretokenizer = read_pretokenizer(metadata, vocabulary)?;
        // No word of a person's text may become a control token, not even by merging.
        let tokens = vocabulary.of_kind(may_be_merged);
        let known = tokens.map(|(id, text)| (text.to_owned(), id)).collect::<Vocab>();
        let known_bytes =
            std::array::from_fn(|byte| known.contains_key(CHARACTERS[byte].encode_utf8(&mut [0; 4])));
        if !known_bytes.contains(&true) {
            return Err(bad_key(TOKENS, "holds no token for any single byte"));
        }
        let bpe = BPE::builder()
            .vocab_and_merges(known, read_merges(metadata, vocabulary)?)
            .ignore_merges(pretokenizer.words_first)
            .build()
            .map_err(|error| EngineError::Tokenizer(format!("merges cannot be used: {error}")))?;
        Ok(Self { pretokenizer, bpe, known_bytes })
    }

    pub(super) fn adds_bos(&self) -> bool {
        self.pretokenizer.adds_bos
    }
}

impl Merging for ByteLevel {
    fn encode(&self, _: &Vocabulary, text: &str, _: Place, ids: &mut Vec<u32>) -> Result<()> {
        let text = if self.pretokenizer.normalizes { normal_form(text)? } else { Cow::Borrowed(text) };
        let mut spelled = String::new();
        for word in self.pretokenizer.words(&text) {
            if let Some(byte) = word.bytes().find(|byte| !self.known_bytes[usize::from(*byte)]) {
                return Err(EngineError::Tokenizer(format!(
                    "the vocabulary has no token for the byte {byte:#04x} of {word:?}"
                )));
            }
            spelled.clear();
            spelled.extend(word.bytes().map(|byte| CHARACTERS[usize::from(byte)]));
            ids.extend(self.bpe.tokenize(&spelled).map_err(failed)?.into_iter().map(|token| token.id));
        }
        Ok(())
    }

    fn spell(&self, token: &str) -> Vec<u8> {
        spell(token)
    }

    fn spell_user_defined(&self, token: &str) -> Vec<u8> {
        token.as_bytes().to_vec()
    }

    fn adds_space_prefix(&self) -> bool {
        false
    }
}

/// The bytes of a token; one that holds another character than the 256 is its own text.
pub(super) fn spell(token: &str) -> Vec<u8> {
    let bytes = token.chars().map(byte_of).collect::<Option<Vec<_>>>();
    bytes.unwrap_or_else(|| token.as_bytes().to_vec())
}

/// The one that the file names; those of before May 2024 name none, and only Llama 3's can be told by its tokens.
fn read_pretokenizer(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Pretokenizer> {
    match metadata.optional_string(PRETOKENIZER)? {
        None if vocabulary.id("<|begin_of_text|>").is_some() => Pretokenizer::named("llama-bpe"),
        None | Some("default") => Err(bad_key(
            PRETOKENIZER,
            "names none: the file was made by an old converter; take a newer one, or convert the model again",
        )),
        Some(name) => Pretokenizer::named(name),
    }
}

fn may_be_merged(kind: Kind) -> bool {
    matches!(kind, Kind::Normal | Kind::UserDefined)
}

/// The merges in the order in which they were learned, without those that touch a token that text cannot become.
fn read_merges(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Merges> {
    let lines = metadata.texts(MERGES)?;
    let mut seen = HashSet::with_capacity(lines.len());
    let mut merges = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let bad = |problem: String| bad_key(MERGES, format!("at index {index} {problem}"));
        let (left, right) = line
            .split_once(' ')
            .filter(|(left, right)| !left.is_empty() && !right.is_empty())
            .ok_or_else(|| bad(format!("is {line:?}; expected two tokens with a space between them")))?;
        if !seen.insert(line) {
            return Err(bad(format!("repeats {line:?}")));
        }
        let mut usable = true;
        for token in [left, right, &[left, right].concat()] {
            let id =
                vocabulary.id(token).ok_or_else(|| bad(format!("names {token:?}, which is no token")))?;
            usable &= may_be_merged(vocabulary.kind(id));
        }
        if usable {
            merges.push((left.to_owned(), right.to_owned()));
        }
    }
    Ok(merges)
}

fn normal_form(text: &str) -> Result<Cow<'_, str>> {
    // Characters below the first combining mark are what they are.
    if text.chars().all(|character| character < '\u{300}') {
        return Ok(Cow::Borrowed(text));
    }
    let mut normalized = NormalizedString::from(text);
    NFC.normalize(&mut normalized).map_err(failed)?;
    Ok(Cow::Owned(normalized.get().to_owned()))
}

fn failed(error: tokenizers::Error) -> EngineError {
    EngineError::Tokenizer(error.to_string())
}

/// The character that stands for each byte: itself where it can be seen, and otherwise the next one from U+0100 (Radford et al. 2019).
static CHARACTERS: [char; 256] = characters();

const fn characters() -> [char; 256] {
    let mut characters = ['\0'; 256];
    let mut byte = 0;
    let mut next = 0x100;
    while byte < 256 {
        let code = if is_visible(byte) {
            byte
        } else {
            next += 1;
            next - 1
        };
        characters[byte as usize] = match char::from_u32(code) {
            Some(character) => character,
            None => panic!("all codes here are below the surrogates"),
        };
        byte += 1;
    }
    characters
}

const fn is_visible(byte: u32) -> bool {
    matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF)
}

fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    match code {
        0..=0xFF if is_visible(code) => Some(code as u8),
        // The 68 that cannot be seen, in order.
        0x100..=0x143 => (0..=255_u8).find(|byte| CHARACTERS[usize::from(*byte)] == character),
        _ => None,
    }
}
