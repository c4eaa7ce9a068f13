//! What a run of judging came to.

use crate::files::output_name;
use crate::outcome::EarlyEnd;
use crate::progress::duration;
use crate::terminal::{count, plural};
use std::path::Path;
use std::time::Duration;

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// Pairs of these samples that were judged already.
    pub n_before: usize,
    /// Votes that this start added.
    pub n_added: usize,
    /// Pairs that this start wrote for people.
    pub n_escalated: usize,
    /// How many there are to be.
    pub n_wanted: usize,
    /// Pairs that could not be judged, and lines of the output that are no votes.
    pub n_problems: usize,
    pub elapsed: Duration,
    pub early_end: Option<EarlyEnd>,
    /// Whether a later start can go on.
    pub can_resume: bool,
}

impl Report {
    /// The report in a line.
    pub fn text(&self, out: &Path) -> String {
        let out = output_name(out);
        let n_judged = self.n_before + self.n_added + self.n_escalated;
        if let Some(end) = self.early_end {
            let why = if end == EarlyEnd::Interrupted { "interrupted" } else { "stopped" };
            let total = plural(self.n_wanted, "pair");
            return format!(
                "{why}: {} of {total} are judged, see {out}{}",
                count(n_judged as u64),
                if self.can_resume { "; the same command goes on from there" } else { "" }
            );
        }
        if n_judged == self.n_before && self.n_problems == 0 {
            return format!("{out} is finished already: {}", plural(n_judged, "pair"));
        }
        let earlier = match self.n_before {
            0 => String::new(),
            n => format!(", after {} of an earlier start", count(n as u64)),
        };
        format!("{out}: {} in {}{earlier}", plural(self.n_added, "vote"), duration(self.elapsed))
    }
}
