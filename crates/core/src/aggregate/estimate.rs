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

/// By the sum of strengths, each times its vote's weight.
///
/// The probability is that of more than half of all annotators preferring the side, from a uniform prior.
/// Votes for a side are divided between the sides as their strengths are, and a tie counts half for each, so that the side that is decided for is always the more probable one.
pub(super) fn majority(pairs: &[PairVoices], valid: &[Vec<bool>]) -> Vec<Leaning> {
    let leaning = |(pair, valid): (&PairVoices, &Vec<bool>)| {
        let (mut strengths, mut votes, mut ties) = ([0.0; 2], 0.0, 0.0);
        for voice in counted(pair, valid) {
            match voice.strength() {
                Some(0) => ties += voice.weight,
                Some(strength) => {
                    strengths[usize::from(strength > 0)] += voice.weight * strength.abs() as f64;
                    votes += voice.weight;
                }
                None => {}
            }
        }
        let [first, second] = strengths;
        if (first - second).abs() <= EQUAL_SCORES * (first + second) {
            return Leaning::Level;
        }
        let (side, own) = if first > second { (Side::First, first) } else { (Side::Second, second) };
        let own = votes * own / (first + second) + ties / 2.0;
        let other = votes + ties - own;
        Leaning::Towards(side, 1.0 - beta_cdf(0.5, own + 1.0, other + 1.0))
    };
    pairs.iter().zip(valid).map(leaning).collect()
}

/// By how annotators err, learnt from all pairs; weights play no part.
///
/// Which response of a pair is the first follows from their ids and means nothing, though ids that count responses or name models would make one side the more common answer.
/// So each pair is labelled twice, as it is and turned round: then neither side is more probable than the other before anybody votes, and annotators err alike on both.
pub(super) fn dawid_skene(pairs: &[PairVoices], valid: &[Vec<bool>]) -> Vec<Leaning> {
    let mut workers: BTreeMap<u32, usize> = BTreeMap::new();
    for voice in pairs.iter().flat_map(|pair| &pair.voices) {
        let next = workers.len();
        workers.entry(voice.annotator).or_insert(next);
    }
    let mut labels = Vec::new();
    for (item, (pair, valid)) in pairs.iter().zip(valid).enumerate() {
        for voice in counted(pair, valid) {
            let Some(class) = agreement::class(voice.verdict) else { continue };
            let worker = workers[&voice.annotator];
            labels.push(Label { item, worker, class });
            labels.push(Label { item: pairs.len() + item, worker, class: TURNED[class] });
        }
    }
    let found = agreement::dawid_skene(&labels, N_CLASSES, &DawidSkeneSettings::default());
    let leaning = |item: usize| match &found {
        Some(found) if item < found.n_items() => most_probable(found.item(item)),
        _ => Leaning::Level,
    };
    (0..pairs.len()).map(leaning).collect()
}

/// The class of a label whose pair is turned round: first, second, neither.
const TURNED: [usize; N_CLASSES] = [1, 0, 2];

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
    // Votes on one pair are one row: their mean, as heavy as they are together.
    let row = |(pair, valid): &(&PairVoices, &[bool])| {
        let strengths = || counted(pair, valid).filter_map(|voice| Some((voice.strength()?, voice.weight)));
        let weight: f64 = strengths().map(|(_, weight)| weight).sum();
        let wins: f64 =
            strengths().map(|(strength, weight)| weight * (1.0 - strength.signum() as f64) / 2.0).sum();
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
