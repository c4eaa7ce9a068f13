//! Blind judging without a server: who gets which pairs, which response stands where, and a receipt for each vote.
//!
//! Everything follows from the study and the annotator's id by keyed hashes, so the page decides alone and anyone can check it afterwards.
//!
//! - [`lists`](lists()) deals the pairs out to lists of equal length, each pair equally often.
//!   An annotator works through one list: that of the slot in their link, or the one that [`slot_of`] their id.
//! - [`turns`] is the order in which an annotator sees the pairs of a list, repeats included.
//! - [`shown_first`] is the side on which a response stands.
//! - [`receipt`](receipt()) chains each vote to the one before, and [`check_chain`] checks such a chain.
//!
//! # What a receipt proves
//!
//! A vote's receipt is a hash over the vote and the receipt before it.
//! Whoever knows the last receipt of a file can tell that none of its votes was changed, left out or put in later.
//! It proves nothing where nobody but the annotator knows that receipt: they could write the whole file anew.
//! That is why the completion code carries its first digits to the platform that pays.
//! And it says nothing about whether a person thought about a vote.

mod assignment;
mod order;
mod receipt;

pub use assignment::{Coverage, Dealt, coverage, lists, slot_of};
pub use order::{Turn, shown_first, turns};
pub use receipt::{Chain, ChainProblem, FIRST_RECEIPT, chain, check_chain, receipt};
