//! Pairs to ask about because of what was said of them: judges who disagree, and old votes on which much rests.

use super::candidate::Candidate;

/// A vote below this weight counts little; where none on its pair counts more, the pair has to be asked again.
const LITTLE_WEIGHT: f64 = 0.5;

/// Places of candidates with a number each by which they come, the largest first; ties by pair id.
fn ranked<'a>(
    candidates: &'a [Candidate<'_>],
    score: impl Fn(&Candidate<'_>) -> Option<f64> + 'a,
) -> Vec<(usize, f64)> {
    let scored = candidates.iter().enumerate();
    let mut all: Vec<(usize, f64)> =
        scored.filter_map(|(place, candidate)| Some((place, score(candidate)?))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| candidates[a.0].id().cmp(candidates[b.0].id())));
    all
}

/// Pairs on which judges answer for both sides and no person has an opinion, the most even ones first.
pub(super) fn disputed(candidates: &[Candidate<'_>]) -> Vec<usize> {
    let score = |candidate: &Candidate<'_>| {
        let [first, second] = candidate.evidence.judge_answers;
        let is_disputed = first.min(second) > 0 && candidate.evidence.people.n == 0;
        is_disputed.then(|| f64::from(first.min(second)) / f64::from(first + second))
    };
    ranked(candidates, score).into_iter().map(|(place, _)| place).collect()
}

/// Pairs whose old votes have to be renewed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lever {
    /// The leverage of people's votes, above 0 to 1.
    Rests(f64),
    /// What the heaviest of them weighs, 0 to below one half.
    Faded(f64),
}

/// Pairs whose votes of people are old, or count little with none newer that counts more; those that have most to lose, or have lost most, come first.
pub(super) fn levers(candidates: &[Candidate<'_>], old_after_days: f64) -> Vec<(usize, Lever)> {
    let lever = |candidate: &Candidate<'_>| lever(candidate, old_after_days);
    let score = |candidate: &Candidate<'_>| {
        lever(candidate).map(|lever| match lever {
            Lever::Rests(leverage) => leverage,
            Lever::Faded(weight) => 1.0 - weight,
        })
    };
    let with_lever = |(place, _): (usize, f64)| Some((place, lever(&candidates[place])?));
    ranked(candidates, score).into_iter().filter_map(with_lever).collect()
}

fn lever(candidate: &Candidate<'_>, old_after_days: f64) -> Option<Lever> {
    let known = &candidate.evidence;
    if known.people.n == 0 {
        return None;
    }
    if known.heaviest < LITTLE_WEIGHT {
        return Some(Lever::Faded(known.heaviest));
    }
    known.age_days.filter(|age| *age >= old_after_days)?;
    Some(Lever::Rests(leverage(candidate)))
}

/// How far the model's word on a pair rests on people's votes on the pair itself: w p (1 − p) xᵀ V x, the diagonal of the weighted fit's hat matrix, 0 to 1 (Pregibon 1981, "Logistic regression diagnostics").
fn leverage(candidate: &Candidate<'_>) -> f64 {
    let difference = candidate.difference;
    (candidate.evidence.people.weight * difference.information() * difference.variance).min(1.0)
}
