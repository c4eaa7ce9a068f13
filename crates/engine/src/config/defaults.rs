//! What transformers takes where a `config.json` does not say it: published files often hold only what differs from it.

use serde_json::{Map, Value, json};

/// Adds what the class of a configuration has and its file has not; what stands there as null stays null.
pub(super) fn add_defaults(values: &mut Map<String, Value>) {
    let Some(Value::Object(defaults)) = values.get("model_type").and_then(Value::as_str).map(of_class) else {
        return;
    };
    for (key, value) in defaults {
        values.entry(key).or_insert(value);
    }
}

/// The defaults of a class in transformers 5.24, of the keys that are read here.
fn of_class(model_type: &str) -> Value {
    match model_type {
        "llama" => json!({"max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "vocab_size": 32000}),
        "mistral" => json!({
            "max_position_embeddings": 131_072, "num_key_value_heads": 8, "rms_norm_eps": 1e-6, "sliding_window": 4096,
            "vocab_size": 32000
        }),
        "qwen2" => json!({
            "max_position_embeddings": 32768, "max_window_layers": 28, "num_key_value_heads": 32, "rms_norm_eps": 1e-6,
            "sliding_window": 4096, "use_sliding_window": false, "vocab_size": 151_936
        }),
        "qwen3" => json!({
            "head_dim": 128, "max_position_embeddings": 32768, "max_window_layers": 28, "num_key_value_heads": 32,
            "rms_norm_eps": 1e-6, "sliding_window": 4096, "use_sliding_window": false, "vocab_size": 151_936
        }),
        "qwen2_moe" => json!({
            "decoder_sparse_step": 1, "max_position_embeddings": 32768, "max_window_layers": 28,
            "moe_intermediate_size": 1408, "num_experts": 60, "num_experts_per_tok": 4, "num_key_value_heads": 16,
            "rms_norm_eps": 1e-6, "shared_expert_intermediate_size": 5632, "sliding_window": 4096,
            "use_sliding_window": false, "vocab_size": 151_936
        }),
        "qwen3_moe" => json!({
            "decoder_sparse_step": 1, "max_position_embeddings": 32768, "moe_intermediate_size": 768,
            "num_experts": 128, "num_experts_per_tok": 8, "num_key_value_heads": 4, "rms_norm_eps": 1e-6,
            "sliding_window": 4096, "use_sliding_window": false, "vocab_size": 151_936
        }),
        "mixtral" => json!({
            "max_position_embeddings": 131_072, "num_experts_per_tok": 2, "num_key_value_heads": 8,
            "num_local_experts": 8, "rms_norm_eps": 1e-5, "rope_theta": 1_000_000.0, "vocab_size": 32000
        }),
        "gemma" => json!({
            "head_dim": 256, "hidden_size": 3072, "intermediate_size": 24576, "max_position_embeddings": 8192,
            "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 16, "rms_norm_eps": 1e-6,
            "tie_word_embeddings": true, "vocab_size": 256_000
        }),
        "gemma2" => json!({
            "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "head_dim": 256, "hidden_size": 2304,
            "intermediate_size": 9216, "max_position_embeddings": 8192, "num_attention_heads": 8,
            "num_hidden_layers": 26, "num_key_value_heads": 4, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-6,
            "sliding_window": 4096, "tie_word_embeddings": true, "vocab_size": 256_000
        }),
        "gemma3_text" => json!({
            "head_dim": 256, "hidden_size": 2304, "intermediate_size": 9216, "max_position_embeddings": 131_072,
            "num_attention_heads": 8, "num_hidden_layers": 26, "num_key_value_heads": 4, "query_pre_attn_scalar": 256,
            "rms_norm_eps": 1e-6, "rope_local_base_freq": 10_000.0, "rope_theta": 1_000_000.0, "sliding_window": 4096,
            "tie_word_embeddings": true, "vocab_size": 262_208
        }),
        "phi3" => json!({
            "max_position_embeddings": 4096, "original_max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
            "vocab_size": 32064
        }),
        "smollm3" => json!({
            "max_position_embeddings": 32768, "num_key_value_heads": 4, "rms_norm_eps": 1e-6, "rope_theta": 2_000_000.0,
            "tie_word_embeddings": true, "use_sliding_window": false, "vocab_size": 128_256
        }),
        "granite" => json!({"max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "vocab_size": 32000}),
        "granitemoe" | "granitemoeshared" | "granitemoehybrid" => json!({
            "max_position_embeddings": 2048, "num_experts_per_tok": 2, "num_local_experts": 8, "rms_norm_eps": 1e-6,
            "shared_intermediate_size": if model_type == "granitemoehybrid" { 1024 } else { 0 }, "vocab_size": 32000
        }),
        "olmo2" => json!({"max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "vocab_size": 50304}),
        "olmo3" => json!({
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 500_000.0, "sliding_window": 4096,
            "vocab_size": 50304
        }),
        "olmoe" => json!({
            "max_position_embeddings": 4096, "num_experts": 64, "num_experts_per_tok": 8, "rms_norm_eps": 1e-5,
            "vocab_size": 50304
        }),
        "glm4" => json!({
            "head_dim": 128, "max_position_embeddings": 131_072, "num_key_value_heads": 2,
            "partial_rotary_factor": 0.5, "rms_norm_eps": 1.5625e-7, "vocab_size": 151_552
        }),
        _ => Value::Null,
    }
}
