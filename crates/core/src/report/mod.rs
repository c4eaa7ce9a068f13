//! What reports are made of: results that may be missing, and pages of text.

mod measure;
mod page;

pub use measure::Measure;
pub(crate) use page::{Page, Unit, p_value, percent, plural};
