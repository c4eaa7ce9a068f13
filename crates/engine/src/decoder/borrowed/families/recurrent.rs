//! Models whose layers carry a state from token to token, in all or some of them.

use super::super::config::{parsed, sizes};
use super::super::said::Said;
use super::{Family, Pieces, USUAL};
use crate::config::{bad, shape};
use crate::error::Result;
use candle_core::IndexOp;
use candle_transformers::models::{lfm2, mamba, mamba2, recurrent_gemma};
use serde_json::{Value, json};

/// The most tokens of a model whose file names no such number, as its state takes in any.
const UNSAID_CONTEXT: usize = 1 << 16;

/// LFM 2.
pub const LFM2: Family = Family {
    name: "lfm2",
    // Later pieces would be convolved with nothing before them.
    pieces: Pieces::First,
    has_half: true,
    prepare: |said| {
        said.complete(json!({
            "block_auto_adjust_ff_dim": true, "block_ffn_dim_multiplier": 1.0, "block_multiple_of": 256,
            "conv_L_cache": 3, "hidden_size": 2560, "intermediate_size": 12288, "max_position_embeddings": 128_000,
            "norm_eps": 1e-5, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
            "vocab_size": 65536
        }))?;
        if let Some(width) = said.get("block_ff_dim").cloned() {
            said.set("intermediate_size", width);
        }
        let is_tied = said.get("tie_embedding").or_else(|| said.get("tie_word_embeddings"));
        let is_tied = is_tied.and_then(Value::as_bool).unwrap_or(true);
        said.set("tie_word_embeddings", is_tied);
        said.transformer(false)?;
        said.even_heads()?;
        said.number("norm_eps")?;
        said.size("conv_L_cache", 1..=64)?;
        said.only("conv_bias", &json!(false))?;
        if let Some(theta) = said.get("theta").cloned() {
            said.set("rope_theta", theta);
        }
        said.plain_rotation(1_000_000.0)?;
        let width = gated_width(said)?;
        said.set("intermediate_size", width);
        check_kinds(said)?;
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let size = sizes(values);
        let config = lfm2::Config {
            vocab_size: size("vocab_size"),
            hidden_size: size("hidden_size"),
            intermediate_size: size("intermediate_size"),
            num_hidden_layers: size("num_hidden_layers"),
            num_attention_heads: size("num_attention_heads"),
            num_key_value_heads: size("num_key_value_heads"),
            norm_eps: values["norm_eps"].as_f64().unwrap_or_default(),
            rope_theta: values["rope_theta"].as_f64().unwrap_or_default() as f32,
            max_position_embeddings: size("max_position_embeddings"),
            conv_l_cache: size("conv_L_cache"),
            conv_bias: false,
            layer_types: parsed(&values["layer_types"])?,
            tie_embedding: values["tie_word_embeddings"].as_bool().unwrap_or_default(),
            bos_token_id: None,
            eos_token_id: None,
            use_flash_attn: false,
        };
        let mut cache = lfm2::Cache::new(true, weights.dtype(), &config, weights.device())?;
        let model = lfm2::Model::new(&config, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position, &mut cache)))
    },
    ..USUAL
};

/// Mamba.
pub const MAMBA: Family = Family {
    name: "mamba",
    pieces: Pieces::One,
    embedding: "backbone.embeddings.weight",
    prepare: |said| {
        said.complete(json!({
            "hidden_size": 768, "num_hidden_layers": 32, "tie_word_embeddings": true, "vocab_size": 50280
        }))?;
        let width = said.size("hidden_size", shape::WIDTHS)?;
        said.only("state_size", &json!(16))?;
        if said.get("time_step_rank").is_some_and(|rank| rank != "auto") {
            said.only("time_step_rank", &json!(width.div_ceil(16)))?;
        }
        mamba_layers(said)
    },
    build: |values, weights| {
        let size = sizes(values);
        let config = mamba::Config {
            d_model: size("hidden_size"),
            n_layer: size("num_hidden_layers"),
            vocab_size: size("vocab_size"),
            pad_vocab_size_multiple: 1,
        };
        let mut state = mamba::State::new(1, &config, weights.dtype(), weights.device())?;
        let model = mamba::Model::new(&config, weights.pp("backbone"))?;
        Ok(Box::new(move |tokens, _| model.forward(&tokens.i(0)?, &mut state)))
    },
    ..USUAL
};

/// Mamba 2.
pub const MAMBA2: Family = Family {
    name: "mamba2",
    pieces: Pieces::One,
    embedding: "backbone.embeddings.weight",
    prepare: |said| {
        said.complete(json!({
            "expand": 2, "head_dim": 64, "hidden_size": 4096, "n_groups": 8, "num_heads": 128, "num_hidden_layers": 64,
            "state_size": 128, "tie_word_embeddings": false, "vocab_size": 32768
        }))?;
        let inner = 2 * said.size("hidden_size", shape::WIDTHS)?;
        let (heads, width) = (said.size("num_heads", shape::HEADS)?, said.size("head_dim", 1..=1 << 12)?);
        if heads * width != inner {
            return Err(bad("num_heads", format!("is {heads}; expected {inner} / {width}")));
        }
        // transformers normalises each group by itself, candle-transformers all together.
        said.only("n_groups", &json!(1))?;
        said.size("state_size", 1..=1 << 12)?;
        // An upper end of infinity was read as null.
        let is_open = |limit: &Value| limit[0].as_f64() == Some(0.0) && limit[1].is_null();
        if said.get("time_step_limit").is_some_and(|limit| !is_open(limit)) {
            return Err(bad("time_step_limit", "has ends; candle-transformers computes none"));
        }
        mamba_layers(said)
    },
    build: |values, weights| {
        let size = sizes(values);
        let config = mamba2::Config {
            d_model: size("hidden_size"),
            n_layer: size("num_hidden_layers"),
            vocab_size: size("vocab_size"),
            d_state: size("state_size"),
            expand: 2,
            headdim: size("head_dim"),
            ngroups: size("n_groups"),
            pad_vocab_size_multiple: 1,
        };
        let mut state = mamba2::State::new(1, &config, weights.dtype(), weights.device())?;
        let model = mamba2::Model::new(&config, weights.pp("backbone"))?;
        Ok(Box::new(move |tokens, _| model.forward(&tokens.i(0)?, &mut state)))
    },
    ..USUAL
};

