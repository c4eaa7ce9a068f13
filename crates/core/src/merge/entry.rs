//! What is remembered of a vote until all are read.

use crate::names::Names;
use crate::schema::{Vote, to_line};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The ids that votes name, each once.
#[derive(Debug, Default)]
pub(super) struct Register {
    pub studies: Names,
    pub annotators: Names,
    pub pairs: Names,
    pub items: Names,
}

/// A vote in about a hundred bytes; names by their numbers in the [`Register`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub study: u32,
    pub annotator: u32,
    pub pair: u32,
    pub item: u32,
    pub repeat: u32,
    pub number: Option<u64>,
    pub decided_at: Option<Timestamp>,
    /// Half of the SHA-256 of its line: two votes with the same one are the same vote.
    pub digest: [u8; 16],
    /// Where whoever merges finds it again.
    pub place: u64,
}

/// What one showing of a pair to an annotator is known by.
pub(super) type Showing = (u32, u32, u32, u32, u32);

impl Entry {
    pub fn new(vote: &Vote, place: u64, register: &mut Register) -> Self {
        let shown = vote.shown_in.as_ref();
        Self {
            study: register.studies.number(shown.map_or("", |shown| &shown.study)),
            annotator: register.annotators.number(&vote.annotator.id),
            pair: register.pairs.number(&vote.pair),
            item: register.items.number(shown.map_or("", |shown| &shown.item)),
            repeat: shown.map_or(0, |shown| shown.repeat),
            number: vote.number,
            decided_at: vote.decided_at,
            digest: digest(&to_line(vote)),
            place,
        }
    }

    /// Of votes on one showing the last counts.
    pub fn showing(&self) -> Showing {
        (self.study, self.annotator, self.pair, self.item, self.repeat)
    }

    /// Whether nothing says which of two votes on one showing came later.
    pub fn is_as_late_as(&self, other: &Self) -> bool {
        self.number == other.number && (self.number.is_some() || self.decided_at == other.decided_at)
    }
}

/// Half of a SHA-256: among a million records two different ones share it with a probability below 10⁻²⁶.
pub(super) fn digest(line: &str) -> [u8; 16] {
    let whole: [u8; 32] = Sha256::digest(line.as_bytes()).into();
    std::array::from_fn(|i| whole[i])
}

/// Puts entries into the order in which they are written: by study, annotator, number, time, pair, and then by content.
pub(super) fn sort(entries: &mut [Entry], register: &Register) {
    let [studies, annotators, pairs] =
        [&register.studies, &register.annotators, &register.pairs].map(Names::ranks);
    entries.sort_unstable_by_key(|entry| {
        (
            studies[entry.study as usize],
            annotators[entry.annotator as usize],
            entry.number,
            entry.decided_at,
            pairs[entry.pair as usize],
            entry.digest,
            entry.place,
        )
    });
}
