//! The ratings that votes rest on, in a file of their own.

use crate::files::{say, Log, Manifest, Opened};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;
use tiebreak_core::judge::{read_ratings, Template};
use tiebreak_core::schema::{Rating, Vote};

/// Ratings, written once for each response and criterion.
pub struct RatingsLog {
    log: Log,
    /// By prompt, response and criterion: responses of two prompts may have the same id.
    done: BTreeSet<[String; 3]>,
}

impl RatingsLog {
    /// Opens `path` for the run that `manifest` describes.
    pub fn open(path: &Path, manifest: &Manifest, force: bool) -> Result<Self> {
        let mut done = BTreeSet::new();
        let Opened { log, problems } = Log::open(path, manifest, force, |rating: Rating| {
            done.insert([rating.prompt_id.unwrap_or_default(), rating.response, rating.criterion]);
        })?;
        problems.iter().for_each(|problem| say(&problem.to_string()));
        Ok(Self { log, done })
    }

    /// Writes the ratings of both responses that are not there yet.
    pub fn append(&mut self, vote: &Vote, template: &Template) -> Result<()> {
        let rubric = template.rubric();
        let texts = vote.judge.as_ref().and_then(|evidence| evidence.raw_text_by_order.as_ref());
        for (response, text) in vote.responses.iter().zip(texts.into_iter().flatten()) {
            // What cannot be read is told with the vote, which is unparsed.
            let ratings = read_ratings(text, rubric).unwrap_or_default();
            for (criterion, value) in rubric.criteria.iter().zip(ratings) {
                if self.done.insert([vote.prompt_id.clone(), response.clone(), criterion.clone()]) {
                    self.log.append(&rating(vote, response, (criterion, value), rubric.scale))?;
                }
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Result<()> {
        self.log.finish()
    }
}

fn rating(vote: &Vote, response: &str, (criterion, value): (&str, f64), scale: [f64; 2]) -> Rating {
    Rating {
        prompt_id: Some(vote.prompt_id.clone()),
        response: response.to_owned(),
        annotator: vote.annotator.clone(),
        criterion: criterion.to_owned(),
        value,
        scale_low: scale[0],
        scale_high: scale[1],
        guideline_version: None,
        shown_at: None,
        decided_at: vote.decided_at,
        extra: Default::default(),
    }
}
