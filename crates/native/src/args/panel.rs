//! What can be typed after `tiebreak panel`.

use super::{PoolMethod, RunArgs};
use clap::Args;
use std::path::PathBuf;

/// Let several judges vote in one run, and make one vote of theirs on each pair.
///
/// The judges are described in a file, a table each, with the flags of `tiebreak judge` as keys.
/// Interrupted and started again, each goes on where it stopped.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak panel --samples samples.jsonl --judges panel.toml --out panel
  tiebreak panel --samples samples.jsonl --judges panel.toml --out panel --dry-run
  tiebreak panel --samples samples.jsonl --judges panel.toml --votes people.jsonl --out panel

A file of judges; each has a name of its own:
  [[judge]]
  name = \"careful\"
  model = \"model.gguf\"
  template = \"reasoned\"

  [[judge]]
  name = \"server\"
  endpoint = \"http://127.0.0.1:8000/v1\"
  model = \"Qwen/Qwen3-8B\"
  template = \"json\"
  concurrency = 64

  [[judge]]
  name = \"raters\"
  endpoint = \"http://127.0.0.1:8000/v1\"
  model = \"Qwen/Qwen3-8B\"
  template = \"rubric\"

The folder then holds careful.jsonl, server.jsonl, raters.jsonl, and panel.jsonl with the panel's votes.
It takes three judges or more, or two with --method median and a card of each.
Judges with different models and templates err less often on the same pairs, and only then is a panel worth more than its best judge.")]
pub struct PanelArgs {
    /// The samples, a file; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// The judges, a TOML file.
    #[arg(long, value_name = "FILE.toml")]
    pub judges: PathBuf,
    /// Where votes go, a folder; it is made.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// People's votes, which show how good the judges are and are never pooled; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub votes: Vec<String>,
    /// How votes are pooled.
    #[arg(long, value_enum, default_value_t = PoolMethod::DawidSkene)]
    pub method: PoolMethod,
    /// A judge's card, median only; one is needed for each judge.
    #[arg(long, value_name = "FILE.json")]
    pub card: Vec<PathBuf>,
    /// Tell calls, tokens and cost of the judges behind servers, and judge nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub run: RunArgs,
}
