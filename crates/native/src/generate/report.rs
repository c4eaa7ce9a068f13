//! What sampling came to.

use crate::args::ThinkingChoice;
use crate::files::output_name;
use crate::outcome::EarlyEnd;
use crate::progress::{duration, rate};
use crate::terminal::{count, plural};
use std::path::Path;
use std::time::Duration;

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// Samples that stood in the file already.
    pub n_before: usize,
    /// Samples that this start added.
    pub n_added: usize,
    /// How many there are to be.
    pub n_wanted: usize,
    pub n_responses: usize,
    /// Responses whose thought took all tokens.
    pub n_unanswered: usize,
    pub n_tokens: u64,
    /// Prompts that could not be answered, and lines of the output that are no samples.
    pub n_problems: usize,
    pub elapsed: Duration,
    pub early_end: Option<EarlyEnd>,
    /// Whether a later start can go on.
    pub can_resume: bool,
}

impl Report {
    /// What to do about responses that never came to an answer; none where all did.
    pub fn unanswered(&self, max_tokens: u32, thinking: ThinkingChoice) -> Option<String> {
        let (n_unanswered, n_responses) =
            (count(self.n_unanswered as u64), plural(self.n_responses, "response"));
        let or_else = match thinking {
            ThinkingChoice::Off => "; this model thinks though its template is told that it need not",
            _ => ", or --thinking off",
        };
        let text = || {
            format!(
                "{n_unanswered} of {n_responses} hold no answer: the thought took all tokens; give more than \
                 --max-tokens {max_tokens}, which counts thoughts too{or_else}"
            )
        };
        (self.n_unanswered > 0).then(text)
    }

    /// The report in a line or two.
    pub fn text(&self, out: &Path) -> String {
        let out = output_name(out);
        let n_samples = self.n_before + self.n_added;
        if let Some(end) = self.early_end {
            let why = if end == EarlyEnd::Interrupted { "interrupted" } else { "stopped" };
            let tail = if self.can_resume { "; the same command goes on from there" } else { "" };
            return format!(
                "{why}: {out} holds {} of {}{tail}",
                count(n_samples as u64),
                plural(self.n_wanted, "sample")
            );
        }
        if self.n_wanted == 0 {
            return format!("{out}: no prompt falls into this part");
        }
        if self.n_added == 0 && self.n_problems == 0 {
            return format!("{out} is finished already: {}", plural(n_samples, "sample"));
        }
        let earlier = match self.n_before {
            0 => String::new(),
            n => format!(", after {} of an earlier start", count(n as u64)),
        };
        let speed = rate(self.n_tokens, self.elapsed)
            .map_or_else(String::new, |rate| format!(", {rate:.0} tokens/s"));
        format!(
            "{out}: {} with {} ({} tokens) in {}{speed}{earlier}",
            plural(self.n_added, "sample"),
            plural(self.n_responses, "response"),
            count(self.n_tokens),
            duration(self.elapsed)
        )
    }
}
