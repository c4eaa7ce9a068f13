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
    Compute(candle_core::Error),
    /// A GPU has no memory left.
    #[cfg(feature = "candle")]
    #[error(
        "the GPU's memory is full: take a smaller or more quantized model, a smaller batch, or shorter prompts and responses"
    )]
    OutOfMemory,
    /// A product of packed weights was asked for with what does not fit it.
    #[error("computation failed: {0}")]
    Kernels(#[from] tiebreak_kernels::KernelError),
}

impl EngineError {
    /// Whether less work at once might succeed.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        #[cfg(feature = "candle")]
        return matches!(self, Self::OutOfMemory);
        #[cfg(not(feature = "candle"))]
        return false;
    }
}

#[cfg(feature = "candle")]
impl From<candle_core::Error> for EngineError {
    fn from(error: candle_core::Error) -> Self {
        // candle boxes what CUDA says, and only its text can be told apart.
        let text = error.to_string();
        let is_out_of_memory =
            ["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED"].iter().any(|name| text.contains(name));
        if is_out_of_memory { Self::OutOfMemory } else { Self::Compute(error) }
    }
}

/// The engine's result.
pub type Result<T> = std::result::Result<T, EngineError>;
