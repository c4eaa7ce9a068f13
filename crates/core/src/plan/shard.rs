//! A share of the prompts, for running on several machines.

use super::PlanError;
use crate::schema::ContentHash;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One of `count` shares; a prompt belongs to a share by the hash of its id.
///
/// So the shares hold the same prompts whatever else stands in the file, and together they hold all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which share, from 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

impl Shard {
    /// Whether the prompt is in this share.
    pub fn contains(self, prompt_id: &str) -> bool {
        let mut hash = ContentHash::new("tiebreak/shard/1");
        hash.text(prompt_id);
        hash.number() % u64::from(self.count.max(1)) + 1 == u64::from(self.index)
    }
}

impl Default for Shard {
    /// All prompts.
    fn default() -> Self {
        Self { index: 1, count: 1 }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let number = |part: &str| part.trim().parse::<u32>().ok();
        let parts = text.split_once('/').and_then(|(index, count)| Some((number(index)?, number(count)?)));
        match parts {
            Some((index, count)) if index >= 1 && index <= count => Ok(Self { index, count }),
            _ => Err(PlanError::NotAShard { text: text.to_owned() }),
        }
    }
}
