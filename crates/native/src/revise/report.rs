//! What a run of revisions came to.

use crate::files::output_name;
use crate::outcome::EarlyEnd;
use crate::progress::duration;
use crate::terminal::{count, plural};
use std::path::Path;
use std::time::Duration;
use tiebreak_core::schema::Sample;

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// Samples that stood in the files already.
    pub n_before: usize,
    n_samples: usize,
    n_revisions: usize,
    /// Rounds that gave the reply back as it was.
    pub n_unchanged: usize,
    /// Revisions that look like refusals.
    pub n_refusals: usize,
    /// Samples that were put aside for people.
    pub n_for_people: usize,
    length_change: i64,
    edit_distance: f64,
    pub n_problems: usize,
    pub elapsed: Duration,
    pub end: Option<EarlyEnd>,
}

impl Report {
    /// Enters a sample that is written.
    pub fn add(&mut self, sample: &Sample) {
        self.n_samples += 1;
        for revision in sample.responses.iter().filter_map(|response| response.revision.as_ref()) {
            self.n_revisions += 1;
            self.length_change += revision.length_change.unwrap_or_default();
            self.edit_distance += revision.edit_distance.unwrap_or_default();
        }
    }

    /// The report in some lines.
    pub fn text(&self, out: &Path, people: Option<&Path>) -> String {
        let out = output_name(out);
        let mut lines = Vec::new();
        if let Some(end) = self.end {
            let why = if end == EarlyEnd::Interrupted { "interrupted" } else { "ended by the budget" };
            lines.push(format!("{why}; the same command goes on with what is not written yet"));
        }
        if self.n_samples == 0 && self.n_before > 0 && self.end.is_none() {
            lines.push(format!("{out} is finished already: {}", plural(self.n_before, "sample")));
            return lines.join("\n");
        }
        let earlier = match self.n_before {
            0 => String::new(),
            n => format!(", after {} of an earlier start", count(n as u64)),
        };
        lines.push(format!(
            "{out}: {} with {} in {}{earlier}",
            plural(self.n_samples, "sample"),
            plural(self.n_revisions, "revision"),
            duration(self.elapsed)
        ));
        if self.n_revisions > 0 {
            let n = self.n_revisions as f64;
            lines.push(format!(
                "a revision is {:+.0} characters longer than its parent and changes {:.0} % of the words (means)",
                self.length_change as f64 / n,
                100.0 * self.edit_distance / n
            ));
        }
        let counts = [
            (self.n_unchanged, "round that changed nothing", "rounds that changed nothing"),
            (self.n_refusals, "revision that looks like a refusal", "revisions that look like refusals"),
        ];
        for (n, one, many) in counts.into_iter().filter(|(n, ..)| *n > 0) {
            lines.push(format!("{} {}", count(n as u64), if n == 1 { one } else { many }));
        }
        if let Some(people) = people {
            lines.push(format!(
                "{} put aside for people in {}",
                plural(self.n_for_people, "sample"),
                output_name(people)
            ));
        }
        lines.join("\n")
    }
}
