//! A study: one JSON document that holds all that an annotator's page needs, and its key, which stays with the researcher.
//!
//! - [`Study`] and [`StudyKey`] are the two documents; [`Study::read`] checks one that comes from anywhere.
//! - [`build()`] makes both from samples and [`BuildSettings`].
//! - [`next`] chooses the pairs that are worth asking about.
//! - [`Session`] is one annotator's way through a study: what comes next, what an answer becomes, how far it is.

mod build;
mod check;
mod document;
mod key;
pub mod next;
mod session;
#[cfg(test)]
mod tests;

pub use build::{BuildSettings, Built, Gold, LeftOut, Parts, build};
pub use check::MOST_STUDY_BYTES;
pub use document::{
    Answerers, Delivery, Guidelines, Item, Qualification, QualificationQuestion, ResultMethod, Scale,
    Settings, Study, StudyError, Warnings,
};
pub use key::{KeyItem, Role, StudyKey};
pub use session::{Answer, Choice, Completion, Progress, Session, SessionError, Shown, Timing};
