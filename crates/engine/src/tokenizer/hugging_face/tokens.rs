//! The list of tokens: those of the model, and over them the added ones.

use super::super::finder::Sides;
use super::super::vocabulary::{Kind, Tokens, is_byte_name};
use super::config::Config;
use super::{AddedToken, File, PairEncoding, bad};
use crate::{EngineError, Result};

/// More ids than any published vocabulary has; an id above takes room that no token fills.
const MAX_TOKENS: usize = 1 << 22;

/// The tokens in the order of their ids, and which of them begin and end a sequence.
pub(super) fn by_id(file: &File, config: &Config) -> Result<Tokens> {
    let added = file.added_tokens.iter().map(|token| (token.content.as_str(), token.id));
    let named = file.model.vocab.iter().map(|(name, &id)| (name.as_str(), id)).chain(added);
    let count = count(named.clone().map(|(_, id)| id))?;
    let mut tokens =
        Tokens { texts: vec![String::new(); count], kinds: vec![Kind::Unused; count], ..Tokens::default() };
    for (name, id) in named {
        let is_byte = file.model.byte_fallback && is_byte_name(name);
        put(&mut tokens, name, id, if is_byte { Kind::Byte } else { Kind::Normal })?;
    }
    for token in &file.added_tokens {
        mark(&mut tokens, token, &file.model)?;
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

fn count(ids: impl Iterator<Item = u32>) -> Result<usize> {
    match ids.max() {
        None => Err(bad("has no tokens")),
        Some(id) if id as usize >= MAX_TOKENS => {
            Err(bad(format!("has the id {id}; expected 0 to {}", MAX_TOKENS - 1)))
        }
        Some(id) => Ok(id as usize + 1),
    }
}

/// Names a token. Gemma's files give a byte and the character that it is one id; the character is its name.
fn put(tokens: &mut Tokens, name: &str, id: u32, kind: Kind) -> Result<()> {
    let (text, known) = (&mut tokens.texts[id as usize], &mut tokens.kinds[id as usize]);
    let is_other = *known != Kind::Unused && text != name;
    if is_other && kind != Kind::Byte && *known != Kind::Byte {
        let (first, second) =
            if text.as_str() < name { (text.as_str(), name) } else { (name, text.as_str()) };
        return Err(bad(format!("gives the id {id} to both {first:?} and {second:?}")));
    }
    if !is_other || kind != Kind::Byte {
        name.clone_into(text);
        *known = kind;
    }
    Ok(())
}

fn mark(tokens: &mut Tokens, token: &AddedToken, model: &PairEncoding) -> Result<()> {
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
