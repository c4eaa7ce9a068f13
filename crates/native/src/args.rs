//! What can be typed: flags, defaults and help. What they mean is in the commands' own files.

mod agreement;
mod calibrate;
mod drift;
mod endpoint;
mod export;
mod import;
mod judge;
mod merge;
mod models;
mod names;
mod next;
mod panel;
mod pool;
mod report;
mod revise;
mod study;

pub use agreement::AgreementArgs;
pub use calibrate::CalibrateArgs;
pub use drift::DriftArgs;
pub use endpoint::{EndpointArgs, ProtocolChoice};
pub use export::{ExportArgs, WeightsChoice};
pub use import::{ImportArgs, ImportFormat};
pub use judge::{FlipChoice, JudgeArgs, JudgeMethod};
pub use merge::MergeArgs;
pub use models::ModelsArgs;
pub use names::NameArgs;
pub use next::NextArgs;
pub use panel::PanelArgs;
pub use pool::{PoolArgs, PoolMethod};
pub use report::ReportArgs;
pub use revise::ReviseArgs;
pub use study::{
    AnswerArgs, AnswerersChoice, ConcernChoice, MethodChoice, PageArgs, ScaleChoice, ScreeningArgs,
    StudyArgs, Switch,
};

use crate::device::DeviceChoice;
use crate::hub::{Adapted, Wanted};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;
use tiebreak_core::plan::{Range, Shard, Spread};

/// Sample responses from a local model, judge them, and export preference pairs for training.
///
/// The flow: prompts -> generate -> samples -> judge -> votes -> export -> preferences.
/// Every arrow is a file of JSON lines.
#[derive(Debug, Parser)]
#[command(
    name = "tiebreak",
    version,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  tiebreak demo                                  the whole flow on the built-in model, in a minute
  tiebreak prompts --format jsonl > prompts.jsonl
  tiebreak generate --model builtin --prompts prompts.jsonl --out samples.jsonl
  tiebreak judge --model builtin --method likelihood --samples samples.jsonl --out votes.jsonl
  tiebreak study --samples samples.jsonl --out study.json    for people who judge instead
  tiebreak import --in old.jsonl --samples samples.jsonl --votes votes.jsonl    what others collected
  tiebreak merge --in ann.jsonl bob.jsonl --study study.json --out people.jsonl
  tiebreak agreement --samples samples.jsonl --votes people.jsonl --key study.key.json
  tiebreak calibrate --samples samples.jsonl --votes people.jsonl --votes votes.jsonl --out card.json
  tiebreak drift --samples samples.jsonl --votes people.jsonl --weights weights.jsonl
  tiebreak export --samples samples.jsonl --votes votes.jsonl --out preferences.jsonl
  tiebreak report --samples samples.jsonl --votes people.jsonl --card card.json --out report.html

Exit codes: 0 done, 1 done but with problems that were reported, 2 could not run, 130 interrupted."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(DemoArgs),
    Prompts(PromptsArgs),
    Generate(Box<GenerateArgs>),
    Import(Box<ImportArgs>),
    Judge(Box<JudgeArgs>),
    Calibrate(CalibrateArgs),
    Panel(Box<PanelArgs>),
    Pool(PoolArgs),
    Revise(Box<ReviseArgs>),
    Study(Box<StudyArgs>),
    Models(ModelsArgs),
    Serve(ServeArgs),
    Merge(Box<MergeArgs>),
    Agreement(AgreementArgs),
    Drift(Box<DriftArgs>),
    Export(Box<ExportArgs>),
    Report(Box<ReportArgs>),
    Completions(CompletionsArgs),
}

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

/// Show the catalogue: prompts that customers write, and how to collect preferences for them.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak prompts
  tiebreak prompts --category billing --category account_access
  tiebreak prompts --all --format jsonl > prompts.jsonl
  tiebreak prompts --guidelines")]
pub struct PromptsArgs {
    /// Only this category; may be given several times, `--categories` lists them.
    #[arg(long, value_name = "NAME")]
    pub category: Vec<String>,
    /// Only the edge cases: ambiguous, abusive, out of scope and so on.
    #[arg(long, conflicts_with_all = ["category", "all"])]
    pub edge_cases: bool,
    /// The edge cases too.
    #[arg(long)]
    pub all: bool,
    /// Text to read, or JSON lines for `generate --prompts`.
    #[arg(long, value_enum, default_value_t = PromptsFormat::Text)]
    pub format: PromptsFormat,
    #[command(flatten)]
    pub document: DocumentArgs,
}

#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct DocumentArgs {
    /// The annotation guidelines instead, as Markdown.
    #[arg(long, conflicts_with_all = ["category", "edge_cases", "all", "format"])]
    pub guidelines: bool,
    /// How responses are to be generated instead, as Markdown.
    #[arg(long, conflicts_with_all = ["category", "edge_cases", "all", "format"])]
    pub strategy: bool,
    /// The qualification items for annotators instead.
    #[arg(long, conflicts_with_all = ["category", "edge_cases", "all"])]
    pub qualification: bool,
    /// A built-in template that judges are asked with instead: pairwise, bare, reasoned, json, reference or rubric; or critique or revision.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["category", "edge_cases", "all", "format"])]
    pub template: Option<String>,
    /// The principles that `revise` goes by instead, as JSON.
    #[arg(long, conflicts_with_all = ["category", "edge_cases", "all", "format"])]
    pub constitution: bool,
    /// The categories instead.
    #[arg(long, conflicts_with_all = ["category", "edge_cases", "all"])]
    pub categories: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PromptsFormat {
    Text,
    Jsonl,
}

