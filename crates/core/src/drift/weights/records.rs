//! Weights as records, one a vote, each with the evidence for it.

use super::choose::Choice;
use super::decay::{Decay, weight_at};
use super::groups::{GroupChoice, GroupKind};
use crate::drift::times;
use crate::schema::{Extra, Vote, Weight, vote_id};
use jiff::Timestamp;
use std::borrow::Borrow;
use std::collections::BTreeMap;

const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// Why a judge's vote weighs 1 beside people's.
const OF_JUDGE: &str = "a judge's vote: what was chosen is of people's";

/// Which decay holds for which vote: the annotator's where they have one that is proved, else the category's, else that of all.
#[derive(Clone, Debug)]
pub struct Weighing<'a> {
    /// That of all votes, or why none could be chosen: then they weigh 1.
    pub all: Result<&'a Choice, &'a str>,
    /// Those of groups.
    pub groups: &'a [GroupChoice],
    /// The prompts' categories by prompt id.
    pub categories: BTreeMap<&'a str, &'a str>,
    /// Whether the decays are of people's votes alone: judges' votes then weigh 1.
    pub judges_apart: bool,
    /// The last vote of those that the decays were chosen on, from which they count.
    pub last_vote: Option<Timestamp>,
    /// The time from which ages are counted; without it all votes weigh 1.
    pub reference_time: Option<Timestamp>,
    /// The time of the run, by which a clock that ran ahead is known; such a vote has no age.
    pub now: Option<Timestamp>,
}

/// A weight for each vote, in their order; a vote whose time is not known has the weight 1.
pub fn weight_records<V: Borrow<Vote>>(
    votes: impl IntoIterator<Item = V>,
    weighing: &Weighing<'_>,
) -> impl Iterator<Item = Weight> {
    votes.into_iter().map(|vote| weighing.record(vote.borrow()))
}

impl Weighing<'_> {
    /// The decay that holds for a vote at the reference time, why, and the name of its group.
    fn decay(&self, vote: &Vote) -> (Decay, &str, Option<&str>) {
        if self.judges_apart && !vote.annotator.kind.is_person() {
            return (Decay::None, OF_JUDGE, None);
        }
        let own = [
            (GroupKind::Annotator, Some(vote.annotator.id.as_str())),
            (GroupKind::Category, self.categories.get(vote.prompt_id.as_str()).copied()),
        ];
        let is_proved = |group: &&GroupChoice| {
            group.choice.decay != Decay::None && own.contains(&(group.kind, Some(&group.name)))
        };
        let group = self.groups.iter().filter(is_proved).min_by_key(|group| group.kind);
        let (choice, name) = match (group, self.all) {
            (Some(group), _) => (&group.choice, Some(group.name.as_str())),
            (None, Ok(choice)) => (choice, None),
            (None, Err(reason)) => return (Decay::None, reason, None),
        };
        let later = days_between(self.last_vote, self.reference_time).unwrap_or(0.0);
        (choice.decay.seen_later(later), &choice.reason, name)
    }

    fn record(&self, vote: &Vote) -> Weight {
        let (decay, reason, group) = self.decay(vote);
        let age_days = days_between(times::of_vote(vote, self.now).ok(), self.reference_time);
        let of_group = group.map_or(String::new(), |name| format!("Of `{name}` alone: "));
        let (half_life_days, window_days) = match decay {
            Decay::None => (None, None),
            Decay::HalfLife { days } => (Some(days), None),
            Decay::Window { days } | Decay::Cut { age_days: days } => (None, Some(days)),
        };
        let epoch = match (decay, age_days) {
            (Decay::Cut { age_days: cut }, Some(age)) => {
                Some(if age <= cut { "after the change" } else { "before the change" }.to_owned())
            }
            _ => None,
        };
        Weight {
            target: vote_id(vote),
            weight: weight_at(age_days, &decay),
            reference_time: self.reference_time,
            half_life_days,
            window_days,
            evidence: Some(format!("{of_group}{reason}")),
            epoch,
            extra: Extra::new(),
        }
    }
}

fn days_between(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<f64> {
    Some((to?.as_millisecond() - from?.as_millisecond()) as f64 / MILLISECONDS_A_DAY)
}
