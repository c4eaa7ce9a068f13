//! Flags of every command that writes down who voted.

use clap::Args;
use std::path::PathBuf;

/// What people are called.
#[derive(Args, Debug)]
#[command(next_help_heading = "Names")]
pub struct NameArgs {
    /// The key of the pseudonyms, a file; it is made where it is not there.
    #[arg(long, value_name = "FILE", conflicts_with = "raw_ids")]
    pub pseudonym_key: Option<PathBuf>,
    /// Call people by their ids: for yourself, and not for a report that leaves.
    #[arg(long)]
    pub raw_ids: bool,
}
