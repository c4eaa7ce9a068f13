//! Writes a trained model as one GGUF file: weights, tokenizer, chat template.
//!
//! Matrices become Q8_0, norms stay `f32`; the keys and names are those that llama.cpp reads for the Llama family.
//! Queries and keys are turned in neighbouring pairs, as that family's files expect, so no row is permuted.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use candle_core::Tensor;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};

use crate::model::{Model, Shape};
use crate::vocabulary::{CHAT_TEMPLATE, PRE_TOKENIZER, SPECIAL, Vocabulary};

const NAME: &str = "Tiebreak Support 6M";
const LICENSE: &str = "MIT OR Apache-2.0";
/// llama.cpp's number for "mostly Q8_0".
const FILE_TYPE: u32 = 7;
const QUANTIZATION_VERSION: u32 = 2;
const TOKEN_NORMAL: i32 = 1;
const TOKEN_CONTROL: i32 = 3;

/// Writes the file, complete or not at all, and returns its size in bytes.
pub fn export(model: &Model, vocabulary: &Vocabulary, path: &Path) -> Result<u64> {
    let context = || format!("cannot write {}", path.display());
    let metadata = metadata(model.shape, vocabulary)?;
    let tensors = tensors(model)?;
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    let beside = path.with_extension("part");
    let mut file = BufWriter::new(File::create(&beside).with_context(context)?);
    gguf_file::write(&mut file, &metadata, &tensors).with_context(context)?;
    file.flush().with_context(context)?;
    fs::rename(&beside, path).with_context(context)?;
    Ok(fs::metadata(path).with_context(context)?.len())
}

fn metadata(shape: Shape, vocabulary: &Vocabulary) -> Result<Vec<(&'static str, Value)>> {
    let (tokens, merges) = vocabulary.tokens_and_merges()?;
    let kind = |token: &String| {
        let control = SPECIAL.contains(&token.as_str());
        Value::I32(if control { TOKEN_CONTROL } else { TOKEN_NORMAL })
    };
    let kinds = tokens.iter().map(kind).collect();
    let strings = |list: Vec<String>| Value::Array(list.into_iter().map(Value::String).collect());
    let text = |text: &str| Value::String(text.to_owned());
    let number = |number: usize| Value::U32(number as u32);
    Ok(vec![
        ("general.architecture", text("llama")),
        ("general.name", text(NAME)),
        ("general.license", text(LICENSE)),
        ("general.file_type", Value::U32(FILE_TYPE)),
        ("general.quantization_version", Value::U32(QUANTIZATION_VERSION)),
        ("llama.context_length", number(shape.context)),
        ("llama.embedding_length", number(shape.width)),
        ("llama.block_count", number(shape.layers)),
        ("llama.feed_forward_length", number(shape.feed_forward)),
        ("llama.attention.head_count", number(shape.heads)),
        ("llama.attention.head_count_kv", number(shape.kv_heads)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(shape.epsilon)),
        ("llama.rope.dimension_count", number(shape.head_width())),
        ("llama.rope.freq_base", Value::F32(shape.rope_theta as f32)),
        ("llama.vocab_size", number(shape.vocabulary)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text(PRE_TOKENIZER)),
        ("tokenizer.ggml.tokens", strings(tokens)),
        ("tokenizer.ggml.token_type", Value::Array(kinds)),
        ("tokenizer.ggml.merges", strings(merges)),
        ("tokenizer.ggml.bos_token_id", Value::U32(0)),
        ("tokenizer.ggml.eos_token_id", Value::U32(2)),
        ("tokenizer.ggml.padding_token_id", Value::U32(0)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.chat_template", text(CHAT_TEMPLATE)),
    ])
}

/// The tensors under their names in the file; a matrix is `output × input` there.
fn tensors(model: &Model) -> Result<Vec<(String, QTensor)>> {
    let shape = model.shape;
    let (queries, keys) = (shape.width, shape.kv_heads * shape.head_width());
    let mut list = Vec::new();
    for ((name, _), tensor) in shape.parameters().iter().zip(&model.parameters) {
        let (block, part) = match name.rsplit_once('.') {
            Some((layer, part)) => (layer.replace("layer.", "blk."), part),
            None => (String::new(), name.as_str()),
        };
        let columns = |start: usize, width: usize| tensor.narrow(1, start, width);
        let pieces = match part {
            "embedding" => vec![("token_embd", tensor.t()?)],
            "output_norm" => vec![("output_norm", tensor.clone())],
            "attention_norm" => vec![("attn_norm", tensor.clone())],
            "feed_forward_norm" => vec![("ffn_norm", tensor.clone())],
            "query_key_value" => vec![
                ("attn_q", columns(0, queries)?),
                ("attn_k", columns(queries, keys)?),
                ("attn_v", columns(queries + keys, keys)?),
            ],
            "attention_output" => vec![("attn_output", tensor.clone())],
            "gate_up" => vec![
                ("ffn_gate", columns(0, shape.feed_forward)?),
                ("ffn_up", columns(shape.feed_forward, shape.feed_forward)?),
            ],
            _ => vec![("ffn_down", tensor.clone())],
        };
        for (name, tensor) in pieces {
            let dot = if block.is_empty() { "" } else { "." };
            list.push((format!("{block}{dot}{name}.weight"), quantized(&tensor)?));
        }
    }
    Ok(list)
}

fn quantized(tensor: &Tensor) -> Result<QTensor> {
    let quantized = match tensor.rank() {
        1 => QTensor::quantize(tensor, GgmlDType::F32)?,
        _ => QTensor::quantize(&tensor.t()?.contiguous()?, GgmlDType::Q8_0)?,
    };
    Ok(quantized)
}
