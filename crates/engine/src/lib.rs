//! Model bytes in, sampled tokens and log-probabilities out.
#![deny(missing_docs)]

pub mod config;
mod error;

pub use error::{EngineError, Result};
