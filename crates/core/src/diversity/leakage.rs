//! Prompts that stand in training and in test.

use super::NearDuplicates;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many prompts of the test part a model has seen in training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leakage {
    /// Different prompts in training.
    pub n_train: usize,
    /// Different prompts in test.
    pub n_test: usize,
    /// Those of test that stand word for word in training.
    pub n_same: usize,
    /// Those of test that have something almost the same in training, the ones above included; see [`NearDuplicates`].
    pub n_nearly_same: usize,
}

impl Leakage {
    /// Compares the prompts of both parts, each given by its text.
    pub fn between<'a>(
        train: impl IntoIterator<Item = &'a str>,
        test: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let train: BTreeSet<&str> = train.into_iter().collect();
        let test: BTreeSet<&str> = test.into_iter().collect();
        let mut texts = NearDuplicates::default();
        train.iter().chain(&test).for_each(|text| texts.add(text));
        let groups = texts.groups();
        let (of_train, of_test) = groups.split_at(train.len());
        let trained: BTreeSet<usize> = of_train.iter().copied().collect();
        Self {
            n_train: train.len(),
            n_test: test.len(),
            n_same: test.intersection(&train).count(),
            n_nearly_same: of_test.iter().filter(|group| trained.contains(group)).count(),
        }
    }
}
