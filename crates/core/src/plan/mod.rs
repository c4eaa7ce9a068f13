//! Which settings each response is sampled with, and which machine samples it.
//!
//! By default the temperature of each response is drawn uniformly from 0.3 to 1.0, which is the published recipe `temperature · U(0, 1) + 0.3` with a temperature of 0.7: responses of one prompt then differ in care as well as in words.
//! Every draw is keyed by (seed, prompt id, response index), so a plan gives the same settings in any order, batch, shard and host.

mod range;
mod shard;
#[cfg(test)]
mod tests;

pub use range::Range;
pub use shard::Shard;

use crate::random::{Purpose, ResponseRandom};
use crate::schema::{Extra, Sampling};
use serde::{Deserialize, Serialize};

/// The most responses to one prompt.
pub const MOST_RESPONSES: u32 = 1000;

/// The lowest temperature beside 0; draws are rounded to multiples of it.
const LEAST_TEMPERATURE: f64 = 0.0001;

/// What is wrong with a plan, and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A text that is neither a number nor a range.
    #[error("`{text}` is neither a number nor a range: write 0.7 or 0.3..1.0")]
    NotARange {
        /// The text.
        text: String,
    },
    /// A range that ends before it starts.
    #[error("the range {range} ends before it starts: write the lower end first")]
    Reversed {
        /// The range.
        range: Range,
    },
    /// A setting beyond its bounds.
    #[error("{setting} is {value}: give {expected}")]
    OutOfBounds {
        /// The setting's name.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A text that is no shard.
    #[error("`{text}` is no shard: write 1/4 for the first of four, and at most 4/4")]
    NotAShard {
        /// The text.
        text: String,
    },
}

/// How the responses of one prompt are spread over a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// Each is drawn from the whole range.
    #[default]
    Uniform,
    /// Each is drawn from its own slice of the range, so that a pair holds a careful and a bold response.
    Stratified,
}

/// The settings of a whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(default, deny_unknown_fields)]
pub struct SamplingPlan {
    /// What logits are divided by, 0.0001 to 10; 0 takes the likeliest token.
    pub temperature: Range,
    /// The nucleus mass, above 0 to 1.
    pub top_p: Range,
    /// How many of the likeliest tokens are kept; none keeps all.
    pub top_k: Option<u32>,
    /// The smallest probability kept, as a share of the largest, 0 to 1.
    pub min_p: f64,
    /// What logits of tokens that occurred already are divided by, 0.01 to 10; 1 changes nothing.
    pub repetition_penalty: f64,
    /// The most new tokens a response.
    pub max_tokens: u32,
    /// How many responses a prompt gets, 2 to 1000.
    pub n_responses: u32,
    /// Texts that end a response.
    pub stop: Vec<String>,
    /// How the responses of a prompt are spread over the ranges.
    pub spread: Spread,
    /// The seed of every draw.
    pub seed: u64,
}

impl Default for SamplingPlan {
    fn default() -> Self {
        Self {
            temperature: Range { low: 0.3, high: 1.0 },
            top_p: Range::single(0.95),
            top_k: None,
            min_p: 0.0,
            repetition_penalty: 1.0,
            max_tokens: 256,
            n_responses: 2,
            stop: Vec::new(),
            spread: Spread::Uniform,
            seed: 0,
        }
    }
}

impl SamplingPlan {
    /// Whether all settings are within their bounds; the first that is not is the error.
    pub fn check(&self) -> Result<(), PlanError> {
        self.check_temperature()?;
        self.top_p.check("top_p", f64::MIN_POSITIVE..=1.0, "a number above 0, to 1")?;
        let out_of_bounds = [
            (
                "top_k",
                self.top_k == Some(0),
                self.top_k.unwrap_or(0).to_string(),
                "at least 1, or leave it out to keep all tokens",
            ),
            ("min_p", !(0.0..=1.0).contains(&self.min_p), self.min_p.to_string(), "0 to 1"),
            (
                "repetition_penalty",
                !(0.01..=10.0).contains(&self.repetition_penalty),
                self.repetition_penalty.to_string(),
                "0.01 to 10; 1 changes nothing",
            ),
            ("max_tokens", self.max_tokens == 0, "0".to_owned(), "at least 1"),
            (
                "n_responses",
                !(2..=MOST_RESPONSES).contains(&self.n_responses),
                self.n_responses.to_string(),
                "2 to 1000: a pair needs two",
            ),
            (
                "stop",
                self.stop.iter().any(String::is_empty),
                "empty".to_owned(),
                "a text: an empty one would end every response at once",
            ),
        ];
        match out_of_bounds.into_iter().find(|(_, is_out, _, _)| *is_out) {
            Some((setting, _, value, expected)) => Err(PlanError::OutOfBounds { setting, value, expected }),
            None => Ok(()),
        }
    }

    /// Whether the temperature is within its bounds; a value that a draw would round to 0 is not.
    fn check_temperature(&self) -> Result<(), PlanError> {
        let (setting, expected) = ("temperature", "0, or 0.0001 to 10");
        self.temperature.check(setting, 0.0..=10.0, expected)?;
        let is_tiny = |end: f64| end > 0.0 && end < LEAST_TEMPERATURE;
        match is_tiny(self.temperature.low) || is_tiny(self.temperature.high) {
            true => Err(PlanError::OutOfBounds { setting, value: self.temperature.to_string(), expected }),
            false => Ok(()),
        }
    }

    /// The settings of response `response_index` (from 0) to the prompt `prompt_id`.
    pub fn sampling(&self, prompt_id: &str, response_index: u32) -> Sampling {
        let random = ResponseRandom::new(self.seed, prompt_id, response_index);
        let slice = match self.spread {
            Spread::Uniform => (0, 1),
            Spread::Stratified => (self.slice(prompt_id, response_index), self.n_responses.max(1)),
        };
        let draw = |range: Range, purpose| range.at(slice, random.uniform(purpose, 0));
        Sampling {
            temperature: draw(self.temperature, Purpose::Temperature),
            top_p: draw(self.top_p, Purpose::TopP),
            top_k: self.top_k,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            max_tokens: self.max_tokens,
            stop: self.stop.clone(),
            seed: self.seed,
            extra: Extra::new(),
        }
    }

    /// The settings in which two plans differ, each as `name: this, not that`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let fields = |plan: &Self| match serde_json::to_value(plan) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => Extra::new(),
        };
        let theirs = fields(other);
        let differs = |(name, value): (String, serde_json::Value)| {
            let their_value = theirs.get(&name).cloned().unwrap_or_default();
            (value != their_value).then(|| format!("{name}: {value}, not {their_value}"))
        };
        fields(self).into_iter().filter_map(differs).collect()
    }

    /// Which slice of the ranges a response draws from.
    ///
    /// The slices are dealt anew for each prompt: else response 0 would always be the careful one, and whoever sees the index would know it.
    fn slice(&self, prompt_id: &str, response_index: u32) -> u32 {
        let random = ResponseRandom::new(self.seed, prompt_id, 0);
        let mut slices: Vec<u32> = (0..self.n_responses).collect();
        for last in (1..slices.len()).rev() {
            let other = random.uniform(Purpose::Slice, last as u32) * (last + 1) as f64;
            slices.swap(last, other as usize);
        }
        slices.get(response_index as usize).copied().unwrap_or(0)
    }
}
