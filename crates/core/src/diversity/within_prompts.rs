//! How much the responses to one prompt differ, over all prompts.

use super::{NearDuplicates, Shingles, distinct, self_bleu, words};
use crate::report::Measure;
use serde::{Deserialize, Serialize};

/// The longest sequences whose share of distinct ones is taken.
const LONGEST: usize = 3;

/// Collects the responses of one prompt after the other, and keeps none of them.
#[derive(Clone, Debug, Default)]
pub struct WithinPrompts {
    n_prompts: usize,
    distinct: [Mean; LONGEST],
    self_bleu: Mean,
    n_pairs: usize,
    n_near_duplicates: usize,
}

impl WithinPrompts {
    /// Adds the responses to a prompt.
    pub fn add(&mut self, texts: &[&str]) {
        let split: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
        self.n_prompts += 1;
        for (n, mean) in (1..).zip(&mut self.distinct) {
            mean.add(distinct(&split, n));
        }
        self.self_bleu.add(self_bleu(&split));
        let shingles: Vec<Shingles> = texts.iter().map(|text| Shingles::of(text)).collect();
        for (place, first) in shingles.iter().enumerate() {
            for (second, text) in shingles.iter().zip(texts).skip(place + 1) {
                let is_near = first.jaccard(second) >= NearDuplicates::THRESHOLD || *text == texts[place];
                self.n_pairs += 1;
                self.n_near_duplicates += usize::from(is_near);
            }
        }
    }

    /// The means over the prompts that have the measure.
    pub fn summary(&self) -> WithinPromptsSummary {
        let short = "no prompt has a response with so many words";
        WithinPromptsSummary {
            n_prompts: self.n_prompts,
            distinct: self.distinct.map(|mean| Measure::from_option(mean.value(), short)),
            self_bleu: Measure::from_option(self.self_bleu.value(), "no prompt has two responses with words"),
            n_pairs: self.n_pairs,
            n_near_duplicates: self.n_near_duplicates,
        }
    }
}

/// How much the responses to a prompt differ from each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WithinPromptsSummary {
    /// Prompts with their responses.
    pub n_prompts: usize,
    /// The mean of [`distinct`] for one, two and three words: 1 where no sequence of words comes twice.
    pub distinct: [Measure<f64>; LONGEST],
    /// The mean of [`self_bleu`]: 1 where the responses are the same.
    pub self_bleu: Measure<f64>,
    /// Pairs of responses to one prompt.
    pub n_pairs: usize,
    /// Those that are almost the same, see [`NearDuplicates`].
    pub n_near_duplicates: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    total: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.total += value;
            self.count += 1;
        }
    }

    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.total / self.count as f64)
    }
}
