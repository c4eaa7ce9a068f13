//! The weights of a folder: one `.safetensors` file, or several that share them out.
//!
//! A file is the length of its header, the header in JSON, and the tensors' bytes (<https://github.com/huggingface/safetensors>).
//! What a header claims is checked against the size of the file before anything is read by it.

mod shards;

pub use shards::Shards;

use crate::config::{Architecture, Config};
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
    architecture: Architecture,
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

impl<R: Read + Seek> Safetensors<R> {
    /// The name in the files of what GGUF calls `name`: of several that a family may give it, the one that is there.
    fn stored_name(&self, name: &str) -> Option<String> {
        let names = self.names.translate(name);
        let stored = names.iter().find(|name| self.shards.shape(name).is_some());
        stored.or(names.first()).cloned()
    }
}

impl<R: Read + Seek> TensorSource for Safetensors<R> {
    fn has_tensor(&self, name: &str) -> bool {
        self.stored_name(name).is_some_and(|name| self.shards.shape(&name).is_some())
    }

    fn open(&mut self, name: &str, expected_shape: &[usize]) -> Result<OpenTensor<'_>> {
        let stored = self.stored_name(name).ok_or_else(|| problem(name, "has no place in a folder"))?;
        self.shards.open(&stored, expected_shape)
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
        Self { prefix: "model.", head: "lm_head", architecture: config.architecture, is_tied }
    }

    /// The names that what GGUF calls `name` may have in a folder.
    fn translate(&self, name: &str) -> Vec<String> {
        let Some((tensor, part)) = name.rsplit_once('.') else { return Vec::new() };
        let prefix = self.prefix;
        match tensor {
            "token_embd" => return vec![format!("{prefix}embed_tokens.{part}")],
            "output_norm" => return vec![format!("{prefix}norm.{part}")],
            "output" if self.is_tied => return Vec::new(),
            "output" => return vec![format!("{}.{part}", self.head)],
            _ => {}
        }
        let of_layer = tensor.strip_prefix("blk.").and_then(|name| name.split_once('.'));
        let Some((layer, tensor)) = of_layer else { return Vec::new() };
        let names = match tensor.split_once('.') {
            Some((tensor, expert)) => of_expert(tensor, expert),
            None => self.of_layer(tensor).iter().map(|name| (*name).to_owned()).collect(),
        };
        names.into_iter().map(|name| format!("{prefix}layers.{layer}.{name}.{part}")).collect()
    }

    fn of_layer(&self, tensor: &str) -> &'static [&'static str] {
        let is_glm = self.architecture == Architecture::Glm4;
        let is_gemma = matches!(self.architecture, Architecture::Gemma2 | Architecture::Gemma3);
        match tensor {
            "attn_norm" => &["input_layernorm"],
            "attn_q" => &["self_attn.q_proj"],
            "attn_k" => &["self_attn.k_proj"],
            "attn_v" => &["self_attn.v_proj"],
            "attn_qkv" => &["self_attn.qkv_proj"],
            "attn_q_norm" => &["self_attn.q_norm"],
            "attn_k_norm" => &["self_attn.k_norm"],
            "attn_output" => &["self_attn.o_proj"],
            "post_attention_norm" if is_glm => &["post_self_attn_layernorm"],
            "ffn_norm" if is_gemma => &["pre_feedforward_layernorm"],
            "ffn_norm" | "post_attention_norm" => &["post_attention_layernorm"],
            "post_ffw_norm" if is_glm => &["post_mlp_layernorm"],
            "post_ffw_norm" => &["post_feedforward_layernorm"],
            "ffn_gate" => &["mlp.gate_proj"],
            "ffn_up" => &["mlp.up_proj", "mlp.gate_up_proj", "shared_mlp.input_linear"],
            "ffn_down" => &["mlp.down_proj", "shared_mlp.output_linear"],
            "ffn_gate_inp" => &["mlp.gate", "block_sparse_moe.gate", "block_sparse_moe.router.layer"],
            "ffn_gate_up_exps" => &["block_sparse_moe.input_linear"],
            "ffn_down_exps" => &["block_sparse_moe.output_linear"],
            "ffn_gate_inp_shexp" => &["mlp.shared_expert_gate"],
            "ffn_gate_shexp" => &["mlp.shared_expert.gate_proj"],
            "ffn_up_shexp" => &["mlp.shared_expert.up_proj", "shared_mlp.input_linear"],
            "ffn_down_shexp" => &["mlp.shared_expert.down_proj", "shared_mlp.output_linear"],
            _ => &[],
        }
    }
}

/// The names of a matrix of one expert: those of Qwen and OLMoE, and those of Mixtral.
fn of_expert(tensor: &str, expert: &str) -> Vec<String> {
    let (name, number) = match tensor {
        "ffn_gate" => ("gate_proj", 1),
        "ffn_down" => ("down_proj", 2),
        "ffn_up" => ("up_proj", 3),
        _ => return Vec::new(),
    };
    vec![format!("mlp.experts.{expert}.{name}"), format!("block_sparse_moe.experts.{expert}.w{number}")]
}

#[cfg(test)]
mod tests;
