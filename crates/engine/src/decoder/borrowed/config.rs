//! The configuration of a model that candle-transformers computes.

use super::families::{FAMILIES, Family};
use super::fence::carry;
use super::said::Said;
use crate::config::{bad, of_python, shape, unreadable, unsupported};
use crate::error::Result;
use serde_json::Value;
use std::fmt;

/// A configuration that was checked, in the words of candle-transformers.
#[derive(Clone)]
pub struct BorrowedConfig {
    pub(super) family: &'static Family,
    pub(super) values: Value,
    /// Whether the output shares the embedding's weights.
    pub(super) is_tied: bool,
    pub(super) vocab_size: usize,
    pub(super) context_length: usize,
}

impl BorrowedConfig {
    /// Reads the text of a `config.json`; none where it is of none of these families.
    ///
    /// # Errors
    /// [`Metadata`](crate::EngineError::Metadata) for what is no JSON object, and for a value that is absent, out of range, or other than candle-transformers computes.
    /// [`Unsupported`](crate::EngineError::Unsupported) for a quantization, a rotary scaling or an activation that it does not.
    pub fn parse(json: &str) -> Result<Option<Self>> {
        let values = serde_json::from_str(&of_python(json)).map_err(|error| unreadable(&error))?;
        let mut said = Said(values);
        let name = said.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let Some(family) = FAMILIES.iter().find(|family| family.name == name) else { return Ok(None) };
        if let Some(quantization) = said.get("quantization_config") {
            let method = quantization.get("quant_method").and_then(Value::as_str);
            return Err(unsupported("quantization", method.unwrap_or_default(), "F32, F16 and BF16"));
        }
        let context_length = (family.prepare)(&mut said)?;
        let vocab_size = said.size("vocab_size", shape::VOCABULARY)?;
        let is_tied = said.flag("tie_word_embeddings");
        Ok(Some(Self { family, values: said.0.into(), is_tied, vocab_size, context_length }))
    }

    /// How many tokens there are.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// The most tokens of a sequence.
    pub fn context_length(&self) -> usize {
        self.context_length
    }

    /// The memory of the masks that candle-transformers keeps for a sequence as long as the context, in bytes.
    pub fn mask_bytes(&self) -> u64 {
        let square = (self.context_length as u64).pow(2);
        match self.family.name {
            "gpt_bigcode" => square,
            _ => 0,
        }
    }

    /// The family, as `model_type` calls it.
    pub fn architecture(&self) -> &'static str {
        self.family.name
    }
}

impl fmt::Debug for BorrowedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family.name, self.values)
    }
}

/// What candle-transformers reads of a configuration.
pub(super) fn parsed<C: serde::de::DeserializeOwned>(values: &Value) -> candle_core::Result<C> {
    serde_json::from_value(values.clone())
        .map_err(|error| carry(bad("", format!("is not as candle-transformers reads it: {error}"))))
}

/// The sizes of a configuration that was checked, by key.
pub(super) fn sizes(values: &Value) -> impl Fn(&str) -> usize {
    |key| values[key].as_u64().unwrap_or_default() as usize
}
