"""The tiny models: a shape for each family with all that sets it apart, and what shows that each such part counts.

`config` is what the makers' `config.json` says, in the form of transformers 4, which nearly all published folders have.
"""

from dataclasses import dataclass, field


@dataclass
class Shape:
    """A model to be made; `without` tells for each special part how the model would be without it."""

    tokenizer: str
    template: str
    config: dict
    # Part -> changes of the configuration.
    without: dict = field(default_factory=dict)
    # Part -> (end of the weights' names, what all their numbers become).
    without_weights: dict = field(default_factory=dict)
    # Where a GGUF file cannot say what the folder says: the configuration that it stands for.
    gguf: dict = field(default_factory=dict)
    generation: dict = field(default_factory=dict)
    norms_add_one: bool = False
    shards: int = 1
    quantized: bool = False
    # Whether llama.cpp's converter takes it.
    has_gguf: bool = True
    # One more sequence, longer than the context that the model was first trained for.
    long_tokens: int = 0


def config(architecture, model_type, heads, **others):
    queries, keys = heads
    return {
        "architectures": [architecture],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "hidden_act": "silu",
        "hidden_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 64,
        "max_position_embeddings": 128,
        "model_type": model_type,
        "num_attention_heads": queries,
        "num_hidden_layers": 2,
        "num_key_value_heads": keys,
        "rms_norm_eps": 1e-5,
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.51.0",
        "use_cache": True,
        **others,
    }


LLAMA3_SCALING = {
    "factor": 8.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 64,
    "rope_type": "llama3",
}
SHORT = [1.0, 1.1, 1.3, 1.6, 2.0, 2.5]
LONG = [1.0, 1.5, 2.5, 4.0, 7.0, 12.0]
LONGROPE = {"long_factor": LONG, "short_factor": SHORT, "type": "longrope"}
YARN = {"factor": 8.0, "original_max_position_embeddings": 16, "rope_type": "yarn"}
GRANITE = {
    "attention_multiplier": 0.4,
    "embedding_multiplier": 3.0,
    "logits_scaling": 1.6,
    "residual_multiplier": 0.6,
}
WITHOUT_GRANITE = {
    "attention multiplier": {"attention_multiplier": 0.25},
    "embedding multiplier": {"embedding_multiplier": 1.0},
    "logits scaling": {"logits_scaling": 1.0},
    "residual multiplier": {"residual_multiplier": 1.0},
}
NORMS_OF_HEADS = {"norms of queries": ("q_norm.weight", 1.0), "norms of keys": ("k_norm.weight", 1.0)}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "output_router_logits": False}
QWEN_EXPERTS = {
    **EXPERTS,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "moe_intermediate_size": 32,
    "rms_norm_eps": 1e-6,
    "use_sliding_window": False,
}
GEMMA = {"head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": 1e-6, "sliding_window": 8}

