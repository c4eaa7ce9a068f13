//! Shapes that metadata states, and those that are refused.

use super::{Architecture, Config, HuggingFaceConfig, RotationConfig};
use crate::Texts;
use crate::gguf::{List, Metadata, Value};

fn metadata(changes: &[(&str, Option<Value>)]) -> Metadata {
    let tokens = ["a", "b", "c"].map(str::to_owned).to_vec();
    let mut values = std::collections::BTreeMap::from([
        ("general.architecture".to_owned(), Value::Text("llama".to_owned())),
        ("llama.context_length".to_owned(), Value::Integer(128)),
        ("llama.embedding_length".to_owned(), Value::Integer(64)),
        ("llama.block_count".to_owned(), Value::Integer(2)),
        ("llama.feed_forward_length".to_owned(), Value::Integer(96)),
        ("llama.attention.head_count".to_owned(), Value::Integer(4)),
        ("llama.attention.head_count_kv".to_owned(), Value::Integer(2)),
        ("llama.attention.layer_norm_rms_epsilon".to_owned(), Value::Float(1e-5)),
        ("tokenizer.ggml.tokens".to_owned(), Value::List(List::Texts(tokens.iter().collect()))),
    ]);
    for (key, value) in changes {
        match value {
            Some(value) => values.insert((*key).to_owned(), value.clone()),
            None => values.remove(*key),
        };
    }
    values.into_iter().collect()
}

fn windows(config: &Config) -> Vec<Option<usize>> {
    config.layers.iter().map(|layer| layer.window).collect()
}

#[test]
fn layers_have_the_windows_that_a_file_or_its_family_gives_them() {
    let windowed = |more: &[(&str, Option<Value>)]| {
        let window = ("llama.attention.sliding_window", Some(Value::Integer(32)));
        let changes: Vec<_> = [window].into_iter().chain(more.iter().cloned()).collect();
        Config::from_gguf(&metadata(&changes))
    };
    let pattern = |value| windowed(&[("llama.attention.sliding_window_pattern", Some(value))]);
    assert_eq!(windows(&Config::from_gguf(&metadata(&[])).unwrap()), [None; 2]);
    assert_eq!(windows(&windowed(&[]).unwrap()), [Some(32); 2]);
    assert_eq!(windows(&pattern(Value::Integer(2)).unwrap()), [Some(32), None]);
    let listed = Value::List(List::Bools(vec![false, true]));
    assert_eq!(windows(&pattern(listed).unwrap()), [None, Some(32)]);
    for wrong in [Value::Integer(0), Value::List(List::Bools(vec![true])), Value::Text("every".into())] {
        let error = pattern(wrong).unwrap_err().to_string();
        assert!(error.contains("`llama.attention.sliding_window_pattern`"), "{error}");
    }
}

#[test]
fn defaults_follow_from_the_width_and_the_heads() {
    let config = Config::from_gguf(&metadata(&[])).unwrap();
    assert_eq!(config.architecture, Architecture::Llama);
    assert_eq!((config.vocab_size, config.key_length, config.value_length), (3, 16, 16));
    assert_eq!((config.scoring.scale, config.scoring.soft_cap), (0.25, None));
    let rotation = &config.rotations[0];
    assert_eq!((rotation.dimension_count, rotation.freq_base, rotation.adjacent), (16, 10_000.0, true));
    assert_eq!((rotation.divisors.as_slice(), rotation.magnitude), ([1.0; 8].as_slice(), 1.0));
}

#[test]
fn keys_override_the_defaults() {
    let turned = Config::from_gguf(&metadata(&[
        ("llama.attention.key_length", Some(Value::Integer(32))),
        ("llama.attention.value_length", Some(Value::Integer(8))),
        ("llama.rope.dimension_count", Some(Value::Integer(20))),
        ("llama.rope.freq_base", Some(Value::Float(500_000.0))),
        ("llama.rope.scaling.type", Some(Value::Text("linear".to_owned()))),
        ("llama.rope.scaling.factor", Some(Value::Float(4.0))),
    ]))
    .unwrap();
    assert_eq!((turned.key_length, turned.value_length), (32, 8));
    let of_layers = Some(Value::List(List::Integers(vec![2, 2])));
    let config = Config::from_gguf(&metadata(&[("llama.attention.head_count_kv", of_layers)])).unwrap();
    assert_eq!(config.head_count_kv, 2);
    let rotation = &turned.rotations[0];
    assert_eq!((rotation.dimension_count, rotation.freq_base), (20, 500_000.0));
    assert_eq!(rotation.divisors, [4.0; 10]);
}

