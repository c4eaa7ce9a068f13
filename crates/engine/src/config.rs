//! What a model computes: its widths, and what its family does differently from others.

mod defaults;
mod experts;
mod gguf;
mod hugging_face;
mod python;
pub(crate) mod shape;
mod yarn;

use crate::{EngineError, Result};
pub use experts::ExpertsConfig;
pub use hugging_face::HuggingFaceConfig;
#[cfg(feature = "candle-transformers")]
pub(crate) use hugging_face::{bad, unreadable};
pub(crate) use python::of_python;
pub use tiebreak_kernels::{Activation, Scoring};

macro_rules! own_families {
    () => {
        "llama, mistral, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe, gemma, gemma2, gemma3, phi3, smollm3, granite, \
        granitemoe, granitemoehybrid without Mamba, olmo2, olmo3, olmoe, glm4"
    };
}

/// What runs, for messages.
#[cfg(not(feature = "candle-transformers"))]
const SUPPORTED: &str = own_families!();
#[cfg(feature = "candle-transformers")]
const SUPPORTED: &str = concat!(
    own_families!(),
    "; and from folders, through candle-transformers and one row at a time: deepseek_v2, gpt_bigcode, helium, lfm2, mamba, \
    mamba2, olmo, phi, recurrent_gemma, stablelm, starcoder2"
);

/// The families that the decoders know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Llama and what is built like it (SmolLM2, Mistral, TinyLlama), Mixtral with its experts among them.
    Llama,
    /// Qwen 2 and 2.5: biases on queries, keys and values.
    Qwen2,
    /// Qwen 1.5 and 2 with experts, one of which computes all tokens.
    Qwen2Moe,
    /// Qwen 3: normalised queries and keys.
    Qwen3,
    /// Qwen 3 with experts.
    Qwen3Moe,
    /// The first Gemma.
    Gemma,
    /// Gemma 2: bounded scores and logits, a window in every second layer, norms around both parts of a layer.
    Gemma2,
    /// Gemma 3: normalised queries and keys, a window in five of six layers, whose positions turn by another base.
    Gemma3,
    /// Phi 3 and 4: queries, keys and values in one matrix, gates and what they multiply in another.
    Phi3,
    /// SmolLM 3: every fourth layer knows no positions.
    SmolLm3,
    /// Granite: four factors.
    Granite,
    /// Granite with experts.
    GraniteMoe,
    /// OLMo 2 and 3: norms after the parts of a layer, and queries and keys normalised over all heads; the latter has a window in three of four layers.
    Olmo2,
    /// OLMoE: experts, and queries and keys normalised over all heads.
    Olmoe,
    /// GLM 4: norms around both parts of a layer, and half of a head turned.
    Glm4,
}

/// What a model computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The family.
    pub architecture: Architecture,
    /// How many tokens there are; a folder's may be more than its tokenizer knows.
    pub vocab_size: usize,
    /// The most tokens of a sequence, prompt and response together.
    pub context_length: usize,
    /// The width of a layer's input.
    pub embedding_length: usize,
    /// The width inside the feed-forward part.
    pub feed_forward_length: usize,
    /// How many heads ask.
    pub head_count: usize,
    /// How many heads hold keys and values; divides `head_count`.
    pub head_count_kv: usize,
    /// The width of a head's query and key.
    pub key_length: usize,
    /// The width of a head's value.
    pub value_length: usize,
    /// What is added to the mean square before its root.
    pub rms_epsilon: f32,
    /// Where layers normalise.
    pub norms: Norms,
    /// What is added to the weights of norms: 1 where they are stored as differences from it.
    pub norm_offset: f32,
    /// What queries and keys are normalised over.
    pub head_norm: HeadNorm,
    /// From a query and a key to a score.
    pub scoring: Scoring,
    /// What gates go through.
    pub activation: Activation,
    /// What embeddings are multiplied by.
    pub embedding_scale: f32,
    /// What each part of a layer is multiplied by before it is added.
    pub residual_scale: f32,
    /// What logits are multiplied by.
    pub logit_scale: f32,
    /// What no logit reaches, as [`Scoring::soft_cap`] for scores.
    pub logit_soft_cap: Option<f32>,
    /// The experts of the layers that have them.
    pub experts: Option<ExpertsConfig>,
    /// How positions turn queries and keys; layers choose among them.
    pub rotations: Vec<RotationConfig>,
    /// The layers, first to last.
    pub layers: Vec<LayerConfig>,
}

/// Where layers normalise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norms {
    /// Before attention and before the feed-forward part.
    Before,
    /// Before and after both.
    Around,
    /// After both.
    After,
}

