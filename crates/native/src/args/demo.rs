//! What can be typed after `tiebreak demo`.

use super::{ComputeArgs, PlanArgs, RunArgs};
use clap::Args;
use std::path::PathBuf;

/// Run the whole flow on the built-in model and the catalogue's 50 prompts.
///
/// Writes prompts.jsonl, samples.jsonl, votes.jsonl and preferences.jsonl, and shows what came out.
/// Then it measures the model's two ways of judging on comparisons with a known answer, and says what each may be used for.
/// It ends with report.html, which shows all of it in a browser.
/// Started again on the same folder it goes on where it was broken off, or shows the result again.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak demo
  tiebreak demo --out second-try --seed 7
  tiebreak demo --out careful --temperature 0.2..0.4")]
pub struct DemoArgs {
    /// The working folder; it is made.
    #[arg(long, value_name = "DIR", default_value = "tiebreak-demo")]
    pub out: PathBuf,
    /// Leave out the cards of the model's two ways of judging, which take half of the time.
    #[arg(long)]
    pub no_cards: bool,
    #[command(flatten)]
    pub plan: PlanArgs,
    #[command(flatten)]
    pub compute: ComputeArgs,
    #[command(flatten)]
    pub run: RunArgs,
}
