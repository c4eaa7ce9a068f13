//! How far the members agree with each other, which takes no people, and who of them has a say.

use super::Hearing;
use super::bench::class;
use crate::agreement::{Disagreement, cohen_kappa};
use crate::statistics::{Interval, bootstrap};
use std::collections::BTreeMap;

/// How far two members agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Their places among the members, from 0.
    pub members: [usize; 2],
    /// Pairs on which both gave an answer.
    pub pairs: usize,
    /// Cohen's kappa of their answers (first, second, neither); none where neither's vary.
    pub kappa: Option<f64>,
    /// Its 95 % interval by bootstrap over prompts; none where few draws have a kappa.
    pub interval: Option<Interval>,
}

const N_REPLICATES: u32 = 999;
const ROUNDING: f64 = 1e-9;
/// Judges who meet on fewer pairs agree or not by chance, whatever an interval of so few says.
pub(super) const LEAST_COMMON_PAIRS: usize = 5;

/// The agreement of each two members that met on a pair.
pub(super) fn agreements(hearings: &[Hearing<'_>], n_members: usize) -> Vec<Agreement> {
    let each_two = (0..n_members).flat_map(|one| (one + 1..n_members).map(move |other| [one, other]));
    each_two.filter_map(|members| agreement(hearings, members)).collect()
}

fn agreement(hearings: &[Hearing<'_>], members: [usize; 2]) -> Option<Agreement> {
    let mut by_prompt: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for hearing in hearings {
        if let [Some(one), Some(other)] = members.map(|seat| hearing.stance(seat)) {
            by_prompt.entry(hearing.prompt()).or_default().push((class(one), class(other)));
        }
    }
    let groups: Vec<&Vec<(usize, usize)>> = by_prompt.values().collect();
    let kappa = |drawn: &mut dyn Iterator<Item = usize>| {
        let ratings: Vec<(usize, usize)> = drawn.flat_map(|group| groups[group].iter().copied()).collect();
        let kappa = cohen_kappa(&ratings, Disagreement::Nominal)?;
        // That of a judge who always says the same is 0, and rounding may not make it more.
        Some(if kappa.abs() < ROUNDING { 0.0 } else { kappa })
    };
    (!groups.is_empty()).then(|| Agreement {
        members,
        pairs: groups.iter().map(|group| group.len()).sum(),
        kappa: kappa(&mut (0..groups.len())),
        interval: bootstrap("panel: kappa", groups.len(), N_REPLICATES, |drawn| {
            kappa(&mut drawn.iter().copied())
        }),
    })
}

/// Which members have answers that are shown to depend on those of two others: the intervals of their kappas, on pairs enough, leave 0 out.
///
/// A judge that always says the same, or says anything at random, depends on nobody.
/// Two who depend on each other alone leave open which of them errs; with three each is measured by how the other two agree.
pub(super) fn with_a_say(agreements: &[Agreement], n_members: usize) -> Vec<bool> {
    let is_shown = |agreement: &&Agreement| {
        agreement.pairs >= LEAST_COMMON_PAIRS
            && agreement.interval.is_some_and(|interval| !interval.contains(0.0))
    };
    let shown: Vec<&Agreement> = agreements.iter().filter(is_shown).collect();
    let n_others = |seat: usize| shown.iter().filter(|agreement| agreement.members.contains(&seat)).count();
    (0..n_members).map(|seat| n_others(seat) >= 2).collect()
}
