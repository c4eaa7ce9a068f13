//! The weights of a folder: one `.safetensors` file, or several that share them out.
//!
//! A file is the length of its header, the header in JSON, and the tensors' bytes (<https://github.com/huggingface/safetensors>).
//! What a header claims is checked against the size of the file before anything is read by it.

mod shards;

pub use shards::Shards;

use crate::config::{Architecture, Config, Norms};
use crate::error::Result;
use crate::gguf::StorageType;
use crate::source::{OpenTensor, TensorSource, problem};
use std::io::{Read, Seek};

/// All tensors of a folder, asked for by the names that GGUF gives them.
pub struct Safetensors<R> {
    shards: Shards<R>,
    names: Names,
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
    /// As [`Shards::read`].
    pub fn read(files: Vec<R>, config: &Config, is_tied: bool) -> Result<Self> {
        Ok(Self::named(Shards::read(files)?, config, is_tied))
    }

    /// The tensors of files whose headers are read, by the names of GGUF.
    pub fn named(shards: Shards<R>, config: &Config, is_tied: bool) -> Self {
        let mut all = Self { shards, names: Names::of(config, is_tied) };
        // Models of text and pictures, and what was taken out of them.
        let ways = [
            ("model.", "lm_head"),
            ("language_model.model.", "language_model.lm_head"),
            ("model.language_model.", "lm_head"),
            ("", "lm_head"),
        ];
        let has_embedding =
            |way: &&(&str, &str)| all.shards.shape(&format!("{}embed_tokens.weight", way.0)).is_some();
        (all.names.prefix, all.names.head) = *ways.iter().find(has_embedding).unwrap_or(&ways[0]);
        all
    }
}

impl<R: Read + Seek> TensorSource for Safetensors<R> {
    fn has_tensor(&self, name: &str) -> bool {
        self.names.translate(name).is_some_and(|name| self.shards.shape(&name).is_some())
    }

    fn open(&mut self, name: &str, expected_shape: &[usize]) -> Result<OpenTensor<'_>> {
        let name = self.names.translate(name).ok_or_else(|| problem(name, "has no place in a folder"))?;
        self.shards.open(&name, expected_shape)
    }

    fn may_share_output(&self) -> bool {
        self.names.is_tied
    }

    fn kinds(&self) -> Vec<(usize, StorageType)> {
        let of_model = |name: &str| name.starts_with(self.names.prefix) || name.starts_with(self.names.head);
        self.shards.kinds(of_model)
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

#[cfg(test)]
mod tests;
