//! A folder's `tokenizer.json` and `tokenizer_config.json`.

mod components;
mod config;
mod model;
mod tokens;

use super::pipeline::Pipeline;
use super::vocabulary::Vocabulary;
use crate::{EngineError, Result};
use config::Config;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

pub(crate) use config::chat_template as configured_template;

/// What a tokenizer is built from.
pub(super) struct Read {
    pub vocabulary: Vocabulary,
    pub pipeline: Pipeline,
    /// Whether sequences begin with the token for it.
    pub add_bos: bool,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Option<Value>,
    pre_tokenizer: Option<Value>,
    post_processor: Option<Value>,
    decoder: Option<Value>,
    model: PairEncoding,
}

/// A token that is cut out of texts.
#[derive(Clone, Deserialize)]
struct AddedToken {
    #[serde(default)]
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
}

#[derive(Deserialize)]
struct PairEncoding {
    vocab: HashMap<String, u32>,
    merges: Vec<Merge>,
    unk_token: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    fuse_unk: bool,
    #[serde(default)]
    ignore_merges: bool,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
}

/// Two tokens that become one; older files write them as one text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair(String, String),
    Line(String),
}

/// Enough of a file to tell its kind.
#[derive(Deserialize)]
struct Kinds {
    model: ModelKind,
}

#[derive(Deserialize)]
struct ModelKind {
    #[serde(rename = "type")]
    name: Option<String>,
}

impl PairEncoding {
    /// Whether every character that is no token can be spelled by bytes.
    fn has_all_bytes(&self) -> bool {
        let has = |byte: u8| self.vocab.contains_key(&format!("<0x{byte:02X}>"));
        self.byte_fallback && (0..=u8::MAX).all(has)
    }
}

/// Reads both; added tokens at `most` or beyond are left out, as the model that the tokenizer is for has none of them.
pub(super) fn read(tokenizer_json: &str, tokenizer_config: Option<&str>, most: usize) -> Result<Read> {
    let config = Config::read(tokenizer_config)?;
    refuse_other_models(tokenizer_json)?;
    let mut file: File = serde_json::from_str(tokenizer_json).map_err(|error| bad(unreadable(&error)))?;
    file.added_tokens.extend(config.added_tokens()?.filter(|token| !knows(&file, token)).collect::<Vec<_>>());
    file.added_tokens.retain(|token| (token.id as usize) < most);
    let vocabulary = Vocabulary::from(tokens::by_id(&file, &config)?);
    let spelling = components::spelling(file.decoder.as_ref())?;
    let (normalizer, before_stretches) = components::normalizer(file.normalizer.take())?;
    let (pre_tokenizer, before_words) = components::pre_tokenizer(file.pre_tokenizer.take())?;
    let begins_with_bos = components::begins_with(file.post_processor.as_ref(), config.bos.as_deref());
    Ok(Read {
        pipeline: Pipeline {
            normalizer,
            pre_tokenizer,
            has_all_bytes: file.model.has_all_bytes(),
            bpe: model::pair_encoding(file.model, &vocabulary)?,
            prefix: before_stretches.or(before_words).unwrap_or_default(),
            spelling,
        },
        add_bos: config.add_bos.unwrap_or(begins_with_bos),
        vocabulary,
    })
}

fn bad(problem: impl std::fmt::Display) -> EngineError {
    EngineError::Tokenizer(format!("tokenizer.json: {problem}"))
}

/// What is wrong with a file's JSON, and what to do where it is no such text at all.
fn unreadable(error: &serde_json::Error) -> String {
    let advice = if error.is_data() { "" } else { "; the file is cut off or damaged: fetch it again" };
    format!("{error}{advice}")
}

fn refuse_other_models(tokenizer_json: &str) -> Result<()> {
    let kinds: Kinds = serde_json::from_str(tokenizer_json).map_err(|error| bad(unreadable(&error)))?;
    match kinds.model.name {
        Some(name) if name != "BPE" => {
            Err(EngineError::Unsupported { what: "tokenizer model", name, supported: "BPE" })
        }
        _ => Ok(()),
    }
}

fn knows(file: &File, token: &AddedToken) -> bool {
    file.added_tokens.iter().any(|known| known.id == token.id)
}
