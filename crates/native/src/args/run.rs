//! How a run behaves, for every command that is long, and where its flags may stand.

use clap::Args;
use std::path::PathBuf;

/// How a long run behaves.
#[derive(Args, Debug)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Start over: what is there already is deleted.
    #[arg(long)]
    pub force: bool,
    /// No progress; problems and errors are still shown.
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// A TOML file with flags in a table per command; what is typed wins.
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
}
