//! What can be typed after `tiebreak merge`.

use super::ConfigArgs;
use clap::Args;
use std::path::PathBuf;

/// Make one file of the votes of several annotators, judges and devices, or of the samples of several machines.
///
/// Only exact duplicates are left out; whatever else is not as it should be is named, counted and kept.
/// The same records give the same file, in whichever files and order they come, and also when it is merged again.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak merge --in ann.jsonl bob.jsonl judge.jsonl --out votes.jsonl
  tiebreak merge --in votes/*.jsonl --study study.json --key study.key.json --out votes.jsonl
  tiebreak merge --in votes/*.jsonl --samples samples.jsonl --out votes.jsonl --report merge.json
  tiebreak merge --in shard-*.jsonl --prompts prompts.jsonl --shards 4 --out samples.jsonl

With --study, votes have to be on its pairs, with the sides where its keyed order puts them and with whole chains of receipts; with --key, annotators have to have met some pairs whose verdict is known.
What was found goes to standard error; where there is anything, the exit code is 1, and the file is written all the same.
It calls people as their votes do: it is for you, to ask them.")]
pub struct MergeArgs {
    /// The files, all of votes or all of samples; each is read twice.
    #[arg(long = "in", value_name = "FILE", required = true, num_args = 1..)]
    pub inputs: Vec<String>,
    /// Where the merged records go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Votes only: a study that they are of; may be given several times.
    #[arg(long, value_name = "FILE.json")]
    pub study: Vec<PathBuf>,
    /// Votes only: a study's key; may be given several times.
    #[arg(long, value_name = "FILE.json", requires = "study")]
    pub key: Vec<PathBuf>,
    /// Votes only: the samples whose pairs they are on; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub samples: Vec<String>,
    /// Samples only: the prompts they should be of, whose order they take; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub prompts: Vec<String>,
    /// Samples only: into how many shares `generate --shard` split the prompts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub shards: Option<u32>,
    /// What was found as a JSON document too.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl MergeArgs {
    /// Every file that is read.
    pub fn every_input(&self) -> Vec<String> {
        let documents = self.study.iter().chain(&self.key).map(|path| path.to_string_lossy().into_owned());
        let records = self.inputs.iter().chain(&self.samples).chain(&self.prompts);
        records.cloned().chain(documents).collect()
    }
}
