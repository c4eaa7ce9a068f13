//! What can be typed after `tiebreak agreement`.

use super::{ConfigArgs, NameArgs};
use clap::Args;
use std::path::PathBuf;

/// Measure how far annotators agree, and how each of them works.
///
/// People and judges stand side by side: coefficients with their intervals, by category and by month, and for each annotator what gold, repeats, sides, speed and the others say.
/// Whoever should be asked is named with the reason; nobody's vote is dropped.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak agreement --samples samples.jsonl --votes votes.jsonl
  tiebreak agreement --samples samples.jsonl --votes people.jsonl --votes judge.jsonl --key study.key.json
  tiebreak agreement --samples samples.jsonl --votes votes.jsonl --ratings ratings.jsonl
  tiebreak agreement --samples samples.jsonl --votes votes.jsonl --out agreement.json --pseudonym-key names.key

The report goes to standard output, or to standard error where --out is `-`.
People go by pseudonyms, judges by their ids. A pseudonym is a hash of the id with a key: that of --pseudonym-key, which is made on first use and gives the same person the same pseudonym in every report; without it one that follows from all the votes, so that the same votes give the same pseudonyms.")]
pub struct AgreementArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// The votes, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub votes: Vec<String>,
    /// Ratings of single responses, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub ratings: Vec<String>,
    /// The key of a study, which tells the verdicts that are known; may be given several times.
    #[arg(long, value_name = "FILE.json")]
    pub key: Vec<PathBuf>,
    /// Leave out votes on pairs that `tiebreak study --next` chose by anything but chance, as the keys say.
    #[arg(long, requires = "key")]
    pub random_only: bool,
    /// Where the report goes as JSON, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE.json")]
    pub out: Option<PathBuf>,
    /// Replace a file that is there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub names: NameArgs,
}

impl AgreementArgs {
    /// Every file that is read.
    pub fn every_input(&self) -> Vec<String> {
        let documents = self.key.iter().chain(&self.names.pseudonym_key);
        let documents = documents.map(|path| path.to_string_lossy().into_owned());
        self.samples.iter().chain(&self.votes).chain(&self.ratings).cloned().chain(documents).collect()
    }
}
