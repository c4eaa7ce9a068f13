//! Decays of single annotators and categories: each may drift in a way of its own.

use super::choose::{Choice, choose_one_of, last_day};
use crate::drift::comparison::{Coding, Comparisons};
use serde::{Deserialize, Serialize};

/// A group with fewer votes has the decay of all.
pub const LEAST_GROUP_VOTES: usize = 400;
/// Only the largest groups are looked at; each of them takes as long as votes have to be foretold.
const MOST_GROUPS: usize = 20;
/// Of more votes of one group an even part is looked at.
const MOST_GROUP_VOTES: usize = 5000;

/// What divides votes into groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// Who voted.
    Annotator,
    /// The prompt's category.
    Category,
}

/// What old votes of one group are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupChoice {
    /// What it is a group of.
    pub kind: GroupKind,
    /// Its name.
    pub name: String,
    /// The choice, from its votes alone, proved the more surely the more groups there are.
    pub choice: Choice,
}

/// Chooses for each of several groups with at least [`LEAST_GROUP_VOTES`] votes; `groups` holds for each vote the place of its group's name, or none.
///
/// Nothing where all votes are of one group.
pub fn choose_by_group(
    comparisons: &Comparisons,
    groups: &[Option<usize>],
    names: &[String],
    kind: GroupKind,
) -> Vec<GroupChoice> {
    let mut places = vec![Vec::new(); names.len()];
    for (place, group) in groups.iter().enumerate() {
        if let Some(group) = group {
            places[*group].push(place);
        }
    }
    if places.iter().filter(|places| !places.is_empty()).count() < 2 {
        return Vec::new();
    }
    let mut largest: Vec<usize> =
        (0..names.len()).filter(|group| places[*group].len() >= LEAST_GROUP_VOTES).collect();
    largest.sort_by_key(|group| std::cmp::Reverse(places[*group].len()));
    largest.truncate(MOST_GROUPS);
    let n_groups = largest.len();
    let choice = |group: usize| {
        let step = places[group].len().div_ceil(MOST_GROUP_VOTES);
        let thinned: Vec<usize> = places[group].iter().copied().step_by(step).collect();
        let own = comparisons.subset(&thinned, Coding::Each);
        let choice = choose_one_of(&own, &[], last_day(comparisons), n_groups).ok()?;
        Some(GroupChoice { kind, name: names[group].clone(), choice })
    };
    largest.into_iter().filter_map(choice).collect()
}
