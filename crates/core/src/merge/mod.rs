//! Files of several annotators, judges, devices and machines into one.
//!
//! - [`VoteMerge`] takes votes one by one and keeps about a hundred bytes of each, so that a million of them fit in little memory.
//!   It gives the order in which they are written, and [`VoteCheck`] checks each of them while they are.
//! - [`merge_votes`] does both at once, for files that fit in memory.
//! - [`Expected`] says which study, key and pairs the votes should be of.
//! - [`merge_samples`] joins the shares of several machines, see [`Shard`](crate::plan::Shard), and [`SampleMerge`] does so in little memory.
//! - [`Report`] names and counts whatever is not as it should be.
//!
//! Only exact duplicates are left out: whatever else is wrong with a record is told, and decided by a person.
//! The result stands in one canonical order, so that merging the same records in any order, from any number of files, or once more, gives the same bytes.
//! Of revised votes the last counts; those before it stay in the file, because the chain of receipts runs through them.

mod clock;
mod concern;
mod entry;
mod expected;
mod ordered;
mod report;
mod samples;
#[cfg(test)]
mod tests;
mod votes;

pub(crate) use clock::wrong_time;
pub use concern::Concern;
pub use expected::Expected;
pub use ordered::{Ordered, Placed, Standing, VoteCheck};
pub use report::{Counts, Report, Tally};
pub use samples::{ExpectedSamples, MergedSamples, SampleMerge, merge_samples};
pub use votes::{MergedVotes, VoteMerge, merge_votes};
