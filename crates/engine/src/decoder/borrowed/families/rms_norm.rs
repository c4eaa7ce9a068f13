//! Transformers without experts whose layers are normalised by root mean square.

use super::super::config::parsed;
use super::{Family, USUAL};
use candle_transformers::models::helium;
use serde_json::json;

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
