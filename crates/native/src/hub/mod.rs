//! The Hugging Face hub: models by name, fetched once and found again.
//!
//! `place` says where hub and cache are and whether the hub may be asked, `client` makes the calls, `cache` knows the folder, `download` fetches a file, and [`fetch()`] puts them together.
//! The cache is laid out as Python's `huggingface_hub` has it, so that each finds what the other fetched.
//!
//! What is in the cache is taken from there, and the hub is asked only for what is missing: a run gives the same with and without network, and nothing that somebody uploads changes it.

mod cache;
mod client;
mod download;
mod error;
mod fetch;
mod listing;
mod origin;
mod place;

pub use cache::{Cache, Cached, Snapshot};
pub use fetch::{cached, fetch, Adapted, Wanted};
pub use place::Place;
