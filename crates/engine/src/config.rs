//! The shape of a model, read from its metadata.

use crate::gguf::{Metadata, bad_key};
use crate::{EngineError, Result};
use std::ops::RangeInclusive;

/// The families that the decoder knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Llama and what is built like it (SmolLM2, Mistral, TinyLlama): rotary embedding over adjacent pairs.
    Llama,
    /// Qwen 2 and 2.5: biases on queries, keys and values; rotary embedding over halves.
    Qwen2,
    /// Qwen 3: normalised queries and keys; rotary embedding over halves.
    Qwen3,
}

/// The shape of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The family.
    pub architecture: Architecture,
    /// How many tokens there are.
    pub vocab_size: usize,
    /// The most tokens of a sequence, prompt and response together.
    pub context_length: usize,
    /// The width of a layer's input.
    pub embedding_length: usize,
    /// How many layers.
    pub block_count: usize,
    /// The width inside the feed-forward part.
    pub feed_forward_length: usize,
    /// How many heads ask.
    pub head_count: usize,
    /// How many heads hold keys and values; divides `head_count`.
    pub head_count_kv: usize,
    /// The width of a head's query and key, `attention.key_length` or `embedding_length / head_count`.
    pub key_length: usize,
    /// The width of a head's value, `attention.value_length` or the same.
    pub value_length: usize,
    /// How many of a head's numbers are rotated; even, at most `key_length`.
    pub rope_dimension_count: usize,
    /// The base of the rotation's frequencies.
    pub rope_freq_base: f32,
    /// What positions are divided by (linear scaling); 1 changes nothing.
    pub rope_scale: f32,
    /// What is added to the mean square before its root.
    pub rms_epsilon: f64,
}

impl Architecture {
    fn from_name(name: &str) -> Result<Self> {
        match name {
            "llama" => Ok(Self::Llama),
            "qwen2" => Ok(Self::Qwen2),
            "qwen3" => Ok(Self::Qwen3),
            _ => Err(unsupported("architecture", name, "llama, qwen2, qwen3")),
        }
    }

    /// The name as it stands in `general.architecture`, which is also the prefix of the family's keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }
}

impl Config {
    /// Reads the shape from a file's metadata and checks that it can be that of a model.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for a family, a mixture of experts, a rotary scaling or an attention that the decoder does not compute.
    /// [`EngineError::Metadata`] for a key that is absent, of the wrong type or out of range.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let architecture = Architecture::from_name(metadata.string("general.architecture")?)?;
        let keys = Keys { metadata, prefix: architecture.as_str() };
        refuse_unknown_parts(&keys)?;
        let embedding_length = keys.size("embedding_length", 1..=1 << 16, None)?;
        let head_count = keys.size("attention.head_count", 1..=1 << 12, None)?;
        let head_count_kv = keys.size("attention.head_count_kv", 1..=1 << 12, Some(head_count))?;
        let even_share = embedding_length.is_multiple_of(head_count).then(|| embedding_length / head_count);
        let key_length = keys.size("attention.key_length", 1..=1 << 12, even_share)?;
        let value_length = keys.size("attention.value_length", 1..=1 << 12, even_share)?;
        let rope_dimension_count = keys.size("rope.dimension_count", 2..=1 << 12, Some(key_length))?;
        if !head_count.is_multiple_of(head_count_kv) {
            return Err(keys.bad(
                "attention.head_count_kv",
                format!("is {head_count_kv}, which does not divide the {head_count} heads"),
            ));
        }
        if !rope_dimension_count.is_multiple_of(2) || rope_dimension_count > key_length {
            return Err(keys.bad(
                "rope.dimension_count",
                format!("is {rope_dimension_count}; expected an even number up to {key_length}"),
            ));
        }
        Ok(Self {
            architecture,
            vocab_size: vocabulary_size(metadata)?,
            context_length: context_length(&keys)?,
            embedding_length,
            block_count: keys.size("block_count", 1..=512, None)?,
            feed_forward_length: keys.size("feed_forward_length", 1..=1 << 20, None)?,
            head_count,
            head_count_kv,
            key_length,
            value_length,
            rope_dimension_count,
            rope_freq_base: keys.positive("rope.freq_base", Some(10_000.0))?,
            rope_scale: rope_scale(&keys)?,
            rms_epsilon: f64::from(keys.positive("attention.layer_norm_rms_epsilon", None)?),
        })
    }
}

const MAX_VOCABULARY: usize = 1 << 22;

