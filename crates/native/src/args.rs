//! What can be typed: flags, defaults and help. What they mean is in the commands' own files.
//!
//! A command's flags are in the file of its name; those of several are in `plan`, `compute`, `endpoint`, `names` and `run`.

mod agreement;
mod calibrate;
mod completions;
mod compute;
mod demo;
mod drift;
mod endpoint;
mod export;
mod generate;
mod import;
mod judge;
mod merge;
mod models;
mod names;
mod next;
mod panel;
mod plan;
mod pool;
mod prompts;
mod report;
mod revise;
mod run;
mod serve;
mod study;

pub use agreement::AgreementArgs;
pub use calibrate::CalibrateArgs;
pub use completions::CompletionsArgs;
pub use compute::ComputeArgs;
pub use demo::DemoArgs;
pub use drift::DriftArgs;
pub use endpoint::{EndpointArgs, ProtocolChoice};
pub use export::{ExportArgs, WeightsChoice};
pub use generate::{GenerateArgs, ThinkingChoice};
pub use import::{ImportArgs, ImportFormat};
pub use judge::{FlipChoice, JudgeArgs, JudgeMethod};
pub use merge::MergeArgs;
pub use models::ModelsArgs;
pub use names::NameArgs;
pub use next::NextArgs;
pub use panel::PanelArgs;
pub use plan::PlanArgs;
pub use pool::{PoolArgs, PoolMethod};
pub use prompts::{PromptsArgs, PromptsFormat};
pub use report::ReportArgs;
pub use revise::ReviseArgs;
pub use run::{ConfigArgs, RunArgs};
pub use serve::ServeArgs;
pub use study::{
    AnswerArgs, AnswerersChoice, ConcernChoice, MethodChoice, PageArgs, ScaleChoice, ScreeningArgs,
    StudyArgs, Switch,
};

use clap::{Parser, Subcommand};

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
