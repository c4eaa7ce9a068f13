//! What reports are made of: results that may be missing, pages of text, and what is counted of a collection.
//!
//! - [`Measure`] is a result, or the reason why there is none.
//! - [`PairTable`] joins ballots with the pairs that they are on; the counts below rest on it.
//! - [`collection`](collection()): what there is, by whom and from when.
//! - [`inclinations`]: whether what stands first, or what is longer, is preferred.
//! - [`coverage`](coverage()): how many pairs and votes each category and edge case has.
//! - [`disputed`]: the pairs that annotators disagree on most.
//! - [`WeightTable`] and [`AgeTally`]: what votes weigh by their age.
//! - [`RowTally`]: what the rows for training are like.

mod collection;
mod coverage;
mod disputed;
mod inclination;
mod measure;
mod month;
mod page;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod weight_ages;

pub use collection::{Collection, KindCount, ModelCount, MonthCount, VerdictCount, collection};
pub use coverage::{Coverage, Covered, coverage};
pub use disputed::{Dispute, Opinion, disputed};
pub use inclination::{Inclination, LENGTH_STEPS, LengthStep, Who, inclinations};
pub use measure::Measure;
pub(crate) use month::month;
pub(crate) use page::{Page, Unit, capitalised, p_value, percent, plural};
pub use rows::{RowTally, TrainingRows};
pub use table::PairTable;
pub use weight_ages::{AgeBin, AgeTally, WeightAges, WeightTable};
