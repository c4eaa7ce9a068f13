//! From a folder's `config.json`, as transformers writes it.

mod experts;
mod layers;
mod rope;

use super::defaults::add_defaults;
use super::shape::{self, Names, Shape};
use super::{Architecture, Config, SUPPORTED, unsupported};
use crate::{EngineError, Result};
use rope::{Kind, Rope, RopeParameters};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;
use tiebreak_kernels::Scoring;

const ABSENT: &str = "is absent; fetch the file again, or take a folder that transformers wrote";

/// A model's `config.json`, as far as it is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HuggingFaceConfig {
    /// The family.
    pub model_type: String,
    /// What a model of text and pictures says of its text.
    text_config: Option<Box<HuggingFaceConfig>>,
    quantization_config: Option<Value>,
    vocab_size: Option<usize>,
    hidden_size: Option<usize>,
    intermediate_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    rms_norm_eps: Option<f32>,
    max_position_embeddings: Option<usize>,
    original_max_position_embeddings: Option<usize>,
    hidden_act: Option<String>,
    hidden_activation: Option<String>,
    tie_word_embeddings: Option<bool>,
    rope_theta: Option<f32>,
    rope_local_base_freq: Option<f32>,
    rope_scaling: Option<Rope>,
    rope_parameters: Option<RopeParameters>,
    partial_rotary_factor: Option<f32>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    sliding_window_pattern: Option<usize>,
    layer_types: Option<Vec<String>>,
    no_rope_layers: Option<Vec<u8>>,
    no_rope_layer_interval: Option<usize>,
    attn_logit_softcapping: Option<f32>,
    final_logit_softcapping: Option<f32>,
    query_pre_attn_scalar: Option<f32>,
    attention_multiplier: Option<f32>,
    embedding_multiplier: Option<f32>,
    residual_multiplier: Option<f32>,
    logits_scaling: Option<f32>,
    num_local_experts: Option<usize>,
    num_experts: Option<usize>,
    num_experts_per_tok: Option<usize>,
    moe_intermediate_size: Option<usize>,
    shared_expert_intermediate_size: Option<usize>,
    shared_intermediate_size: Option<usize>,
    norm_topk_prob: Option<bool>,
    decoder_sparse_step: Option<usize>,
    mlp_only_layers: Option<Vec<usize>>,
    position_embedding_type: Option<String>,
    clip_qkv: Option<f32>,
    use_bidirectional_attention: Option<bool>,
    eos_token_id: Option<OneOrMany>,
}

/// A token, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

/// A `generation_config.json`, as far as it is read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct GenerationConfig {
    eos_token_id: Option<OneOrMany>,
}

impl HuggingFaceConfig {
    /// Reads the text of a `config.json`.
    ///
    /// # Errors
    /// [`EngineError::Metadata`] for what is no JSON object, or holds a value of another type than transformers writes.
    pub fn parse(json: &str) -> Result<Self> {
        let mut values: Map<_, _> =
            serde_json::from_str(&super::of_python(json)).map_err(|error| unreadable(&error))?;
        add_defaults(&mut values);
        if let Some(Value::Object(of_text)) = values.get_mut("text_config") {
            add_defaults(of_text);
        }
        let mut config: Self = serde_json::from_value(values.into()).map_err(|error| unreadable(&error))?;
        if let Some(text) = config.text_config.take() {
            let outer = config;
            config = *text;
            config.tie_word_embeddings = config.tie_word_embeddings.or(outer.tie_word_embeddings);
            config.eos_token_id = config.eos_token_id.or(outer.eos_token_id);
            config.quantization_config = config.quantization_config.or(outer.quantization_config);
        }
        Ok(config)
    }

    /// Whether the output shares the embedding's weights, whatever the files hold.
    pub fn is_tied(&self) -> bool {
        self.tie_word_embeddings.unwrap_or(false)
    }

    /// The tokens of `n_tokens` that end a reply: those of a `generation_config.json` where it names any, else of this file.
    ///
    /// # Errors
    /// [`EngineError::Metadata`] for a text that is no such JSON, and for a token that the model does not have.
    pub fn stop_tokens(&self, generation_config: Option<&str>, n_tokens: usize) -> Result<Vec<u32>> {
        let generation = match generation_config {
            Some(json) => serde_json::from_str::<GenerationConfig>(json).map_err(|error| {
                let problem = format!("cannot be read: {error}");
                EngineError::Metadata { key: "generation_config.json".to_owned(), problem }
            })?,
            None => GenerationConfig::default(),
        };
        let tokens = match generation.eos_token_id.or_else(|| self.eos_token_id.clone()) {
            None => Vec::new(),
            Some(OneOrMany::One(token)) => vec![token],
            Some(OneOrMany::Many(tokens)) => tokens,
        };
        match tokens.iter().find(|token| **token as usize >= n_tokens) {
            Some(token) => {
                Err(bad("eos_token_id", format!("is {token}, but there are only {n_tokens} tokens")))
            }
            None => Ok(tokens),
        }
    }

