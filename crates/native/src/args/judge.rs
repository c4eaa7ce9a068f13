//! What can be typed after `tiebreak judge`.

use super::{ComputeArgs, EndpointArgs, RunArgs};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Judge every pair of responses with a model.
///
/// Interrupted and started again with the same arguments, it goes on where it stopped.
/// Samples that were added meanwhile are judged too.
#[derive(Args, Debug)]
#[command(mut_arg("endpoint", |endpoint| endpoint.conflicts_with_all(["batch", "threads", "device", "ignore_memory", "quantize", "date", "chat_template"])))]
#[command(after_help = "\
Examples:
  tiebreak judge --samples samples.jsonl --model builtin --method likelihood --out votes.jsonl
  tiebreak judge --samples samples.jsonl --model model.gguf --method label --out votes.jsonl
  tiebreak judge --samples samples.jsonl --model model.gguf --template reasoned --out votes.jsonl
  tiebreak judge --samples samples.jsonl --model model.gguf --template rubric --ratings ratings.jsonl --out votes.jsonl
  tiebreak judge --samples samples.jsonl --endpoint http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B --template reasoned --out votes.jsonl
  tiebreak judge --samples samples.jsonl --endpoint https://api.openai.com/v1 --model gpt-4o-mini --template json --redact --dry-run --out votes.jsonl
  tiebreak judge --samples samples.jsonl --model model.gguf --method label --card card.json --escalate people.jsonl --out votes.jsonl
  tiebreak judge --samples - --model builtin --method likelihood --out - < samples.jsonl

Which method:
  likelihood  how much more probable the prompt makes a response; suits small models
  label       which response is better, in both orders, from the log-probabilities of two letters
  words       the same in words, read strictly; what both orders say is kept, a flip is a tie
  ratings     each response by itself, on the criteria of a rubric; the higher mean wins
The built-in templates are pairwise and bare (a letter), reasoned and reference (reasons, then a marked verdict), json, and rubric (ratings).
A template of your own is a text file; `tiebreak prompts --template reasoned` prints one to begin with.")]
pub struct JudgeArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// The model that judges: a .gguf file, a folder, owner/name[:file.gguf or :Q4_K_M][@revision] on the hub, or `builtin`; with --endpoint the server's name for it.
    #[arg(long, value_name = "MODEL")]
    pub model: String,
    /// How it judges [default: what the template is for].
    #[arg(long, value_enum, required_unless_present = "template")]
    pub method: Option<JudgeMethod>,
    /// Where votes go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What is asked: a built-in template's name, or a file [default: pairwise for label, reasoned for words, rubric for ratings].
    #[arg(long, value_name = "NAME|FILE")]
    pub template: Option<String>,
    /// Count a difference of at most this as a tie, in nats, for ratings in points of the scale [default: 0.02 for likelihood, 0 for others].
    #[arg(long, value_name = "NATS", allow_negative_numbers = true)]
    pub tie_band: Option<f64>,
    /// What a pair is whose two orders contradict each other, words only [default: tie].
    #[arg(long, value_enum, value_name = "WHAT")]
    pub on_flip: Option<FlipChoice>,
    /// Ask in one order alone, words only: half the work, and a liking for what stands first goes unseen.
    #[arg(long)]
    pub one_order: bool,
    /// The most tokens of an answer, words and ratings only [default: 512].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: Option<u32>,
    /// Where the ratings go, ratings only.
    #[arg(long, value_name = "FILE")]
    pub ratings: Option<PathBuf>,
    /// The judge's card, from `tiebreak calibrate`: only verdicts above its threshold become votes.
    #[arg(long, value_name = "FILE.json", requires = "escalate")]
    pub card: Option<PathBuf>,
    /// Where the other pairs go, as samples for `tiebreak study`.
    #[arg(long, value_name = "FILE", requires = "card")]
    pub escalate: Option<PathBuf>,
    /// How much of the likelihood without the prompt is taken away, likelihood only [default: 0.9].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub unconditional_weight: Option<f64>,
    /// How much it counts that a response ends where it should, likelihood only [default: 0.02].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub end_weight: Option<f64>,
    /// What a response that only repeats itself loses, likelihood only [default: 0.5].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub repetition_weight: Option<f64>,
    /// How much it counts that a response fits the prompt, by the model's reward head where it has one, likelihood only [default: 0.5].
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub reward_weight: Option<f64>,
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    #[command(flatten)]
    pub compute: ComputeArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// How a model judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JudgeMethod {
    /// How much more probable the prompt makes a response.
    Likelihood,
    /// The log-probabilities of two letters, in both orders.
    Label,
    /// An answer in words, in both orders.
    Words,
    /// Ratings of each response by itself.
    Ratings,
}

/// What becomes of a pair whose two orders contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FlipChoice {
    /// A tie.
    Tie,
    /// No judgment; stored as skipped.
    Abstain,
}
