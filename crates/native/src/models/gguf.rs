//! What the header of a `.gguf` file tells.

use super::facts::{bytes_per_token, Facts, FAST};
use super::template;
use crate::hub::Adapted;
use crate::model::gguf_bytes;
use crate::terminal::plural;
use anyhow::Result;
use std::io::{Read, Seek};
use tiebreak_engine::chat::ChatTemplate;
use tiebreak_engine::config::Config;
use tiebreak_engine::decoder::CpuWeights;
use tiebreak_engine::gguf::{GgufFile, Metadata};
use tiebreak_engine::tokenizer::Tokenizer;
use tiebreak_engine::EngineError;

/// Keys and values of the fast CPU decoder, and of candle's at half precision.
const BYTES_OF_A_NUMBER: usize = 2;

/// The facts of a file, or of all parts of one.
pub fn facts<R: Read + Seek>(parts: Vec<R>) -> Result<Facts> {
    let n_files = parts.len();
    let file = GgufFile::read_parts(parts)?;
    let metadata = file.metadata();
    let config = Config::from_gguf(metadata);
    let read = Tokenizer::from_gguf(metadata);
    let name = metadata.optional_string("general.name")?.map(str::to_owned);
    let architecture = metadata.string("general.architecture")?.to_owned();
    let of_family = |key: &str| metadata.optional_usize(&format!("{architecture}.{key}")).ok().flatten();
    let context_length = config.as_ref().ok().map(|config| config.context_length);
    Ok(Facts {
        name: name.filter(|name| !name.is_empty()),
        n_files,
        n_parameters: Some(file.n_parameters()),
        quantization: file.main_type(),
        weight_bytes: file.weight_bytes(),
        context_length: context_length.or_else(|| of_family("context_length")).map(|tokens| tokens as u64),
        tokenizer: tokenizer(metadata, &read),
        template: template::shown(ChatTemplate::from_gguf(metadata)),
        runs_on: match (&config, &read) {
            (Err(error), _) | (_, Err(error)) => format!("nothing here: {error}"),
            (Ok(config), Ok(_)) if CpuWeights::suit(&file, config) => FAST.to_owned(),
            _ => "candle on the CPU: the fast decoder does not take this shape, or these types of weights"
                .to_owned(),
        },
        memory_bytes: gguf_bytes(&file, Adapted::default()),
        bytes_per_token: config.ok().map(|config| bytes_per_token(&config, BYTES_OF_A_NUMBER)),
        architecture,
    })
}

fn tokenizer(metadata: &Metadata, read: &Result<Tokenizer, EngineError>) -> String {
    let kind = match metadata.optional_string("tokenizer.ggml.model").ok().flatten() {
        Some("gpt2") => "byte-level BPE",
        Some("llama") => "SentencePiece, merged by score",
        Some(other) => other,
        None => "none in the file",
    };
    let pre = metadata.optional_string("tokenizer.ggml.pre").ok().flatten();
    let pre = pre.map(|pre| format!(" ({pre})")).unwrap_or_default();
    match read {
        Ok(tokenizer) => format!("{kind}{pre}, {}", plural(tokenizer.vocab_size(), "token")),
        Err(error) => format!("{kind}{pre}: {error}"),
    }
}
