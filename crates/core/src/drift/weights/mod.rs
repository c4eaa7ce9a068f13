//! How much old answers still count, where held-out votes prove that it helps.

mod chain;
mod decay;
#[cfg(test)]
mod tests;

pub use chain::{Candidate, blocks_of_time, losses};
pub use decay::{Decay, weight_at};
