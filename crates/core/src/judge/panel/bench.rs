//! What the votes alone tell of the members: how far they agree, who has a say, and how those err.

use super::agreement::{Agreement, LEAST_COMMON_PAIRS, agreements, with_a_say};
use super::{Hearing, Stance};
use crate::agreement::{DawidSkene, DawidSkeneSettings, Label, dawid_skene};

pub(super) const N_CLASSES: usize = 3;

/// What the votes alone tell of the members.
pub(super) struct Bench {
    pub agreements: Vec<Agreement>,
    /// For each member whether its answers depend on two others'.
    pub has_say: Vec<bool>,
    /// How those with a say err; none where they are too few to compare.
    pub estimate: Option<DawidSkene>,
}

pub(super) fn bench(hearings: &[Hearing<'_>], n_members: usize) -> Bench {
    let agreements = agreements(hearings, n_members);
    let has_say = with_a_say(&agreements, n_members);
    let mut bench = Bench { agreements, has_say, estimate: None };
    let three_meet = hearings.iter().filter(|hearing| bench.answers(hearing).nth(2).is_some());
    if three_meet.count() >= LEAST_COMMON_PAIRS {
        let labels: Vec<Label> = hearings
            .iter()
            .enumerate()
            .flat_map(|(item, hearing)| {
                let answers = bench.answers(hearing);
                answers.map(move |(worker, stance)| Label { item, worker, class: class(stance) })
            })
            .collect();
        bench.estimate = dawid_skene(&labels, N_CLASSES, &DawidSkeneSettings::default());
    }
    bench
}

impl Bench {
    /// The answers of the members with a say, each with its place.
    pub fn answers(&self, hearing: &Hearing<'_>) -> impl Iterator<Item = (usize, Stance)> {
        let with_say = self.has_say.iter().enumerate().filter(|(_, has_say)| **has_say);
        with_say.filter_map(|(seat, _)| Some((seat, hearing.stance(seat)?)))
    }
}

/// The class that Dawid-Skene knows a stance by.
pub(super) fn class(stance: Stance) -> usize {
    match stance {
        Stance::First => 0,
        Stance::Second => 1,
        Stance::Neither => 2,
    }
}
