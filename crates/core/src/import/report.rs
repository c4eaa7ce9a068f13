//! What became of the rows.

use super::refusal::Reason;
use crate::schema::{Rating, Verdict, Vote};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Counts of what was read and made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Rows, those that could not be read included.
    pub rows: u64,
    /// Samples that were released.
    pub samples: u64,
    /// Rows without a prompt, for which what both responses begin with was taken.
    pub guessed_prompts: u64,
    /// Prompts that came again after their sample was released, and so have several.
    pub split_prompts: u64,
    /// Votes.
    pub votes: u64,
    /// Votes that find neither better.
    pub ties: u64,
    /// Votes that find both bad.
    pub both_bad: u64,
    /// Votes that skip, flag, or hold no verdict.
    pub without_verdict: u64,
    /// Votes without a time.
    pub votes_without_time: u64,
    /// The time of the latest vote.
    pub latest_vote: Option<Timestamp>,
    /// Ratings.
    pub ratings: u64,
    /// Ratings without a time.
    pub ratings_without_time: u64,
    /// Rows and parts of rows that were left out.
    pub left_out: BTreeMap<Reason, u64>,
}

impl ImportReport {
    pub(super) fn vote(&mut self, vote: &Vote) {
        self.votes += 1;
        self.votes_without_time += u64::from(vote.decided_at.is_none());
        self.latest_vote = self.latest_vote.max(vote.decided_at);
        match vote.verdict {
            Verdict::Strength(0) => self.ties += 1,
            Verdict::Strength(_) => {}
            Verdict::BothBad => self.both_bad += 1,
            Verdict::Skip | Verdict::Flag | Verdict::Unparsed => self.without_verdict += 1,
        }
    }

    pub(super) fn rating(&mut self, rating: &Rating) {
        self.ratings += 1;
        self.ratings_without_time += u64::from(rating.decided_at.is_none());
    }
}

impl fmt::Display for ImportReport {
    /// A line a heading; no line end after the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows    {:>8}", self.rows)?;
        for (reason, count) in &self.left_out {
            let what = if reason.keeps_record() { "kept" } else { "left out" };
            write!(f, "\n        {count:>8}  {what}: {}", reason.heading())?;
        }
        if self.guessed_prompts > 0 {
            let heading = "without a prompt: what both responses begin with is taken for it (--prompt-field)";
            write!(f, "\n        {:>8}  {heading}", self.guessed_prompts)?;
        }
        write!(f, "\nsamples {:>8}", self.samples)?;
        let detail = |f: &mut fmt::Formatter<'_>, count: u64, heading: &str| match count {
            0 => Ok(()),
            _ => write!(f, "\n        {count:>8}  {heading}"),
        };
        detail(f, self.split_prompts, "prompts with several samples, since memory was full (--memory)")?;
        write!(f, "\nvotes   {:>8}", self.votes)?;
        detail(f, self.ties, "ties")?;
        detail(f, self.both_bad, "both bad")?;
        detail(f, self.without_verdict, "skips, flags, and answers without a verdict")?;
        detail(f, self.votes_without_time, "without a time: kept, and never decayed")?;
        if self.ratings > 0 {
            write!(f, "\nratings {:>8}", self.ratings)?;
            detail(f, self.ratings_without_time, "without a time")?;
        }
        Ok(())
    }
}
