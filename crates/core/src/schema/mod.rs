//! The records and their JSON lines: the one place where a record's form is defined.

mod check;
mod identity;
mod index;
mod lines;
mod locate;
mod parse;
mod preference;
mod problem;
mod prompt;
mod prompts;
#[cfg(test)]
mod properties;
mod rated;
mod reader;
mod record;
mod sample;
#[cfg(test)]
mod tests;
mod vote;

pub use check::Finding;
pub use identity::{
    ContentHash, Pair, pair_id, pairs, prompt_id, response_id, response_ids, sha256_hex, vote_id,
};
pub(crate) use index::ids_by_text;
pub use index::{IndexedPair, PairIndex};
pub(crate) use lines::MAX_LINE_BYTES;
pub(crate) use parse::{parse_json, text as line_text};
pub use preference::{Origin, Preference, Weight};
pub use problem::Problem;
pub(crate) use problem::{Fault, printable};
pub use prompt::{EdgeCase, Message, Prompt, Role, asked_text};
pub use prompts::read_prompts;
pub use rated::RatedResponses;
pub(crate) use reader::Source;
pub use reader::{Numbered, Read, Reader, first_record_name, read_records};
pub use record::{Record, to_line, write_records};
pub use sample::{FinishReason, ModelReference, Response, Revision, Runtime, Sample, Sampling, Unrevised};
pub use vote::{
    Annotator, AnnotatorKind, Interaction, JudgeEvidence, LikelihoodScore, Rating, ShownIn, Side,
    TemplateReference, UNNAMED_PREFIX, Verdict, Vote,
};

/// Fields of a record that this version does not know; they survive a round trip.
pub type Extra = serde_json::Map<String, serde_json::Value>;
