//! How servers are spoken to: a request's body and headers, and what an answer's body says.

mod anthropic;
mod openai;
#[cfg(test)]
mod tests;

use super::address::Address;
use super::ask::{Answer, Ask};
use super::error::{message, of_status, AskError};
use super::key::Key;
use crate::args::ProtocolChoice;
use serde_json::Value;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    OpenAi,
    Anthropic,
}

impl Protocol {
    /// The one that was typed, or that of the host.
    pub fn choose(typed: Option<ProtocolChoice>, address: &Address) -> Self {
        let is_anthropic = address.host() == "anthropic.com" || address.host().ends_with(".anthropic.com");
        match typed {
            Some(ProtocolChoice::Anthropic) => Self::Anthropic,
            Some(ProtocolChoice::Openai) => Self::OpenAi,
            None if is_anthropic => Self::Anthropic,
            None => Self::OpenAi,
        }
    }

    /// The name in the cache and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// The environment variable that usually holds the key.
    pub fn usual_variable(self) -> &'static str {
        match self {
            Self::OpenAi => "OPENAI_API_KEY",
            Self::Anthropic => "ANTHROPIC_API_KEY",
        }
    }

    /// The path after the server's address.
    pub fn path(self) -> &'static str {
        match self {
            Self::OpenAi => "/chat/completions",
            Self::Anthropic => "/messages",
        }
    }

    /// The headers that a call carries beside its content type; values may hold the key.
    pub fn headers(self, key: Option<&Key>) -> Vec<(&'static str, String)> {
        match self {
            Self::OpenAi => openai::headers(key),
            Self::Anthropic => anthropic::headers(key),
        }
    }

    /// The setting of `ask` that the protocol cannot carry, if any, with what to give instead.
    pub fn cannot_carry(self, ask: &Ask) -> Option<&'static str> {
        match self {
            Self::OpenAi => None,
            Self::Anthropic => anthropic::cannot_carry(ask),
        }
    }

    /// The request's body; it holds no key.
    pub fn body(self, ask: &Ask, model: &str, address: &Address) -> Value {
        match self {
            Self::OpenAi => openai::body(ask, model, address),
            Self::Anthropic => anthropic::body(ask, model),
        }
    }

    /// What the body of an answer with status 200 says.
    pub fn read(self, body: &str) -> Result<Answer, AskError> {
        let value: Value = serde_json::from_str(body).map_err(|error| not_json(body, &error))?;
        let answer = match self {
            Self::OpenAi => openai::answer(&value),
            Self::Anthropic => anthropic::answer(&value),
        };
        answer.ok_or_else(|| other_json(body, &value))
    }
}

/// An answer that ends in the middle is asked for again; one that is no JSON at all is not.
fn not_json(body: &str, error: &serde_json::Error) -> AskError {
    match error.is_eof() {
        true => AskError::CutOff { n_bytes: body.len() },
        false => AskError::NotUnderstood { what: "it is no JSON; check --endpoint".to_owned() },
    }
}

/// Some servers put an error into an answer with status 200, and its status into the error.
fn other_json(body: &str, value: &Value) -> AskError {
    let status =
        value.pointer("/error/code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    if let Some(status @ 400..=599) = status {
        return of_status(status, body, None);
    }
    AskError::NotUnderstood {
        what: match message(body).as_str() {
            "" => "it holds no reply; check --protocol and --endpoint".to_owned(),
            said => format!("it holds no reply, but an error: {said}"),
        },
    }
}
