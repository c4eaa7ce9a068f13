//! What a browser holds of a session beside its votes, and which of its lines are votes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tiebreak_core::schema::{Vote, read_records};

/// What of a session changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// The study's title, for the list of what was begun.
    pub title: String,
    /// Votes up to this number are in a file or were delivered.
    pub saved: u64,
    /// Votes up to this number were delivered.
    pub sent: u64,
    /// Whether each qualification question was answered rightly.
    pub qualification: Vec<bool>,
    /// What was begun for a turn and is no vote yet.
    pub drafts: BTreeMap<String, serde_json::Value>,
}

impl Head {
    /// Notes votes that came from a file: they are in that file, but nobody says that they were delivered.
    ///
    /// So every vote from the first of their numbers on is delivered once more; a receiver knows the same line again.
    pub fn loaded(&mut self, numbers: impl IntoIterator<Item = u64>) {
        if let Some(first) = numbers.into_iter().min() {
            self.sent = self.sent.min(first.saturating_sub(1));
        }
    }
}

/// The votes among stored lines, and the lines that are none.
pub fn readable(lines: Vec<String>) -> (Vec<Vote>, Vec<String>) {
    let (mut votes, mut unreadable) = (Vec::new(), Vec::new());
    for line in lines {
        let read = read_records::<Vote>(line.as_bytes(), "this browser's votes");
        match read.records.len() {
            1 if read.problems.is_empty() => votes.extend(read.into_records()),
            _ => unreadable.push(line),
        }
    }
    (votes, unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::{Annotator, AnnotatorKind, Verdict, to_line};

    fn line() -> String {
        let annotator = Annotator { id: "ann".to_owned(), kind: AnnotatorKind::Human };
        let ids = ["a".to_owned(), "b".to_owned()];
        to_line(&Vote::new("pair".to_owned(), "prompt".to_owned(), ids, annotator, Verdict::Strength(1)))
    }

    #[test]
    fn a_line_that_is_no_vote_is_handed_back_as_it_is() {
        let cut = line()[..40].to_owned();
        let newer = line().replace("tiebreak/vote/1", "tiebreak/vote/9");
        let bad = [cut, newer, String::new(), "null".to_owned(), format!("{0}\n{0}", line())];
        let given = bad.iter().cloned().chain([line()]).collect();
        let (votes, unreadable) = readable(given);
        assert_eq!(votes.len(), 1);
        assert_eq!(unreadable, bad);
    }

    #[test]
    fn a_vote_from_a_file_was_never_delivered() {
        let check = |sent: u64, numbers: &[u64], expected: u64| {
            let mut head = Head { sent, saved: 9, ..Head::default() };
            head.loaded(numbers.iter().copied());
            assert_eq!((head.sent, head.saved), (expected, 9), "{sent} sent, {numbers:?} loaded");
        };
        check(5, &[4, 3, 8], 2);
        check(5, &[6], 5);
        check(5, &[], 5);
        check(5, &[0], 0);
    }
}
