//! Ids made of content, so that the same thing has the same id on every machine.
//!
//! An id is a letter and the first 16 hex digits of a SHA-256.
//! Every hash starts with the name of what it is for, and every text in it is preceded by its length, so that no two different contents give the same bytes.

use super::{Message, Response, Sample, Vote};
use sha2::{Digest, Sha256};

/// Hashes parts so that their borders count.
pub struct ContentHash(Sha256);

impl ContentHash {
    /// A hash for `purpose`, such as `tiebreak/pair/1`.
    pub fn new(purpose: &str) -> Self {
        let mut hash = Self(Sha256::new());
        hash.text(purpose);
        hash
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// Adds messages: role and content count; fields that this version does not know do not.
    pub fn messages(&mut self, messages: &[Message]) {
        self.0.update((messages.len() as u64).to_le_bytes());
        for message in messages {
            self.text(message.role.as_str());
            self.text(&message.content);
        }
    }

    /// The first 16 hex digits after `letter`.
    pub fn id(self, letter: char) -> String {
        let digest = hex(&self.0.finalize()[..8]);
        format!("{letter}{digest}")
    }

    /// All of it in lower-case hex.
    pub fn hex(self) -> String {
        hex(&self.0.finalize())
    }

    /// The first 16 bytes, which tell any number of things in memory apart.
    pub fn beginning(self) -> [u8; 16] {
        let digest = self.0.finalize();
        std::array::from_fn(|at| digest[at])
    }

    /// The first eight bytes as a number.
    pub fn number(self) -> u64 {
        let digest = self.0.finalize();
        digest[..8].iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// SHA-256 of `bytes` in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The id of a prompt that came without one: `q` and 16 hex digits.
pub fn prompt_id(messages: &[Message]) -> String {
    let mut hash = ContentHash::new("tiebreak/prompt-id/1");
    hash.messages(messages);
    hash.id('q')
}

/// The id of a response: `r` and 16 hex digits, and for a text that stands in its sample already `-2`, `-3` and so on.
///
/// `earlier_duplicates` says how many responses of the sample before it have the same text.
pub fn response_id(prompt_messages: &[Message], text: &str, earlier_duplicates: usize) -> String {
    let mut hash = ContentHash::new("tiebreak/response-id/1");
    hash.messages(prompt_messages);
    hash.text(text);
    let id = hash.id('r');
    match earlier_duplicates {
        0 => id,
        n => format!("{id}-{}", n + 1),
    }
}

/// The ids of all responses of a sample, from their texts.
pub fn response_ids(prompt_messages: &[Message], texts: &[&str]) -> Vec<String> {
    let id = |(i, text): (usize, &&str)| {
        let earlier_duplicates = texts[..i].iter().filter(|earlier| earlier == &text).count();
        response_id(prompt_messages, text, earlier_duplicates)
    };
    texts.iter().enumerate().map(id).collect()
}

/// The id of a pair: `p` and 16 hex digits, the same for either order of the texts.
pub fn pair_id(prompt_messages: &[Message], text_a: &str, text_b: &str) -> String {
    let mut hash = ContentHash::new("tiebreak/pair-id/1");
    hash.messages(prompt_messages);
    hash.text(text_a.min(text_b));
    hash.text(text_a.max(text_b));
    hash.id('p')
}

/// The id of a vote: `v` and 16 hex digits over the pair, the annotator and the time.
///
/// Votes do not carry it; a weight names a vote by it.
pub fn vote_id(vote: &Vote) -> String {
    let mut hash = ContentHash::new("tiebreak/vote-id/1");
    hash.text(&vote.pair);
    hash.text(&vote.annotator.id);
    hash.text(&vote.decided_at.map(|time| time.to_string()).unwrap_or_default());
    hash.id('v')
}

/// Two responses of one sample, in canonical order.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair<'a> {
    /// The pair's id, see [`pair_id`].
    pub id: String,
    /// The response whose id comes first.
    pub first: &'a Response,
    /// The other one.
    pub second: &'a Response,
}

/// All pairs of a sample's responses, in the order of their ids; none is skipped, also not identical ones.
pub fn pairs(sample: &Sample) -> impl Iterator<Item = Pair<'_>> {
    let mut responses: Vec<&Response> = sample.responses.iter().collect();
    responses.sort_by(|a, b| a.id.cmp(&b.id));
    let count = responses.len();
    (0..count).flat_map(move |i| (i + 1..count).map(move |j| (i, j))).map(move |(i, j)| {
        let (first, second) = (responses[i], responses[j]);
        Pair { id: pair_id(&sample.prompt.messages, &first.text, &second.text), first, second }
    })
}
