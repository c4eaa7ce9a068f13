//! Model bytes in, sampled tokens and log-probabilities out.
#![deny(missing_docs)]

pub mod chat;
mod computation;
pub mod config;
pub mod decoder;
mod device;
mod error;
pub mod generate;
pub mod gguf;
mod model;
mod prompt;
pub mod reward;
pub mod safetensors;
pub mod sampler;
pub mod score;
pub mod source;
mod texts;
pub mod tokenizer;

pub use computation::Computation;
pub use decoder::Unquantized;
pub use device::Device;
pub use error::{EngineError, Result};
pub use model::{Folder, LoadOptions, Model, ModelInfo};
pub use prompt::ReadPrompt;
pub use texts::Texts;
