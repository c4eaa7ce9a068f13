//! What only a card needs: how far annotators agree, and how much texts differ.

use super::plan::Plan;
use crate::args::ExportArgs;
use crate::files::read_text;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use tiebreak_core::agreement::{agreement, BallotBox};
use tiebreak_core::diversity::{Leakage, WithinPrompts};
use tiebreak_core::drift::finding::DriftReport;
use tiebreak_core::export::card::Card;
use tiebreak_core::export::{Decisions, Document};
use tiebreak_core::schema::{asked_text, Prompt, Sample, Vote};

/// What is collected while samples and votes are read.
#[derive(Default)]
pub struct CardFacts {
    ballots: BallotBox,
    diversity: WithinPrompts,
    has_other_fields: bool,
    /// The prompts of the training and of the test part.
    prompts: [Vec<String>; 2],
}

impl CardFacts {
    pub fn add_sample(&mut self, sample: &Sample) {
        let texts: Vec<&str> = sample.responses.iter().map(|response| response.text.as_str()).collect();
        self.diversity.add(&texts);
        self.has_other_fields |= sample.prompt.messages.iter().any(|message| !message.extra.is_empty());
    }

    pub fn add_vote(&mut self, vote: &Vote, is_turned: bool) {
        self.ballots.add(vote, is_turned);
    }

    /// Takes a prompt that goes out.
    pub fn add_prompt(&mut self, prompt: &Prompt, is_test: bool) {
        self.prompts[usize::from(is_test)].push(asked_text(&prompt.messages));
    }

    /// Test prompts that occur in training; none where nothing is tested on.
    pub fn leakage(&self) -> Option<Leakage> {
        let [train, test] = self.prompts.each_ref().map(|texts| texts.iter().map(String::as_str));
        (test.len() > 0).then(|| Leakage::between(train, test))
    }

    /// The card's text.
    pub fn text(
        self,
        args: &ExportArgs,
        plan: &Plan,
        document: &Document,
        decisions: &Decisions,
    ) -> Result<String> {
        let drift = args.card.drift.as_deref().map(read_drift).transpose()?;
        let mut annotators = BTreeMap::new();
        decisions.annotators().for_each(|(_, kind)| *annotators.entry(kind).or_insert(0) += 1);
        let card = Card {
            name: &plan.name,
            license: args.card.license.as_deref(),
            languages: &args.card.language,
            format: plan.format,
            file_format: plan.file_format,
            has_other_fields: self.has_other_fields,
            document,
            annotators,
            agreement: &agreement(&self.ballots.close().of_people()),
            diversity: &self.diversity.summary(),
            drift: drift.as_ref().map(|report| &report.advice),
        };
        Ok(card.text())
    }
}

fn read_drift(path: &Path) -> Result<DriftReport> {
    let text = read_text(path)?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is no report of `tiebreak drift --out`", path.display()))
}
