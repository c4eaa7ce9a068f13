//! What a prompt, a response, a vote and a weight are, and all that is computed from them.
#![deny(missing_docs)]

pub mod catalogue;
pub mod judge;
pub mod plan;
pub mod random;
pub mod schema;
