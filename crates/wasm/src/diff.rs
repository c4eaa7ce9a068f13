//! Which words of two texts differ.

use serde::Serialize;
use similar::{Algorithm, ChangeTag, TextDiff};

/// The most words of both texts together that are compared; more would keep a reader waiting.
const MOST_WORDS: usize = 20_000;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "DiffPart"))]
pub struct Piece {
    /// The words, with the space between them.
    pub text: String,
    /// Whether the other text lacks them.
    pub changed: bool,
}

/// Two texts in pieces; each side's pieces put together are that side's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct WordDiff {
    /// The first text.
    pub left: Vec<Piece>,
    /// The second text.
    pub right: Vec<Piece>,
}

/// Compares two texts word by word (Myers 1986); texts too long for that are one changed piece each.
pub fn word_diff(left: &str, right: &str) -> WordDiff {
    let mut diff = WordDiff::default();
    let n_words = left.split_whitespace().count() + right.split_whitespace().count();
    if n_words > MOST_WORDS {
        push(&mut diff.left, left, true);
        push(&mut diff.right, right, true);
        return diff;
    }
    for change in TextDiff::configure().algorithm(Algorithm::Myers).diff_words(left, right).iter_all_changes()
    {
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut diff.left, change.value(), false);
                push(&mut diff.right, change.value(), false);
            }
            ChangeTag::Delete => push(&mut diff.left, change.value(), true),
            ChangeTag::Insert => push(&mut diff.right, change.value(), true),
        }
    }
    diff
}

fn push(pieces: &mut Vec<Piece>, text: &str, changed: bool) {
    match pieces.last_mut() {
        Some(last) if last.changed == changed => last.text.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece { text: text.to_owned(), changed }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| if piece.changed { format!("[{}]", piece.text) } else { piece.text.clone() })
            .collect()
    }

    #[test]
    fn changed_words_are_marked_and_nothing_is_lost() {
        for (left, right, marked_left, marked_right) in [
            ("open My Orders now", "open My Parcels now", "open My [Orders] now", "open My [Parcels] now"),
            ("same", "same", "same", "same"),
            ("", "all new", "", "[all new]"),
            ("", "", "", ""),
        ] {
            let diff = word_diff(left, right);
            assert_eq!(
                (marked(&diff.left).as_str(), marked(&diff.right).as_str()),
                (marked_left, marked_right)
            );
        }
    }

    #[test]
    fn texts_too_long_to_compare_are_changed_as_a_whole() {
        let (left, right) = ("a ".repeat(15_000), "b ".repeat(15_000));
        let diff = word_diff(&left, &right);
        assert_eq!((diff.left.len(), diff.right[0].changed), (1, true));
        assert_eq!(diff.left[0].text, left);
    }
}
