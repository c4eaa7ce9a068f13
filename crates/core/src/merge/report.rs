//! What merging found.

use crate::judge::card::page::{Page, plural};
use crate::schema::{Problem, printable};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most examples that are kept of a concern.
const MOST_EXAMPLES: usize = 5;

/// Something that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// A line that is no record of its kind, or breaks off.
    Unreadable,
    /// The study's id does not follow from its content.
    StudyChanged,
    /// The key is not the one whose hash the study holds.
    KeyMismatch,
    /// Votes of several studies stand in the files.
    SeveralStudies,
    /// A vote of a study that was not given.
    OtherStudy,
    /// A vote on an item that its study does not have, or on another pair than the item's.
    UnknownItem,
    /// The response shown first is not the one that the key gives.
    WrongOrder,
    /// A vote on a pair that is not among those expected.
    UnknownPair,
    /// A pair without any vote.
    MissingPair,
    /// A pair with a known verdict on which nobody voted.
    GoldUnanswered,
    /// An annotator of a study with known verdicts who voted on none of them.
    NoGold,
    /// A vote of a study without receipt or number.
    MissingReceipt,
    /// A vote that is not what its receipt was made of, or that follows none of the others.
    BrokenReceipt,
    /// Several votes that follow the same one: the work went on in two places.
    BranchedReceipts,
    /// Different votes of one annotator on one showing of a pair that both claim to be the last.
    Conflict,
    /// A vote without a time.
    NoTime,
    /// A time before the year 2000, when no clock had been set.
    ClockNotSet,
    /// A time in the future.
    Future,
    /// A clock that went backwards, or that counts less time than the pair was looked at.
    ClockJump,
    /// A person's votes on different pairs at the same time.
    EqualTimes,
    /// Different samples of one prompt.
    SeveralSamples,
    /// Different prompts under one id.
    ConflictingPrompt,
    /// Different texts under one response id.
    ConflictingResponse,
    /// A prompt without a sample.
    MissingPrompt,
    /// A sample of a prompt that is not among those expected.
    UnknownPrompt,
    /// A share of the prompts without any sample.
    MissingShard,
    /// A share of the prompts that has only some of its samples.
    IncompleteShard,
}

impl Concern {
    /// What it is, and what to do about it.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => ("lines that cannot be read", "mend them, or leave them out"),
            Self::StudyChanged => {
                ("studies whose content does not give their id", "use the file that annotators got")
            }
            Self::KeyMismatch => {
                ("keys that are not their study's", "use the key that was made with the study")
            }
            Self::SeveralStudies => ("studies in the same files", "merge them apart, unless that is meant"),
            Self::OtherStudy => ("votes of a study that was not given", "give its file as well"),
            Self::UnknownItem => {
                ("votes on items that their study does not have", "ask where they come from")
            }
            Self::WrongOrder => (
                "votes whose sides stood otherwise than the key says",
                "they were not blind, or not given on the page: ask before using them",
            ),
            Self::UnknownPair => ("votes on unknown pairs", "give the samples they belong to"),
            Self::MissingPair => ("pairs without a vote", "collect more, or leave them out"),
            Self::GoldUnanswered => {
                ("pairs with a known verdict without a vote", "nobody is measured by them")
            }
            Self::NoGold => {
                ("annotators without a vote on a known verdict", "their accuracy cannot be told from gold")
            }
            Self::MissingReceipt => {
                ("votes of a study without a receipt", "nothing shows that they are as they were given")
            }
            Self::BrokenReceipt => (
                "votes that their receipt does not fit",
                "a vote was changed, left out or put in: ask for the annotator's own file",
            ),
            Self::BranchedReceipts => (
                "votes that follow one that another follows too",
                "the work went on in two places or browsers",
            ),
            Self::Conflict => (
                "votes that claim to be the last of the same showing as another",
                "the one that sorts last counts until the annotator says which",
            ),
            Self::NoTime => ("votes without a time", "they are kept, and never weighed by age"),
            Self::ClockNotSet => {
                ("votes from before the year 2000", "a clock was not set: their age is unknown")
            }
            Self::Future => ("votes from the future", "a clock is wrong: their age is unknown"),
            Self::ClockJump => ("votes around which a clock jumped", "do not trust their times"),
            Self::EqualTimes => {
                ("votes at the same time as the vote before", "no person answers two at once")
            }
            Self::SeveralSamples => ("samples of a prompt that has another sample", "all are kept"),
            Self::ConflictingPrompt => {
                ("samples whose prompt differs under the same id", "give one of the prompts another id")
            }
            Self::ConflictingResponse => (
                "responses whose text differs under the same id",
                "votes on them cannot be told apart: give one another id",
            ),
            Self::MissingPrompt => ("prompts without a sample", "sample them"),
            Self::UnknownPrompt => ("samples of unknown prompts", "give the prompts they belong to"),
            Self::MissingShard => ("shares without any sample", "add the missing file"),
            Self::IncompleteShard => ("shares that lack samples", "resume the run that makes them"),
        }
    }
}

