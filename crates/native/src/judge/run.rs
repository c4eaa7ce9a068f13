//! A run while the model works: every vote is written as soon as it is there.

use super::asked::{Answers, Heard, Judged, QuestionId};
use super::ratings::RatingsLog;
use super::totals::Totals;
use super::trust::Trust;
use super::way::Way;
use super::{key, PairKey, Report, Request};
use crate::clock::Clock;
use crate::files::{say, Log, Placed};
use crate::interrupt;
use crate::outcome::EarlyEnd;
use crate::progress::Progress;
use anyhow::Result;
use std::collections::BTreeSet;
use tiebreak_core::judge::{Judge, Judgment};
use tiebreak_core::schema::{Pair, Record, Sample};

/// A run while the model works.
pub struct Run<'a> {
    pub request: &'a Request<'a>,
    pub clock: Clock,
    pub judge: Judge,
    pub log: Log,
    pub ratings: Option<RatingsLog>,
    pub trust: Option<Trust>,
    pub progress: Progress,
    pub report: Report,
    pub done: BTreeSet<PairKey>,
    pub totals: Totals,
}

impl Run<'_> {
    /// Takes the answer to a question, and writes what it completes.
    pub fn answered(
        &mut self,
        answers: &mut Answers<'_>,
        id: QuestionId,
        heard: Result<Heard, String>,
    ) -> Result<()> {
        for Judged { sample, pair, judgment } in answers.take(id, heard) {
            match judgment {
                Ok(judgment) => self.write(sample, &pair, judgment)?,
                Err(what) => self.skip(sample, &pair, &what),
            }
        }
        Ok(())
    }

    /// Says something that is told without `--quiet`.
    pub fn tell(&self, line: &str) {
        if !self.request.quiet {
            self.progress.say(line);
        }
    }

    /// Ends the display, tells what was measured, and waits until all is on the disk.
    pub fn finish(mut self) -> Result<Report> {
        self.report.elapsed = self.progress.finish().elapsed;
        if !self.request.quiet {
            self.totals.text().iter().for_each(|line| say(line));
            self.trust.iter().for_each(|trust| say(&trust.text()));
        }
        self.log.finish()?;
        if let Some(ratings) = self.ratings {
            ratings.finish()?;
        }
        if let Some(trust) = self.trust {
            trust.finish()?;
        }
        Ok(self.report)
    }

    /// Whether to stop here, with work left.
    pub fn is_interrupted(&mut self) -> bool {
        if interrupt::is_requested() {
            self.report.early_end = Some(EarlyEnd::Interrupted);
        }
        self.report.early_end.is_some()
    }

    pub fn skip(&mut self, sample: &Placed<Sample>, pair: &Pair<'_>, what: &str) {
        let (first, second) = (&pair.first.id, &pair.second.id);
        self.fail(sample, &format!("the pair of `{first}` and `{second}` has no vote: {what}"));
    }

    pub fn fail(&mut self, sample: &Placed<Sample>, what: &str) {
        self.report.n_problems += 1;
        self.progress.say(&format!("{}: prompt `{}`: {what}", sample.place, sample.record.prompt.id));
    }

    /// Writes the vote, and the ratings that it rests on.
    pub fn write(&mut self, sample: &Placed<Sample>, pair: &Pair<'_>, judgment: Judgment) -> Result<()> {
        if !self.done.insert(key(&sample.record, pair)) {
            return Ok(());
        }
        let vote = self.judge.vote(&sample.record.prompt.id, pair, judgment, Some(self.clock.now()));
        if let Some(finding) = vote.check().first() {
            self.fail(sample, &format!("the vote cannot be recorded: {}: {}", finding.path, finding.message));
            return Ok(());
        }
        if let (Some(ratings), Way::Ratings { template, .. }) = (&mut self.ratings, self.request.way) {
            ratings.append(&vote, template)?;
        }
        self.totals.add(&vote);
        let kept = match &mut self.trust {
            Some(trust) => trust.take(&sample.record.prompt, pair, vote)?,
            None => Some(vote),
        };
        match kept {
            Some(vote) => {
                self.log.append(&vote)?;
                self.report.n_added += 1;
            }
            None => self.report.n_escalated += 1,
        }
        self.progress.done();
        Ok(())
    }
}
