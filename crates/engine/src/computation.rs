//! Which decoder computes a model, told from its configuration alone.

use crate::config::{Config, HuggingFaceConfig};
#[cfg(feature = "candle-transformers")]
use crate::decoder::BorrowedConfig;
use crate::error::Result;

/// What computes a model.
#[derive(Clone, Debug)]
pub enum Computation {
    /// A decoder of the engine's own.
    Own(Box<Config>),
    /// candle-transformers, one row at a time.
    #[cfg(feature = "candle-transformers")]
    Borrowed(Box<BorrowedConfig>),
}

impl Computation {
    /// What computes the folder with this `config.json`.
    ///
    /// # Errors
    /// [`EngineError`](crate::EngineError) for the first thing that nothing here computes, or that cannot be.
    pub fn of_folder(config: &str) -> Result<Self> {
        #[cfg(feature = "candle-transformers")]
        if let Some(config) = BorrowedConfig::parse(config)? {
            return Ok(Self::Borrowed(Box::new(config)));
        }
        Ok(Self::Own(Box::new(HuggingFaceConfig::parse(config)?.config()?)))
    }

    /// What a decoder of the engine's own computes; none where candle-transformers does.
    pub fn own(&self) -> Option<&Config> {
        match self {
            Self::Own(config) => Some(config),
            #[cfg(feature = "candle-transformers")]
            Self::Borrowed(_) => None,
        }
    }

    /// How many tokens there are.
    pub fn vocab_size(&self) -> usize {
        match self {
            Self::Own(config) => config.vocab_size,
            #[cfg(feature = "candle-transformers")]
            Self::Borrowed(config) => config.vocab_size(),
        }
    }

    /// The most tokens of a sequence.
    pub fn context_length(&self) -> usize {
        match self {
            Self::Own(config) => config.context_length,
            #[cfg(feature = "candle-transformers")]
            Self::Borrowed(config) => config.context_length(),
        }
    }

    /// The memory that masks take beside weights, keys and values, in bytes, for a sequence as long as the context.
    pub fn mask_bytes(&self) -> u64 {
        match self {
            Self::Own(_) => 0,
            #[cfg(feature = "candle-transformers")]
            Self::Borrowed(config) => config.mask_bytes(),
        }
    }
}