    /// What the model computes.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for a family, a quantization, a rotary scaling or an activation that the decoders do not compute.
    /// [`EngineError::Metadata`] for a value that is absent or out of range.
    pub fn config(&self) -> Result<Config> {
        let architecture = self.architecture()?;
        self.refuse_unknown_parts()?;
        let shape = self.shape(architecture)?;
        let rotation = self.rotation(&shape, Kind::FullAttention)?;
        let mut config = shape.into_config(rotation, &ConfigJson)?;
        config.norm_offset = if architecture.is_gemma() { 1.0 } else { 0.0 };
        self.add_windows(&mut config)?;
        self.add_family(&mut config)?;
        self.add_experts(&mut config)?;
        Ok(config)
    }

    fn architecture(&self) -> Result<Architecture> {
        Ok(match self.model_type.as_str() {
            "" => return Err(bad("model_type", ABSENT)),
            "llama" | "mistral" | "mixtral" => Architecture::Llama,
            "qwen2" => Architecture::Qwen2,
            "qwen2_moe" => Architecture::Qwen2Moe,
            "qwen3" => Architecture::Qwen3,
            "qwen3_moe" => Architecture::Qwen3Moe,
            "gemma" => Architecture::Gemma,
            "gemma2" => Architecture::Gemma2,
            "gemma3" | "gemma3_text" => Architecture::Gemma3,
            "phi3" => Architecture::Phi3,
            "smollm3" => Architecture::SmolLm3,
            "granite" => Architecture::Granite,
            "granitemoehybrid" if self.n_experts() == 0 => Architecture::Granite,
            "granitemoe" | "granitemoeshared" | "granitemoehybrid" => Architecture::GraniteMoe,
            "olmo2" | "olmo3" => Architecture::Olmo2,
            "olmoe" => Architecture::Olmoe,
            "glm4" => Architecture::Glm4,
            name => return Err(unsupported("architecture", name, SUPPORTED)),
        })
    }

    /// Whether it is of the family whose layers may be Mamba's too.
    fn is_hybrid(&self) -> bool {
        self.model_type == "granitemoehybrid"
    }

    fn refuse_unknown_parts(&self) -> Result<()> {
        if self.clip_qkv.is_some() {
            return Err(unsupported("attention", "clip_qkv", "queries, keys and values as they are"));
        }
        if self.use_bidirectional_attention == Some(true) {
            return Err(unsupported("attention", "use_bidirectional_attention", "causal"));
        }
        // Older files of the hybrid family call full attention so.
        let kinds = ["full_attention", if self.is_hybrid() { "attention" } else { "sliding_attention" }];
        if let Some(kind) = self.layer_types.iter().flatten().find(|kind| !kinds.contains(&kind.as_str())) {
            return Err(unsupported("a layer of the kind", kind, "full_attention, sliding_attention"));
        }
        if self.is_hybrid() && self.layer_types.is_none() {
            return Err(bad("layer_types", "is absent, which makes layers Mamba's; none of them runs here"));
        }
        if let Some(quantization) = &self.quantization_config {
            let method = quantization.get("quant_method").and_then(|method| method.as_str());
            let supported = "F32, F16 and BF16 in folders; a GGUF file for quantized weights";
            return Err(unsupported("quantization", method.unwrap_or("of an unknown kind"), supported));
        }
        let activation = self.hidden_activation.as_deref().or(self.hidden_act.as_deref());
        match (self.architecture()?.is_gemma(), activation) {
            (true, None | Some("gelu_pytorch_tanh")) | (false, None | Some("silu" | "swish")) => Ok(()),
            // The first files of Gemma say `gelu` and mean the other, as their makers' code takes it.
            (true, Some("gelu")) if self.hidden_activation.is_none() => Ok(()),
            (is_gemma, Some(name)) => {
                let supported = if is_gemma { "gelu_pytorch_tanh" } else { "silu" };
                Err(unsupported("activation", name, supported))
            }
        }
    }