/// How often something occurs, with some examples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first few examples in alphabetical order, so that they do not depend on the order of the files.
    pub examples: BTreeSet<String>,
}

impl Tally {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        let example = printable(&example());
        self.examples.insert(example);
        if self.examples.len() > MOST_EXAMPLES {
            self.examples.pop_last();
        }
    }
}

/// How many records there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records that were read.
    pub read: u64,
    /// Exact duplicates that were left out.
    pub duplicates: u64,
    /// Records in the result.
    pub kept: u64,
    /// Of the votes kept, those that a later one of the same annotator on the same showing replaces.
    pub revised: u64,
    /// Different annotators.
    pub annotators: u64,
    /// Different pairs, for samples different prompts.
    pub subjects: u64,
}

/// What was merged, and whatever is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The name of the records: `votes` or `samples`.
    pub records: String,
    /// How many there are.
    pub counts: Counts,
    /// Votes by study; those without a study under an empty name.
    pub studies: BTreeMap<String, u64>,
    /// What was found.
    pub concerns: BTreeMap<Concern, Tally>,
}

impl Report {
    pub(super) fn new(records: &str) -> Self {
        Self {
            records: records.to_owned(),
            counts: Counts::default(),
            studies: BTreeMap::new(),
            concerns: BTreeMap::new(),
        }
    }

    /// How often something was found.
    pub fn count(&self, concern: Concern) -> u64 {
        self.concerns.get(&concern).map_or(0, |tally| tally.count)
    }

    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.concerns.is_empty()
    }

    pub(super) fn add(&mut self, concern: Concern, example: impl FnOnce() -> String) {
        self.concerns.entry(concern).or_default().add(example);
    }

    pub(super) fn unreadable(&mut self, problem: &Problem) {
        self.add(Concern::Unreadable, || problem.to_string());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page::new();
        let counts = &self.counts;
        page.heading(&format!("Merged {}", self.records));
        page.row("read", &counts.read.to_string(), "");
        page.row("exact duplicates left out", &counts.duplicates.to_string(), "");
        page.row("kept", &counts.kept.to_string(), &self.subjects());
        if counts.revised > 0 {
            page.row("of these replaced by a later one", &counts.revised.to_string(), "kept as history");
        }
        let named = self.studies.iter().filter(|(study, _)| !study.is_empty());
        for (study, count) in named {
            page.row(&format!("of study {}", printable(study)), &count.to_string(), "");
        }
        page.heading("What is not as it should be");
        if self.is_clean() {
            page.paragraph("Nothing.");
        }
        for (concern, tally) in &self.concerns {
            let (what, advice) = concern.words();
            page.paragraph(&format!("{what}: {} ({advice})", tally.count));
            for example in &tally.examples {
                page.example(example);
            }
            let more = tally.count.saturating_sub(tally.examples.len() as u64);
            if more > 0 {
                page.example(&format!("and {more} more"));
            }
        }
        f.write_str(page.text())
    }
}

impl Report {
    fn subjects(&self) -> String {
        let Counts { annotators, subjects, .. } = self.counts;
        match annotators {
            0 => plural(subjects as usize, "prompt"),
            _ => format!(
                "{} by {}",
                plural(subjects as usize, "pair"),
                plural(annotators as usize, "annotator")
            ),
        }
    }
}
