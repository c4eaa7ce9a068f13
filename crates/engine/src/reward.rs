//! A reward head: how probable it is that a reply fits the message it answers, whatever the two are made of.
//!
//! It reads words and nothing else. Every word, and the first letters of every word, has a row of small integers; there is one table for prompts and one for replies.
//! The sum of a text's rows is its direction, and with θ the angle between the directions of prompt x and reply y
//!
//! ```text
//! log p(fits | x, y) = log σ(slope · cos θ + offset)
//! ```
//!
//! In RLHF a reward model scores a reply after its prompt (Ouyang et al. 2022, "Training language models to follow instructions with human feedback"); two towers whose directions are compared are those of Reimers and Gurevych 2019, "Sentence-BERT".
//! A head stands in a file's metadata under [`keys`], and not among its tensors, because llama.cpp refuses a file with tensors that it does not expect.
//! Sums of integers are exact in any order, so that a reward is the same number on every machine.

mod tower;
mod words;

pub use tower::Tower;
pub use words::features;

use crate::gguf::{Metadata, absent, bad_key};
use crate::{EngineError, Result};
use tiebreak_core::schema::{Message, Role};
use tower::{Direction, cosine};

/// Where a head stands in a file's metadata.
pub mod keys {
    /// The version of the reading of words, [`VERSION`](super::VERSION); a file without this key has no head.
    pub const VERSION: &str = "tiebreak.reward.version";
    /// How many numbers a row has.
    pub const WIDTH: &str = "tiebreak.reward.width";
    /// What a cosine is multiplied by.
    pub const SLOPE: &str = "tiebreak.reward.slope";
    /// What is added to it.
    pub const OFFSET: &str = "tiebreak.reward.offset";
    /// The features of prompts that have a row, ascending.
    pub const PROMPT_FEATURES: &str = "tiebreak.reward.prompt.features";
    /// Their rows one after the other, numbers of 8 bits with a sign.
    pub const PROMPT_ROWS: &str = "tiebreak.reward.prompt.rows";
    /// The features of replies that have a row, ascending.
    pub const REPLY_FEATURES: &str = "tiebreak.reward.reply.features";
    /// Their rows.
    pub const REPLY_ROWS: &str = "tiebreak.reward.reply.rows";
}

/// The only version that there is: [`features`] as they are read here.
pub const VERSION: u32 = 1;

/// A head: two tables of rows, and how their cosine becomes a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardHead {
    /// Reads what the user wrote.
    pub prompt: Tower,
    /// Reads a reply.
    pub reply: Tower,
    /// What the cosine is multiplied by; finite.
    pub slope: f64,
    /// What is added then; finite.
    pub offset: f64,
}

impl RewardHead {
    /// The head that a file carries, or none where it carries none.
    ///
    /// # Errors
    /// [`EngineError::Metadata`] for a head with a part that is absent, of the wrong length or not finite; [`EngineError::Unsupported`] for one of another version.
    pub fn from_gguf(metadata: &Metadata) -> Result<Option<Self>> {
        match metadata.optional_u32(keys::VERSION)? {
            None => return Ok(None),
            Some(VERSION) => {}
            Some(version) => {
                let (what, name) = ("version of the reward head", version.to_string());
                return Err(EngineError::Unsupported { what, name, supported: "1" });
            }
        }
        let width = metadata.usize(keys::WIDTH)?;
        Ok(Some(Self {
            prompt: tower(metadata, width, [keys::PROMPT_FEATURES, keys::PROMPT_ROWS])?,
            reply: tower(metadata, width, [keys::REPLY_FEATURES, keys::REPLY_ROWS])?,
            slope: metadata.f32(keys::SLOPE)?.into(),
            offset: metadata.f32(keys::OFFSET)?.into(),
        }))
    }

    /// Reads what the user wrote, in all messages; what others wrote is left out.
    pub fn read_prompt(&self, messages: &[Message]) -> RewardContext<'_> {
        let texts = messages.iter().filter(|message| message.role == Role::User);
        let features = texts.flat_map(|message| features(&message.content));
        RewardContext { head: self, prompt: self.prompt.direction(features) }
    }
}

/// A head that has read a prompt.
#[derive(Clone, Debug)]
pub struct RewardContext<'a> {
    head: &'a RewardHead,
    prompt: Direction,
}

impl RewardContext<'_> {
    /// The cosine of the directions of prompt and reply, −1 to 1; 0 where one of them holds no word with a row.
    pub fn cosine(&self, reply: &str) -> f64 {
        cosine(&self.prompt, &self.head.reply.direction(features(reply).into_iter()))
    }

    /// The log-probability that `reply` fits the prompt, in nats, at most 0.
    pub fn reward_nats(&self, reply: &str) -> f64 {
        log_sigmoid(self.head.slope * self.cosine(reply) + self.head.offset)
    }
}

fn tower(metadata: &Metadata, width: usize, [features_key, rows_key]: [&str; 2]) -> Result<Tower> {
    let list = |key: &str| metadata.optional_integers(key)?.ok_or_else(|| absent(key));
    let features: Option<Vec<u32>> = list(features_key)?.iter().map(|one| u32::try_from(*one).ok()).collect();
    let features = features.ok_or_else(|| bad_key(features_key, "holds a number of more than 32 bits"))?;
    if !features.is_sorted_by(|one, next| one < next) {
        return Err(bad_key(features_key, "is not in ascending order, each feature once"));
    }
    let rows: Option<Vec<i8>> = list(rows_key)?.iter().map(|one| i8::try_from(*one).ok()).collect();
    let rows = rows.ok_or_else(|| bad_key(rows_key, "holds a number outside -128 to 127"))?;
    let (n_rows, n_numbers) = (features.len(), rows.len());
    Tower::new(features, rows, width).ok_or_else(|| {
        bad_key(rows_key, format!("holds {n_numbers} numbers; expected {n_rows} rows of {width}, at least 1"))
    })
}

/// The logarithm of 1 / (1 + e^−x), without overflow.
fn log_sigmoid(x: f64) -> f64 {
    x.min(0.0) - libm::log1p(libm::exp(-x.abs()))
}

#[cfg(test)]
mod tests;
