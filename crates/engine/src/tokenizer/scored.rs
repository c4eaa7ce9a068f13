//! SentencePiece-style encoding: of all neighbours whose union is a token, the two with the best-scored union are merged first (Sennrich et al. 2016; the scores stand in the file).
//!
//! The `tokenizers` crate merges by a list of pairs, in which two unions of the same score have an order that the file does not give; here the leftmost goes first, as in llama.cpp.

use super::merging::{Merging, Place};
use super::vocabulary::{Kind, TOKENS, Vocabulary, same_length};
use crate::Result;
use crate::gguf::{Metadata, absent, bad_key};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

const SCORES: &str = "tokenizer.ggml.scores";
/// Stands for a space inside a token.
const SPACE: char = '▁';

pub(super) struct Scored {
    scores: Vec<f32>,
    /// The token of each byte, for characters that are no token.
    byte_tokens: Option<Box<[u32; 256]>>,
    unknown: Option<u32>,
    /// Whether a text is encoded as if a space stood before it.
    add_space_prefix: bool,
    longest_token_bytes: usize,
}

impl Scored {
    pub(super) fn from_gguf(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Self> {
        let byte_tokens = byte_tokens(vocabulary)?;
        if byte_tokens.is_none() && vocabulary.unknown.is_none() {
            return Err(bad_key(
                TOKENS,
                "holds neither a token for each byte (<0x00> to <0xFF>) nor one for the unknown",
            ));
        }
        Ok(Self {
            scores: read_scores(metadata, vocabulary)?,
            byte_tokens,
            unknown: vocabulary.unknown,
            add_space_prefix: metadata.optional_bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true),
            longest_token_bytes: vocabulary.texts.iter().map(str::len).max().unwrap_or(0),
        })
    }

    fn push_bytes(&self, symbol: &str, ids: &mut Vec<u32>) {
        match (&self.byte_tokens, self.unknown) {
            (Some(tokens), _) => ids.extend(symbol.bytes().map(|byte| tokens[usize::from(byte)])),
            (None, unknown) => ids.extend(unknown),
        }
    }

    /// The text cut into what is left when no two neighbours can be merged any more.
    fn merge<'a>(&self, vocabulary: &Vocabulary, text: &'a str) -> impl Iterator<Item = &'a str> {
        let mut symbols = Symbols::new(text);
        let mut queue = BinaryHeap::new();
        for left in 1..symbols.list.len() {
            queue.extend(self.candidate(vocabulary, &symbols, Some(left - 1), Some(left)));
        }
        while let Some(candidate) = queue.pop() {
            if symbols.still_stands(&candidate) {
                let (before, merged, after) = symbols.merge(candidate.left);
                queue.extend(self.candidate(vocabulary, &symbols, before, Some(merged)));
                queue.extend(self.candidate(vocabulary, &symbols, Some(merged), after));
            }
        }
        symbols.remaining()
    }

    fn candidate(
        &self,
        vocabulary: &Vocabulary,
        symbols: &Symbols,
        left: Option<usize>,
        right: Option<usize>,
    ) -> Option<Candidate> {
        let (left, right) = (left?, right?);
        let text = &symbols.text[symbols.list[left].start..symbols.list[right].end];
        if text.len() > self.longest_token_bytes {
            return None;
        }
        let id = union(vocabulary, text)?;
        Some(Candidate { score: self.scores[id as usize], left, bytes: text.len() })
    }
}

impl Merging for Scored {
    fn encode(&self, vocabulary: &Vocabulary, text: &str, place: Place, ids: &mut Vec<u32>) -> Result<()> {
        let prefix = if place != Place::BehindText && self.add_space_prefix { " " } else { "" };
        let text = [prefix, text].concat().replace(' ', SPACE.encode_utf8(&mut [0; 4]));
        for symbol in self.merge(vocabulary, &text) {
            match union(vocabulary, symbol) {
                Some(id) => ids.push(id),
                None => self.push_bytes(symbol, ids),
            }
        }
        Ok(())
    }

    fn spell(&self, token: &str) -> Vec<u8> {
        spell(token).into_bytes()
    }

    fn spell_user_defined(&self, token: &str) -> Vec<u8> {
        spell(token).into_bytes()
    }

    fn adds_space_prefix(&self) -> bool {
        self.add_space_prefix
    }
}

/// What a token adds to a text.
pub(super) fn spell(token: &str) -> String {
    token.replace(SPACE, " ")
}

/// The token that text may become.
fn union(vocabulary: &Vocabulary, text: &str) -> Option<u32> {
    vocabulary.id(text).filter(|&id| matches!(vocabulary.kind(id), Kind::Normal | Kind::UserDefined))
}

fn read_scores(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Vec<f32>> {
    let scores = metadata.optional_floats(SCORES)?.ok_or_else(|| absent(SCORES))?;
    same_length(SCORES, scores.len(), vocabulary.len())?;
    match scores.iter().position(|score| !score.is_finite()) {
        Some(index) => {
            Err(bad_key(SCORES, format!("is {} at index {index}; expected a finite number", scores[index])))
        }
        None => Ok(scores.to_vec()),
    }
}

fn byte_tokens(vocabulary: &Vocabulary) -> Result<Option<Box<[u32; 256]>>> {
    let mut tokens = [None; 256];
    for (id, _) in vocabulary.of_kind(|kind| kind == Kind::Byte) {
        tokens[usize::from(vocabulary.byte(id as usize)?)] = Some(id);
    }
    let tokens = tokens.into_iter().collect::<Option<Vec<_>>>();
    Ok(tokens.and_then(|tokens| tokens.try_into().ok()))
}

/// Two neighbours that could be merged.
struct Candidate {
    score: f32,
    left: usize,
    /// The bytes of both when the candidate was found; another number later means that one has changed.
    bytes: usize,
}

impl Ord for Candidate {
    /// The better score, and among equals the leftmost, is the greater.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// A text cut into symbols, each of which knows its neighbours.
struct Symbols<'a> {
    text: &'a str,
    list: Vec<Symbol>,
}

struct Symbol {
    start: usize,
    /// The same as `start` once the symbol has been merged into the one before it.
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
}

impl<'a> Symbols<'a> {
    fn new(text: &'a str) -> Self {
        let count = text.chars().count();
        let characters = text.char_indices().enumerate().map(|(index, (start, character))| Symbol {
            start,
            end: start + character.len_utf8(),
            before: index.checked_sub(1),
            after: Some(index + 1).filter(|&after| after < count),
        });
        Self { text, list: characters.collect() }
    }

    fn still_stands(&self, candidate: &Candidate) -> bool {
        let left = &self.list[candidate.left];
        let right = left.after.map(|after| &self.list[after]);
        left.start < left.end && right.is_some_and(|right| right.end - left.start == candidate.bytes)
    }

    /// Merges a symbol with the one after it, and returns it between its new neighbours.
    fn merge(&mut self, left: usize) -> (Option<usize>, usize, Option<usize>) {
        if let Some(right) = self.list[left].after {
            let Symbol { start, end, after, .. } = self.list[right];
            self.list[left].end = end;
            self.list[left].after = after;
            self.list[right].end = start;
            if let Some(after) = after {
                self.list[after].before = Some(left);
            }
        }
        (self.list[left].before, left, self.list[left].after)
    }

    fn remaining(self) -> impl Iterator<Item = &'a str> {
        let text = self.text;
        let left = self.list.into_iter().filter(|symbol| symbol.start < symbol.end);
        left.map(move |symbol| &text[symbol.start..symbol.end])
    }
}
