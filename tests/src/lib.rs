//! What the tests and benchmarks of several crates share.
//!
//! Random models of any shape, as GGUF files: their weights mean nothing, but loading, speed and agreement between implementations do not depend on meaning.
//! And a server that answers as a script says, with every fault that servers have; and a hub made of two of them.

pub mod fake_hub;
pub mod random_model;
pub mod scripted_server;
pub mod tiny_weights;
