//! What can be typed after `tiebreak prompts`.

use clap::{Args, ValueEnum};

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