/// Every error names the key, or the thing that is not supported.
#[test]
fn impossible_shapes_are_refused_by_name() {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let integer = |number| Some(Value::Integer(number));
    let integers = |numbers: &[i64]| Some(Value::List(List::Integers(numbers.to_vec())));
    for (key, value, named) in [
        ("general.architecture", text("mamba"), "llama, mistral, mixtral"),
        ("general.architecture", None, "`general.architecture`"),
        ("llama.context_length", integer(0), "`llama.context_length`"),
        ("llama.context_length", integer((1 << 24) + 1), "`llama.context_length`"),
        ("llama.context_length", integer(-1), "`llama.context_length`"),
        ("llama.context_length", None, "`llama.context_length`"),
        ("llama.embedding_length", text("wide"), "a text"),
        ("llama.embedding_length", integer(1 << 60), "`llama.embedding_length`"),
        ("llama.block_count", integer(513), "`llama.block_count`"),
        ("llama.feed_forward_length", integer(0), "`llama.feed_forward_length`"),
        ("llama.attention.head_count", integer(0), "`llama.attention.head_count`"),
        ("llama.attention.head_count", integer(5), "`llama.attention.key_length`"),
        ("llama.attention.head_count_kv", integer(3), "`llama.attention.head_count_kv`"),
        ("llama.attention.head_count_kv", integer(8), "`llama.attention.head_count_kv`"),
        ("llama.attention.head_count_kv", integers(&[2, 1]), "differs from layer to layer"),
        ("llama.attention.head_count_kv", integers(&[-2]), "`llama.attention.head_count_kv`"),
        ("llama.feed_forward_length", integers(&[]), "`llama.feed_forward_length`"),
        ("llama.rope.dimension_count", integer(7), "`llama.rope.dimension_count`"),
        ("llama.rope.dimension_count", integer(18), "`llama.rope.dimension_count`"),
        ("llama.rope.freq_base", Some(Value::Float(f64::NAN)), "`llama.rope.freq_base`"),
        ("llama.rope.freq_base", Some(Value::Float(0.0)), "`llama.rope.freq_base`"),
        ("llama.rope.scaling.type", text("yarn"), "`llama.rope.scaling.factor`"),
        ("llama.rope.scaling.type", text("dynamic"), "`dynamic`"),
        ("llama.rope.scaling.factor", Some(Value::Float(-2.0)), "`llama.rope.scaling.factor`"),
        ("llama.attention.layer_norm_rms_epsilon", Some(Value::Float(1e300)), "epsilon`"),
        ("llama.attention.layer_norm_rms_epsilon", None, "epsilon`"),
        ("llama.attention.causal", Some(Value::Bool(false)), "causal"),
        ("llama.expert_count", integer(8), "`llama.expert_used_count`"),
        ("llama.expert_count", integer(1 << 13), "`llama.expert_count`"),
        (
            "tokenizer.ggml.tokens",
            Some(Value::List(List::Texts(Texts::default()))),
            "`tokenizer.ggml.tokens`",
        ),
        ("tokenizer.ggml.tokens", None, "`tokenizer.ggml.tokens`"),
    ] {
        let error = Config::from_gguf(&metadata(&[(key, value.clone())])).expect_err(key).to_string();
        assert!(error.contains(named), "{key} = {value:?}: {error}");
    }
}

const CONFIG_JSON: &str = r#"{
    "model_type": "llama", "vocab_size": 300, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4,
    "num_attention_heads": 4, "rms_norm_eps": 1e-5, "max_position_embeddings": 128
}"#;

/// The configuration with some more values, which replace those of the same name.
fn config_json(more: &str) -> crate::Result<Config> {
    let mut values: serde_json::Map<String, serde_json::Value> = serde_json::from_str(CONFIG_JSON).unwrap();
    values.append(&mut serde_json::from_str(more).unwrap());
    HuggingFaceConfig::parse(&serde_json::to_string(&values).unwrap())?.config()
}