/// Sample several responses to each prompt from a local model, or from one behind a server.
///
/// Every finished sample is written at once.
/// Interrupted and started again with the same arguments, it goes on where it stopped.
#[derive(Args, Debug)]
#[command(mut_arg("endpoint", |endpoint| endpoint.conflicts_with_all(["batch", "threads", "device", "ignore_memory", "quantize", "date", "thinking"])))]
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
    /// The model: a .gguf file, a folder, owner/name[:file.gguf][@revision] on the hub, or `builtin`; with --endpoint the server's name for it.
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
    /// What a reasoning model does before it answers: it thinks and that is kept beside the response, it thinks and only its tokens are counted, or its template tells it not to.
    /// Thoughts count towards --max-tokens.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ThinkingChoice::Off, help_heading = "Sampling")]
    pub thinking: ThinkingChoice,
    #[command(flatten)]
    pub compute: ComputeArgs,
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// Which settings each response is sampled with.
#[derive(Args, Debug)]
#[command(next_help_heading = "Sampling")]
pub struct PlanArgs {
    /// How many responses to each prompt.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 2)]
    pub responses: u32,
    /// A value, or a range that each response draws its own from; 0 takes the likeliest token.
    #[arg(long, value_name = "T", default_value = "0.3..1.0", allow_negative_numbers = true)]
    pub temperature: Range,
    /// Sample from the likeliest tokens that hold this probability together; a value or a range.
    #[arg(long, value_name = "P", default_value = "0.95", allow_negative_numbers = true)]
    pub top_p: Range,
    /// Sample from this many of the likeliest tokens.
    #[arg(long, value_name = "K")]
    pub top_k: Option<u32>,
    /// Leave out tokens less likely than this share of the likeliest.
    #[arg(long, value_name = "P", default_value_t = 0.0, allow_negative_numbers = true)]
    pub min_p: f64,
    /// Make tokens that occurred already less likely; 1 changes nothing.
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true)]
    pub repetition_penalty: f64,
    /// End a response before this text; may be given several times.
    #[arg(long, value_name = "TEXT")]
    pub stop: Vec<String>,
    /// The most new tokens of a response.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub max_tokens: u32,
    /// How draws spread over a range: `uniform`, or `stratified`, where each response of a prompt has its own slice [default: uniform; stratified in the demo].
    #[arg(long, value_name = "HOW", value_parser = ["uniform", "stratified"])]
    pub spread: Option<String>,
    /// The same seed gives the same draws.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

impl PlanArgs {
    /// The spread that was asked for, or `default`.
    pub fn spread_or(&self, default: Spread) -> Spread {
        match self.spread.as_deref() {
            Some("stratified") => Spread::Stratified,
            Some(_) => Spread::Uniform,
            None => default,
        }
    }
}

/// What computes, and how much at once; on a processor this changes the speed and not the result.
#[derive(Args, Debug)]
#[command(next_help_heading = "Speed")]
pub struct ComputeArgs {
    /// The most responses in the works at once; one where candle-transformers computes the model [default: 16].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub batch: Option<u32>,
    #[command(flatten)]
    pub device: DeviceArgs,
}

impl ComputeArgs {
    /// The most responses in the works at once.
    pub fn batch(&self) -> u32 {
        self.batch.unwrap_or(16)
    }

    /// How the model is fetched, where it is one of the hub.
    pub fn wanted(&self, run: &RunArgs) -> Wanted {
        let DeviceArgs { ignore_memory, quantize, date, .. } = self.device;
        let adapted = Adapted { is_quantized: quantize.is_some(), date };
        Wanted { is_quiet: run.quiet, ignores_memory: ignore_memory, is_newest: false, adapted }
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Speed")]
pub struct DeviceArgs {
    /// How many threads compute [default: one a core, and two at most for a model below 64 MiB].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// What computes: cpu, cuda:0 for the first GPU, or auto for a GPU where there is one and the program can use it.
    #[arg(long, value_name = "auto|cpu|cuda:N", default_value = "auto", value_parser = clap::value_parser!(DeviceChoice))]
    pub device: DeviceChoice,
    /// Try a model that is larger than the memory that is free.
    #[arg(long)]
    pub ignore_memory: bool,
    /// Round weights in F32, F16 and BF16 to 8 bits while they are loaded: about twice as fast, in half the memory, and nearly as good.
    #[arg(long, value_enum, value_name = "TYPE", help_heading = "Model")]
    pub quantize: Option<QuantizeChoice>,
    /// What templates are told that put the date into the system message; without it they take one of their own, or refuse.
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Model")]
    pub date: Option<jiff::civil::Date>,
}

/// What weights are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QuantizeChoice {
    #[value(name = "q8_0")]
    Q8,
}

/// What becomes of what a reasoning model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThinkingChoice {
    Keep,
    Drop,
    Off,
}

/// How a long run behaves.
#[derive(Args, Debug)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Start over: what is there already is deleted.
    #[arg(long)]
    pub force: bool,
    /// No progress; problems and errors are still shown.
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// A TOML file with flags in a table per command; what is typed wins.
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
}

/// Show a folder as a static host would, on this machine only: to try the annotation page.
///
/// Prints the address and serves until Ctrl-C, which ends it with exit code 0.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak serve web/dist
  tiebreak serve web/dist --port 0

With study.json in the folder, the study's address is http://127.0.0.1:8000/?study=study.json.")]
pub struct ServeArgs {
    /// The folder.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The port; 0 takes one that is free.
    #[arg(long, value_name = "N", default_value_t = 8000)]
    pub port: u16,
}

/// Print completions for a shell.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak completions bash > ~/.local/share/bash-completion/completions/tiebreak
  tiebreak completions fish > ~/.config/fish/completions/tiebreak.fish")]
pub struct CompletionsArgs {
    pub shell: Shell,
}
