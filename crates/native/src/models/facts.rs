//! What a person wants to know of a model before it is loaded.

use super::{folder, gguf};
use crate::files::open;
use crate::model::{free_bytes, ModelFiles, BUILTIN_MODEL};
use crate::terminal::{bytes, count};
use anyhow::{Context, Result};
use std::io::Cursor;
use tiebreak_engine::config::Config;

/// What is known; what a file does not say is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub name: Option<String>,
    pub n_files: usize,
    pub architecture: String,
    pub n_parameters: Option<u64>,
    /// The type of most weights, such as `Q8_0` or `BF16`.
    pub quantization: String,
    /// What the weights take in the files.
    pub weight_bytes: u64,
    /// The most tokens of a sequence.
    pub context_length: Option<u64>,
    pub tokenizer: String,
    /// The template's text of a greeting, or why there is none.
    pub template: String,
    /// What will compute it, or why nothing will.
    pub runs_on: String,
    /// What the weights will take, about.
    pub memory_bytes: u64,
    /// What keys and values take for each token of each sequence.
    pub bytes_per_token: Option<u64>,
}

/// The facts of a model's files.
pub fn of(files: &ModelFiles) -> Result<Facts> {
    match files {
        ModelFiles::Builtin => gguf::facts(vec![Cursor::new(BUILTIN_MODEL)]),
        ModelFiles::Gguf { parts } => {
            let first = parts.first().context("a model has a file")?;
            let readers = parts.iter().map(|part| open(part)).collect::<Result<Vec<_>>>()?;
            gguf::facts(readers).with_context(|| format!("cannot read {}", first.display()))
        }
        ModelFiles::Folder(folder) => folder::facts(folder),
    }
}

/// What computes most models.
pub const FAST: &str =
    "the fast CPU decoder, where the processor has AVX2 or AVX-512, else candle on the CPU";

/// What keys and values take for a token, of numbers of so many bytes.
pub fn bytes_per_token(config: &Config, bytes_of_a_number: usize) -> u64 {
    let of_layer = config.head_count_kv * (config.key_length + config.value_length);
    (config.layers.len() * of_layer * bytes_of_a_number) as u64
}

/// The facts to read, a line each.
pub fn text(facts: &Facts) -> String {
    let n_files = if facts.n_files > 1 { format!(" in {} files", facts.n_files) } else { String::new() };
    let lines = [
        ("name", facts.name.clone()),
        ("architecture", Some(facts.architecture.clone())),
        ("parameters", facts.n_parameters.map(parameters)),
        ("weights", Some(format!("{}, {}{n_files}", facts.quantization, bytes(facts.weight_bytes)))),
        ("context", facts.context_length.map(|tokens| format!("{} tokens", count(tokens)))),
        ("tokenizer", Some(facts.tokenizer.clone())),
        ("template", Some(facts.template.clone())),
        ("runs on", Some(facts.runs_on.clone())),
        ("memory", Some(memory(facts))),
    ];
    let line = |(label, text): (&str, Option<String>)| Some(format!("{label:13} {}\n", text?));
    lines.into_iter().filter_map(line).collect()
}

/// `5.9 million`, `8.03 billion`.
fn parameters(n: u64) -> String {
    match n {
        0..1_000_000_000 => format!("{:.1} million", n as f64 / 1e6),
        _ => format!("{:.2} billion", n as f64 / 1e9),
    }
}

fn memory(facts: &Facts) -> String {
    let mut text = format!("about {} for the weights", bytes(facts.memory_bytes));
    if let Some(per_token) = facts.bytes_per_token {
        text += &format!(", and {} a token of each sequence", bytes(per_token));
        if let Some(context) = facts.context_length {
            text += &format!(" ({} where the context is full)", bytes(per_token.saturating_mul(context)));
        }
    }
    if let Some(free) = free_bytes() {
        text += &format!("; {} is free", bytes(free));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_that_is_carried_is_known() {
        let facts = of(&ModelFiles::Builtin).unwrap();
        let Facts { architecture, quantization, n_parameters, context_length, .. } = &facts;
        assert_eq!((architecture.as_str(), quantization.as_str()), ("llama", "Q8_0"));
        assert!(
            n_parameters.is_some_and(|n| (5_000_000..7_000_000).contains(&n)) && context_length.is_some()
        );
        let text = text(&facts);
        for part in [
            "million",
            "byte-level BPE",
            "Hello",
            "fast CPU decoder",
            "for the weights",
            "a token of each sequence",
        ] {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_line() {
        let text = text(&Facts { architecture: "x".to_owned(), ..Facts::default() });
        assert!(
            !text.contains("context") && !text.contains("parameters") && !text.contains("name"),
            "{text}"
        );
    }

    #[test]
    fn parameters_are_rounded() {
        assert_eq!([5_940_000, 8_030_000_000].map(parameters), ["5.9 million", "8.03 billion"]);
    }
}
