//! Which way the opinions on each pair lean, by each of the methods.

use super::voice::{PairVoices, Voice};
use crate::agreement::{self, DawidSkeneSettings, Label, N_CLASSES};
use crate::schema::Side;
use crate::statistics::{Observation, beta_cdf, fit_logistic, normal_cdf};
use std::collections::BTreeMap;

/// The precision of a response's score before any vote: scores are standard normal then.
const SCORE_PRECISION: f64 = 1.0;
/// Scores that differ by less are equal but for rounding.
const EQUAL_SCORES: f64 = 1e-9;

/// Which way opinions lean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Leaning {
    /// To a side, which is the better one with this probability.
    Towards(Side, f64),
    /// To neither, with this probability.
    Neither(f64),
    /// Nowhere.
    Level,
}

/// The voices of a pair that count.
fn counted<'a>(pair: &'a PairVoices, valid: &'a [bool]) -> impl Iterator<Item = &'a Voice> {
    pair.voices.iter().zip(valid).filter(|(_, valid)| **valid).map(|(voice, _)| voice)
}

/// By the sum of strengths.
///
/// The probability is that of more than half of all annotators preferring the side, from a uniform prior, a tie counting half for each side.
pub(super) fn majority(pairs: &[PairVoices], valid: &[Vec<bool>]) -> Vec<Leaning> {
    let leaning = |(pair, valid): (&PairVoices, &Vec<bool>)| {
        let strengths: Vec<i64> = counted(pair, valid).filter_map(Voice::strength).collect();
        let side = match strengths.iter().sum::<i64>() {
            0 => return Leaning::Level,
            score if score < 0 => Side::First,
            _ => Side::Second,
        };
        let for_first = |strength: &i64| match strength.signum() {
            -1 => 1.0,
            0 => 0.5,
            _ => 0.0,
        };
        let first: f64 = strengths.iter().map(for_first).sum();
        let second = strengths.len() as f64 - first;
        let (own, other) = if side == Side::First { (first, second) } else { (second, first) };
        Leaning::Towards(side, 1.0 - beta_cdf(0.5, own + 1.0, other + 1.0))
    };
    pairs.iter().zip(valid).map(leaning).collect()
}

/// By how annotators err, learnt from all pairs.
pub(super) fn dawid_skene(pairs: &[PairVoices], valid: &[Vec<bool>]) -> Vec<Leaning> {
    let mut workers: BTreeMap<u32, usize> = BTreeMap::new();
    for voice in pairs.iter().flat_map(|pair| &pair.voices) {
        let next = workers.len();
        workers.entry(voice.annotator).or_insert(next);
    }
    let mut labels = Vec::new();
    for (item, (pair, valid)) in pairs.iter().zip(valid).enumerate() {
        let label = |voice: &Voice| {
            let class = agreement::class(voice.verdict)?;
            Some(Label { item, worker: workers[&voice.annotator], class })
        };
        labels.extend(counted(pair, valid).filter_map(label));
    }
    let found = agreement::dawid_skene(&labels, N_CLASSES, &DawidSkeneSettings::default());
    let leaning = |item: usize| match &found {
        Some(found) if item < found.n_items() => most_probable(found.item(item)),
        _ => Leaning::Level,
    };
    (0..pairs.len()).map(leaning).collect()
}

fn most_probable(probabilities: &[f64]) -> Leaning {
    match *probabilities {
        [first, second, neither] if first > second && first > neither => Leaning::Towards(Side::First, first),
        [first, second, neither] if second > first && second > neither => {
            Leaning::Towards(Side::Second, second)
        }
        [first, second, neither] if neither > first && neither > second => Leaning::Neither(neither),
        _ => Leaning::Level,
    }
}

/// By the scores of all responses to a prompt.
///
/// Bradley and Terry 1952, "Rank analysis of incomplete block designs", with a standard normal prior for each score, which keeps them finite whoever always wins and however the comparisons hang together; a tie is half a win for each.
/// The probability is that of one score being above the other, by Laplace's approximation.
pub(super) fn bradley_terry(pairs: &[PairVoices], valid: &[Vec<bool>]) -> Vec<Leaning> {
    let mut prompts: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate() {
        prompts.entry(pair.prompt).or_default().push(place);
    }
    let mut leanings = vec![Leaning::Level; pairs.len()];
    for places in prompts.values() {
        let of_prompt: Vec<(&PairVoices, &[bool])> =
            places.iter().map(|&place| (&pairs[place], valid[place].as_slice())).collect();
        for (place, leaning) in places.iter().zip(by_scores(&of_prompt)) {
            leanings[*place] = leaning;
        }
    }
    leanings
}

fn by_scores(pairs: &[(&PairVoices, &[bool])]) -> Vec<Leaning> {
    // Only responses that stand in a pair have a score.
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    for response in pairs.iter().flat_map(|(pair, _)| pair.responses) {
        let next = numbers.len();
        numbers.entry(response).or_insert(next);
    }
    let contrast = |pair: &PairVoices| {
        let mut features = vec![0.0; numbers.len()];
        features[numbers[&pair.responses[0]]] += 1.0;
        features[numbers[&pair.responses[1]]] -= 1.0;
        features
    };
    // Votes on one pair are one row: their mean, as heavy as there are votes.
    let row = |(pair, valid): &(&PairVoices, &[bool])| {
        let strengths = || counted(pair, valid).filter_map(Voice::strength);
        let weight = strengths().count() as f64;
        let wins: f64 = strengths().map(|strength| (1.0 - strength.signum() as f64) / 2.0).sum();
        (weight > 0.0).then(|| Observation {
            features: contrast(pair),
            outcome: wins / weight,
            weight,
            cluster: 0,
        })
    };
    let observations: Vec<Observation> = pairs.iter().filter_map(row).collect();
    let Some(fit) = fit_logistic(&observations, &vec![SCORE_PRECISION; numbers.len()]) else {
        return vec![Leaning::Level; pairs.len()];
    };
    let leaning = |(pair, _): &(&PairVoices, &[bool])| {
        let features = contrast(pair);
        let difference = fit.log_odds(&features);
        let spread = fit.covariance().times_vector(&features);
        let variance: f64 = features.iter().zip(&spread).map(|(a, b)| a * b).sum();
        let probability = normal_cdf(difference.abs() / libm::sqrt(variance));
        if difference.abs() < EQUAL_SCORES || !probability.is_finite() {
            return Leaning::Level;
        }
        Leaning::Towards(if difference > 0.0 { Side::First } else { Side::Second }, probability)
    };
    pairs.iter().map(leaning).collect()
}
