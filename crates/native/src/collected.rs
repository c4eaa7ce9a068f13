//! Samples and the votes on them, as most commands read them.

use crate::files::{self, Placed};
use crate::outcome::Problems;
use crate::terminal::{harmless, plural};
use anyhow::{bail, Result};
use tiebreak_core::schema::{RatedResponses, Rating, Sample, Vote};

/// Samples and votes of any number of files.
pub struct Collected {
    pub samples: Vec<Sample>,
    pub votes: Vec<Vote>,
}

impl Collected {
    /// Reads both; an error where there is no sample, without which nothing can be done.
    pub fn read(samples: &[String], votes: &[String], problems: &mut Problems) -> Result<Self> {
        files::refuse_second_dash(samples.iter().chain(votes))?;
        Ok(Self {
            samples: read_samples(samples, problems)?,
            votes: files::read_all(votes, |problem| problems.add(problem))?,
        })
    }
}

/// The samples of all files; an error where there is none.
pub fn read_samples(sources: &[String], problems: &mut Problems) -> Result<Vec<Sample>> {
    Ok(placed_samples(sources, problems)?.into_iter().map(|placed| placed.record).collect())
}

/// The samples of all files with their places; an error where there is none.
pub fn placed_samples(sources: &[String], problems: &mut Problems) -> Result<Vec<Placed<Sample>>> {
    let samples = files::read_placed(sources, |problem| problems.add(problem))?;
    if samples.is_empty() {
        bail!("there is no usable sample in {}; `tiebreak generate` makes some", sources.join(", "));
    }
    Ok(samples)
}

/// The ratings of all files; those of responses that the samples do not hold are told and left out.
pub fn read_ratings(sources: &[String], samples: &[Sample], problems: &mut Problems) -> Result<Vec<Rating>> {
    let ratings = files::read_all::<Rating>(sources, |problem| problems.add(problem))?;
    let responses = RatedResponses::new(samples);
    let (known, unknown): (Vec<Rating>, Vec<Rating>) =
        ratings.into_iter().partition(|rating| responses.hold(rating));
    if let Some(first) = unknown.first() {
        problems.add(&format!(
            "{} of responses that the samples do not hold, such as `{}`, left out: give the samples that they were made on",
            plural(unknown.len(), "rating"),
            harmless(&first.response)
        ));
    }
    Ok(known)
}
