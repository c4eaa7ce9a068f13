//! Weights as records, one a vote, each with the evidence for it.

use super::choose::Choice;
use super::decay::{Decay, weight_at};
use super::groups::{GroupChoice, GroupKind};
use crate::schema::{Extra, Vote, Weight, vote_id};
use jiff::Timestamp;
use std::collections::BTreeMap;

const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// Which decay holds for which vote: the annotator's where they have one that is proved, else the category's, else that of all.
#[derive(Clone, Debug)]
pub struct Weighing<'a> {
    /// That of all votes.
    pub all: &'a Choice,
    /// Those of groups.
    pub groups: &'a [GroupChoice],
    /// The prompts' categories by prompt id.
    pub categories: BTreeMap<&'a str, &'a str>,
    /// The time from which ages are counted.
    pub reference_time: Timestamp,
}

/// A weight for each vote, in their order; a vote without a time has the weight 1.
pub fn weight_records(votes: &[Vote], weighing: &Weighing<'_>) -> Vec<Weight> {
    votes.iter().map(|vote| weighing.record(vote)).collect()
}

impl Weighing<'_> {
    /// The choice that holds for a vote, and the name of its group.
    fn choice(&self, vote: &Vote) -> (&Choice, Option<&str>) {
        let category = self.categories.get(vote.prompt_id.as_str()).copied();
        for (kind, name) in
            [(GroupKind::Annotator, Some(vote.annotator.id.as_str())), (GroupKind::Category, category)]
        {
            let is_it = |group: &&GroupChoice| {
                group.kind == kind && Some(group.name.as_str()) == name && group.choice.decay != Decay::None
            };
            if let Some(group) = self.groups.iter().find(is_it) {
                return (&group.choice, Some(&group.name));
            }
        }
        (self.all, None)
    }

    fn record(&self, vote: &Vote) -> Weight {
        let (choice, group) = self.choice(vote);
        let age_days = vote.decided_at.or(vote.shown_at).map(|time| {
            (self.reference_time.as_millisecond() - time.as_millisecond()) as f64 / MILLISECONDS_A_DAY
        });
        let of_group = group.map_or(String::new(), |name| format!("Of `{name}` alone: "));
        let (half_life_days, window_days) = match choice.decay {
            Decay::None => (None, None),
            Decay::HalfLife { days } => (Some(days), None),
            Decay::Window { days } | Decay::Cut { age_days: days } => (None, Some(days)),
        };
        let epoch = match (choice.decay, age_days) {
            (Decay::Cut { age_days: cut }, Some(age)) => {
                Some(if age <= cut { "after the change" } else { "before the change" }.to_owned())
            }
            _ => None,
        };
        Weight {
            target: vote_id(vote),
            weight: weight_at(age_days, &choice.decay),
            reference_time: Some(self.reference_time),
            half_life_days,
            window_days,
            evidence: Some(format!("{of_group}{}", choice.reason)),
            epoch,
            extra: Extra::new(),
        }
    }
}
