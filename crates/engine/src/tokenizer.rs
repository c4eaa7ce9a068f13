//! Text to token ids and back, as the model's file says.
//!
//! From a GGUF file two kinds of tokenizer are read: byte-level pair encoding (`tokenizer.ggml.model` is `gpt2`), whose merging is that of the `tokenizers` crate, and SentencePiece-style merging by score (`llama`).
//! From a folder's `tokenizer.json` every pair encoding is read, and runs through the `tokenizers` crate.
//! Text that a person wrote never becomes a control token: [`Tokenizer::encode`] reads `<|im_end|>` as eleven characters.

mod byte_level;
mod finder;
mod hugging_face;
mod merging;
mod pipeline;
mod pretokenizer;
mod scored;
mod stream;
mod vocabulary;

pub(crate) use hugging_face::configured_template;
pub use stream::StreamDecoder;

use crate::gguf::Metadata;
use crate::{EngineError, Result};
use byte_level::ByteLevel;
use finder::{Finder, Part};
use merging::{Merging, Place};
use scored::Scored;
use std::borrow::Cow;
use std::collections::BTreeSet;
use vocabulary::{Kind, Vocabulary};

/// A tokenizer built from a model's metadata.
pub struct Tokenizer {
    vocabulary: Vocabulary,
    merging: Box<dyn Merging>,
    /// Tokens that plain text may hold and that are cut out before anything else.
    user_defined: Finder,
    /// Tokens that only a template's text may hold.
    special: Finder,
    /// What each token adds to a text, all in one row; `ends[id]` is where a token's bytes end.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    add_bos: bool,
    stop_tokens: BTreeSet<u32>,
}

/// Names under which models end a turn or a document.
const STOP_NAMES: [&str; 10] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end_of_turn|>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
    "</s>",
];

