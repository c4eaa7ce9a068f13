//! What can be typed after `tiebreak calibrate`.

use super::ConfigArgs;
use clap::Args;
use std::path::PathBuf;

/// Measure judges against people, and write a card for each.
///
/// The card says how often a judge is right, where it is biased, what its confidence is worth, which of its verdicts can be kept, and whether it may label at all.
/// Whoever votes as a person or an expert is what judges are measured by.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak calibrate --samples samples.jsonl --votes people.jsonl --votes judge.jsonl --out card.json
  tiebreak calibrate --samples samples.jsonl --votes votes.jsonl --out cards    a card for each judge, in a folder
  tiebreak calibrate --samples samples.jsonl --votes votes.jsonl --judge judge:label:my-model:unknown:pairwise@1.1.0 --out card.json --alpha 0.05

With one judge --out is a file, or `-`; with several it is a folder, which is made.
The card is JSON; the same to read goes to standard output, or to standard error where --out is `-`.
That a judge may not label is a result and no failure: the exit code is 0.")]
pub struct CalibrateArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// Votes of people and of judges, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub votes: Vec<String>,
    /// Where the card goes: a file, `-` for standard output, or a folder for several judges.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    /// Only the judge with this annotator id; may be given several times.
    #[arg(long, value_name = "ID")]
    pub judge: Vec<String>,
    /// The share of kept verdicts that may differ from people's.
    #[arg(long, value_name = "SHARE", default_value = "0.1", value_parser = inside_0_to_1, allow_negative_numbers = true)]
    pub alpha: f64,
    /// The probability that more than that differ.
    #[arg(long, value_name = "SHARE", default_value = "0.1", value_parser = inside_0_to_1, allow_negative_numbers = true)]
    pub delta: f64,
    /// On how many pairs people and judge must both take a side before the card says whether the judge may label.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub min_pairs: u32,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

fn inside_0_to_1(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("expected a number above 0 and below 1".to_owned()),
    }
}
