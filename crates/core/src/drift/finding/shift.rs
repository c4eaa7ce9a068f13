//! Whether what is compared changes: prompts' categories and lengths, responses' lengths and models.

use super::document::Test;
use super::observations::Observations;
use super::results::{Outcome, Outcomes};
use crate::drift::evidence::covariate_shift;
use crate::schema::IndexedPair;
use std::collections::{BTreeMap, BTreeSet};

/// Categories and models beyond the most common ones are taken together.
const MOST_NAMES: usize = 8;
/// A stability index above this is commonly called a large shift.
const LARGE_SHIFT: f64 = 0.25;

/// Tests the pairs in the order in which they were first voted on.
pub(super) fn test(observations: &Observations<'_>, n_permutations: u32, outcomes: &mut Outcomes) {
    let mut known = BTreeSet::new();
    let places: Vec<usize> =
        observations.seen.iter().map(|seen| seen.pair).filter(|pair| known.insert(*pair)).collect();
    let pairs: Vec<&IndexedPair<'_>> =
        places.iter().map(|place| &observations.index.pairs()[*place]).collect();
    let category = |pair: &IndexedPair<'_>| pair.sample.prompt.category.iter().cloned().collect::<Vec<_>>();
    let models = |pair: &IndexedPair<'_>| {
        let both = [pair.pair.first, pair.pair.second];
        both.iter().filter_map(|response| Some(response.model.as_ref()?.name.clone())).collect::<Vec<_>>()
    };
    let (categories, model_names) = (common(&pairs, category), common(&pairs, models));
    let features: Vec<Vec<f64>> = pairs
        .iter()
        .map(|pair| {
            let [first, second] = [pair.pair.first, pair.pair.second].map(|r| log_length(&r.text));
            let prompt: usize = pair.sample.prompt.messages.iter().map(|m| m.content.chars().count()).sum();
            let numbers = [libm::log1p(prompt as f64), (first + second) / 2.0, (first - second).abs()];
            let (own_categories, own_models) = (category(pair), models(pair));
            let is_of = |own: &[String], name: &String| f64::from(u8::from(own.contains(name)));
            numbers
                .into_iter()
                .chain(categories.iter().map(|name| is_of(&own_categories, name)))
                .chain(model_names.iter().map(|name| is_of(&own_models, name)))
                .collect()
        })
        .collect();
    let Some(found) = covariate_shift(&features, "covariate shift", n_permutations) else {
        return outcomes.leave_out("what is compared", "fewer than 40 pairs have a time");
    };
    let names = ["prompt length", "response length", "difference in length"].map(str::to_owned);
    let names = names.into_iter().chain(categories.iter().map(|name| format!("category {name}")));
    let names = names.chain(model_names.iter().map(|name| format!("model {name}")));
    let large: Vec<String> = names
        .zip(&found.stability)
        .filter(|(_, index)| **index > LARGE_SHIFT)
        .map(|(name, index)| format!("{name} (index {index:.2})"))
        .collect();
    let about = if large.is_empty() { "prompts and responses".to_owned() } else { large.join(", ") };
    outcomes.push(Outcome::new(Test::CovariateShift, about, [found.auc, found.p_value], features.len()));
}

fn log_length(text: &str) -> f64 {
    libm::log1p(text.chars().count() as f64)
}

/// The most common names, where there are at least two.
fn common(pairs: &[&IndexedPair<'_>], names: impl Fn(&IndexedPair<'_>) -> Vec<String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in pairs.iter().flat_map(|pair| names(pair)) {
        *counts.entry(name).or_default() += 1;
    }
    if counts.len() < 2 {
        return Vec::new();
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(MOST_NAMES).map(|(name, _)| name).collect()
}