fn vocabulary_size(metadata: &Metadata) -> Result<usize> {
    let key = "tokenizer.ggml.tokens";
    match metadata.strings(key)?.len() {
        count @ 1..=MAX_VOCABULARY => Ok(count),
        count => Err(bad_key(key, format!("lists {count} tokens; expected 1 to {MAX_VOCABULARY}"))),
    }
}

fn refuse_unknown_parts(keys: &Keys) -> Result<()> {
    let experts = keys.metadata.optional_u32(&keys.full("expert_count"))?.unwrap_or(0);
    if experts > 0 {
        return Err(unsupported("mixture of experts", &keys.full("expert_count"), "dense models"));
    }
    if keys.metadata.optional_bool(&keys.full("attention.causal"))? == Some(false) {
        return Err(unsupported("attention", "not causal", "causal"));
    }
    Ok(())
}

/// The most tokens of a sequence, no more than a sliding window holds: up to there attention with and without one is the same.
fn context_length(keys: &Keys) -> Result<usize> {
    let context = keys.size("context_length", 1..=1 << 24, None)?;
    let window = keys.metadata.optional_usize(&keys.full("attention.sliding_window"))?.unwrap_or(0);
    Ok(if window == 0 { context } else { context.min(window) })
}

/// What positions are divided by: the factor of linear scaling, for which older files have a key of its own, and whose absence or 0 means 1.
fn rope_scale(keys: &Keys) -> Result<f32> {
    let kind = keys.full("rope.scaling.type");
    match keys.metadata.optional_string(&kind)? {
        Some("none") => return Ok(1.0),
        None | Some("linear") => {}
        Some(other) => return Err(unsupported("rope scaling", other, "none, linear")),
    }
    for name in ["rope.scaling.factor", "rope.scale_linear"] {
        if !matches!(keys.metadata.optional_f32(&keys.full(name))?, None | Some(0.0)) {
            return keys.positive(name, None);
        }
    }
    Ok(1.0)
}

/// The keys of one family, whose names begin with the family's.
struct Keys<'a> {
    metadata: &'a Metadata,
    prefix: &'static str,
}

impl Keys<'_> {
    fn full(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    fn bad(&self, name: &str, problem: impl Into<String>) -> EngineError {
        bad_key(&self.full(name), problem)
    }

    fn size(&self, name: &str, range: RangeInclusive<usize>, default: Option<usize>) -> Result<usize> {
        let key = self.full(name);
        let size = match (self.metadata.optional_usize(&key)?, default) {
            (Some(size), _) | (None, Some(size)) => size,
            (None, None) => self.metadata.usize(&key)?,
        };
        if range.contains(&size) {
            return Ok(size);
        }
        Err(bad_key(&key, format!("is {size}; expected {} to {}", range.start(), range.end())))
    }

    fn positive(&self, name: &str, default: Option<f32>) -> Result<f32> {
        let key = self.full(name);
        let number = match (self.metadata.optional_f32(&key)?, default) {
            (Some(number), _) | (None, Some(number)) => number,
            (None, None) => self.metadata.f32(&key)?,
        };
        if number > 0.0 {
            return Ok(number);
        }
        Err(bad_key(&key, format!("is {number}; expected more than 0")))
    }
}

