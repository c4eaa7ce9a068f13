//! `tokenizer_config.json`: which tokens begin and end a sequence, and the chat template.

use super::{AddedToken, unreadable};
use crate::{EngineError, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the file says; nothing where there is none.
#[derive(Default)]
pub(super) struct Config {
    pub bos: Option<String>,
    pub eos: Option<String>,
    /// Whether sequences begin with `bos`.
    pub add_bos: Option<bool>,
    added: BTreeMap<String, AddedToken>,
}

#[derive(Deserialize)]
struct File {
    bos_token: Option<Name>,
    eos_token: Option<Name>,
    add_bos_token: Option<bool>,
    added_tokens_decoder: Option<BTreeMap<String, AddedToken>>,
    chat_template: Option<Templates>,
}

/// A token's name, alone or with its settings.
#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Alone(String),
    Described { content: String },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<NamedTemplate>),
}

#[derive(Deserialize)]
struct NamedTemplate {
    name: String,
    template: String,
}

impl Config {
    pub(super) fn read(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let file = parse(text)?;
        Ok(Self {
            bos: file.bos_token.map(Name::into_text),
            eos: file.eos_token.map(Name::into_text),
            add_bos: file.add_bos_token,
            added: file.added_tokens_decoder.unwrap_or_default(),
        })
    }

    /// Tokens that the file adds, with their ids.
    pub(super) fn added_tokens(&self) -> Result<impl Iterator<Item = AddedToken>> {
        let tokens = self.added.iter().map(|(id, token)| match id.parse() {
            Ok(id) => Ok(AddedToken { id, ..token.clone() }),
            Err(_) => {
                Err(bad(format!("added_tokens_decoder has the key {id:?}; expected the id of a token")))
            }
        });
        Ok(tokens.collect::<Result<Vec<_>>>()?.into_iter())
    }
}

/// The chat template, of several the one that is named `default`.
///
/// # Errors
/// [`EngineError::Template`] where there are several and none is the default.
pub(crate) fn chat_template(text: &str) -> Result<Option<String>> {
    let mut templates = match parse(text)?.chat_template {
        None => return Ok(None),
        Some(Templates::One(template)) => return Ok(Some(template)),
        Some(Templates::Named(templates)) => templates,
    };
    let default = templates.iter().position(|template| template.name == "default");
    match default.or((templates.len() == 1).then_some(0)) {
        Some(index) => Ok(Some(templates.swap_remove(index).template)),
        None => {
            let names =
                templates.iter().map(|template| template.name.as_str()).collect::<Vec<_>>().join(", ");
            Err(EngineError::Template(format!(
                "tokenizer_config.json has several ({names}) and none that is named default; name the one to use so"
            )))
        }
    }
}

impl Name {
    fn into_text(self) -> String {
        match self {
            Self::Alone(text) | Self::Described { content: text } => text,
        }
    }
}

fn parse(text: &str) -> Result<File> {
    serde_json::from_str(text).map_err(|error| bad(unreadable(&error)))
}

fn bad(problem: impl std::fmt::Display) -> EngineError {
    EngineError::Tokenizer(format!("tokenizer_config.json: {problem}"))
}
