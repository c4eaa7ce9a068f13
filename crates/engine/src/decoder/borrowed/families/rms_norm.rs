//! Transformers without experts whose layers are normalised by root mean square.

use super::super::config::parsed;
use super::{Family, USUAL};
use crate::config::{bad, shape};
use candle_transformers::models::{gemma, glm4_new, granitemoehybrid, helium};
use serde_json::json;

/// The first Gemma.
pub const GEMMA: Family = Family {
    name: "gemma",
    prepare: |said| {
        said.complete(json!({
            "attention_bias": false, "head_dim": 256, "hidden_size": 3072, "intermediate_size": 24576,
            "max_position_embeddings": 8192, "num_attention_heads": 16, "num_hidden_layers": 28,
            "num_key_value_heads": 16, "rms_norm_eps": 1e-6, "tie_word_embeddings": true, "vocab_size": 256_000
        }))?;
        said.transformer(true)?;
        said.even_heads()?;
        said.number("rms_norm_eps")?;
        said.only("use_bidirectional_attention", &json!(false))?;
        said.plain_rotation(10_000.0)?;
        said.activation("hidden_activation", "gelu_pytorch_tanh")?;
        // The first files say `gelu` and mean the other, as their makers' code takes it.
        if said.get("hidden_act").is_some_and(|name| name != "gelu") {
            said.activation("hidden_act", "gelu_pytorch_tanh")?;
        }
        said.remove("hidden_act");
        said.set("hidden_activation", "gelu_pytorch_tanh");
        said.tied()?;
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let mut model = gemma::Model::new(false, &parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};

/// GLM 4.
pub const GLM4: Family = Family {
    name: "glm4",
    prepare: |said| {
        said.complete(json!({
            "attention_bias": true, "head_dim": 128, "hidden_act": "silu", "hidden_size": 4096,
            "intermediate_size": 13696, "max_position_embeddings": 131_072, "num_attention_heads": 32,
            "num_hidden_layers": 40, "num_key_value_heads": 2, "rms_norm_eps": 1.5625e-7,
            "tie_word_embeddings": false, "vocab_size": 151_552
        }))?;
        said.transformer(true)?;
        said.number("rms_norm_eps")?;
        said.plain_rotation(10_000.0)?;
        said.turned_share(0.5)?;
        said.activation("hidden_act", "silu")?;
        said.remove("eos_token_id");
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let mut model = glm4_new::ModelForCausalLM::new(&parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};

/// Granite 4 without Mamba and without experts.
pub const GRANITE_HYBRID: Family = Family {
    name: "granitemoehybrid",
    has_half: true,
    prepare: |said| {
        said.complete(json!({
            "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008, "max_position_embeddings": 2048,
            "num_attention_heads": 32, "num_hidden_layers": 32, "num_local_experts": 8, "rms_norm_eps": 1e-6,
            "shared_intermediate_size": 1024, "tie_word_embeddings": false, "vocab_size": 32000
        }))?;
        said.transformer(false)?;
        said.even_heads()?;
        said.size("shared_intermediate_size", shape::FEED_FORWARD)?;
        said.number("rms_norm_eps")?;
        said.only("num_local_experts", &json!(0))?;
        said.only("attention_bias", &json!(false))?;
        let layers = said.size("num_hidden_layers", shape::LAYERS)?;
        let is_attention = said.get("layer_types") == Some(&json!(vec!["attention"; layers]));
        if !is_attention {
            return Err(bad(
                "layer_types",
                "is not `attention` for every layer; candle-transformers computes no others",
            ));
        }
        if said.get("position_embedding_type") != Some(&json!("rope")) {
            return Err(bad(
                "position_embedding_type",
                "is not `rope`; candle-transformers computes no other",
            ));
        }
        for key in ["attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling"] {
            if said.get(key).is_none() {
                said.set(key, 1.0);
            }
            said.number(key)?;
        }
        said.plain_rotation(10_000.0)?;
        said.activation("hidden_act", "silu")?;
        ["bos_token_id", "eos_token_id"].iter().for_each(|key| said.remove(key));
        said.tied()?;
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let config = parsed::<granitemoehybrid::GraniteMoeHybridConfig>(values)?.into_config(false);
        let (dtype, device) = (weights.dtype(), weights.device().clone());
        let model = granitemoehybrid::GraniteMoeHybrid::load(weights, &config)?;
        let mut cache = granitemoehybrid::GraniteMoeHybridCache::new(true, dtype, &config, &device)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position, &mut cache)))
    },
    ..USUAL
};

/// Helium.
pub const HELIUM: Family = Family {
    name: "helium",
    has_half: true,
    prepare: |said| {
        said.complete(json!({
            "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 2560,
            "intermediate_size": 7040, "max_position_embeddings": 4096, "mlp_bias": false, "num_attention_heads": 20,
            "num_hidden_layers": 24, "num_key_value_heads": 20, "rms_norm_eps": 1e-8, "tie_word_embeddings": false,
            "vocab_size": 48000
        }))?;
        said.transformer(true)?;
        said.even_heads()?;
        said.number("rms_norm_eps")?;
        said.plain_rotation(100_000.0)?;
        said.activation("hidden_act", "silu")?;
        // candle wants them and uses them for nothing.
        ["bos_token_id", "eos_token_id"].iter().for_each(|key| said.set(key, 0));
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let mut model = helium::Model::new(&parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};
