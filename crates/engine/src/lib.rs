//! Model bytes in, sampled tokens and log-probabilities out.
#![deny(missing_docs)]

pub mod config;
pub mod decoder;
mod error;
pub mod gguf;
pub mod sampler;

pub use candle_core::Device;
pub use error::{EngineError, Result};