SHAPES = {
    "llama": Shape(
        "llama3",
        "llama3",
        config(
            "LlamaForCausalLM", "llama", (4, 2), head_dim=16, hidden_size=64, intermediate_size=96, mlp_bias=False,
            max_position_embeddings=256, pretraining_tp=1, rope_scaling=LLAMA3_SCALING, rope_theta=500000.0,
            tie_word_embeddings=False,
        ),
        without={"rope scaling": {"rope_scaling": None}},
        generation={"do_sample": True, "temperature": 0.6, "top_p": 0.9},
        quantized=True,
    ),
    "mistral": Shape(
        "mistral",
        "mistral",
        config(
            "MistralForCausalLM", "mistral", (4, 2), head_dim=16, sliding_window=8, rope_theta=1000000.0,
            tie_word_embeddings=False,
        ),
        without={"sliding window": {"sliding_window": None}},
        # llama.cpp keeps no window of this family.
        gguf={"sliding_window": None},
        shards=2,
    ),
    "qwen2": Shape(
        "qwen2",
        "qwen2",
        config(
            "Qwen2ForCausalLM", "qwen2", (2, 1), max_window_layers=1, rms_norm_eps=1e-6,
            rope_theta=1000000.0, sliding_window=8, use_sliding_window=False, vocab_size=320,
        ),
        without_weights={"biases": ("proj.bias", 0.0)},
        generation={"do_sample": True, "repetition_penalty": 1.1, "temperature": 0.7, "top_k": 20, "top_p": 0.8},
    ),
    "qwen3": Shape(
        "qwen2",
        "qwen3",
        config(
            "Qwen3ForCausalLM", "qwen3", (4, 2), head_dim=32, max_window_layers=2, rms_norm_eps=1e-6,
            rope_theta=1000000.0, sliding_window=None, use_sliding_window=False,
        ),
        without_weights={"norms of queries": ("q_norm.weight", 1.0), "norms of keys": ("k_norm.weight", 1.0)},
        generation={"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95},
    ),
    "gemma2": Shape(
        "gemma",
        "gemma2",
        config(
            "Gemma2ForCausalLM", "gemma2", (4, 2), attn_logit_softcapping=3.0, final_logit_softcapping=8.0,
            hidden_act="gelu_pytorch_tanh", num_hidden_layers=3, query_pre_attn_scalar=8, **GEMMA,
        ),
        without={
            "cap of scores": {"attn_logit_softcapping": None},
            "cap of logits": {"final_logit_softcapping": None},
            "sliding window": {"sliding_window": 128},
            "layers without a window": {"layer_types": ["sliding_attention"] * 3},
            "scale of queries": {"query_pre_attn_scalar": 16},
        },
        without_weights={
            "norms behind attention": ("post_attention_layernorm.weight", 0.0),
            "norms before the feed-forward part": ("pre_feedforward_layernorm.weight", 0.0),
            "norms behind it": ("post_feedforward_layernorm.weight", 0.0),
        },
        # llama.cpp takes the width of a head, but for the 46 layers of the largest.
        gguf={"query_pre_attn_scalar": 16},
        norms_add_one=True,
    ),
    "gemma3": Shape(
        "gemma",
        "gemma3",
        config(
            "Gemma3ForCausalLM", "gemma3_text", (4, 2), num_hidden_layers=7, query_pre_attn_scalar=16,
            rope_local_base_freq=10000.0, rope_scaling={"factor": 8.0, "rope_type": "linear"}, rope_theta=1000000.0,
            sliding_window_pattern=6, **GEMMA,
        ),
        without={
            "base of local rotation": {"rope_local_base_freq": 1000000.0},
            "scaling of global rotation": {"rope_scaling": None},
            "sliding window": {"sliding_window": 128},
            "layer without a window": {"sliding_window_pattern": 8},
        },
        without_weights={"norms of queries": ("q_norm.weight", 0.0), "norms of keys": ("k_norm.weight", 0.0)},
        generation={"do_sample": True, "top_k": 64, "top_p": 0.95},
        norms_add_one=True,
        quantized=True,
    ),
    "phi3": Shape(
        "phi3",
        "phi3",
        config(
            "Phi3ForCausalLM", "phi3", (2, 1), embd_pdrop=0.0, original_max_position_embeddings=128, resid_pdrop=0.0,
            sliding_window=8, tie_word_embeddings=False, vocab_size=384,
        ),
        without={"sliding window": {"sliding_window": None}},
    ),
    "phi4-mini": Shape(
        "gpt4o",
        "phi4-mini",
        config(
            "Phi3ForCausalLM", "phi3", (2, 1), embd_pdrop=0.0, max_position_embeddings=1024,
            original_max_position_embeddings=256, partial_rotary_factor=0.75, resid_pdrop=0.0, rope_scaling=LONGROPE,
            sliding_window=1024,
        ),
        without={
            "factors of frequencies": {"rope_scaling": {**LONGROPE, "short_factor": [1.0] * 6}},
            "scale of rotation": {"max_position_embeddings": 256},
            "part of a head that is not rotated": {"partial_rotary_factor": 1.0, "rope_scaling": None},
        },
        long_tokens=264,
    ),
    "smollm3": Shape(
        "smollm3",
        "smollm3",
        config(
            "SmolLM3ForCausalLM", "smollm3", (2, 1), max_window_layers=28, mlp_bias=False, no_rope_layer_interval=4,
            no_rope_layers=[1, 1, 1, 0], num_hidden_layers=4, pretraining_tp=2, rms_norm_eps=1e-6,
            rope_theta=5000000.0, sliding_window=None, use_sliding_window=False,
        ),
        without={"layer without rotation": {"no_rope_layers": [1, 1, 1, 1]}},
        generation={"do_sample": True, "temperature": 0.6, "top_p": 0.95},
    ),
    "granite": Shape(
        "granite",
        "granite",
        config(
            "GraniteForCausalLM", "granite", (2, 1), attention_multiplier=0.4, embedding_multiplier=3.0,
            logits_scaling=1.6, mlp_bias=False, num_hidden_layers=3, residual_multiplier=0.6, rope_theta=10000000.0,
        ),
        without={
            "attention multiplier": {"attention_multiplier": 0.25},
            "embedding multiplier": {"embedding_multiplier": 1.0},
            "logits scaling": {"logits_scaling": 1.0},
            "residual multiplier": {"residual_multiplier": 1.0},
        },
    ),
    "olmo2": Shape(
        "cl100k",
        "olmo2",
        config(
            "Olmo2ForCausalLM", "olmo2", (2, 2), rms_norm_eps=1e-6, rope_theta=500000.0, tie_word_embeddings=False,
        ),
        without_weights={
            "norms of queries": ("q_norm.weight", 1.0),
            "norms of keys": ("k_norm.weight", 1.0),
            "norms behind attention": ("post_attention_layernorm.weight", 1.0),
            "norms behind the feed-forward part": ("post_feedforward_layernorm.weight", 1.0),
        },
    ),
    "mixtral": Shape(
        "mistral",
        "mistral",
        config(
            "MixtralForCausalLM", "mixtral", (4, 2), head_dim=8, num_experts_per_tok=2, num_local_experts=4,
            output_router_logits=False, rope_theta=1000000.0, sliding_window=None, tie_word_embeddings=False,
        ),
        without={"second expert": {"num_experts_per_tok": 1}},
    ),
    "qwen2_moe": Shape(
        "qwen2",
        "qwen2",
        config(
            "Qwen2MoeForCausalLM", "qwen2_moe", (2, 1), max_window_layers=2, norm_topk_prob=False,
            rope_theta=1000000.0, shared_expert_intermediate_size=64, tie_word_embeddings=False, **QWEN_EXPERTS,
        ),
        without={"sum of weights that is not 1": {"norm_topk_prob": True}},
        without_weights={
            "biases": ("proj.bias", 0.0),
            "shared expert": ("shared_expert.down_proj.weight", 0.0),
            "weight of the shared expert": ("shared_expert_gate.weight", 0.0),
        },
    ),
    "qwen3_moe": Shape(
        "qwen2",
        "qwen3",
        config(
            "Qwen3MoeForCausalLM", "qwen3_moe", (2, 1), head_dim=32, norm_topk_prob=True, rope_scaling=YARN,
            rope_theta=1000000.0, tie_word_embeddings=False, **QWEN_EXPERTS,
        ),
        without={
            "sum of weights": {"norm_topk_prob": False},
            "scaling of rotation": {"rope_scaling": None},
            "scale of rotation": {"rope_scaling": {**YARN, "attention_factor": 1.0}},
        },
        without_weights=NORMS_OF_HEADS,
        quantized=True,
    ),
    "qwen3_moe-mixed": Shape(
        "qwen2",
        "qwen3",
        config(
            "Qwen3MoeForCausalLM", "qwen3_moe", (2, 1), head_dim=16, norm_topk_prob=True, num_hidden_layers=4,
            tie_word_embeddings=True, **{**QWEN_EXPERTS, "decoder_sparse_step": 2, "mlp_only_layers": [1]},
        ),
        has_gguf=False,
    ),
    "olmoe": Shape(
        "cl100k",
        "olmo2",
        config(
            "OlmoeForCausalLM", "olmoe", (2, 2), clip_qkv=None, norm_topk_prob=False, rope_theta=10000.0,
            tie_word_embeddings=False, **EXPERTS,
        ),
        without={"sum of weights that is not 1": {"norm_topk_prob": True}},
        without_weights=NORMS_OF_HEADS,
    ),
    "granitemoe": Shape(
        "granite",
        "granite",
        config(
            "GraniteMoeForCausalLM", "granitemoe", (2, 1), num_experts_per_tok=2, num_local_experts=3,
            output_router_logits=False, **GRANITE,
        ),
        without={**WITHOUT_GRANITE, "second expert": {"num_experts_per_tok": 1}},
    ),
    "granite4": Shape(
        "granite",
        "granite",
        config(
            "GraniteMoeHybridForCausalLM", "granitemoehybrid", (2, 1), layer_types=["attention"] * 2,
            mamba_d_conv=4, mamba_d_head=16, mamba_d_state=8, mamba_expand=2, mamba_n_groups=1, mamba_n_heads=4,
            num_experts_per_tok=0, num_local_experts=0, position_embedding_type="rope", shared_intermediate_size=64,
            **GRANITE,
        ),
        without={**WITHOUT_GRANITE, "positions": {"position_embedding_type": None}},
    ),
    "olmo3": Shape(
        "cl100k",
        "olmo2",
        config(
            "Olmo3ForCausalLM", "olmo3", (2, 2), num_hidden_layers=4, rms_norm_eps=1e-6,
            layer_types=["sliding_attention"] * 3 + ["full_attention"], rope_theta=500000.0, sliding_window=8,
            rope_scaling={**YARN, "attention_factor": 1.2079441541679836, "beta_fast": 32.0, "beta_slow": 1.0},
            tie_word_embeddings=False,
        ),
        without={
            "scaling of rotation": {"rope_scaling": None},
            "sliding window": {"sliding_window": 128},
            "layer without a window": {"layer_types": ["sliding_attention"] * 4},
        },
        without_weights={
            **NORMS_OF_HEADS,
            "norms behind attention": ("post_attention_layernorm.weight", 1.0),
            "norms behind the feed-forward part": ("post_feedforward_layernorm.weight", 1.0),
        },
    ),
    "gemma": Shape(
        "gemma",
        "gemma2",
        config(
            "GemmaForCausalLM", "gemma", (4, 1), head_dim=16, hidden_act="gelu", hidden_activation=None,
            rms_norm_eps=1e-6,
        ),
        without_weights={"norms before attention": ("input_layernorm.weight", 0.0)},
        norms_add_one=True,
    ),
    "glm4": Shape(
        "glm4",
        "glm4",
        config(
            "Glm4ForCausalLM", "glm4", (4, 2), attention_bias=True, head_dim=16, partial_rotary_factor=0.5,
            rms_norm_eps=1e-5, tie_word_embeddings=False,
        ),
        without={"part of a head that is not rotated": {"partial_rotary_factor": 1.0}},
        without_weights={
            "biases": ("proj.bias", 0.0),
            "norms behind attention": ("post_self_attn_layernorm.weight", 1.0),
            "norms behind the feed-forward part": ("post_mlp_layernorm.weight", 1.0),
        },
    ),
}