/// What queries and keys are normalised over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadNorm {
    /// They are not.
    None,
    /// Each head by itself.
    EachHead,
    /// All heads together.
    AllHeads,
}

/// What one layer does differently from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerConfig {
    /// How many positions a query sees, its own included; all where there is no window.
    pub window: Option<usize>,
    /// Which of the rotations turns queries and keys; none where the layer knows no positions.
    pub rotation: Option<usize>,
    /// Whether its feed-forward part consists of experts.
    pub has_experts: bool,
}

/// How positions turn queries and keys (Su et al. 2021, "RoFormer: enhanced transformer with rotary position embedding").
#[derive(Clone, Debug, PartialEq)]
pub struct RotationConfig {
    /// How many of a head's numbers are turned; even, at most `key_length`.
    pub dimension_count: usize,
    /// The base of the frequencies.
    pub freq_base: f32,
    /// Whether the two numbers of a pair stand side by side, and not half the turned numbers apart.
    pub adjacent: bool,
    /// What each pair's frequency is divided by, (dimension_count / 2).
    pub divisors: Vec<f32>,
    /// What cosines and sines are multiplied by.
    pub magnitude: f32,
}

impl Architecture {
    const ALL: [Self; 15] = [
        Self::Llama,
        Self::Qwen2,
        Self::Qwen2Moe,
        Self::Qwen3,
        Self::Qwen3Moe,
        Self::Gemma,
        Self::Gemma2,
        Self::Gemma3,
        Self::Phi3,
        Self::SmolLm3,
        Self::Granite,
        Self::GraniteMoe,
        Self::Olmo2,
        Self::Olmoe,
        Self::Glm4,
    ];

    /// The name as it stands in `general.architecture` of GGUF, which is also the prefix of the family's keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen2Moe => "qwen2moe",
            Self::Qwen3 => "qwen3",
            Self::Qwen3Moe => "qwen3moe",
            Self::Gemma => "gemma",
            Self::Gemma2 => "gemma2",
            Self::Gemma3 => "gemma3",
            Self::Phi3 => "phi3",
            Self::SmolLm3 => "smollm3",
            Self::Granite => "granite",
            Self::GraniteMoe => "granitemoe",
            Self::Olmo2 => "olmo2",
            Self::Olmoe => "olmoe",
            Self::Glm4 => "glm4",
        }
    }

    /// The family that GGUF calls `name`.
    fn from_gguf(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|architecture| architecture.as_str() == name);
        found.ok_or_else(|| unsupported("architecture", name, SUPPORTED))
    }

    fn norms(self) -> Norms {
        match self {
            Self::Gemma2 | Self::Gemma3 | Self::Glm4 => Norms::Around,
            Self::Olmo2 => Norms::After,
            _ => Norms::Before,
        }
    }

    fn head_norm(self) -> HeadNorm {
        match self {
            Self::Qwen3 | Self::Qwen3Moe | Self::Gemma3 => HeadNorm::EachHead,
            Self::Olmo2 | Self::Olmoe => HeadNorm::AllHeads,
            _ => HeadNorm::None,
        }
    }

    fn activation(self) -> Activation {
        if self.is_gemma() { Activation::Gelu } else { Activation::Silu }
    }

    fn is_gemma(self) -> bool {
        matches!(self, Self::Gemma | Self::Gemma2 | Self::Gemma3)
    }

    fn is_granite(self) -> bool {
        matches!(self, Self::Granite | Self::GraniteMoe)
    }

    /// Whether gates may share a matrix with what they multiply.
    pub(crate) fn may_share_gates(self) -> bool {
        matches!(self, Self::Phi3 | Self::Glm4) || self.is_granite()
    }

    /// Whether the layer at `index` has a window, where the family's layers take turns and the file does not say it.
    fn has_window(self, index: usize) -> bool {
        match self {
            Self::Gemma2 => index.is_multiple_of(2),
            Self::Gemma3 => !(index + 1).is_multiple_of(6),
            Self::Olmo2 => !(index + 1).is_multiple_of(4),
            _ => true,
        }
    }
}

impl RotationConfig {
    /// All numbers of a head, halves apart, by frequencies that nothing divides.
    fn plain(dimension_count: usize, freq_base: f32) -> Self {
        let divisors = vec![1.0; dimension_count / 2];
        Self { dimension_count, freq_base, adjacent: false, divisors, magnitude: 1.0 }
    }
}

pub(crate) fn unsupported(what: &'static str, name: &str, supported: &'static str) -> EngineError {
    EngineError::Unsupported { what, name: name.to_owned(), supported }
}

#[cfg(test)]
mod tests;
