//! How far several annotators agree beyond chance, and which of them are right where no truth is known.
//!
//! - [`percent_agreement`], [`cohen_kappa`], [`gwet_ac1`]: two annotators on the same items.
//!   Look at all three: where nearly all items are of one class, kappa is low though the annotators hardly ever differ (Feinstein and Cicchetti 1990).
//! - [`krippendorff_alpha`]: any number of annotators, any of whom may have missed an item.
//! - [`Answers`]: Fleiss' and Randolph's kappa, Gwet's AC1 and alpha for any number of annotators, from counts that can be added up, so that [`Groups`] gives each its interval.
//! - [`Collector`] makes ballots of samples and votes, and [`AgreementDocument`] is all that is said of them.
//! - [`BallotBox`] and [`agreement`](agreement()): all of these for a collection of votes, by category and by month.
//! - [`rating_agreement`]: alpha for ratings of single responses, by criterion.
//! - [`dawid_skene`]: what each item most probably is, and how each worker errs.
//! - [`noisy_bradley_terry`]: what responses are worth where workers may answer without reading, and prefer a side of the screen.
//! - [`annotators`](annotators()): how each annotator works, and who should be asked about it.

mod alpha;
mod annotators;
mod ballots;
mod collector;
mod dawid_skene;
mod decaying_exp;
mod document;
mod kappa;
mod noisy_pairs;
mod overlap;
mod raters;
mod ratings;
mod report;
mod report_text;
mod squarem;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod votes_tests;

pub use alpha::{Level, krippendorff_alpha};
pub use annotators::{
    AnnotatorFacts, AnnotatorReport, Asked, FirstChoices, Gold, Reading, Reason, ReasonKind, Speed, Streaks,
    annotators,
};
pub use ballots::{Ballot, BallotBox, Ballots, N_CLASSES, PairFacts, Voter, class, voices};
pub use collector::Collector;
pub use dawid_skene::{DawidSkene, DawidSkeneSettings, Label, WorkerModel, dawid_skene};
pub use document::AgreementDocument;
pub use kappa::{Disagreement, cohen_kappa, gwet_ac1, percent_agreement};
pub use noisy_pairs::{NoisyBradleyTerry, NoisySettings, SideBySide, noisy_bradley_terry};
pub use overlap::Overlap;
pub use raters::{Answers, Groups};
pub use ratings::{RatingAgreement, rating_agreement};
pub use report::{
    Agreement, AgreementReport, Coefficient, Part, StrengthAgreement, TwoAnnotators, agreement,
};
