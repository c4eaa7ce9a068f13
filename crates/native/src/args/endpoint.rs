//! What can be typed to ask a server instead of a model in this process.

use anyhow::{bail, Result};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which server is asked, how fast, and for how much.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Endpoint")]
pub struct EndpointArgs {
    /// Ask the server at this address for the model that --model names, such as http://127.0.0.1:8000/v1.
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// How the server is spoken to [default: anthropic for its own host, openai for all others].
    #[arg(long, value_enum, requires = "endpoint")]
    pub protocol: Option<ProtocolChoice>,
    /// The environment variable that holds the key [default: OPENAI_API_KEY or ANTHROPIC_API_KEY for public hosts, none for this machine and private networks].
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    pub key_env: Option<String>,
    /// Send no key to a public host.
    #[arg(long, requires = "endpoint", conflicts_with = "key_env")]
    pub no_key: bool,
    /// Another name that the server may answer under; may be given several times.
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    pub accept_model: Vec<String>,
    /// Replace e-mail addresses, phone and card numbers by their kind, such as `[email]`, before anything is sent.
    #[arg(long, requires = "endpoint")]
    pub redact: bool,
    /// Send no temperature, for models that refuse one; judges alone, and a judge of another name.
    #[arg(long, requires = "endpoint")]
    pub no_temperature: bool,
    /// The most calls at once.
    #[arg(long, value_name = "N", default_value_t = 8, requires = "endpoint", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub concurrency: u32,
    /// The most calls a minute, evenly spread.
    #[arg(long, value_name = "N", requires = "endpoint", value_parser = clap::value_parser!(u32).range(1..))]
    pub requests_per_minute: Option<u32>,
    /// The most tokens a minute, of questions and answers together.
    #[arg(long, value_name = "N", requires = "endpoint", value_parser = clap::value_parser!(u32).range(1..))]
    pub tokens_per_minute: Option<u32>,
    /// How long to wait for an answer to begin, and once more for its end, in seconds.
    #[arg(long, value_name = "N", default_value_t = 120, requires = "endpoint", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout_secs: u32,
    /// How often a call that failed is made again, where that can help.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "endpoint", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retries: u32,
    /// Stop before more calls than this; answers of earlier starts count.
    #[arg(long, value_name = "N", requires = "endpoint")]
    pub max_calls: Option<u64>,
    /// Stop before the calls cost more than this, in the prices' currency; answers of earlier starts count.
    ///
    /// What a question takes is guessed until the server has counted the first one, and by the largest count so far from then on.
    #[arg(long, value_name = "MONEY", requires_all = ["endpoint", "price_in", "price_out"], value_parser = money, allow_negative_numbers = true)]
    pub max_cost: Option<f64>,
    /// The price of a million tokens of questions.
    #[arg(long, value_name = "MONEY", requires_all = ["endpoint", "price_out"], value_parser = money, allow_negative_numbers = true)]
    pub price_in: Option<f64>,
    /// The price of a million tokens of answers.
    #[arg(long, value_name = "MONEY", requires_all = ["endpoint", "price_in"], value_parser = money, allow_negative_numbers = true)]
    pub price_out: Option<f64>,
    /// Where answers are kept, so that none is paid for twice [default: OUT.answers.jsonl beside the output].
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    pub cache: Option<PathBuf>,
    /// Keep no answers and look none up.
    #[arg(long, requires = "endpoint", conflicts_with = "cache")]
    pub no_cache: bool,
    /// Tell calls, tokens and cost, and make no call.
    #[arg(long, requires = "endpoint")]
    pub dry_run: bool,
}

impl EndpointArgs {
    /// An error where a run that samples is to leave the temperature to the server: records could not say it.
    pub fn refuse_no_temperature(&self) -> Result<()> {
        if self.no_temperature {
            bail!(
                "--no-temperature is for `tiebreak judge`: what is sampled is recorded with its temperature"
            );
        }
        Ok(())
    }
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProtocolChoice {
    /// Chat completions: OpenAI, vLLM, llama-server, Ollama, TGI and many more.
    Openai,
    /// Anthropic's messages.
    Anthropic,
}

fn money(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("expected an amount of at least 0, such as 2.50".to_owned()),
    }
}
