//! What can be typed after `tiebreak serve`.

use clap::Args;
use std::path::PathBuf;

/// Show a folder as a static host would, on this machine only: to try the annotation page.
///
/// Prints the address and serves until Ctrl-C, which ends it with exit code 0.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak serve web/dist
  tiebreak serve web/dist --port 0

With study.json in the folder, the study's address is http://127.0.0.1:8000/?study=study.json.")]
pub struct ServeArgs {
    /// The folder.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The port; 0 takes one that is free.
    #[arg(long, value_name = "N", default_value_t = 8000)]
    pub port: u16,
}
