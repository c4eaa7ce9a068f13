//! What the tests and benchmarks of several crates share: random models of any shape, as GGUF files.
//!
//! Their weights mean nothing, but loading, speed and agreement between implementations do not depend on meaning.

pub mod random_model;
