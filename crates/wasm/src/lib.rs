//! The browser's side of Tiebreak: what the page can call.
//!
//! - [`markdown`] makes a safe tree of a response's Markdown, [`diff`] says which words two responses do not share.
//! - [`tried`] makes votes of what somebody and the judge said of a pair outside any study.
//! - `session` is an annotator's way through a study, with every vote committed to the browser's storage before the next pair.
//! - [`judging`] is what a judge is asked about a pair, and what its answers say.
//! - [`held`] is what a browser holds of such a session beside the votes, and which stored lines are votes.
//! - `worker` runs a model in a worker of its own: requests come in, progress, text and exactly one end for each go out.
//! - [`kept`] is what is noted of a model that stays in this browser, so that it is fetched once.
//! - `compute` is what scripts without an interface call: draws, ids, orders, preferences, weights by age.
//! - `browser` is the only place that knows the browser's interfaces.
//!
//! What a study, an order, a vote and a verdict are is in `tiebreak-core`, and what a model does is in `tiebreak-engine`:
//! both compute the same natively.
//! The modules that need a browser exist for the target wasm32 only.
#![deny(missing_docs)]

pub mod diff;
pub mod held;
pub mod judging;
pub mod kept;
pub mod markdown;
pub mod protocol;
pub mod tried;
pub mod views;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod compute;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod session;
#[cfg(target_arch = "wasm32")]
mod worker;
