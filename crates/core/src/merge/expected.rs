//! What votes should be of: a study with its key, and pairs.

use super::concern::Concern;
use super::report::Report;
use crate::blind::shown_first;
use crate::names::Names;
use crate::schema::{Vote, pair_id};
use crate::study::{Role, Study, StudyKey};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the votes before they are read; by default nothing, and then nothing is missed.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    studies: BTreeMap<String, StudyFacts>,
    pairs: BTreeSet<String>,
    mismatches: Vec<(Concern, String)>,
}

/// What is checked of a study's votes.
#[derive(Clone, Debug)]
struct StudyFacts {
    order_key: String,
    /// The pair of each item.
    items: BTreeMap<String, String>,
    /// Items with a known verdict; without the key none are known.
    gold: BTreeSet<String>,
}

impl Expected {
    /// Adds a study, and its key where it is at hand.
    ///
    /// A study whose content does not give its id, and a key that is not the study's, are reported; their votes are checked all the same.
    pub fn study(mut self, study: &Study, key: Option<&StudyKey>) -> Self {
        if study.id != study.content_id() {
            self.mismatches.push((Concern::StudyChanged, format!("study `{}`", study.id)));
        }
        if key.is_some_and(|key| key.sha256() != study.key_sha256) {
            self.mismatches.push((Concern::KeyMismatch, format!("study `{}`", study.id)));
        }
        let items: BTreeMap<String, String> = study
            .items
            .iter()
            .map(|item| (item.id.clone(), pair_id(&item.messages, &item.responses[0], &item.responses[1])))
            .collect();
        self.pairs.extend(items.values().cloned());
        let gold = key.map(|key| key.items.iter().filter(|item| item.role == Role::Gold));
        let gold = gold.into_iter().flatten().map(|item| item.id.clone()).collect();
        self.studies.insert(study.id.clone(), StudyFacts { order_key: study.order_key.clone(), items, gold });
        self
    }

    /// Adds pairs by their ids, such as those of samples.
    pub fn pairs(mut self, ids: impl IntoIterator<Item = String>) -> Self {
        self.pairs.extend(ids);
        self
    }

    /// What is wrong with the study's documents.
    pub(super) fn report_documents(&self, report: &mut Report) {
        for (concern, example) in &self.mismatches {
            report.add(*concern, || example.clone());
        }
    }

    /// Checks one vote by what is expected, and tells whether it is on a known verdict.
    pub(super) fn check(&self, vote: &Vote, report: &mut Report) -> bool {
        let about = || format!("{} on {}", vote.annotator.id, vote.pair);
        if !self.pairs.is_empty() && !self.pairs.contains(&vote.pair) {
            report.add(Concern::UnknownPair, about);
        }
        let Some(shown) = &vote.shown_in else { return false };
        let Some(study) = self.studies.get(&shown.study) else {
            if !self.studies.is_empty() {
                report.add(Concern::OtherStudy, || format!("study `{}`", shown.study));
            }
            return false;
        };
        if study.items.get(&shown.item) != Some(&vote.pair) {
            report.add(Concern::UnknownItem, || format!("{}, item `{}`", about(), shown.item));
            return false;
        }
        let side = shown_first(&study.order_key, &vote.annotator.id, &vote.pair, shown.repeat);
        if vote.shown_first != Some(side) {
            report.add(Concern::WrongOrder, about);
        }
        study.gold.contains(&shown.item)
    }

    /// What should be there and is not; `seen` holds the pairs with a vote.
    pub(super) fn report_missing(&self, seen: &Names, report: &mut Report) {
        let gold_of = |study: &StudyFacts| -> Vec<String> {
            study.gold.iter().filter_map(|item| study.items.get(item)).cloned().collect()
        };
        let gold: BTreeSet<String> = self.studies.values().flat_map(gold_of).collect();
        for pair in self.pairs.iter().filter(|pair| seen.find(pair).is_none()) {
            let is_gold = gold.contains(pair);
            report.add(if is_gold { Concern::GoldUnanswered } else { Concern::MissingPair }, || pair.clone());
        }
    }

    /// Whether the study has known verdicts, so that each of its annotators should have met some.
    pub(super) fn has_gold(&self, study: &str) -> bool {
        self.studies.get(study).is_some_and(|study| !study.gold.is_empty())
    }
}
