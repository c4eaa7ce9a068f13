//! How far several annotators agree beyond chance, and which of them are right where no truth is known.
//!
//! - [`percent_agreement`], [`cohen_kappa`], [`gwet_ac1`]: two annotators on the same items.
//!   Look at all three: where nearly all items are of one class, kappa is low though the annotators hardly ever differ (Feinstein and Cicchetti 1990).
//! - [`krippendorff_alpha`]: any number of annotators, any of whom may have missed an item.
//! - [`dawid_skene`]: what each item most probably is, and how each worker errs.

mod alpha;
mod dawid_skene;
mod kappa;
#[cfg(test)]
mod tests;

pub use alpha::{Level, krippendorff_alpha};
pub use dawid_skene::{DawidSkene, Label, WorkerModel, dawid_skene};
pub use kappa::{Disagreement, cohen_kappa, gwet_ac1, percent_agreement};