impl Tokenizer {
    /// Builds the tokenizer that the keys `tokenizer.ggml.…` describe.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for a model or a pre-tokenizer that is not known, [`EngineError::Metadata`] for keys that are absent or contradict each other.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let vocabulary = Vocabulary::from_gguf(metadata)?;
        let (merging, bos_by_default): (Box<dyn Merging>, bool) = match metadata.string(vocabulary::MODEL)? {
            "gpt2" => {
                let byte_level = ByteLevel::from_gguf(metadata, &vocabulary)?;
                let bos_by_default = byte_level.adds_bos();
                (Box::new(byte_level), bos_by_default)
            }
            "llama" => (Box::new(Scored::from_gguf(metadata, &vocabulary)?), true),
            name => {
                let (what, supported) = ("tokenizer model", "gpt2, llama");
                return Err(EngineError::Unsupported { what, name: name.to_owned(), supported });
            }
        };
        let add_bos = metadata.optional_bool("tokenizer.ggml.add_bos_token")?.unwrap_or(bos_by_default);
        Self::new(vocabulary, merging, add_bos)
    }

    /// Builds the tokenizer of a Hugging Face folder from the text of its `tokenizer.json` and, where there is one, of its `tokenizer_config.json`.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for another model than pair encoding and for parts that are not known, [`EngineError::Tokenizer`] for files that are no such JSON or contradict themselves or each other.
    pub fn from_hugging_face(tokenizer_json: &str, tokenizer_config: Option<&str>) -> Result<Self> {
        Self::for_model(tokenizer_json, tokenizer_config, usize::MAX)
    }

    /// The same for a model of so many tokens: some tokenizers have added ones that their model lacks, such as Gemma 3's for pictures.
    pub(crate) fn for_model(
        tokenizer_json: &str,
        tokenizer_config: Option<&str>,
        n_tokens: usize,
    ) -> Result<Self> {
        let read = hugging_face::read(tokenizer_json, tokenizer_config, n_tokens)?;
        Self::new(read.vocabulary, Box::new(read.pipeline), read.add_bos)
    }

    fn new(vocabulary: Vocabulary, merging: Box<dyn Merging>, add_bos: bool) -> Result<Self> {
        let mut tokenizer = Self {
            user_defined: Finder::new(&vocabulary, |kind| kind == Kind::UserDefined)?,
            special: Finder::new(&vocabulary, Kind::is_special)?,
            bytes: Vec::new(),
            ends: Vec::with_capacity(vocabulary.len()),
            add_bos: add_bos && vocabulary.bos.is_some(),
            stop_tokens: stop_tokens(&vocabulary),
            vocabulary,
            merging,
        };
        tokenizer.spell_tokens()?;
        Ok(tokenizer)
    }

    /// The ids of a text that a person or a model wrote; no control token comes out of it, whatever it holds.
    ///
    /// # Errors
    /// [`EngineError::Tokenizer`] for a character that the vocabulary cannot spell.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.encode_plain(text, Place::Start, &mut ids)?;
        Ok(ids)
    }

    /// The ids of a text in which control tokens are meant as such, as in a template.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_with_special(&self, text: &str) -> Result<Vec<u32>> {
        self.encode_marked(text, None)
    }

    /// The ids of a text that follows other plain text, before which no space is put.
    pub(crate) fn encode_continuation(&self, text: &str) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.encode_plain(text, Place::BehindText, &mut ids)?;
        Ok(ids)
    }

    /// As [`Tokenizer::encode_with_special`] for a text in which `marker` stands wherever a control token must not be seen, and is itself no part of the text.
    pub(crate) fn encode_marked(&self, text: &str, marker: Option<char>) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let mut place = Place::Start;
        for part in self.special.split(text, marker) {
            match part {
                Part::Token(id) => ids.push(id),
                Part::Text(text) => self.encode_plain(&without(text, marker), place, &mut ids)?,
            }
            place = Place::behind(&part);
        }
        Ok(ids)
    }

    /// The characters with which control tokens begin.
    pub(crate) fn special_beginnings(&self) -> BTreeSet<char> {
        self.special_tokens().filter_map(|(_, text)| text.chars().next()).collect()
    }

    /// Whether `text` ends with a control token.
    pub(crate) fn ends_with_special(&self, text: &str) -> bool {
        matches!(self.special.split(text, None).last(), Some(Part::Token(_)))
    }

    /// The first control token in `text`.
    pub(crate) fn first_special(&self, text: &str) -> Option<u32> {
        self.special.split(text, None).find_map(|part| match part {
            Part::Token(id) => Some(id),
            Part::Text(_) => None,
        })
    }

    /// The text of `ids`, without control tokens and with U+FFFD for bytes that are no UTF-8.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut decoder = StreamDecoder::new(self);
        let mut text = ids.iter().map(|&id| decoder.push(self, id)).collect::<String>();
        text.push_str(&decoder.finish());
        text
    }

    /// What a token adds to a text; empty for a control token and for an id that there is not.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let start = id.checked_sub(1).map_or(0, |previous| self.ends.get(previous).copied().unwrap_or(0));
        self.ends.get(id).map_or(&[], |&end| &self.bytes[start..end])
    }

    /// A token's name as it stands in the vocabulary, control tokens included.
    pub fn token_text(&self, id: u32) -> Option<&str> {
        self.vocabulary.texts.get(id as usize)
    }

    /// The id of the token of this name.
    pub fn token_id(&self, text: &str) -> Option<u32> {
        self.vocabulary.id(text)
    }

    /// Control tokens, which only a template's text may hold and which no decoded text shows.
    pub fn special_tokens(&self) -> impl Iterator<Item = (u32, &str)> {
        self.vocabulary.of_kind(Kind::is_special)
    }

    /// The tokens that end a reply: the end of a sequence, the end of a turn, and what goes under their usual names.
    pub fn stop_tokens(&self) -> &BTreeSet<u32> {
        &self.stop_tokens
    }

    /// Ends replies at these tokens too.
    pub(crate) fn add_stop_tokens(&mut self, tokens: Vec<u32>) {
        self.stop_tokens.extend(tokens);
    }

    /// The token that begins a sequence.
    pub fn bos(&self) -> Option<u32> {
        self.vocabulary.bos
    }

    /// The token that ends a sequence.
    pub fn eos(&self) -> Option<u32> {
        self.vocabulary.eos
    }

    /// Whether a sequence is to begin with [`Tokenizer::bos`].
    pub fn add_bos(&self) -> bool {
        self.add_bos
    }

    /// How many tokens there are.
    pub fn vocab_size(&self) -> usize {
        self.vocabulary.len()
    }

    fn adds_space_prefix(&self) -> bool {
        self.merging.adds_space_prefix()
    }

    fn encode_plain(&self, text: &str, place: Place, ids: &mut Vec<u32>) -> Result<()> {
        let mut place = place;
        for part in self.user_defined.split(text, None) {
            match part {
                Part::Token(id) => ids.push(id),
                Part::Text(text) => self.merging.encode(&self.vocabulary, text, place, ids)?,
            }
            place = Place::behind(&part);
        }
        Ok(())
    }

    fn spell_tokens(&mut self) -> Result<()> {
        for id in 0..self.vocabulary.len() {
            let text = self.vocabulary.text(id);
            match self.vocabulary.kinds[id] {
                Kind::Control | Kind::Unknown | Kind::Unused => {}
                Kind::Byte => self.bytes.push(self.vocabulary.byte(id)?),
                Kind::Normal => self.bytes.extend(self.merging.spell(text)),
                Kind::UserDefined => self.bytes.extend(self.merging.spell_user_defined(text)),
            }
            self.ends.push(self.bytes.len());
        }
        Ok(())
    }
}

fn stop_tokens(vocabulary: &Vocabulary) -> BTreeSet<u32> {
    let by_name =
        vocabulary.of_kind(Kind::is_special).filter(|(_, text)| STOP_NAMES.contains(text)).map(|(id, _)| id);
    by_name.chain(vocabulary.eos).chain(vocabulary.eot).chain(vocabulary.eom).collect()
}

fn without(text: &str, marker: Option<char>) -> Cow<'_, str> {
    match marker {
        Some(marker) if text.contains(marker) => Cow::Owned(text.replace(marker, "")),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests;
