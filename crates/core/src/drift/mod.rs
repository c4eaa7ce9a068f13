//! Whether the standard of judging moves with time, what moves, since when, and how much old votes still count.
//!
//! - [`comparison`] is the model of a vote that everything rests on.
//! - [`evidence`] holds the tests, each of which answers another question.
//! - [`finding`] makes a report of votes and ratings.
//! - [`weights`] says what an old answer still counts.

pub mod comparison;
pub mod evidence;
pub mod finding;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod simulation;
pub mod weights;
