//! What can go wrong between a model's bytes and its tokens.

/// The engine's one error; every variant names the thing that is at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The bytes are no GGUF file, or a broken one.
    #[error("not a usable GGUF file: {0}")]
    Gguf(String),
    /// The bytes are no safetensors file, or a broken one.
    #[error("not a usable safetensors file: {0}")]
    Safetensors(String),
    /// A metadata key is absent, of the wrong type or out of range.
    #[error("metadata key `{key}` {problem}")]
    Metadata {
        /// The key as it stands in the file.
        key: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// A tensor is absent, or of the wrong shape or type.
    #[error("tensor `{name}` {problem}")]
    Tensor {
        /// The tensor's name.
        name: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// Something that this version does not know: an architecture, a pre-tokenizer, a scaling.
    #[error("{what} `{name}` is not supported; supported: {supported}")]
    Unsupported {
        /// What kind of thing, such as `architecture`.
        what: &'static str,
        /// Its name in the file.
        name: String,
        /// What would be read.
        supported: &'static str,
    },
    /// The tokenizer could not be built, or could not encode a text.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// The chat template does not parse, or refused the messages.
    #[error("chat template: {0}")]
    Template(String),
    /// A text is longer than the model can read.
    #[error("{tokens} tokens do not fit the model's context of {context}{hint}")]
    TooLong {
        /// How many tokens were asked for.
        tokens: usize,
        /// How many the model reads.
        context: usize,
        /// What to do about it; empty or starting with `; `.
        hint: &'static str,
    },
    /// A request that makes no sense, such as a temperature below 0.
    #[error("{0}")]
    Request(String),
    /// A tensor operation failed.
    #[cfg(feature = "candle")]
    #[error("computation failed: {0}")]
    Compute(#[from] candle_core::Error),
    /// A product of packed weights was asked for with what does not fit it.
    #[error("computation failed: {0}")]
    Kernels(#[from] tiebreak_kernels::KernelError),
}

/// The engine's result.
pub type Result<T> = std::result::Result<T, EngineError>;
