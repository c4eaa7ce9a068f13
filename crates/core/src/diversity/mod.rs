//! How much responses differ from each other, and whether training and test texts stay apart.
//!
//! - [`distinct`] and [`self_bleu`]: how many of the word sequences of a few texts occur only once.
//! - [`WithinPrompts`]: both, over the responses to each prompt of a collection.
//! - [`NearDuplicates`]: texts that are almost the same, found among many in a time that grows with their number.
//! - [`Leakage`]: prompts that occur in training and in test.
//! - [`LengthBalance`]: how much longer the chosen responses are than the rejected ones.

mod leakage;
mod length;
mod minhash;
mod near_duplicates;
mod ngrams;
mod shingles;
#[cfg(test)]
mod tests;
mod within_prompts;

pub use leakage::Leakage;
pub use length::LengthBalance;
pub use near_duplicates::NearDuplicates;
pub use ngrams::{distinct, self_bleu, words};
pub use shingles::Shingles;
pub use within_prompts::{WithinPrompts, WithinPromptsSummary};
