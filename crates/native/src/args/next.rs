//! What can be typed after `tiebreak study --next`.

use super::study::share;
use clap::Args;
use std::path::PathBuf;
use tiebreak_core::study::next::{Shares, LEAST_RANDOM_SHARE};

/// What to annotate next.
#[derive(Args, Debug)]
#[command(next_help_heading = "What to annotate next")]
pub struct NextArgs {
    /// Make the study of the pairs that are worth asking about, and not of all; the key tells how each was chosen.
    #[arg(long)]
    pub next: bool,
    /// The votes so far, people's and judges', a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE.jsonl", requires = "next")]
    pub votes: Vec<String>,
    /// What each vote counts, as `tiebreak drift --weights` writes it; may be given several times.
    #[arg(long, value_name = "FILE.jsonl", requires = "votes")]
    pub weights: Vec<String>,
    /// How many pairs are chosen; gold and given anchors come on top.
    #[arg(long, value_name = "N", requires = "next", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub next_pairs: u32,
    /// The share that is drawn at random from all pairs, 0.1 to 1: agreement and drift are free of the choice's bias on these alone. One --seed draws other pairs as soon as there are more votes.
    #[arg(long, value_name = "SHARE", requires = "next", default_value = "0.1", value_parser = random_share, allow_negative_numbers = true)]
    pub random_share: f64,
    /// The share of anchors that are due again, 0 to 1. What any kind cannot use goes to information gain.
    #[arg(long, value_name = "SHARE", requires = "next", default_value = "0.1", value_parser = share, allow_negative_numbers = true)]
    pub anchor_share: f64,
    /// The share of pairs on which judges disagree, or one with itself in the other order, 0 to 1.
    #[arg(long, value_name = "SHARE", requires = "next", default_value = "0.1", value_parser = share, allow_negative_numbers = true)]
    pub disputed_share: f64,
    /// The share of old pairs on whose votes much rests, or whose votes have faded, 0 to 1.
    #[arg(long, value_name = "SHARE", requires = "next", default_value = "0.1", value_parser = share, allow_negative_numbers = true)]
    pub leverage_share: f64,
    /// A pair is old, and due as an anchor, so many days after the last vote of a person on it.
    #[arg(long, value_name = "DAYS", requires = "next", default_value = "70", value_parser = days, allow_negative_numbers = true)]
    pub anchor_after: f64,
    /// The net share of answers that turn to one side which anchors are to show, above 0 to 0.25: the summary tells how many that takes.
    #[arg(long, value_name = "SHARE", requires = "next", default_value = "0.1", value_parser = net_flip_rate, allow_negative_numbers = true)]
    pub net_flip_rate: f64,
    /// Where the chosen pairs go with their reasons, gains in nats and propensities: a file that stays with you, or `-` for standard output.
    #[arg(long, value_name = "FILE.jsonl", requires = "next")]
    pub next_list: Option<PathBuf>,
    /// Print the chosen pairs, and make no study.
    #[arg(long, requires = "next")]
    pub dry_run: bool,
}

impl NextArgs {
    /// How the chosen pairs are divided.
    pub fn shares(&self) -> Shares {
        Shares {
            random: self.random_share,
            anchors: self.anchor_share,
            disputed: self.disputed_share,
            leverage: self.leverage_share,
        }
    }
}

fn random_share(text: &str) -> Result<f64, String> {
    let found = share(text)?;
    if found < LEAST_RANDOM_SHARE {
        return Err(format!("expected a number from {LEAST_RANDOM_SHARE} to 1"));
    }
    Ok(found)
}

fn days(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(days) if days >= 0.0 && days.is_finite() => Ok(days),
        _ => Err("expected a number of days of at least 0".to_owned()),
    }
}

/// A net share cannot be above the share that changes at all, which is planned as a quarter.
fn net_flip_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 0.25 => Ok(rate),
        _ => Err("expected a number above 0, and at most 0.25".to_owned()),
    }
}
