//! What can be typed after `tiebreak pool`.

use super::ConfigArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Make one vote of several judges' votes on each pair.
///
/// This is no majority: of three judges or more whose answers depend on each other's, one that errs often is found out and counts little, and one that always says the same has no say.
/// Two judges leave open which of them is right, and errors that most share look like the truth: there it takes cards (--method median) or people.
/// Shown on standard error are the judges' agreement and confusions and, where people voted too, how far the judges err together.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak pool --samples samples.jsonl --votes a.jsonl --votes b.jsonl --votes c.jsonl --out panel.jsonl
  tiebreak pool --samples samples.jsonl --votes judges.jsonl --votes people.jsonl --out panel.jsonl
  tiebreak pool --samples samples.jsonl --votes judges.jsonl --method median --card cards/a.json --card cards/b.json --out panel.jsonl

The panel's votes are votes of a judge: `tiebreak calibrate` measures them, and `tiebreak export` takes them.
People's votes are never pooled; they only show how good the judges are.")]
pub struct PoolArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// Votes of the judges, and of people where there are some; a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub votes: Vec<String>,
    /// Where the panel's votes go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How votes are pooled.
    #[arg(long, value_enum, default_value_t = PoolMethod::DawidSkene)]
    pub method: PoolMethod,
    /// A judge's card, median only; one is needed for each judge.
    #[arg(long, value_name = "FILE.json")]
    pub card: Vec<PathBuf>,
    /// Only the judge with this annotator id; may be given several times [default: all].
    #[arg(long, value_name = "ID")]
    pub judge: Vec<String>,
    /// Replace a file that is there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PoolMethod {
    /// How each judge errs is estimated from all votes, without people's.
    DawidSkene,
    /// The median of the judges' log-odds, each calibrated by its card.
    Median,
}
