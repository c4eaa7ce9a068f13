//! The shape of a model, read from its metadata.

/// The families that the decoder knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Llama and what is built like it (SmolLM2, Mistral, TinyLlama): rotary embedding over adjacent pairs.
    Llama,
    /// Qwen 2 and 2.5: biases on queries, keys and values; rotary embedding over halves.
    Qwen2,
    /// Qwen 3: normalised queries and keys; rotary embedding over halves.
    Qwen3,
}

/// The shape of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The family.
    pub architecture: Architecture,
    /// How many tokens there are.
    pub vocab_size: usize,
    /// The most tokens of a sequence, prompt and response together.
    pub context_length: usize,
    /// The width of a layer's input.
    pub embedding_length: usize,
    /// How many layers.
    pub block_count: usize,
    /// The width inside the feed-forward part.
    pub feed_forward_length: usize,
    /// How many heads ask.
    pub head_count: usize,
    /// How many heads hold keys and values; divides `head_count`.
    pub head_count_kv: usize,
    /// The width of a head's query and key, `attention.key_length` or `embedding_length / head_count`.
    pub key_length: usize,
    /// The width of a head's value, `attention.value_length` or the same.
    pub value_length: usize,
    /// How many of a head's numbers are rotated; even, at most `key_length`.
    pub rope_dimension_count: usize,
    /// The base of the rotation's frequencies.
    pub rope_freq_base: f32,
    /// What positions are divided by (linear scaling); 1 changes nothing.
    pub rope_scale: f32,
    /// What is added to the mean square before its root.
    pub rms_epsilon: f64,
}
