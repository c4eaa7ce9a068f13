//! What the files of a folder tell: `config.json`, the tokenizer's files and the headers of the weights.

use super::facts::{bytes_per_token, Facts, FAST};
use super::template;
use crate::files::read_text;
use crate::hub::Adapted;
use crate::model::{folder_bytes, read_json, template_of, ModelFolder};
use crate::terminal::plural;
use anyhow::{bail, Context, Result};
use serde_json::{Map, Value};
use std::fs::File;
use std::path::{Path, PathBuf};
use tiebreak_engine::chat::ChatTemplate;
use tiebreak_engine::decoder::CpuWeights;
use tiebreak_engine::safetensors::Shards;
use tiebreak_engine::tokenizer::Tokenizer;
use tiebreak_engine::{Computation, EngineError};

type Object = Map<String, Value>;

/// Keys and values beside weights that are not quantized.
const BYTES_OF_A_NUMBER: usize = 4;

/// The facts of a folder.
pub fn facts(folder: &ModelFolder) -> Result<Facts> {
    let config = read_json(&folder.config)?;
    // Models that read images too keep the language model's shape in a part of its own.
    let of_text = config.get("text_config").and_then(Value::as_object).unwrap_or(&config);
    let number = |key: &str| of_text.get(key).and_then(Value::as_u64);
    let weights = folder.tensors()?;
    if let Some(index) = &folder.index {
        check_index(index, &weights, &folder.weights)?;
    }
    let computed = Computation::of_folder(&read_text(&folder.config)?);
    Ok(Facts {
        name: config
            .get("_name_or_path")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        n_files: folder.weights.len(),
        architecture: architecture(&config),
        n_parameters: Some(weights.n_parameters()),
        quantization: weights.main_type().to_owned(),
        weight_bytes: weights.weight_bytes(),
        context_length: match &computed {
            Ok(computation) => Some(computation.context_length() as u64),
            Err(_) => number("max_position_embeddings"),
        },
        tokenizer: tokenizer(folder)?,
        template: shown_template(folder)?,
        runs_on: runs_on(computed.as_ref(), read_tokenizer(folder)?.as_ref()),
        memory_bytes: folder_bytes(&weights, computed.as_ref().ok(), Adapted::default()),
        bytes_per_token: computed
            .ok()
            .and_then(|computation| Some(bytes_per_token(computation.own()?, BYTES_OF_A_NUMBER))),
    })
}

fn runs_on(
    computation: Result<&Computation, &EngineError>,
    tokenizer: Result<&Tokenizer, &EngineError>,
) -> String {
    match (computation.map(Computation::own), tokenizer) {
        (Err(error), _) | (_, Err(error)) => format!("nothing here: {error}"),
        (Ok(None), _) => {
            "candle-transformers, one response at a time: no decoder here knows the family".to_owned()
        }
        (Ok(Some(config)), _) if CpuWeights::fit(config) => {
            format!("{FAST}; --quantize q8_0 halves the memory")
        }
        _ => "candle on the CPU: the fast decoder does not take widths that 32 does not divide".to_owned(),
    }
}

/// The tokenizer as a run reads it, or why it cannot.
fn read_tokenizer(folder: &ModelFolder) -> Result<Result<Tokenizer, EngineError>> {
    let config = folder.tokenizer_config.as_deref().map(read_text).transpose()?;
    Ok(Tokenizer::from_hugging_face(&read_text(&folder.tokenizer)?, config.as_deref()))
}

/// `model_type`, and the class that transformers has for it.
fn architecture(config: &Object) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let class = text(config.get("architectures").and_then(|list| list.get(0)));
    match (text(config.get("model_type")), class) {
        (kind, class) if class.is_empty() => kind,
        (kind, class) => format!("{kind} ({class})"),
    }
}

fn tokenizer(folder: &ModelFolder) -> Result<String> {
    let json = read_json(&folder.tokenizer)?;
    let model = json.get("model").and_then(Value::as_object);
    let model = model
        .with_context(|| format!("{} has no `model`: it is no tokenizer", folder.tokenizer.display()))?;
    let kind = model.get("type").and_then(Value::as_str).unwrap_or("of unknown kind");
    let n_tokens = match model.get("vocab") {
        Some(Value::Object(tokens)) => tokens.len(),
        Some(Value::Array(tokens)) => tokens.len(),
        _ => bail!("{} has no `vocab`: it is no tokenizer", folder.tokenizer.display()),
    };
    Ok(format!("{kind}, {}", plural(n_tokens, "token")))
}

fn shown_template(folder: &ModelFolder) -> Result<String> {
    let config = folder.tokenizer_config.as_deref().map(read_json).transpose()?.unwrap_or_default();
    let Some(source) = folder.template()?.or_else(|| template_of(&config)) else {
        return Ok("none: no chat_template.jinja, and no `chat_template` in chat_template.json or tokenizer_config.json".to_owned());
    };
    Ok(template::shown(ChatTemplate::new(&source, token(&config, "bos_token"), token(&config, "eos_token"))))
}

/// A token's text, which stands by itself or with its settings.
fn token(config: &Object, key: &str) -> String {
    let token = config.get(key);
    let text = token.and_then(|token| token.as_str().or_else(|| token.get("content")?.as_str()));
    text.unwrap_or_default().to_owned()
}

/// Whether every tensor is where the index says.
fn check_index(index: &Path, weights: &Shards<File>, files: &[PathBuf]) -> Result<()> {
    let json = read_json(index)?;
    let map = json.get("weight_map").and_then(Value::as_object).context("an index has a `weight_map`")?;
    for (tensor, file) in map {
        let found = weights.file_of(tensor).and_then(|file| files[file].file_name());
        let expected = Path::new(file.as_str().unwrap_or_default()).file_name();
        if found != expected {
            bail!(
                "{} puts the tensor `{tensor}` into {file}, where it is not: fetch both again",
                index.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
