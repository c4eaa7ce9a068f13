//! What can be typed after `tiebreak revise`.

use super::{ComputeArgs, EndpointArgs, RunArgs};
use clap::Args;
use std::path::PathBuf;

/// Let a model criticise and revise responses by the principles of a constitution.
///
/// Each response goes through rounds: a principle is drawn, the model writes a critique by it, and then a revision.
/// Out come samples with the original and its revisions, every step with its parent, principle and critique.
/// Which one is better is not assumed: `tiebreak judge` judges them like every other pair, and people do.
#[derive(Args, Debug)]
#[command(mut_arg("endpoint", |endpoint| endpoint.conflicts_with_all(["batch", "threads", "device", "ignore_memory", "quantize", "date", "chat_template"])))]
#[command(after_help = "\
Examples:
  tiebreak revise --samples samples.jsonl --model model.gguf --out revised.jsonl
  tiebreak revise --samples samples.jsonl --model model.gguf --rounds 4 --no-critique --out revised.jsonl
  tiebreak revise --samples samples.jsonl --endpoint http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B --people people.jsonl --people-share 0.1 --out revised.jsonl
  tiebreak judge --samples revised.jsonl --model model.gguf --template reasoned --out votes.jsonl

A pair of an original and its revision becomes a row for training only where the revision wins; `tiebreak export` counts the others.
A constitution of your own is a JSON file; `tiebreak prompts --constitution` prints the built-in one to begin with.")]
pub struct ReviseArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// The model that revises: a .gguf file, a folder, owner/name[:file.gguf or :Q4_K_M][@revision] on the hub, or `builtin`; with --endpoint the server's name for it.
    #[arg(long, value_name = "MODEL")]
    pub model: String,
    /// Where samples of originals and revisions go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How often each response is revised, with another principle each time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub rounds: u32,
    /// The principles, a JSON file, in place of the built-in ones for customer service.
    #[arg(long, value_name = "FILE")]
    pub constitution: Option<PathBuf>,
    /// Ask for the revision at once, which is half of the work.
    #[arg(long)]
    pub no_critique: bool,
    /// Where samples go that people are to judge instead.
    #[arg(long, value_name = "FILE", requires = "people_share")]
    pub people: Option<PathBuf>,
    /// Which share of the samples goes there, above 0 to 1.
    #[arg(long, value_name = "SHARE", requires = "people")]
    pub people_share: Option<f64>,
    /// What logits are divided by; 0 takes the likeliest token.
    #[arg(long, value_name = "T", default_value_t = 0.7, allow_negative_numbers = true)]
    pub temperature: f64,
    /// Sample from the likeliest tokens that hold this probability together.
    #[arg(long, value_name = "P", default_value_t = 0.95, allow_negative_numbers = true)]
    pub top_p: f64,
    /// The most new tokens of a critique or a revision.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: u32,
    /// The same seed gives the same principles and draws.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    #[command(flatten)]
    pub compute: ComputeArgs,
    #[command(flatten)]
    pub run: RunArgs,
}
