//! Writes a head into the metadata of a GGUF file.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{self, Content, Value};
use tiebreak_engine::reward::{RewardHead, VERSION, keys};

/// Writes the file at `model` with `head` to `out`, complete or not at all, and returns its size in bytes.
///
/// The tensors and all other metadata stay as they are; a head that was there is replaced. The two paths may be the same.
pub fn write(model: &Path, head: &RewardHead, out: &Path) -> Result<u64> {
    let (mut metadata, tensors) = read(model).with_context(|| format!("cannot read {}", model.display()))?;
    metadata.retain(|(key, _)| !key.starts_with("tiebreak.reward."));
    metadata.extend(entries(head).map(|(key, value)| (key.to_owned(), value)));
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let context = || format!("cannot write {}", out.display());
    let beside = out.with_extension("part");
    let mut file = BufWriter::new(File::create(&beside).with_context(context)?);
    gguf_file::write(&mut file, &metadata, &tensors).with_context(context)?;
    file.flush().with_context(context)?;
    fs::rename(&beside, out).with_context(context)?;
    Ok(fs::metadata(out).with_context(context)?.len())
}

type Entries = (Vec<(String, Value)>, Vec<(String, QTensor)>);

/// All metadata by key, and all tensors in the order of the file.
fn read(path: &Path) -> Result<Entries> {
    let mut file = BufReader::new(File::open(path)?);
    let content = Content::read(&mut file)?;
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort_by_key(|name| content.tensor_infos[*name].offset);
    let tensors = names
        .into_iter()
        .map(|name| Ok((name.clone(), content.tensor(&mut file, name, &Device::Cpu)?)))
        .collect::<Result<_>>()?;
    let mut metadata: Vec<(String, Value)> = content.metadata.into_iter().collect();
    metadata.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok((metadata, tensors))
}

/// The head under its keys.
pub fn entries(head: &RewardHead) -> impl Iterator<Item = (&'static str, Value)> {
    let features = |list: &[u32]| Value::Array(list.iter().map(|one| Value::U32(*one)).collect());
    let rows = |list: &[i8]| Value::Array(list.iter().map(|one| Value::I8(*one)).collect());
    [
        (keys::VERSION, Value::U32(VERSION)),
        (keys::WIDTH, Value::U32(head.prompt.width() as u32)),
        (keys::SLOPE, Value::F32(head.slope as f32)),
        (keys::OFFSET, Value::F32(head.offset as f32)),
        (keys::PROMPT_FEATURES, features(head.prompt.features())),
        (keys::PROMPT_ROWS, rows(head.prompt.rows())),
        (keys::REPLY_FEATURES, features(head.reply.features())),
        (keys::REPLY_ROWS, rows(head.reply.rows())),
    ]
    .into_iter()
}
