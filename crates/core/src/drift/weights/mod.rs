//! How much old answers still count, where held-out votes prove that it helps.
//!
//! A wrong half-life is worse than none, and the right one differs from study to study: so it is chosen by how well later votes are foretold from earlier ones, and used only where votes that took no part in the choice show a gain.
//!
//! - [`weight_at`] is the weight of an answer by its age.
//! - [`choose()`] finds the decay for all votes, [`choose_by_group`] that of single annotators and categories, and [`forced`] says what one costs that somebody asks for.
//! - [`weight_records`] writes the weights down.
//!
//! ```
//! use tiebreak_core::drift::weights::{Decay, weight_at};
//!
//! let decay = Decay::HalfLife { days: 30.0 };
//! assert_eq!(weight_at(Some(60.0), &decay), 0.25);
//! // An answer whose time is not known is never decayed.
//! assert_eq!(weight_at(None, &decay), 1.0);
//! ```

mod chain;
mod choose;
mod decay;
mod groups;
mod records;
#[cfg(test)]
mod tests;

pub use chain::{Block, Candidate, blocks, losses};
pub use choose::{CandidateLoss, Choice, LEAST_VOTES, NoChoice, choose, forced};
pub use decay::{Decay, weight_at};
pub use groups::{GroupChoice, GroupKind, LEAST_GROUP_VOTES, choose_by_group};
pub use records::{Weighing, weight_records};