#[test]
fn a_folder_says_what_a_file_says_in_other_words() {
    let config = config_json("{}").unwrap();
    assert_eq!((config.head_count_kv, config.key_length, config.layers.len()), (4, 16, 4));
    assert!(!config.rotations[0].adjacent);
    assert_eq!(windows(&config), [None; 4]);
    let mistral = config_json(
        r#"{"model_type": "mistral", "sliding_window": 9, "head_dim": 32, "num_key_value_heads": 2}"#,
    )
    .unwrap();
    assert_eq!((mistral.architecture, mistral.key_length), (Architecture::Llama, 32));
    assert_eq!(windows(&mistral), [Some(9); 4]);
    let qwen = r#"{"model_type": "qwen2", "sliding_window": 9, "num_key_value_heads": 4}"#;
    assert_eq!(windows(&config_json(qwen).unwrap()), [None; 4]);
    let late = r#"{"model_type": "qwen2", "sliding_window": 9, "use_sliding_window": true, "max_window_layers": 3, "num_key_value_heads": 4}"#;
    assert_eq!(windows(&config_json(late).unwrap()), [None, None, None, Some(9)]);
    let inner = format!(r#"{{"model_type": "gemma3", "text_config": {CONFIG_JSON}}}"#);
    assert_eq!(HuggingFaceConfig::parse(&inner).unwrap().config().unwrap(), config);
}

/// As Gemma 3 4B's folder is published.
#[test]
fn what_a_folder_leaves_out_is_what_its_class_has() {
    let published = r#"{
        "model_type": "gemma3", "eos_token_id": [1, 106],
        "text_config": {
            "model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024
        }
    }"#;
    let said = HuggingFaceConfig::parse(published).unwrap();
    let config = said.config().unwrap();
    assert_eq!((config.head_count, config.head_count_kv, config.key_length), (8, 4, 256));
    assert_eq!((config.vocab_size, config.context_length), (262_208, 131_072));
    assert_eq!(config.rotations[0].freq_base, 1_000_000.0);
    assert_eq!(config.rotations[0].divisors[0], 8.0);
    assert_eq!((config.rotations[1].freq_base, config.rotations[1].divisors[0]), (10_000.0, 1.0));
    assert_eq!(windows(&config)[..6], [Some(1024), Some(1024), Some(1024), Some(1024), Some(1024), None]);
    assert!(said.is_tied());
    assert_eq!(said.stop_tokens(None, 200).unwrap(), [1, 106]);
    assert_eq!(said.stop_tokens(Some(r#"{"eos_token_id": 5}"#), 200).unwrap(), [5]);
    let error = said.stop_tokens(None, 106).unwrap_err().to_string();
    assert!(error.contains("eos_token_id` is 106, but there are only 106 tokens"), "{error}");
    // What stands there as null is none.
    let mistral =
        |more: &str| windows(&config_json(&format!(r#"{{"model_type": "mistral"{more}}}"#)).unwrap())[0];
    let heads = r#", "num_key_value_heads": 2"#;
    assert_eq!(mistral(heads), Some(4096));
    assert_eq!(mistral(&format!(r#"{heads}, "sliding_window": null"#)), None);
}

/// Frequencies of long waves are divided by the factor, those of short ones by nothing.
#[test]
fn llama_3_divides_long_waves() {
    let scaling = r#"{"rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
        "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}}"#;
    let divisors = config_json(scaling).unwrap().rotations[0].divisors.clone();
    // Wavelengths are 6.3, 32.4, 167 and more, of an original context of 64: above 64 / 1, and below 64 / 4.
    assert_eq!((divisors[0], divisors[2], divisors[7]), (1.0, 8.0, 8.0));
    let slope = (64.0 / (2.0 * std::f32::consts::PI * 500_000f32.powf(0.125)) - 1.0) / 3.0;
    assert!((divisors[1] - 1.0 / ((1.0 - slope) / 8.0 + slope)).abs() < 1e-4, "{divisors:?}");
}

#[test]
fn impossible_folders_are_refused_by_name() {
    for (more, named) in [
        (r#"{"model_type": "mamba"}"#, "`mamba`"),
        (r#"{"model_type": ""}"#, "model_type"),
        (r#"{"hidden_size": 0}"#, "hidden_size"),
        (r#"{"hidden_size": null}"#, "hidden_size"),
        (r#"{"num_attention_heads": 5}"#, "head_dim"),
        (r#"{"num_key_value_heads": 3}"#, "num_key_value_heads"),
        (r#"{"num_hidden_layers": 100000}"#, "num_hidden_layers"),
        (r#"{"vocab_size": 1e9}"#, "config.json"),
        (r#"{"rms_norm_eps": 0}"#, "rms_norm_eps"),
        (r#"{"rope_theta": -1.0}"#, "rope_theta"),
        (r#"{"partial_rotary_factor": 0.01}"#, "partial_rotary_factor"),
        (r#"{"partial_rotary_factor": 1e30}"#, "partial_rotary_factor"),
        (r#"{"partial_rotary_factor": 1e9}"#, "partial_rotary_factor"),
        (
            r#"{"layer_types": ["full_attention", "chunked_attention", "full_attention", "full_attention"]}"#,
            "`chunked_attention`",
        ),
        (r#"{"use_bidirectional_attention": true}"#, "bidirectional"),
        (r#"{"rope_scaling": {"type": "dynamic"}}"#, "`dynamic`"),
        (r#"{"rope_scaling": {"type": "yarn", "factor": 0}}"#, "rope_scaling.factor"),
        (r#"{"rope_scaling": {"type": "yarn", "factor": 2, "beta_slow": -1}}"#, "beta_slow"),
        (r#"{"rope_scaling": {"type": "yarn", "original_max_position_embeddings": 0}}"#, "original_max"),
        (r#"{"rope_scaling": {"type": "linear"}}"#, "rope_scaling.factor"),
        (r#"{"rope_scaling": {"type": "longrope", "short_factor": [1.0]}}"#, "short_factor"),
        (r#"{"rope_scaling": {"type": "llama3", "factor": 8.0}}"#, "low_freq_factor"),
        (r#"{"sliding_window": 0}"#, "sliding_window"),
        (r#"{"layer_types": ["full_attention"]}"#, "layer_types"),
        (r#"{"model_type": "smollm3", "no_rope_layers": [1]}"#, "no_rope_layers"),
        (r#"{"model_type": "granite", "logits_scaling": 0}"#, "logits_scaling"),
        (r#"{"hidden_act": "relu"}"#, "`relu`"),
        (
            r#"{"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 9, "num_key_value_heads": 4}"#,
            "per_tok",
        ),
        (r#"{"model_type": "qwen3_moe", "num_experts": 0}"#, "num_experts"),
        (r#"{"model_type": "qwen3_moe", "decoder_sparse_step": 0}"#, "decoder_sparse_step"),
        (
            r#"{"model_type": "granitemoehybrid", "layer_types": ["mamba", "mamba", "mamba", "attention"]}"#,
            "`mamba`",
        ),
        (r#"{"model_type": "granitemoehybrid"}"#, "layer_types"),
        (r#"{"model_type": "olmoe", "clip_qkv": 8.0}"#, "clip_qkv"),
        (r#"{"quantization_config": {"quant_method": "awq"}}"#, "`awq`"),
        (
            r#"{"text_config": {"model_type": "gemma3_text", "num_key_value_heads": 4}, "quantization_config": {"quant_method": "fp8"}}"#,
            "`fp8`",
        ),
    ] {
        let error = config_json(more).expect_err(more).to_string();
        assert!(error.contains(named), "{more}: {error}");
    }
    for text in ["", "<!doctype html>", "[]", r#"{"hidden_size": "wide"}"#] {
        let error = HuggingFaceConfig::parse(text).unwrap_err().to_string();
        assert!(error.contains("config.json"), "{text}: {error}");
    }
}

/// Of Qwen 3's experts as they are published: every layer has them, but those that are left out.
#[test]
fn layers_have_the_experts_that_a_folder_gives_them() {
    let experts = |more: &str| {
        let heads = r#"{"model_type": "qwen3_moe", "num_key_value_heads": 4, "norm_topk_prob": true"#;
        let config = config_json(&format!("{heads}{more}}}")).unwrap();
        let found = config.experts.as_ref().unwrap();
        assert_eq!((found.count, found.used, found.feed_forward_length), (128, 8, 768));
        assert!(found.is_normalised && found.shared_feed_forward_length.is_none());
        config.layers.iter().map(|layer| layer.has_experts).collect::<Vec<_>>()
    };
    assert_eq!(experts(""), [true; 4]);
    assert_eq!(experts(r#", "decoder_sparse_step": 2"#), [false, true, false, true]);
    assert_eq!(experts(r#", "mlp_only_layers": [1]"#), [true, false, true, true]);
    assert_eq!(config_json("{}").unwrap().experts, None);
}

/// Of 4 pairs those that turn often stay, the slowest is divided by the factor, and one lies between; the context grows.
#[test]
fn yarn_divides_what_turns_seldom() {
    let scaling = r#"{"rope_theta": 10000.0, "head_dim": 8, "rope_scaling": {"rope_type": "yarn", "factor": 4.0,
        "beta_fast": 8.0, "beta_slow": 1.0, "original_max_position_embeddings": 100}}"#;
    let config = config_json(scaling).unwrap();
    assert_eq!(config.context_length, 400);
    let RotationConfig { divisors, magnitude, .. } = &config.rotations[0];
    // Pairs turn 15.9, 1.59, 0.159 and 0.0159 times in 100 positions: 8 turns lie between the first two, 1 behind the second.
    assert_eq!((divisors[0], divisors[2], divisors[3]), (1.0, 4.0, 4.0));
    assert!((divisors[1] - 1.0 / (0.5 / 4.0 + 0.5)).abs() < 1e-6, "{divisors:?}");
    assert!((magnitude - (1.0 + 0.1 * 4f32.ln())).abs() < 1e-6);
}
