//! All that is said of annotators, in one document.

use super::report_text::ratings_part;
use super::{AgreementReport, AnnotatorReport, Ballots, RatingAgreement, agreement, annotators};
use crate::merge::{Concerns, list};
use crate::report::Page;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How far annotators agree, how each of them works, and what of the votes could not be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementDocument {
    /// `tiebreak/agreement/1`.
    pub schema: String,
    /// How far they agree.
    pub agreement: AgreementReport,
    /// How each works, and who should be asked.
    pub annotators: AnnotatorReport,
    /// On ratings of single responses, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<RatingAgreement>,
    /// Votes that were left out, or whose time was.
    pub concerns: Concerns,
}

impl AgreementDocument {
    /// The name and version that every document carries.
    pub const SCHEMA: &'static str = "tiebreak/agreement/1";

    /// Measures everything; `concerns` are those of the [`Collector`](super::Collector) that made the ballots.
    pub fn new(ballots: &Ballots, concerns: Concerns) -> Self {
        Self {
            schema: Self::SCHEMA.to_owned(),
            agreement: agreement(ballots),
            annotators: annotators(ballots),
            ratings: Vec::new(),
            concerns,
        }
    }

    /// The same with agreement on ratings, see [`rating_agreement`](super::rating_agreement).
    pub fn with_ratings(self, ratings: Vec<RatingAgreement>) -> Self {
        Self { ratings, ..self }
    }

    /// The document as it is written to its file.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a report has text keys and finite numbers");
        text + "\n"
    }
}

impl fmt::Display for AgreementDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n", self.agreement)?;
        if !self.ratings.is_empty() {
            let mut page = Page::new();
            self.ratings.iter().for_each(|of_criterion| ratings_part(&mut page, of_criterion));
            write!(f, "{}\n\n", page.text())?;
        }
        write!(f, "{}", self.annotators)?;
        if self.concerns.is_empty() {
            return Ok(());
        }
        let mut page = Page::new();
        page.heading("What could not be used as it is");
        list(&self.concerns, &mut page);
        write!(f, "\n\n{}", page.text())
    }
}
