//! What can be typed after `tiebreak generate`.

use super::{ComputeArgs, EndpointArgs, PlanArgs, RunArgs};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tiebreak_core::plan::Shard;

/// Sample several responses to each prompt from a local model, or from one behind a server.
///
/// Every finished sample is written at once.
/// Interrupted and started again with the same arguments, it goes on where it stopped.
#[derive(Args, Debug)]
#[command(mut_arg("endpoint", |endpoint| endpoint.conflicts_with_all(["batch", "threads", "device", "ignore_memory", "quantize", "date", "chat_template", "thinking"])))]
#[command(after_help = "\
Examples:
  tiebreak generate --model builtin --prompts builtin --out samples.jsonl
  tiebreak generate --model model.gguf --prompts mine.txt --out samples.jsonl -n 4 --temperature 0.7
  tiebreak generate --model owner/name:model-q8_0.gguf --prompts mine.txt --out samples.jsonl    fetched from the hub once
  tiebreak prompts --format jsonl | tiebreak generate --model builtin --prompts - --out - | head
  tiebreak generate --config study.toml --shard 1/2 --out samples-1.jsonl

Servers, each call one response:
  vllm serve Qwen/Qwen3-8B
  tiebreak generate --endpoint http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B --concurrency 64 --prompts mine.txt --out samples.jsonl
  llama-server -m model.gguf --alias mine --port 8080 -np 8
  tiebreak generate --endpoint http://127.0.0.1:8080/v1 --model mine --prompts mine.txt --out samples.jsonl
  tiebreak generate --endpoint http://127.0.0.1:11434/v1 --model llama3.2 --prompts mine.txt --out samples.jsonl    Ollama
  tiebreak generate --endpoint https://api.openai.com/v1 --model gpt-4o-mini --redact --dry-run --prompts mine.txt --out samples.jsonl
A key is read from the environment alone, and no file, message or record holds it.

Prompts are JSON lines ({\"prompt\": \"...\"}, {\"messages\": [...]} or full records) or plain text with a prompt a line.
A config file holds flags in a table per command; what is typed wins:
  [generate]
  model = \"model.gguf\"
  temperature = \"0.3..1.0\"
  stop = [\"Customer:\"]")]
pub struct GenerateArgs {
    /// The model: a .gguf file, a folder, owner/name[:file.gguf or :Q4_K_M][@revision] on the hub, or `builtin`; with --endpoint the server's name for it.
    #[arg(long, value_name = "MODEL")]
    pub model: String,
    /// The prompts, a file, `-` for standard input, or `builtin` for the catalogue's 50.
    #[arg(long, value_name = "FILE")]
    pub prompts: String,
    /// Where samples go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Answer only part I of N of the prompts; the union of all parts is what one run gives.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What a reasoning model does before it answers: it thinks and that is kept beside the response, it thinks and only its tokens are counted, or its template tells it not to, where the template knows how.
    /// A thought is never part of the response, and counts towards --max-tokens.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ThinkingChoice::Off, help_heading = "Sampling")]
    pub thinking: ThinkingChoice,
    #[command(flatten)]
    pub compute: ComputeArgs,
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// What becomes of what a reasoning model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThinkingChoice {
    Keep,
    Drop,
    Off,
}
