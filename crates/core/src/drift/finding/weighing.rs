//! From a report to the weights of votes.

use super::document::DriftReport;
use super::observations::{days, time_of};
use crate::drift::weights::Weighing;
use crate::schema::Sample;
use jiff::Timestamp;

/// Why votes weigh 1 where the report holds no other reason.
const NO_CHOICE: &str = "no decay was chosen: all count alike";

impl DriftReport {
    /// The time of the first of the votes that were tested; none where there was none.
    ///
    /// Seen from before it no vote has an age, and all weigh 1.
    pub fn first_vote(&self) -> Option<Timestamp> {
        time_of(days(self.reference_time?) - self.counts.days)
    }

    /// How the report weighs votes on these samples at a time, or where that is none at the last vote.
    pub fn weighing<'a>(&'a self, samples: &'a [Sample], at: Option<Timestamp>) -> Weighing<'a> {
        let reason = self.left_out.iter().find(|left_out| left_out.what == "weights");
        let prompts = samples.iter().map(|sample| &sample.prompt);
        Weighing {
            all: self.weights.as_ref().ok_or(reason.map_or(NO_CHOICE, |left_out| &left_out.reason)),
            groups: &self.group_weights,
            categories: prompts
                .filter_map(|prompt| Some((prompt.id.as_str(), prompt.category.as_deref()?)))
                .collect(),
            judges_apart: self.counts.of_judges > 0,
            last_vote: self.reference_time,
            reference_time: at.or(self.reference_time),
            now: self.settings.now,
        }
    }
}
