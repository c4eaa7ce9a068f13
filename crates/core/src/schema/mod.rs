//! The records and their JSON lines: the one place where a record's form is defined.

mod preference;
mod prompt;
mod sample;
mod vote;

pub use preference::{Origin, Preference, Weight};
pub use prompt::{EdgeCase, Message, Prompt, Role};
pub use sample::{FinishReason, ModelReference, Response, Revision, Runtime, Sample, Sampling};
pub use vote::{
    Annotator, AnnotatorKind, JudgeEvidence, LikelihoodScore, Rating, Side, TemplateReference, Verdict, Vote,
};

/// Fields of a record that this version does not know; they survive a round trip.
pub type Extra = serde_json::Map<String, serde_json::Value>;
