//! Names that stand in two places, and what a file may say in several ways.

use super::families::FAMILIES;
use super::*;
use crate::computation::Computation;
use serde_json::json;

#[test]
fn an_unknown_family_is_told_all_that_run() {
    let error = Computation::of_folder(r#"{"model_type": "gpt_neox"}"#).unwrap_err().to_string();
    for family in &FAMILIES {
        assert!(error.contains(&format!(" {}", family.name)), "no {} in {error}", family.name);
    }
}

#[test]
fn rotations_are_read_in_the_words_of_both_versions() {
    let config = |rotation: serde_json::Value| {
        let mut config = json!({
            "model_type": "phi", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 1, "vocab_size": 8
        });
        config.as_object_mut().unwrap().extend(rotation.as_object().unwrap().clone());
        BorrowedConfig::parse(&config.to_string()).map(|config| config.unwrap().values)
    };
    let older = config(json!({"rope_theta": 500.0, "partial_rotary_factor": 0.25, "rope_scaling": null}));
    let newer = json!({"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.25});
    assert_eq!(older.unwrap(), config(json!({ "rope_parameters": newer })).unwrap());
    let scaled = config(json!({"rope_scaling": {"type": "linear", "factor": 2.0}})).unwrap_err().to_string();
    assert!(scaled.contains("rope scaling `linear` is not supported"), "{scaled}");
}

/// Where a window would have an effect, the context ends.
#[test]
fn windows_end_the_context() {
    let context = |window: &str| {
        let json = format!(r#"{{"model_type": "starcoder2", "vocab_size": 8, "sliding_window": {window}}}"#);
        BorrowedConfig::parse(&json).unwrap().unwrap().context_length()
    };
    assert_eq!([context("1000"), context("null"), context("9000")], [1000, 4096, 4096]);
}

/// Those that grow with the square of the context are counted.
#[test]
fn masks_are_counted() {
    let check = |json: serde_json::Value, context: usize, mask_bytes: u64| {
        let config = BorrowedConfig::parse(&json.to_string()).unwrap().unwrap();
        assert_eq!((config.context_length(), config.mask_bytes()), (context, mask_bytes), "{config:?}");
    };
    check(json!({"model_type": "gpt_bigcode", "n_positions": 1024}), 1024, 1 << 20);
    check(json!({"model_type": "gpt_bigcode", "n_positions": 1 << 17}), 1 << 14, 1 << 28);
    check(json!({"model_type": "starcoder2", "max_position_embeddings": 1 << 14}), 1 << 14, 0);
}

#[test]
fn what_candle_computes_otherwise_is_refused() {
    for (family, key, value, part) in [
        ("phi", "qk_layernorm", json!(true), "qk_layernorm` is true"),
        (
            "deepseek_v2",
            "topk_method",
            json!("group_limited_greedy"),
            "candle-transformers computes \"greedy\" alone",
        ),
        ("mamba2", "n_groups", json!(8), "n_groups` is 8"),
        ("mamba2", "time_step_limit", json!([0.0, 0.1]), "time_step_limit` has ends"),
        (
            "helium",
            "quantization_config",
            json!({"quant_method": "gptq"}),
            "quantization `gptq` is not supported",
        ),
        ("mamba2", "time_step_limit", json!([0.1, null]), "time_step_limit` has ends"),
        ("lfm2", "layer_types", json!(["conv"]), "for 32 layers"),
        ("lfm2", "conv_bias", json!(true), "conv_bias` is true"),
    ] {
        let mut config = json!({
            "model_type": family, "num_local_experts": 0, "num_experts_per_tok": 1, "n_groups": 1
        });
        config[key] = value;
        let error = BorrowedConfig::parse(&config.to_string()).unwrap_err().to_string();
        assert!(error.contains(part), "{family}: no `{part}` in {error}");
    }
}

/// transformers 4 writes an open end so, which is no JSON.
#[test]
fn infinity_is_read_as_python_writes_it() {
    let json = r#"{"model_type": "mamba2", "n_groups": 1, "tie_word_embeddings": true, "time_step_limit": [0.0, Infinity]}"#;
    assert_eq!(BorrowedConfig::parse(json).unwrap().unwrap().vocab_size(), 32768);
}

/// What candle-transformers does not take is a fault of the file, and not of a computation.
#[test]
fn what_candle_cannot_read_is_told_of_the_file() {
    let config = BorrowedConfig::parse(r#"{"model_type": "starcoder2"}"#).unwrap().unwrap();
    let read = || config::parsed::<candle_transformers::models::mixtral::Config>(&json!({"vocab_size": 8}));
    let error = fenced(&config, read).unwrap_err().to_string();
    let expected =
        "metadata key `config.json` is not as candle-transformers reads it: missing field `hidden_size`";
    assert_eq!(error, expected);
}
