//! Datasets that exist already to samples, votes and ratings.
//!
//! A [`Format`] reads what a row [says](Said): a prompt, responses, and what somebody thinks of them.
//! A [`Gatherer`] makes records of that, one [`Sample`](crate::schema::Sample) for each prompt with all its different responses.
//!
//! Nothing is made up.
//! A row without a time has none, a tie is a tie, both bad is both bad, and a strength other than 1 is one that the source gives.
//! Where a source does not say who annotated, `import:FILE-CONTENT` did, whose last part are digits of a hash of what the file holds: files of one name are told apart, and a file that is read twice has one voice.
//! A second nameless vote on one pair is by `import:FILE-CONTENT#2`, since an annotator has one voice on a pair; a row that only repeats an earlier one is left out.
//! Numbers after `#` tell voices on one pair apart, and no people: `#1` of two pairs need not be the same person.
//! Ids of prompts are those of the source where it has some (`prompt_id`), ids of responses and pairs are hashes of what they say, see [`pair_id`](crate::schema::pair_id).
//! Fields that nothing here knows are kept: a response's with the response, a row's with its first vote, else with its first rating, else with its sample, where of several rows the first one's stay.
//!
//! ```
//! use tiebreak_core::import::{Format, Gatherer, RowSource, Rows, Settings, content_digits};
//! use tiebreak_core::schema::Verdict;
//!
//! let file = r#"{"prompt":"Where is my order?","response_a":"It left today.","response_b":"No idea.","winner":"tie"}"#;
//! let row = Rows::new(file.as_bytes(), "old.jsonl")?.next().expect("a row")?;
//! let format = Format::of(&row.record, &Settings::default())?;
//! assert_eq!(format, Format::Pairs);
//! let said = format.read(row.record, &Settings::default()).expect("a row that can be used");
//! let source = RowSource { file: "old.jsonl".to_owned(), content: content_digits(file.as_bytes()), annotator: None, kind: None };
//! let mut gatherer = Gatherer::default();
//! let vote = gatherer.take(said, &source, row.line).votes.remove(0);
//! assert_eq!(vote.annotator.id, format!("import:old.jsonl-{}", source.content));
//! assert_eq!(vote.verdict, Verdict::Strength(0));
//! assert_eq!(gatherer.release().0[0].responses.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alpaca_eval;
mod argilla;
mod codes;
mod conversation;
mod elements;
mod format;
mod gather;
mod helpsteer;
mod hh_rlhf;
#[cfg(test)]
mod in_words;
mod known;
mod label_studio;
mod lmarena;
mod origin;
mod pairs;
#[cfg(test)]
mod properties;
mod refusal;
mod report;
mod responses;
mod row;
mod row_source;
mod rows;
mod said;
#[cfg(test)]
mod tests;
mod time;
mod trl;
mod words;

pub use codes::{Codes, NoCodes};
pub use format::{Format, Unsure};
pub use gather::{Gatherer, Made};
pub use refusal::{Reason, Refusal};
pub use report::ImportReport;
pub use row::{Part, Settings};
pub use row_source::{RowSource, content_digits};
pub use rows::Rows;
pub use said::Said;
pub use trl::LABEL;

use crate::schema::{Preference, Record};

/// The schema of preferences that this program exports, which are rows of the form that TRL takes.
const OWN_SCHEMA: &str = Preference::SCHEMA;
