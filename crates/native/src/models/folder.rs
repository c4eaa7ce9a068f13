//! What the files of a folder tell: `config.json`, the tokenizer's files and the headers of the weights.

use super::facts::{bytes_per_token, Facts, FAST};
use super::template;
use crate::files::read_text;
use crate::model::{candle_bytes, read_json, safetensors_header, ModelFolder};
use crate::terminal::plural;
use anyhow::{bail, Context, Result};
use safetensors::tensor::TensorInfo;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use tiebreak_engine::chat::ChatTemplate;
use tiebreak_engine::decoder::CpuWeights;
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
    let weights = Weights::read(folder)?;
    let computed = Computation::of_folder(&read_text(&folder.config)?);
    let n_parameters = weights.by_type.values().sum();
    Ok(Facts {
        name: config
            .get("_name_or_path")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        n_files: folder.weights.len(),
        architecture: architecture(&config),
        n_parameters: Some(n_parameters),
        quantization: weights.main_type(),
        weight_bytes: weights.n_bytes,
        context_length: match &computed {
            Ok(computation) => Some(computation.context_length() as u64),
            Err(_) => number("max_position_embeddings"),
        },
        tokenizer: tokenizer(folder)?,
        template: shown_template(folder)?,
        runs_on: runs_on(computed.as_ref(), read_tokenizer(folder)?.as_ref()),
        memory_bytes: match &computed {
            Ok(computation) if !computation.own().is_some_and(CpuWeights::fit) => {
                candle_bytes(&weights.main_type(), (n_parameters, weights.n_bytes))
            }
            _ => weights.n_bytes,
        },
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
    let source = match &folder.chat_template {
        Some(path) => Some(read_text(path)?),
        None => config.get("chat_template").and_then(of_config),
    };
    let Some(source) = source else {
        return Ok("none: no chat_template.jinja, and no `chat_template` in tokenizer_config.json".to_owned());
    };
    Ok(template::shown(ChatTemplate::new(&source, token(&config, "bos_token"), token(&config, "eos_token"))))
}

/// A template, or of several with names the usual one.
fn of_config(template: &Value) -> Option<String> {
    let named = |name: &str| {
        let all = template.as_array()?.iter();
        all.filter(|template| template["name"] == name).find_map(|template| template["template"].as_str())
    };
    template.as_str().or_else(|| named("default")).map(str::to_owned)
}

/// A token's text, which stands by itself or with its settings.
fn token(config: &Object, key: &str) -> String {
    let token = config.get(key);
    let text = token.and_then(|token| token.as_str().or_else(|| token.get("content")?.as_str()));
    text.unwrap_or_default().to_owned()
}

/// What the headers of all weights say together.
#[derive(Default)]
pub struct Weights {
    /// How many numbers there are of each type.
    by_type: BTreeMap<String, u64>,
    n_bytes: u64,
}

impl Weights {
    /// Reads the headers and checks each against its file's size and the index.
    pub fn read(folder: &ModelFolder) -> Result<Self> {
        let mut weights = Self::default();
        let mut places = BTreeMap::new();
        for path in &folder.weights {
            let header = safetensors_header(path)?;
            weights.n_bytes += header.data_len() as u64;
            for (name, TensorInfo { dtype, shape, .. }) in header.tensors() {
                *weights.by_type.entry(dtype.to_string()).or_default() +=
                    shape.iter().product::<usize>() as u64;
                if places.insert(name.clone(), path.as_path()).is_some() {
                    bail!("the tensor `{name}` is in two files of {}", folder.path.display());
                }
            }
        }
        match &folder.index {
            Some(index) => check_index(index, &places).map(|()| weights),
            None => Ok(weights),
        }
    }

    fn main_type(&self) -> String {
        let main = self.by_type.iter().max_by_key(|(_, count)| **count);
        main.map_or_else(String::new, |(name, _)| name.clone())
    }
}

/// Whether every tensor is where the index says.
fn check_index(index: &Path, places: &BTreeMap<String, &Path>) -> Result<()> {
    let json = read_json(index)?;
    let map = json.get("weight_map").and_then(Value::as_object).context("an index has a `weight_map`")?;
    for (tensor, file) in map {
        let found = places.get(tensor).and_then(|path| path.file_name());
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
