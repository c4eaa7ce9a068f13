//! A folder's `tokenizer.json` and `tokenizer_config.json`.

mod components;
mod config;

use super::finder::Sides;
use super::pipeline::Pipeline;
use super::vocabulary::{Kind, Tokens, Vocabulary, is_byte_name};
use crate::{EngineError, Result};
use config::Config;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use tokenizers::models::bpe::BPE;

pub(crate) use config::chat_template as configured_template;

/// What a tokenizer is built from.
pub(super) struct Read {
    pub vocabulary: Vocabulary,
    pub pipeline: Pipeline,
    /// Whether sequences begin with the token for it.
    pub add_bos: bool,
}

/// More ids than any published vocabulary has; an id above takes room that no token fills.
const MAX_TOKENS: usize = 1 << 22;
const BYTES: usize = 256;

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

pub(super) fn read(tokenizer_json: &str, tokenizer_config: Option<&str>) -> Result<Read> {
    let config = Config::read(tokenizer_config)?;
    refuse_other_models(tokenizer_json)?;
    let mut file: File = serde_json::from_str(tokenizer_json).map_err(|error| bad(error.to_string()))?;
    file.added_tokens.extend(config.added_tokens()?.filter(|token| !knows(&file, token)).collect::<Vec<_>>());
    let vocabulary = Vocabulary::from(tokens(&file, &config)?);
    let spelling = components::spelling(file.decoder.as_ref())?;
    let (normalizer, before_stretches) = components::normalizer(file.normalizer.take())?;
    let (pre_tokenizer, before_words) = components::pre_tokenizer(file.pre_tokenizer.take())?;
    let begins_with_bos = components::begins_with(file.post_processor.as_ref(), config.bos.as_deref());
    Ok(Read {
        pipeline: Pipeline {
            normalizer,
            pre_tokenizer,
            has_all_bytes: has_all_bytes(&file.model, &vocabulary),
            bpe: pair_encoding(file.model, &vocabulary)?,
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

fn refuse_other_models(tokenizer_json: &str) -> Result<()> {
    let kinds: Kinds = serde_json::from_str(tokenizer_json).map_err(|error| bad(error.to_string()))?;
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

/// The tokens by id: those of the model, and over them the added ones.
fn tokens(file: &File, config: &Config) -> Result<Tokens> {
    let added = file.added_tokens.iter().map(|token| (token.content.as_str(), token.id));
    let named = file.model.vocab.iter().map(|(name, &id)| (name.as_str(), id)).chain(added.clone());
    let count = named.clone().map(|(_, id)| id as usize + 1).max().unwrap_or(0);
    if count == 0 {
        return Err(bad("has no tokens"));
    }
    if count > MAX_TOKENS {
        return Err(bad(format!("has the id {}; expected 0 to {}", count - 1, MAX_TOKENS - 1)));
    }
    let mut tokens =
        Tokens { texts: vec![String::new(); count], kinds: vec![Kind::Unused; count], ..Tokens::default() };
    for (name, id) in named {
        let text = &mut tokens.texts[id as usize];
        if !text.is_empty() && text != name {
            return Err(bad(format!("gives the id {id} to both {text:?} and {name:?}")));
        }
        name.clone_into(text);
        let is_byte = file.model.byte_fallback && is_byte_name(name);
        tokens.kinds[id as usize] = if is_byte { Kind::Byte } else { Kind::Normal };
    }
    for token in &file.added_tokens {
        add(&mut tokens, token, &file.model)?;
    }
    let id_of = |name: &Option<String>, what| id_of(file, name.as_deref(), what);
    tokens.unknown = id_of(&file.model.unk_token, "unk_token")?;
    tokens.bos = id_of(&config.bos, "bos_token")?;
    tokens.eos = id_of(&config.eos, "eos_token")?;
    if let Some(unknown) = tokens.unknown {
        tokens.kinds[unknown as usize] = Kind::Unknown;
    }
    Ok(tokens)
}

fn add(tokens: &mut Tokens, token: &AddedToken, model: &PairEncoding) -> Result<()> {
    let AddedToken { id, content, special, single_word, lstrip, rstrip } = token;
    if let Some(other) = model.vocab.get(content).filter(|other| *other != id) {
        return Err(bad(format!("gives {content:?} the ids {other} and {id}")));
    }
    if *single_word {
        let name = format!("single_word of {content}");
        let supported = "tokens that are found inside words too";
        return Err(EngineError::Unsupported { what: "added token", name, supported });
    }
    tokens.kinds[*id as usize] = if *special { Kind::Control } else { Kind::UserDefined };
    if *lstrip || *rstrip {
        tokens.sides.insert(*id, Sides { left: *lstrip, right: *rstrip });
    }
    Ok(())
}

fn id_of(file: &File, name: Option<&str>, what: &str) -> Result<Option<u32>> {
    let Some(name) = name else {
        return Ok(None);
    };
    let added = file.added_tokens.iter().find(|token| token.content == name).map(|token| token.id);
    match added.or_else(|| file.model.vocab.get(name).copied()) {
        Some(id) => Ok(Some(id)),
        None => {
            Err(bad(format!("has no token {name:?}, which is the {what}; take both files from one model")))
        }
    }
}

fn has_all_bytes(model: &PairEncoding, vocabulary: &Vocabulary) -> bool {
    model.byte_fallback && vocabulary.of_kind(|kind| kind == Kind::Byte).count() == BYTES
}

/// The crate's model, without the tokens that text must not become, and without the merges that lead to them.
fn pair_encoding(model: PairEncoding, vocabulary: &Vocabulary) -> Result<BPE> {
    for affix in [&model.continuing_subword_prefix, &model.end_of_word_suffix].into_iter().flatten() {
        if !affix.is_empty() {
            let (what, supported) = ("mark of words' parts", "none");
            return Err(EngineError::Unsupported { what, name: affix.clone(), supported });
        }
    }
    let all_bytes = has_all_bytes(&model, vocabulary);
    let unknown = model.unk_token.filter(|_| !all_bytes);
    let usable = |id: u32| match vocabulary.kind(id) {
        Kind::Normal | Kind::UserDefined | Kind::Byte => true,
        Kind::Unknown => unknown.is_some(),
        Kind::Control | Kind::Unused => false,
    };
    let merges = usable_merges(model.merges, &model.vocab, usable)?;
    let tokens =
        model.vocab.into_iter().filter(|(_, id)| usable(*id)).collect::<tokenizers::models::bpe::Vocab>();
    let mut builder = BPE::builder()
        .vocab_and_merges(tokens, merges)
        .byte_fallback(model.byte_fallback)
        .fuse_unk(model.fuse_unk)
        .ignore_merges(model.ignore_merges);
    if let Some(unknown) = unknown {
        builder = builder.unk_token(unknown);
    }
    builder.build().map_err(|error| bad(format!("merges cannot be used: {error}")))
}

fn usable_merges(
    merges: Vec<Merge>,
    vocab: &HashMap<String, u32>,
    usable: impl Fn(u32) -> bool,
) -> Result<Vec<(String, String)>> {
    let mut kept = Vec::with_capacity(merges.len());
    for (index, merge) in merges.into_iter().enumerate() {
        let (left, right) = match merge {
            Merge::Pair(left, right) => (left, right),
            Merge::Line(line) => line
                .split_once(' ')
                .map(|(left, right)| (left.to_owned(), right.to_owned()))
                .ok_or_else(|| {
                    bad(format!("merge {index} is {line:?}; expected two tokens with a space between them"))
                })?,
        };
        let mut keeps = true;
        for token in [&left, &right, &[left.as_str(), right.as_str()].concat()] {
            let id = vocab
                .get(token)
                .ok_or_else(|| bad(format!("merge {index} names {token:?}, which is no token")))?;
            keeps &= usable(*id);
        }
        if keeps {
            kept.push((left, right));
        }
    }
    Ok(kept)
}