    fn shape(&self, architecture: Architecture) -> Result<Shape> {
        let embedding_length = size("hidden_size", self.hidden_size, shape::WIDTHS)?;
        let head_count = size("num_attention_heads", self.num_attention_heads, shape::HEADS)?;
        let even_share = embedding_length.is_multiple_of(head_count).then(|| embedding_length / head_count);
        let head_dim = size("head_dim", self.head_dim.or(even_share), shape::HEADS)?;
        let kv_heads = self.num_key_value_heads.or(Some(head_count));
        let epsilon = self.rms_norm_eps.filter(|epsilon| *epsilon > 0.0);
        Ok(Shape {
            architecture,
            vocab_size: size("vocab_size", self.vocab_size, shape::VOCABULARY)?,
            context_length: self.context_length()?,
            embedding_length,
            block_count: size("num_hidden_layers", self.num_hidden_layers, shape::LAYERS)?,
            feed_forward_length: self.feed_forward_length()?,
            head_count,
            head_count_kv: size("num_key_value_heads", kv_heads, shape::HEADS)?,
            key_length: head_dim,
            value_length: head_dim,
            rms_epsilon: epsilon
                .ok_or_else(|| bad("rms_norm_eps", "is absent or not above 0; fetch config.json again"))?,
        })
    }

    /// The most tokens of a sequence: with longrope no more than the model was first trained with, as longer ones need other factors, which change in the middle of a sequence.
    fn context_length(&self) -> Result<usize> {
        let context = size("max_position_embeddings", self.max_position_embeddings, shape::CONTEXT)?;
        let rope = self.rope(Kind::FullAttention);
        let original = rope.original_max_position_embeddings.or(self.original_max_position_embeddings);
        let is_long = matches!(rope.kind(), Some("longrope" | "su"));
        if let (Some("yarn"), Some(original)) = (rope.kind(), original) {
            // The files of some makers state the first context there, and the factor beside it.
            let stretched = original as f32 * rope.factor.unwrap_or(1.0);
            return Ok(context.max((stretched as usize).min(*shape::CONTEXT.end())));
        }
        Ok(original.filter(|original| is_long && *original > 0).map_or(context, |it| context.min(it)))
    }

    fn add_family(&self, config: &mut Config) -> Result<()> {
        let or_one = |name, number: Option<f32>| positive(name, number.or(Some(1.0)));
        match config.architecture {
            Architecture::Gemma2 | Architecture::Gemma3 => {
                let width = self.query_pre_attn_scalar.or(Some(256.0));
                config.scoring = Scoring {
                    scale: 1.0 / positive("query_pre_attn_scalar", width)?.sqrt(),
                    soft_cap: self.attn_logit_softcapping.filter(|cap| positive_number(*cap)),
                };
                config.logit_soft_cap = self.final_logit_softcapping.filter(|cap| positive_number(*cap));
            }
            Architecture::Granite | Architecture::GraniteMoe => {
                config.scoring.scale = or_one("attention_multiplier", self.attention_multiplier)?;
                config.embedding_scale = or_one("embedding_multiplier", self.embedding_multiplier)?;
                config.residual_scale = or_one("residual_multiplier", self.residual_multiplier)?;
                config.logit_scale = 1.0 / or_one("logits_scaling", self.logits_scaling)?;
                if self.is_hybrid() && self.position_embedding_type.as_deref() != Some("rope") {
                    config.layers.iter_mut().for_each(|layer| layer.rotation = None);
                }
            }
            Architecture::SmolLm3 => self.leave_out_rotations(config)?,
            _ => {}
        }
        Ok(())
    }
}

struct ConfigJson;

impl Names for ConfigJson {
    fn bad_head_count_kv(&self, problem: String) -> EngineError {
        bad("num_key_value_heads", problem)
    }

    fn bad_rotation(&self, problem: String) -> EngineError {
        bad("partial_rotary_factor", format!("leaves a width that {problem}"))
    }
}

fn size(name: &str, size: Option<usize>, range: RangeInclusive<usize>) -> Result<usize> {
    match size {
        Some(size) if range.contains(&size) => Ok(size),
        Some(size) => Err(bad(name, format!("is {size}; expected {} to {}", range.start(), range.end()))),
        None => Err(bad(name, ABSENT)),
    }
}

fn positive(name: &str, number: Option<f32>) -> Result<f32> {
    match number {
        Some(number) if positive_number(number) => Ok(number),
        Some(number) => Err(bad(name, format!("is {number}; expected more than 0"))),
        None => Err(bad(name, ABSENT)),
    }
}

fn positive_number(number: f32) -> bool {
    number.is_finite() && number > 0.0
}

pub(crate) fn unreadable(error: &serde_json::Error) -> EngineError {
    bad("", format!("cannot be read: {error}"))
}

pub(crate) fn bad(name: &str, problem: impl Into<String>) -> EngineError {
    let key = if name.is_empty() { "config.json".to_owned() } else { format!("config.json: {name}") };
    EngineError::Metadata { key, problem: problem.into() }
}
