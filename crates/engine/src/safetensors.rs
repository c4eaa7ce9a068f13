//! The weights of a folder: one `.safetensors` file, or several that share them out.
//!
//! A file is the length of its header, the header in JSON, and the tensors' bytes (<https://github.com/huggingface/safetensors>).
//! What a header claims is checked against the size of the file before anything is read by it.

use crate::config::{Architecture, Config, Norms};
use crate::error::{EngineError, Result};
use crate::gguf::StorageType;
use crate::source::{OpenTensor, TensorSource, check_shape, problem};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};

/// A longer header than any model's.
const MAX_HEADER_BYTES: u64 = 1 << 27;

/// All tensors of a folder, asked for by the names that GGUF gives them.
pub struct Safetensors<R> {
    files: Vec<R>,
    tensors: BTreeMap<String, Place>,
    names: Names,
}

/// Where a tensor lies.
#[derive(Clone, Debug)]
struct Place {
    file: usize,
    start: u64,
    bytes: usize,
    shape: Vec<usize>,
    /// None where it is of a type that no weights are read in.
    kind: Option<StorageType>,
}

/// How the tensors of a family are called.
struct Names {
    /// What stands before all names but the output's, and how that is called.
    prefix: &'static str,
    head: &'static str,
    norms: Norms,
    is_phi3: bool,
    is_tied: bool,
}

impl<R: Read + Seek> Safetensors<R> {
    /// Reads the headers of all files of a folder.
    ///
    /// # Errors
    /// [`EngineError::Safetensors`] for a header that is broken, and [`EngineError::Tensor`] for a tensor that does not lie in its file, stands in two of them or is of a type that is not read.
    pub fn read(files: Vec<R>, config: &Config, is_tied: bool) -> Result<Self> {
        let mut all = Self { files, tensors: BTreeMap::new(), names: Names::of(config, is_tied) };
        for (number, file) in all.files.iter_mut().enumerate() {
            for (name, place) in read_header(file, number)? {
                if all.tensors.insert(name.clone(), place).is_some() {
                    return Err(problem(&name, "stands in two places"));
                }
            }
        }
        // Models of text and pictures, and what was taken out of them.
        let ways = [
            ("model.", "lm_head"),
            ("language_model.model.", "language_model.lm_head"),
            ("model.language_model.", "lm_head"),
            ("", "lm_head"),
        ];
        let has_embedding =
            |way: &&(&str, &str)| all.tensors.contains_key(&format!("{}embed_tokens.weight", way.0));
        (all.names.prefix, all.names.head) = *ways.iter().find(has_embedding).unwrap_or(&ways[0]);
        Ok(all)
    }

    /// The bytes of all tensors together.
    pub fn weight_bytes(&self) -> u64 {
        self.tensors.values().map(|place| place.bytes as u64).sum()
    }

    /// How many numbers all tensors hold.
    pub fn n_parameters(&self) -> u64 {
        self.weights().map(|(bytes, kind)| (bytes / kind.block_bytes) as u64).sum()
    }

    /// The type that most parameters are of.
    pub fn main_type(&self) -> &'static str {
        let mut parameters = BTreeMap::<&str, usize>::new();
        for (bytes, kind) in self.weights() {
            *parameters.entry(kind.name).or_default() += bytes / kind.block_bytes;
        }
        parameters.into_iter().max_by_key(|(_, count)| *count).map_or("", |(name, _)| name)
    }

    /// The bytes and the type of each tensor that can be read.
    fn weights(&self) -> impl Iterator<Item = (usize, StorageType)> {
        self.tensors.values().filter_map(|place| Some((place.bytes, place.kind?)))
    }
}

impl<R: Read + Seek> TensorSource for Safetensors<R> {
    fn has_tensor(&self, name: &str) -> bool {
        self.names.translate(name).is_some_and(|name| self.tensors.contains_key(&name))
    }

    fn open(&mut self, name: &str, expected_shape: &[usize]) -> Result<OpenTensor<'_>> {
        let name = self.names.translate(name).ok_or_else(|| problem(name, "has no place in a folder"))?;
        let place = self.tensors.get(&name);
        check_shape(&name, place.map(|place| place.shape.as_slice()), expected_shape)?;
        let Place { file, start, bytes, kind, .. } = place.expect("its shape was checked");
        let kind = kind.ok_or_else(|| problem(&name, "is of another type than F32, F16 and BF16"))?;
        OpenTensor::at(*start, *bytes, (&name, kind), &mut self.files[*file])
    }

    fn may_share_output(&self) -> bool {
        self.names.is_tied
    }

    fn kinds(&self) -> Vec<(usize, StorageType)> {
        let of_model = |name: &str| name.starts_with(self.names.prefix) || name.starts_with(self.names.head);
        let places = self.tensors.iter().filter(|(name, _)| of_model(name)).map(|(_, place)| place);
        places.filter_map(|place| Some((place.shape.len(), place.kind?))).collect()
    }
}