fn unsupported(what: &'static str, name: &str, supported: &'static str) -> EngineError {
    EngineError::Unsupported { what, name: name.to_owned(), supported }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gguf::{List, Value};

    fn metadata(changes: &[(&str, Option<Value>)]) -> Metadata {
        let tokens = ["a", "b", "c"].map(str::to_owned).to_vec();
        let mut values = std::collections::BTreeMap::from([
            ("general.architecture".to_owned(), Value::Text("llama".to_owned())),
            ("llama.context_length".to_owned(), Value::Integer(128)),
            ("llama.embedding_length".to_owned(), Value::Integer(64)),
            ("llama.block_count".to_owned(), Value::Integer(2)),
            ("llama.feed_forward_length".to_owned(), Value::Integer(96)),
            ("llama.attention.head_count".to_owned(), Value::Integer(4)),
            ("llama.attention.head_count_kv".to_owned(), Value::Integer(2)),
            ("llama.attention.layer_norm_rms_epsilon".to_owned(), Value::Float(1e-5)),
            ("tokenizer.ggml.tokens".to_owned(), Value::List(List::Texts(tokens))),
        ]);
        for (key, value) in changes {
            match value {
                Some(value) => values.insert((*key).to_owned(), value.clone()),
                None => values.remove(*key),
            };
        }
        values.into_iter().collect()
    }

    #[test]
    fn a_sliding_window_bounds_the_context() {
        let context = |window| {
            let key = ("llama.attention.sliding_window", Some(Value::Integer(window)));
            Config::from_gguf(&metadata(&[key])).unwrap().context_length
        };
        assert_eq!((context(32), context(4_096), context(0)), (32, 128, 128));
    }

    #[test]
    fn defaults_follow_from_the_width_and_the_heads() {
        let config = Config::from_gguf(&metadata(&[])).unwrap();
        assert_eq!(config.architecture, Architecture::Llama);
        assert_eq!((config.vocab_size, config.key_length, config.value_length), (3, 16, 16));
        assert_eq!(config.rope_dimension_count, 16);
        assert_eq!((config.rope_freq_base, config.rope_scale), (10_000.0, 1.0));
    }

    #[test]
    fn keys_override_the_defaults() {
        let config = Config::from_gguf(&metadata(&[
            ("llama.attention.key_length", Some(Value::Integer(32))),
            ("llama.attention.value_length", Some(Value::Integer(8))),
            ("llama.rope.dimension_count", Some(Value::Integer(20))),
            ("llama.rope.freq_base", Some(Value::Float(500_000.0))),
            ("llama.rope.scaling.type", Some(Value::Text("linear".to_owned()))),
            ("llama.rope.scaling.factor", Some(Value::Float(4.0))),
        ]))
        .unwrap();
        assert_eq!((config.key_length, config.value_length, config.rope_dimension_count), (32, 8, 20));
        assert_eq!((config.rope_freq_base, config.rope_scale), (500_000.0, 4.0));
    }

    /// Every error names the key, or the thing that is not supported.
    #[test]
    fn impossible_shapes_are_refused_by_name() {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let integer = |number| Some(Value::Integer(number));
        for (key, value, named) in [
            ("general.architecture", text("mamba"), "llama, qwen2, qwen3"),
            ("general.architecture", None, "`general.architecture`"),
            ("llama.context_length", integer(0), "`llama.context_length`"),
            ("llama.context_length", integer((1 << 24) + 1), "`llama.context_length`"),
            ("llama.context_length", integer(-1), "`llama.context_length`"),
            ("llama.context_length", None, "`llama.context_length`"),
            ("llama.embedding_length", text("wide"), "a text"),
            ("llama.embedding_length", integer(1 << 60), "`llama.embedding_length`"),
            ("llama.block_count", integer(513), "`llama.block_count`"),
            ("llama.feed_forward_length", integer(0), "`llama.feed_forward_length`"),
            ("llama.attention.head_count", integer(0), "`llama.attention.head_count`"),
            ("llama.attention.head_count", integer(5), "`llama.attention.key_length`"),
            ("llama.attention.head_count_kv", integer(3), "`llama.attention.head_count_kv`"),
            ("llama.attention.head_count_kv", integer(8), "`llama.attention.head_count_kv`"),
            ("llama.rope.dimension_count", integer(7), "`llama.rope.dimension_count`"),
            ("llama.rope.dimension_count", integer(18), "`llama.rope.dimension_count`"),
            ("llama.rope.freq_base", Some(Value::Float(f64::NAN)), "`llama.rope.freq_base`"),
            ("llama.rope.freq_base", Some(Value::Float(0.0)), "`llama.rope.freq_base`"),
            ("llama.rope.scaling.type", text("yarn"), "yarn"),
            ("llama.rope.scaling.factor", Some(Value::Float(-2.0)), "`llama.rope.scaling.factor`"),
            ("llama.attention.layer_norm_rms_epsilon", Some(Value::Float(1e300)), "epsilon`"),
            ("llama.attention.layer_norm_rms_epsilon", None, "epsilon`"),
            ("llama.attention.causal", Some(Value::Bool(false)), "causal"),
            ("llama.expert_count", integer(8), "expert"),
            ("tokenizer.ggml.tokens", Some(Value::List(List::Texts(Vec::new()))), "`tokenizer.ggml.tokens`"),
            ("tokenizer.ggml.tokens", None, "`tokenizer.ggml.tokens`"),
        ] {
            let error = Config::from_gguf(&metadata(&[(key, value.clone())])).expect_err(key).to_string();
            assert!(error.contains(named), "{key} = {value:?}: {error}");
        }
    }
}
