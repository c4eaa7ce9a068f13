//! What each response is sampled with, for every command that samples.

use clap::Args;
use tiebreak_core::plan::{Range, Spread};

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