impl Names {
    fn of(config: &Config, is_tied: bool) -> Self {
        let is_phi3 = config.architecture == Architecture::Phi3;
        Self { prefix: "model.", head: "lm_head", norms: config.norms, is_phi3, is_tied }
    }

    /// The name in a folder of what GGUF calls `name`.
    fn translate(&self, name: &str) -> Option<String> {
        let (tensor, part) = name.rsplit_once('.')?;
        let prefix = self.prefix;
        match tensor {
            "token_embd" => return Some(format!("{prefix}embed_tokens.{part}")),
            "output_norm" => return Some(format!("{prefix}norm.{part}")),
            "output" if self.is_tied => return None,
            "output" => return Some(format!("{}.{part}", self.head)),
            _ => {}
        }
        let (layer, tensor) = tensor.strip_prefix("blk.")?.split_once('.')?;
        let tensor = match tensor {
            "attn_norm" => "input_layernorm",
            "attn_q" => "self_attn.q_proj",
            "attn_k" => "self_attn.k_proj",
            "attn_v" => "self_attn.v_proj",
            "attn_qkv" => "self_attn.qkv_proj",
            "attn_q_norm" => "self_attn.q_norm",
            "attn_k_norm" => "self_attn.k_norm",
            "attn_output" => "self_attn.o_proj",
            "ffn_norm" if self.norms == Norms::Around => "pre_feedforward_layernorm",
            "ffn_norm" | "post_attention_norm" => "post_attention_layernorm",
            "post_ffw_norm" => "post_feedforward_layernorm",
            "ffn_gate" => "mlp.gate_proj",
            "ffn_up" if self.is_phi3 => "mlp.gate_up_proj",
            "ffn_up" => "mlp.up_proj",
            "ffn_down" => "mlp.down_proj",
            _ => return None,
        };
        Some(format!("{prefix}layers.{layer}.{tensor}.{part}"))
    }
}

/// A tensor as a header states it.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// The entries in the order of the file, two of the same name included.
struct Entries(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<serde::de::IgnoredAny>()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

fn read_header(file: &mut (impl Read + Seek), number: usize) -> Result<Vec<(String, Place)>> {
    let unreadable = |error: std::io::Error| broken(format!("cannot be read: {error}"));
    let file_bytes = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if file_bytes < 8 {
        return Err(broken(format!("it has {file_bytes} bytes, too few for a header")));
    }
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(unreadable)?;
    let length = u64::from_le_bytes(length);
    if length > (file_bytes - 8).min(MAX_HEADER_BYTES) {
        return Err(broken(format!("its header claims {length} bytes of a file of {file_bytes}")));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(unreadable)?;
    let Entries(entries) =
        serde_json::from_slice(&header).map_err(|error| broken(format!("its header is broken: {error}")))?;
    let data = 8 + length..file_bytes;
    entries.into_iter().map(|(name, entry)| Ok((name.clone(), place(&name, entry, number, &data)?))).collect()
}

fn place(name: &str, entry: Entry, file: usize, data: &std::ops::Range<u64>) -> Result<Place> {
    let Entry { dtype, shape, data_offsets: [start, end] } = entry;
    let data_bytes = data.end - data.start;
    let in_file = end.checked_sub(start).filter(|_| end <= data_bytes);
    let kind = StorageType::ALL.into_iter().find(|kind| kind.block_numbers == 1 && kind.name == dtype);
    let of_shape =
        |kind: StorageType| shape.iter().try_fold(kind.block_bytes, |bytes, width| bytes.checked_mul(*width));
    match (in_file, kind.map(of_shape)) {
        (Some(bytes), None) => {
            Ok(Place { file, start: data.start + start, bytes: bytes as usize, shape, kind })
        }
        (Some(in_file), Some(Some(bytes))) if in_file == bytes as u64 => {
            Ok(Place { file, start: data.start + start, bytes, shape, kind })
        }
        _ => Err(problem(
            name,
            format!(
                "of shape {shape:?} lies at bytes {start} to {end} of {data_bytes}; the file is cut off, or its header wrong"
            ),
        )),
    }
}

fn broken(problem: String) -> EngineError {
    EngineError::Safetensors(problem)
}

#[cfg(test)]
mod tests;
