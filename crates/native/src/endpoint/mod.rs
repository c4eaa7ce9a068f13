//! Models behind a server: the OpenAI and the Anthropic protocol, natively and for any number of asks.
//!
//! [`Client::new`] makes a server of the flags, [`Client::announce`] says who will receive the texts, and [`ask_all()`] asks.
//! An [`Ask`] goes through `screening` (personal data), `protocol` (its body), `cache` (was it answered before?), `budget` (may it be paid?) and on a thread of `work` through `pace` (is it its turn?) and `http` (the call).
//! What comes back is an [`Answer`], or an [`AskError`] that knows whether asking again helps.

mod address;
mod ask;
mod ask_all;
mod budget;
mod cache;
mod client;
mod error;
mod http;
mod key;
mod pace;
mod protocol;
mod screening;
mod totals;
mod wait;
mod work;

pub use address::{reach_of, Reach};
pub use ask::{Answer, Ask, Extras, Finish, REFUSAL, SERVERS_REASON};
pub use ask_all::{ask_all, Next};
pub use client::Client;
pub use error::{message, AskError};
pub use key::Key;
pub use screening::redacted_messages;
pub use totals::Totals;
pub use wait::{backoff, retry_after};
