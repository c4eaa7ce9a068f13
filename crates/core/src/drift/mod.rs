//! Whether the standard of judging moves with time, what moves, since when, and how much old votes still count.
//!
//! - [`comparison`] is the model of a vote that everything rests on.
//! - [`evidence`] holds the tests, each of which answers another question.
//! - [`finding`] makes a report of votes and ratings.
//! - [`weights`] says what an old answer still counts.
//!
//! A fixed decay for all is no remedy: where nothing moves it throws votes away, and where one criterion moves it throws away what the others still say.
//! So the remedy follows from what is found:
//!
//! | found | remedy |
//! |-|-|
//! | nothing, and a change that matters would have been seen | none |
//! | nothing, and it would not have been seen | cannot tell: more votes |
//! | how good something has to be moved, what people like did not | bring scores to one scale, keep all votes |
//! | what people like moved | let that criterion vary, or cut at the date |
//! | later votes are foretold better from recent ones, on votes that took no part in the choice | decay |
//! | what is compared changed, and no more | none: old votes say what they said |

pub mod comparison;
pub mod evidence;
pub mod finding;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod simulation;
mod times;
pub mod weights;
