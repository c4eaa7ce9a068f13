//! Transformers that are mixtures of experts.

use super::super::config::parsed;
use super::super::said::Said;
use super::{Family, USUAL};
use crate::config::{bad, shape, unsupported};
use crate::error::Result;
use candle_transformers::models::deepseek2;
use serde_json::{Map, Value, json};

/// DeepSeek V2 Lite, and what else chooses its experts greedily.
pub const DEEPSEEK_V2: Family = Family {
    name: "deepseek_v2",
    has_half: true,
    prepare: |said| {
        said.complete(json!({
            "attention_bias": false, "first_k_dense_replace": 0, "hidden_act": "silu", "hidden_size": 4096,
            "intermediate_size": 11008, "kv_lora_rank": 512, "max_position_embeddings": 2048,
            "moe_intermediate_size": 1407, "moe_layer_freq": 1, "n_routed_experts": 64, "n_shared_experts": 2,
            "norm_topk_prob": false, "num_attention_heads": 32, "num_hidden_layers": 32, "q_lora_rank": 1536,
            "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "rms_norm_eps": 1e-6, "routed_scaling_factor": 1.0,
            "tie_word_embeddings": false, "topk_method": "greedy", "v_head_dim": 128, "vocab_size": 32000
        }))?;
        // The widths of its heads have keys of their own.
        said.remove("head_dim");
        said.transformer(false)?;
        ["qk_nope_head_dim", "v_head_dim"].iter().try_for_each(|key| said.size(key, 1..=512).map(drop))?;
        let turned = said.size("qk_rope_head_dim", 2..=512)?;
        if !turned.is_multiple_of(2) {
            return Err(bad("qk_rope_head_dim", format!("is {turned}; expected an even number")));
        }
        said.size("kv_lora_rank", shape::WIDTHS)?;
        if said.get("q_lora_rank").is_some() {
            said.size("q_lora_rank", shape::WIDTHS)?;
        }
        said.experts("n_routed_experts", "moe_intermediate_size")?;
        if said.get("n_shared_experts").is_some() {
            said.size("n_shared_experts", 1..=1 << 8)?;
        }
        said.size("moe_layer_freq", shape::LAYERS)?;
        said.size("first_k_dense_replace", 0..=*shape::LAYERS.end())?;
        ["rms_norm_eps", "routed_scaling_factor"].iter().try_for_each(|key| said.number(key).map(drop))?;
        said.only("topk_method", &json!("greedy"))?;
        said.only("scoring_func", &json!("softmax"))?;
        said.only("norm_topk_prob", &json!(false))?;
        said.activation("hidden_act", "silu")?;
        // What it chooses by groups is refused, so that their number has no effect.
        ["n_group", "topk_group"].iter().for_each(|key| said.set(key, 1));
        ["topk_method", "scoring_func"].iter().for_each(|key| said.remove(key));
        if let Some(scaling) = said.rotation(10_000.0)? {
            said.set("rope_scaling", yarn(&scaling)?);
        }
        said.context("max_position_embeddings", None)
    },
    build: |values, weights| {
        let mut model = deepseek2::DeepSeekV2::new(&parsed(values)?, weights)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    },
    ..USUAL
};

/// YaRN (Peng et al. 2023, "YaRN: efficient context window extension of large language models") as candle-transformers reads it.
fn yarn(scaling: &Map<String, Value>) -> Result<Value> {
    let kind = scaling.get("rope_type").or_else(|| scaling.get("type")).and_then(Value::as_str);
    if kind != Some("yarn") {
        return Err(unsupported("rope scaling", kind.unwrap_or_default(), "default, yarn"));
    }
    let mut said = Said(scaling.clone());
    said.complete(json!({ "beta_fast": 32, "beta_slow": 1, "truncate": true }))?;
    said.only("truncate", &json!(true))?;
    if said.get("attention_factor").is_some() {
        return Err(bad(
            "rope_parameters",
            "has an attention_factor; candle-transformers computes its own alone",
        ));
    }
    let mut values = Map::from_iter([("type".to_owned(), json!("yarn"))]);
    for key in ["factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim"] {
        values.insert(key.to_owned(), said.number(key)?.into());
    }
    let original = "original_max_position_embeddings";
    values.insert(original.to_owned(), said.size(original, shape::CONTEXT)?.into());
    Ok(values.into())
}
