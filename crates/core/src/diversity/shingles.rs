//! A text as the set of its overlapping pieces.

use super::ngrams::words;

/// Characters of a piece. Three of them fit in 63 bits, so that a piece is known by its characters and not by a hash of them.
const PIECE: usize = 3;

/// The different pieces of three characters of a text's words, which are in lower case and joined by one space.
///
/// A text of fewer characters is one piece; one without words has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shingles(Box<[u64]>);

impl Shingles {
    /// The pieces of a text.
    pub fn of(text: &str) -> Self {
        let text: Vec<char> = words(text).join(" ").chars().collect();
        let code = |piece: &[char]| piece.iter().fold(0, |code, &c| code << 21 | u64::from(u32::from(c)));
        let mut pieces: Vec<u64> = match text.len() {
            0 => Vec::new(),
            1..PIECE => vec![code(&text)],
            _ => text.windows(PIECE).map(code).collect(),
        };
        pieces.sort_unstable();
        pieces.dedup();
        Self(pieces.into())
    }

    /// The Jaccard index: the pieces that both have over those that either has, 0 to 1; 0 where neither has any.
    ///
    /// Jaccard 1912, "The distribution of the flora in the alpine zone".
    pub fn jaccard(&self, other: &Self) -> f64 {
        let (mut a, mut b, mut common) = (&self.0[..], &other.0[..], 0);
        while let ([first, rest_a @ ..], [second, rest_b @ ..]) = (a, b) {
            common += usize::from(first == second);
            (a, b) = (if first <= second { rest_a } else { a }, if second <= first { rest_b } else { b });
        }
        let all = self.0.len() + other.0.len() - common;
        if all == 0 { 0.0 } else { common as f64 / all as f64 }
    }

    /// The pieces in order.
    pub(super) fn pieces(&self) -> &[u64] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
