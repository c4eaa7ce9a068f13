//! Transformers whose layers are normalised by mean and variance.

use super::super::config::{parsed, sizes};
use super::{Family, Pieces, USUAL};
use crate::config::{bad, shape};
use candle_transformers::models::{bigcode, olmo, phi, stable_lm, starcoder2};
use serde_json::json;

/// The most positions of StarCoder: candle-transformers keeps the square of them.
const MOST_SQUARED: usize = 1 << 14;

/// The first StarCoder and SantaCoder.
pub const GPT_BIGCODE: Family = Family {
    name: "gpt_bigcode",
    prepare: |said| {
        said.complete(json!({
            "layer_norm_epsilon": 1e-5, "multi_query": true, "n_embd": 768, "n_head": 12, "n_layer": 12,
            "n_positions": 1024, "tie_word_embeddings": true, "vocab_size": 50257
        }))?;
        let width = said.size("n_embd", shape::WIDTHS)?;
        said.complete(json!({ "n_inner": 4 * width }))?;
        if said.get("n_inner").is_none() {
            said.set("n_inner", 4 * width);
        }
        said.size("n_inner", shape::FEED_FORWARD)?;
        said.size("n_layer", shape::LAYERS)?;
        let heads = said.size("n_head", shape::HEADS)?;
        if !width.is_multiple_of(heads) {
            return Err(bad("n_head", format!("is {heads}, which does not divide the width of {width}")));
        }
        said.number("layer_norm_epsilon")?;
        said.only("multi_query", &json!(true))?;
        said.only("scale_attn_weights", &json!(true))?;
        said.only("add_cross_attention", &json!(false))?;
        said.activation("activation_function", "gelu_pytorch_tanh")?;
        said.tied()?;
        let context = said.size("n_positions", shape::CONTEXT)?.min(MOST_SQUARED);
        said.set("n_positions", context);
        Ok(context)
    },
    build: |values, weights| {
        let size = sizes(values);
        let config = bigcode::Config {
            vocab_size: size("vocab_size"),
            max_position_embeddings: size("n_positions"),
            num_hidden_layers: size("n_layer"),
            hidden_size: size("n_embd"),
            layer_norm_epsilon: values["layer_norm_epsilon"].as_f64().unwrap_or_default(),
            n_inner: Some(size("n_inner")),
            num_attention_heads: size("n_head"),
            multi_query: true,
            use_cache: true,
        };
        let mut model = bigcode::GPTBigCode::load(weights, config)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};

/// The first OLMo.
pub const OLMO: Family = Family {
    name: "olmo",
    prepare: |said| {
        said.complete(json!({
            "attention_bias": false, "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008,
            "max_position_embeddings": 2048, "num_attention_heads": 32, "num_hidden_layers": 32,
            "tie_word_embeddings": false, "vocab_size": 50304
        }))?;
        said.transformer(false)?;
        said.even_heads()?;
        if said.get("clip_qkv").is_some() {
            said.number("clip_qkv")?;
        }
        said.plain_rotation(10_000.0)?;
        said.activation("hidden_act", "silu")?;
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let mut model = olmo::Model::new(&parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};

/// The most positions of Phi: candle-transformers keeps the table of them once a layer.
const MOST_BY_LAYER: usize = 1 << 13;

/// Phi 1, 1.5 and 2.
pub const PHI: Family = Family {
    name: "phi",
    pieces: Pieces::First,
    prepare: |said| {
        said.complete(json!({
            "hidden_act": "gelu_new", "hidden_size": 2048, "intermediate_size": 8192, "layer_norm_eps": 1e-5,
            "max_position_embeddings": 2048, "num_attention_heads": 32, "num_hidden_layers": 24, "qk_layernorm": false,
            "tie_word_embeddings": false, "vocab_size": 51200
        }))?;
        said.transformer(false)?;
        said.number("layer_norm_eps")?;
        said.only("qk_layernorm", &json!(false))?;
        said.plain_rotation(10_000.0)?;
        said.turned_share(0.5)?;
        said.activation("hidden_act", "gelu_new")?;
        let context = said.context("max_position_embeddings", None)?.min(MOST_BY_LAYER);
        said.set("max_position_embeddings", context);
        Ok(context)
    },
    build: |values, weights| {
        let mut model = phi::Model::new(&parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, _| model.forward(tokens)))
    },
    ..USUAL
};

/// StableLM 3B and StableLM 2 1.6B.
pub const STABLELM: Family = Family {
    name: "stablelm",
    prepare: |said| {
        said.complete(json!({
            "hidden_act": "silu", "hidden_size": 2560, "intermediate_size": 6912, "layer_norm_eps": 1e-5,
            "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 32,
            "num_key_value_heads": 32, "tie_word_embeddings": false, "use_qkv_bias": false, "vocab_size": 50304
        }))?;
        said.transformer(false)?;
        said.number("layer_norm_eps")?;
        said.only("qk_layernorm", &json!(false))?;
        said.only("use_parallel_residual", &json!(false))?;
        said.plain_rotation(10_000.0)?;
        said.turned_share(0.25)?;
        said.activation("hidden_act", "silu")?;
        said.set("use_cache", true);
        said.set("use_flash_attn", false);
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let mut model = stable_lm::Model::new(&parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};

/// StarCoder 2.
pub const STARCODER2: Family = Family {
    name: "starcoder2",
    prepare: |said| {
        said.complete(json!({
            "hidden_act": "gelu_pytorch_tanh", "hidden_size": 3072, "intermediate_size": 12288,
            "max_position_embeddings": 4096, "norm_epsilon": 1e-5, "num_attention_heads": 24, "num_hidden_layers": 30,
            "num_key_value_heads": 2, "tie_word_embeddings": true, "use_bias": true, "vocab_size": 49152
        }))?;
        said.transformer(false)?;
        said.even_heads()?;
        said.number("norm_epsilon")?;
        said.plain_rotation(10_000.0)?;
        said.activation("hidden_act", "gelu_pytorch_tanh")?;
        said.tied()?;
        let context = said.context("max_position_embeddings", Some("sliding_window"))?;
        said.remove("sliding_window");
        Ok(context)
    },
    build: |values, weights| {
        let mut model = starcoder2::Model::new(&parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};
