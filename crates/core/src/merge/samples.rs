//! Samples of several machines into one file.

use super::concern::Concern;
use super::entry::digest;
use super::report::Report;
use crate::names::Names;
use crate::plan::Shard;
use crate::schema::{ContentHash, Problem, Read, Sample, to_line};
use std::collections::{BTreeMap, BTreeSet};

/// What the samples should be of; by default nothing is known, and then nothing is missed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedSamples {
    /// The prompts' ids in the order of their file, which the result follows; without them it follows the ids.
    pub prompts: Vec<String>,
    /// Into how many shares the prompts were split.
    pub shards: Option<u32>,
}

/// What is remembered of a sample.
#[derive(Clone, Debug)]
struct Entry {
    prompt: u32,
    prompt_digest: [u8; 16],
    digest: [u8; 16],
    /// The responses' ids by number, and their texts' digests.
    responses: Vec<(u32, [u8; 16])>,
    place: u64,
}

/// Takes samples one by one, in any order, and keeps no sample itself.
#[derive(Debug)]
pub struct SampleMerge {
    prompts: Names,
    responses: Names,
    entries: Vec<Entry>,
    report: Report,
}

impl Default for SampleMerge {
    fn default() -> Self {
        Self {
            prompts: Names::default(),
            responses: Names::default(),
            entries: Vec::new(),
            report: Report::new("samples"),
        }
    }
}

impl SampleMerge {
    /// Counts a line that the reader could not make a sample of.
    pub fn unreadable(&mut self, problem: &Problem) {
        self.report.unreadable(problem);
    }

    /// Takes a sample; `place` is where the caller finds it again, such as its file and offset.
    pub fn add(&mut self, sample: &Sample, place: u64) {
        let mut messages = ContentHash::new("tiebreak/merged-prompt/1");
        messages.messages(&sample.prompt.messages);
        let mut response = |response: &crate::schema::Response| {
            (self.responses.number(&response.id), digest(&response.text))
        };
        self.entries.push(Entry {
            prompt: self.prompts.number(&sample.prompt.id),
            prompt_digest: digest(&messages.hex()),
            digest: digest(&to_line(sample)),
            responses: sample.responses.iter().map(&mut response).collect(),
            place,
        });
    }

    /// The places of the samples in the order in which they are written, without duplicates, and what was found.
    pub fn order(mut self, expected: &ExpectedSamples) -> (Vec<u64>, Report) {
        let n_read = self.entries.len() as u64;
        let positions: BTreeMap<&str, usize> =
            expected.prompts.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let position = |prompt: u32| positions.get(self.prompts.text(prompt)).copied().unwrap_or(usize::MAX);
        let ranks = self.prompts.ranks();
        self.entries.sort_by_key(|entry| {
            (position(entry.prompt), ranks[entry.prompt as usize], entry.digest, entry.place)
        });
        self.entries.dedup_by_key(|entry| entry.digest);
        let counts = &mut self.report.counts;
        counts.read = n_read;
        counts.kept = self.entries.len() as u64;
        counts.duplicates = counts.read - counts.kept;
        counts.subjects = self.prompts.len() as u64;
        self.check_conflicts();
        self.check_prompts(expected);
        self.check_shards(expected);
        (self.entries.iter().map(|entry| entry.place).collect(), self.report)
    }

    /// Finds different things under one id; samples of one prompt stand beside each other by now.
    fn check_conflicts(&mut self) {
        for group in self.entries.chunk_by(|a, b| a.prompt == b.prompt) {
            let prompt = self.prompts.text(group[0].prompt);
            let mut texts: BTreeMap<u32, [u8; 16]> = BTreeMap::new();
            for (at, entry) in group.iter().enumerate() {
                if at > 0 {
                    self.report.add(Concern::SeveralSamples, || format!("prompt `{prompt}`"));
                }
                if entry.prompt_digest != group[0].prompt_digest {
                    self.report.add(Concern::ConflictingPrompt, || format!("prompt `{prompt}`"));
                }
                for (response, text) in &entry.responses {
                    if *texts.entry(*response).or_insert(*text) != *text {
                        let id = self.responses.text(*response);
                        self.report.add(Concern::ConflictingResponse, || {
                            format!("prompt `{prompt}`, response `{id}`")
                        });
                    }
                }
            }
        }
    }

    fn check_prompts(&mut self, expected: &ExpectedSamples) {
        if expected.prompts.is_empty() {
            return;
        }
        let wanted: BTreeSet<&str> = expected.prompts.iter().map(String::as_str).collect();
        for id in wanted.iter().filter(|id| self.prompts.find(id).is_none()) {
            self.report.add(Concern::MissingPrompt, || format!("prompt `{id}`"));
        }
        for entry in &self.entries {
            let id = self.prompts.text(entry.prompt);
            if !wanted.contains(id) {
                self.report.add(Concern::UnknownPrompt, || format!("prompt `{id}`"));
            }
        }
    }

    /// Without the prompts a share that lacks some samples looks like a whole one.
    fn check_shards(&mut self, expected: &ExpectedSamples) {
        let count = expected.shards.unwrap_or(0);
        let found: Vec<&str> =
            (0..self.prompts.len() as u32).map(|prompt| self.prompts.text(prompt)).collect();
        for index in 1..=count {
            let shard = Shard { index, count };
            let present = found.iter().filter(|id| shard.contains(id)).count();
            let wanted = expected.prompts.iter().filter(|id| shard.contains(id));
            let missing = wanted.clone().filter(|id| self.prompts.find(id).is_none()).count();
            let is_empty = !expected.prompts.is_empty() && wanted.count() == 0;
            if present == 0 && !is_empty {
                self.report.add(Concern::MissingShard, || format!("share {shard}"));
            } else if missing > 0 {
                self.report.add(Concern::IncompleteShard, || format!("share {shard} lacks {missing}"));
            }
        }
    }
}

/// Samples of files that were read whole.
#[derive(Clone, Debug, PartialEq)]
pub struct MergedSamples {
    /// All samples but duplicates, in the order in which they are written.
    pub samples: Vec<Sample>,
    /// What was found.
    pub report: Report,
}

/// Merges files that were read whole.
pub fn merge_samples(files: Vec<Read<Sample>>, expected: &ExpectedSamples) -> MergedSamples {
    let mut merge = SampleMerge::default();
    let mut samples: Vec<Option<Sample>> = Vec::new();
    for file in files {
        file.problems.iter().for_each(|problem| merge.unreadable(problem));
        for sample in file.into_records() {
            merge.add(&sample, samples.len() as u64);
            samples.push(Some(sample));
        }
    }
    let (places, report) = merge.order(expected);
    let samples = places.iter().filter_map(|&place| samples[place as usize].take()).collect();
    MergedSamples { samples, report }
}
