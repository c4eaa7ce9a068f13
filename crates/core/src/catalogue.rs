//! The customer-service collection design: what is asked, how responses are made, how they are judged.
//!
//! All of it is data, compiled in from `data/`.
//! The shop has no name; it sells goods and a subscription plan.

use crate::schema::{Extra, Prompt, Read, Record, Verdict, read_records};
use serde::{Deserialize, Serialize};

/// What a group of prompts is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// The name in records, such as `billing`.
    pub slug: String,
    /// The name for people.
    pub title: String,
    /// What belongs in it.
    pub description: String,
}

/// A pair whose right verdict is known, to see whether an annotator has understood the guidelines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualificationItem {
    /// Unique among the items.
    pub id: String,
    /// What was asked.
    pub prompt: Prompt,
    /// The two responses; in the verdict "first" means the first of them.
    pub responses: [String; 2],
    /// The right verdict.
    pub verdict: Verdict,
    /// Why it is right, shown after the answer.
    pub reason: String,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A Markdown text with a version of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    text: &'static str,
}

impl Document {
    /// The whole text; its first line is a comment with the version.
    pub fn text(self) -> &'static str {
        self.text
    }

    /// The text without the comment.
    pub fn body(self) -> &'static str {
        split_version(self.text).map_or(self.text, |(_, body)| body)
    }

    /// The version, such as `1.0.0`.
    pub fn version(self) -> &'static str {
        split_version(self.text).expect("a test reads the version of every document").0
    }
}

/// The ten categories, in the order of the prompts.
pub fn categories() -> Vec<Category> {
    serde_json::from_str(include_str!("../data/categories.json")).expect("a test reads the categories")
}

/// Five prompts for each category.
pub fn prompts() -> Vec<Prompt> {
    expect_good(read_records(include_bytes!("../data/prompts.jsonl").as_slice(), "prompts.jsonl"))
}

/// Prompts that are hard to answer well, each with its kind.
pub fn edge_cases() -> Vec<Prompt> {
    expect_good(read_records(include_bytes!("../data/edge_cases.jsonl").as_slice(), "edge_cases.jsonl"))
}

/// The qualification items.
pub fn qualification_items() -> Vec<QualificationItem> {
    expect_good(read_records(include_bytes!("../data/qualification.jsonl").as_slice(), "qualification.jsonl"))
}

/// What annotators go by.
pub fn guidelines() -> Document {
    Document { text: include_str!("../data/guidelines.md") }
}

/// How responses are made: models, settings, how many, what is filtered.
pub fn strategy() -> Document {
    Document { text: include_str!("../data/strategy.md") }
}

/// The version in the first line, `<!-- version: 1.0.0 -->`, and the text after it.
pub(crate) fn split_version(text: &str) -> Option<(&str, &str)> {
    let (first, body) = text.split_once('\n')?;
    let version = first.trim().strip_prefix("<!-- version: ")?.strip_suffix(" -->")?.trim();
    (!version.is_empty()).then_some((version, body))
}

/// The records of a file that is compiled in.
fn expect_good<T>(read: Read<T>) -> Vec<T> {
    if let Some(problem) = read.problems.first() {
        unreachable!("a test reads every file of the catalogue without a problem, and yet: {problem}");
    }
    read.into_records()
}

impl Record for QualificationItem {
    const SCHEMA: &'static str = "tiebreak/qualification/1";

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.extra
    }

    fn check(&self) -> Vec<crate::schema::Finding> {
        let mut findings = self.prompt.check();
        for finding in &mut findings {
            finding.path = format!("prompt.{}", finding.path);
        }
        findings
    }

    fn unique_id(&self) -> Option<&str> {
        Some(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::EdgeCase;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn ten_categories_have_five_prompts_each() {
        let mut counts = BTreeMap::new();
        for prompt in prompts() {
            *counts.entry(prompt.category.expect("every prompt has a category")).or_insert(0) += 1;
        }
        let slugs: BTreeSet<String> = categories().into_iter().map(|category| category.slug).collect();
        assert_eq!(slugs.len(), 10);
        assert_eq!(counts.keys().cloned().collect::<BTreeSet<_>>(), slugs);
        assert!(counts.values().all(|&count| count == 5), "{counts:?}");
    }

    #[test]
    fn every_kind_of_edge_case_is_there() {
        use EdgeCase::*;
        let edge_cases = edge_cases();
        assert!(edge_cases.len() >= 18);
        let kinds: BTreeSet<EdgeCase> =
            edge_cases.iter().map(|prompt| prompt.edge_case.expect("an edge case has a kind")).collect();
        let all = [
            Ambiguous,
            ConflictingGoals,
            SafeButUnhelpful,
            OutOfScope,
            Abusive,
            PersonalData,
            PromptInjection,
            ThreatOrSelfHarm,
            WrongPremise,
            AnotherLanguage,
        ];
        assert_eq!(kinds, all.into());
        let slugs: BTreeSet<String> = categories().into_iter().map(|category| category.slug).collect();
        assert!(
            edge_cases.iter().filter_map(|prompt| prompt.category.as_ref()).all(|slug| slugs.contains(slug))
        );
    }

    #[test]
    fn ids_and_texts_are_unique() {
        let prompts: Vec<Prompt> = prompts().into_iter().chain(edge_cases()).collect();
        let ids: BTreeSet<&str> = prompts.iter().map(|prompt| prompt.id.as_str()).collect();
        let texts: BTreeSet<&str> =
            prompts.iter().map(|prompt| prompt.messages[0].content.as_str()).collect();
        assert_eq!((ids.len(), texts.len()), (prompts.len(), prompts.len()));
    }

    #[test]
    fn qualification_asks_for_more_than_one_verdict() {
        let items = qualification_items();
        assert_eq!(items.len(), 12);
        assert!(items.iter().all(|item| !item.reason.is_empty() && item.responses[0] != item.responses[1]));
        let verdicts: BTreeSet<String> = items.iter().map(|item| format!("{:?}", item.verdict)).collect();
        assert!(verdicts.len() >= 4, "{verdicts:?}");
        for side in [-1, 1] {
            let is_on_side = |item: &&QualificationItem| matches!(item.verdict, Verdict::Strength(s) if s.signum() == side);
            assert!(items.iter().filter(is_on_side).count() >= 3, "side {side}");
        }
    }

    #[test]
    fn documents_have_versions() {
        for document in [guidelines(), strategy()] {
            assert_eq!(document.version().split('.').count(), 3);
            assert!(document.body().starts_with("# "));
        }
    }
}
