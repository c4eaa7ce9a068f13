"""Tiny shapes of the families that candle-transformers computes, each with what sets the family apart."""

SMALL = {
    "vocab_size": 48,
    "hidden_size": 32,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
IDS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": None}

SHAPES = {
    "deepseek_v2": SMALL
    | {
        "num_key_value_heads": 4,
        "num_hidden_layers": 3,
        "first_k_dense_replace": 1,
        "kv_lora_rank": 16,
        "q_lora_rank": None,
        "qk_nope_head_dim": 8,
        "qk_rope_head_dim": 4,
        "v_head_dim": 6,
        "n_routed_experts": 4,
        "n_shared_experts": 2,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 12,
        "norm_topk_prob": False,
        "routed_scaling_factor": 1.5,
        "topk_method": "greedy",
        "n_group": 1,
        "topk_group": 1,
        "rope_theta": 10000.0,
    },
    "gpt_bigcode": {
        "vocab_size": 48,
        "n_embd": 32,
        "n_head": 4,
        "n_inner": 40,
        "n_layer": 2,
        "n_positions": 64,
        "multi_query": True,
    },
    "helium": SMALL | {"head_dim": 8},
    "lfm2": SMALL
    | {
        "num_hidden_layers": 3,
        "layer_types": ["conv", "full_attention", "conv"],
        "block_multiple_of": 8,
        "block_ffn_dim_multiplier": 1.1,
        "tie_word_embeddings": True,
    },
    "mamba": {"vocab_size": 48, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 16},
    "mamba2": {
        "vocab_size": 48,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "state_size": 8,
        "num_heads": 8,
        "head_dim": 8,
        "n_groups": 1,
        "tie_word_embeddings": True,
    },
    "olmo": SMALL | {"clip_qkv": 1.5},
    "phi": SMALL | {"partial_rotary_factor": 0.5},
    "recurrent_gemma": SMALL
    | {
        "num_key_value_heads": 1,
        "num_hidden_layers": 3,
        "head_dim": 8,
        "lru_width": 32,
        "attention_window_size": 64,
        "block_types": ["recurrent", "recurrent", "attention"],
    },
    "stablelm": SMALL | {"partial_rotary_factor": 0.5, "use_qkv_bias": True},
    "starcoder2": SMALL | {"sliding_window": 48},
}
SHAPES["deepseek_v2_yarn"] = SHAPES["deepseek_v2"] | {
    "model_type": "deepseek_v2",
    "rope_scaling": {
        "type": "yarn",
        "factor": 4.0,
        "original_max_position_embeddings": 16,
        "beta_fast": 32,
        "beta_slow": 1,
        "mscale": 0.707,
        "mscale_all_dim": 0.707,
    },
}
