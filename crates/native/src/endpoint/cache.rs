//! Answers that are kept, so that nothing is asked and paid for twice.
//!
//! An answer is found by the SHA-256 of what it depends on: protocol, address, model, the request's body and the seed.
//! None of these holds a key.

use super::ask::Answer;
use super::budget::{Spent, Tokens};
use super::http::Server;
use crate::files::{KeyedLines, LineKey};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::path::Path;

const SCHEMA: &str = "tiebreak/answer/1";

/// What an answer depends on, in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AskId(String);

/// The file of answers, and what those from this server took.
pub struct Cache {
    lines: KeyedLines,
    /// What answers of earlier starts took, from this server and model.
    pub spent_before: Spent,
}

/// An answer on its line.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    schema: Cow<'a, str>,
    id: Cow<'a, str>,
    url: Cow<'a, str>,
    asked_model: Cow<'a, str>,
    /// What the server counted, or guesses where it did not.
    tokens: [u64; 2],
    answer: Cow<'a, Answer>,
}

/// The same without the answer, which stays on the disk.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    asked_model: Cow<'a, str>,
    tokens: [u64; 2],
}

impl AskId {
    pub fn new(server: &Server, body: &str, seed: Option<u64>) -> Self {
        let mut hash = Sha256::new();
        let seed = seed.map_or_else(String::new, |seed| seed.to_string());
        // Each part after its length, so that no two contents give the same bytes.
        for part in [SCHEMA, server.protocol.name(), server.url(), &server.model, &seed, body] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first 128 bits of an id.
fn line_key(id: &str) -> Option<LineKey> {
    let start = id.get(..32).filter(|_| id.len() == 64)?;
    u128::from_str_radix(start, 16).ok().map(u128::to_be_bytes)
}

impl Cache {
    /// Opens or begins the file of answers at `path`.
    pub fn open(path: &Path, server: &Server) -> Result<Self> {
        let mut spent_before = Spent::default();
        let start = format!("{{\"schema\":\"{SCHEMA}\",");
        let lines = KeyedLines::open(path, &start, |line| {
            let head: Head = serde_json::from_str(line).ok()?;
            if (head.url.as_ref(), head.asked_model.as_ref()) == (server.url(), server.model.as_str()) {
                spent_before.calls += 1;
                spent_before.tokens += Tokens { prompt: head.tokens[0], completion: head.tokens[1] };
            }
            line_key(&head.id)
        })?;
        Ok(Self { lines, spent_before })
    }

    pub fn contains(&self, id: &AskId) -> bool {
        line_key(id.as_str()).is_some_and(|key| self.lines.contains(&key))
    }

    pub fn get(&mut self, id: &AskId) -> Result<Option<Answer>> {
        let Some(key) = line_key(id.as_str()) else { return Ok(None) };
        let Some(line) = self.lines.get(&key)? else { return Ok(None) };
        // A line with a readable head and a damaged answer is asked again.
        Ok(serde_json::from_str::<Line>(&line).ok().map(|line| line.answer.into_owned()))
    }

    /// Keeps an answer from `server` that took `tokens`.
    pub fn put(&mut self, id: &AskId, server: &Server, (answer, tokens): (&Answer, Tokens)) -> Result<()> {
        let line = Line {
            schema: SCHEMA.into(),
            id: id.as_str().into(),
            url: server.url().into(),
            asked_model: server.model.as_str().into(),
            tokens: [tokens.prompt, tokens.completion],
            answer: Cow::Borrowed(answer),
        };
        let line = serde_json::to_string(&line).context("the answer cannot be kept")?;
        line_key(id.as_str()).map_or(Ok(()), |key| self.lines.put(key, &line))
    }

    /// Waits until all is on the disk.
    pub fn sync(&self) -> Result<()> {
        self.lines.sync()
    }
}
