//! What can be typed after `tiebreak report`.

use super::{ConfigArgs, NameArgs};
use clap::Args;
use std::path::PathBuf;

/// Show a collection in one HTML file that opens without network.
///
/// Who voted and when, agreement, annotators, judges' reliability, drift with its tests, weights, position and length, coverage, and the pairs that are disputed most.
/// Each picture has its numbers in a table; what cannot be told says why, and what is missing names the command that makes it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak report --samples samples.jsonl --votes votes.jsonl --out report.html
  tiebreak report --samples samples.jsonl --votes people.jsonl --votes judge.jsonl --key study.key.json --card card.json --out report.html
  tiebreak report --samples samples.jsonl --votes votes.jsonl --drift drift.json --weights weights.jsonl --preferences preferences.jsonl --out report.html --title \"Spring study\"

Without --drift the finding is computed from the votes, people's where there are any, with the settings that `tiebreak drift` has by itself.
People go by pseudonyms, judges by their ids. A pseudonym is a hash of the id with a key: that of --pseudonym-key, which is made on first use and gives the same person the same pseudonym in every report; without it one that follows from all the votes.
The same records give the same bytes. The file runs no script and loads nothing.")]
pub struct ReportArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// The votes of people and judges, a file; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub votes: Vec<String>,
    /// Ratings of single responses, a file; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub ratings: Vec<String>,
    /// The key of a study, which tells the verdicts that are known; may be given several times.
    #[arg(long, value_name = "FILE.json")]
    pub key: Vec<PathBuf>,
    /// A judge's card, as `tiebreak calibrate` writes it; may be given several times.
    #[arg(long, value_name = "FILE.json")]
    pub card: Vec<PathBuf>,
    /// The finding on drift, as `tiebreak drift --out` writes it [default: it is computed].
    #[arg(long, value_name = "FILE.json")]
    pub drift: Option<PathBuf>,
    /// What votes weigh, as `tiebreak drift --weights` writes it.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<String>,
    /// The rows for training, as `tiebreak export --format trl-dpo` writes them; may be given several times, such as for the test part.
    #[arg(long, value_name = "FILE")]
    pub preferences: Vec<String>,
    /// Where the report goes, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE.html")]
    pub out: PathBuf,
    /// The heading of the report.
    #[arg(long, value_name = "TEXT", default_value = crate::report::TITLE)]
    pub title: String,
    /// How many disputed pairs are shown with their texts; 0 for a report without any text of prompts and responses.
    #[arg(long, value_name = "N", default_value_t = crate::report::EXAMPLES as u32, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub examples: u32,
    /// Replace a file that is there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub names: NameArgs,
}

impl ReportArgs {
    /// Every file that is read.
    pub fn every_input(&self) -> Vec<String> {
        let documents = self.key.iter().chain(&self.card).chain(&self.drift).chain(&self.names.pseudonym_key);
        let documents = documents.map(|path| path.to_string_lossy().into_owned());
        let records = self.samples.iter().chain(&self.votes).chain(&self.ratings);
        records.chain(&self.weights).chain(&self.preferences).cloned().chain(documents).collect()
    }
}
