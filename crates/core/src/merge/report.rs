//! What merging found.

use super::concern::Concern;
use crate::report::{Page, plural};
use crate::schema::{Problem, printable};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most examples that are kept of a concern.
const MOST_EXAMPLES: usize = 5;

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

/// What was found, and how often.
pub type Concerns = BTreeMap<Concern, Tally>;

/// Counts something that was found.
pub(crate) fn note(concerns: &mut Concerns, concern: Concern, example: impl FnOnce() -> String) {
    concerns.entry(concern).or_default().add(example);
}

/// Tells each concern with its advice and examples.
pub(crate) fn list(concerns: &Concerns, page: &mut Page) {
    for (concern, tally) in concerns {
        let (what, advice) = concern.words();
        page.paragraph(&format!("{what}: {} ({advice})", tally.count));
        tally.examples.iter().for_each(|example| page.example(example));
        let more = tally.count.saturating_sub(tally.examples.len() as u64);
        if more > 0 {
            page.example(&format!("and {more} more"));
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
    pub concerns: Concerns,
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
        note(&mut self.concerns, concern, example);
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
        list(&self.concerns, &mut page);
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
