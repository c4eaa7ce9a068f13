//! One binary for all tests that cross crates.
#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod borrowed;
mod cli;
mod decoder;
mod families;
mod generation;
mod shipped;
mod tokenizer;
mod types;