/// RecurrentGemma.
pub const RECURRENT_GEMMA: Family = Family {
    name: "recurrent_gemma",
    pieces: Pieces::First,
    prepare: |said| {
        said.complete(json!({
            "attention_bias": false, "attention_window_size": 2048, "conv1d_width": 4,
            "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2560, "intermediate_size": 7680,
            "logits_soft_cap": 30.0, "num_attention_heads": 10, "num_hidden_layers": 26, "rms_norm_eps": 1e-6,
            "tie_word_embeddings": true, "vocab_size": 256_000
        }))?;
        if let Some(kinds) = said.get("_block_types").cloned() {
            said.remove("_block_types");
            said.set("block_types", kinds);
        }
        said.complete(json!({ "block_types": ["recurrent", "recurrent", "attention"] }))?;
        said.transformer(false)?;
        let hidden = said.size("hidden_size", shape::WIDTHS)?;
        if said.get("lru_width").is_none() {
            said.set("lru_width", hidden);
        }
        let (width, heads) =
            (said.size("lru_width", shape::WIDTHS)?, said.size("num_attention_heads", shape::HEADS)?);
        if !width.is_multiple_of(heads) {
            return Err(bad("lru_width", format!("is {width}, which the {heads} heads do not divide")));
        }
        said.size("conv1d_width", 2..=64)?;
        ["rms_norm_eps", "logits_soft_cap"].iter().try_for_each(|key| said.number(key).map(drop))?;
        let is_kind = |kind: &Value| kind == "recurrent" || kind == "attention";
        let kinds = said.get("block_types").and_then(Value::as_array);
        if !kinds.is_some_and(|kinds| !kinds.is_empty() && kinds.iter().all(is_kind)) {
            return Err(bad("block_types", "is not a list of `recurrent` and `attention`"));
        }
        said.plain_rotation(10_000.0)?;
        said.only("partial_rotary_factor", &json!(0.5))?;
        said.turned_share(0.5)?;
        said.activation("hidden_activation", "gelu_pytorch_tanh")?;
        said.tied()?;
        said.context("attention_window_size", None)
    },
    build: |values, weights| {
        let mut model = recurrent_gemma::Model::new(&parsed(values)?, weights.pp("model"))?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};

/// What both generations of Mamba have.
fn mamba_layers(said: &mut Said) -> Result<usize> {
    said.size("num_hidden_layers", shape::LAYERS)?;
    said.only("conv_kernel", &json!(4))?;
    said.only("expand", &json!(2))?;
    said.only("layer_norm_epsilon", &json!(1e-5))?;
    said.only("use_bias", &json!(false))?;
    said.only("use_conv_bias", &json!(true))?;
    said.activation("hidden_act", "silu")?;
    said.tied()?;
    Ok(UNSAID_CONTEXT)
}

/// The width of gates, which transformers computes from what the file says.
fn gated_width(said: &Said) -> Result<usize> {
    let width = said.size("intermediate_size", shape::FEED_FORWARD)?;
    if !said.flag("block_auto_adjust_ff_dim") {
        return Ok(width);
    }
    let width = 2 * width / 3;
    if said.get("block_ffn_dim_multiplier").is_none() {
        return Ok(width);
    }
    let multiple = said.size("block_multiple_of", shape::WIDTHS)?;
    let width = (said.number("block_ffn_dim_multiplier")? * width as f64) as usize;
    Ok(width.div_ceil(multiple).saturating_mul(multiple))
}

/// The kinds of layers, which older files tell by the places of those that attend.
fn check_kinds(said: &mut Said) -> Result<()> {
    let layers = said.size("num_hidden_layers", shape::LAYERS)?;
    if said.get("layer_types").is_none() {
        let attend = said.get("full_attn_idxs").and_then(Value::as_array).cloned();
        let attends = |layer| attend.as_ref().is_none_or(|attend| attend.contains(&json!(layer)));
        let kind = |layer| if attends(layer) { "full_attention" } else { "conv" };
        said.set("layer_types", (0..layers).map(kind).collect::<Vec<_>>());
    }
    let is_kind = |kind: &Value| kind == "conv" || kind == "full_attention";
    match said.get("layer_types").and_then(Value::as_array) {
        Some(kinds) if kinds.len() == layers && kinds.iter().all(is_kind) => Ok(()),
        _ => Err(bad("layer_types", format!("does not list `conv` or `full_attention` for {layers} layers"))),
    }
}
