//! What draws the judge's votes more than people's: length, and its own family of models.
//!
//! Both come from one regression over people's and the judge's votes:
//!
//! ```text
//! log-odds that the first is preferred = Σ_k x_k (β_k + is_judge · δ_k)
//! ```
//!
//! where x_k is a feature of the first response minus that of the second.
//! β is what draws people, β + δ what draws the judge, and δ the bias: that people prefer long responses too is no fault of a judge.
//! A weak ridge keeps coefficients finite, and intervals are cluster-robust over prompts.
//! Each pair counts once for the judge and once for its people together; a tie is half a vote for each side.

use super::measures::{Contrast, Length};
use super::table::{Comparison, Stance, Table};
use crate::diversity::LengthBalance;
use crate::report::Measure;
use crate::statistics::{Estimate, Observation, Share, fit_logistic};
use std::collections::BTreeMap;

/// Responses whose lengths differ by so many characters or fewer count as equally long, as in alpaca_eval.
pub(crate) const LEAST_LENGTH_DIFFERENCE: f64 = LengthBalance::LEAST_DIFFERENCE as f64;
/// The ridge on each coefficient: a normal prior with a standard deviation of about 3 nats.
const RIDGE: f64 = 0.1;
/// A regression on fewer pairs than this would rest on its ridge.
const LEAST_PAIRS: usize = 20;

/// Length, among the pairs on which both people and the judge have an opinion.
pub(super) fn length(table: &Table<'_>) -> Length {
    let pairs: Vec<&Comparison<'_>> = table.shared().filter(|pair| pair.judge_stance().is_some()).collect();
    let differ = || pairs.iter().filter(|pair| pair.length_difference().abs() > LEAST_LENGTH_DIFFERENCE);
    fn is_longer<'a>(pair: &Comparison<'a>, stance: Stance) -> Option<(bool, &'a str)> {
        let is_longer = (stance == Stance::First) == (pair.length_difference() > 0.0);
        (stance != Stance::Neither).then_some((is_longer, pair.prompt()))
    }
    let judge_longer = differ().filter_map(|pair| is_longer(pair, pair.judge_stance()?));
    let people_longer =
        differ().flat_map(|pair| pair.people.iter().filter_map(|person| is_longer(pair, person.stance)));
    let none = "no pair with a side differs in length by more than 30 characters";
    let lengths = standardised_lengths(&pairs);
    Length {
        judge_longer: Measure::from_option(Share::that_in_groups(judge_longer), none),
        people_longer: Measure::from_option(Share::that_in_groups(people_longer), none),
        coefficient: contrast(&pairs, &lengths.iter().map(|x| vec![*x]).collect::<Vec<_>>(), "length"),
    }
}

/// Self-preference, with length held constant, among the pairs whose responses' models are known.
pub(super) fn self_preference(table: &Table<'_>, judge_model: Option<&str>) -> Measure<Contrast> {
    let cannot_tell = |reason: &str| Measure::CannotTell(reason.to_owned());
    let Some(own) = judge_model.and_then(family) else {
        return cannot_tell("the judge's votes do not name a model whose family is known");
    };
    let mut pairs = Vec::new();
    let mut is_own = Vec::new();
    for pair in table.shared().filter(|pair| pair.judge_stance().is_some()) {
        let responses = [pair.indexed.pair.first, pair.indexed.pair.second];
        let families = responses.map(|r| r.model.as_ref().and_then(|model| family(&model.name)));
        if let [Some(first), Some(second)] = families {
            let is = |family: String| f64::from(u8::from(family == own));
            is_own.push(is(first) - is(second));
            pairs.push(pair);
        }
    }
    if pairs.is_empty() {
        return cannot_tell("the samples do not name the models of both responses");
    }
    let lengths = standardised_lengths(&pairs);
    let features: Vec<Vec<f64>> =
        is_own.iter().zip(&lengths).map(|(own, length)| vec![*own, *length]).collect();
    contrast(&pairs, &features, "model family")
}

/// Beginnings of names, with the family that goes by another name: products, owners where they stand in the name, and offshoots trained by the same people on the same base.
const ALIASES: [(&str, &str); 18] = [
    ("meta", "llama"),
    ("codellama", "llama"),
    ("chatgpt", "gpt"),
    ("openai", "gpt"),
    ("o", "gpt"),
    ("anthropic", "claude"),
    ("cohere", "command"),
    ("mixtral", "mistral"),
    ("ministral", "mistral"),
    ("codestral", "mistral"),
    ("magistral", "mistral"),
    ("devstral", "mistral"),
    ("pixtral", "mistral"),
    ("mathstral", "mistral"),
    ("qwq", "qwen"),
    ("qvq", "qwen"),
    ("codeqwen", "qwen"),
    ("codegemma", "gemma"),
];

/// The family of a model: the letters that its name begins with, after an owner's name, in lower case, or what [`ALIASES`] knows them as.
///
/// `Qwen/Qwen3-0.6B` is of the family `qwen`, `gpt-4o` of `gpt`, and `Meta-Llama-3-8B` as well as `Llama-3.1-8B` of `llama`.
fn family(model_name: &str) -> Option<String> {
    let name = model_name.rsplit('/').next()?.trim_start();
    let letters: String =
        name.chars().take_while(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let family =
        ALIASES.iter().find(|(name, _)| *name == letters).map_or(letters, |(_, it)| (*it).to_owned());
    (!family.is_empty()).then_some(family)
}

/// tanh of the difference of the lengths divided by its root mean square, as in length-controlled AlpacaEval (Dubois et al. 2024).
fn standardised_lengths(pairs: &[&Comparison<'_>]) -> Vec<f64> {
    let differences: Vec<f64> = pairs.iter().map(|pair| pair.length_difference()).collect();
    let scale = libm::sqrt(differences.iter().map(|d| d * d).sum::<f64>() / differences.len().max(1) as f64);
    differences.iter().map(|d| if scale > 0.0 { libm::tanh(d / scale) } else { 0.0 }).collect()
}

/// The coefficients of the first of the features, for the judge, for people, and their difference.
fn contrast(pairs: &[&Comparison<'_>], features: &[Vec<f64>], what: &str) -> Measure<Contrast> {
    let n_telling = features.iter().filter(|features| features[0] != 0.0).count();
    if n_telling < LEAST_PAIRS {
        return Measure::CannotTell(format!(
            "{n_telling} pairs differ in {what}, and a regression needs {LEAST_PAIRS}"
        ));
    }
    for (name, is_judge) in [("the judge", true), ("people", false)] {
        if always_follows(pairs, features, is_judge) {
            return Measure::CannotTell(format!(
                "{name} never took the other side of a difference in {what}, so that no size of it fits best"
            ));
        }
    }
    let rows = rows(pairs, features);
    let estimates = || {
        let n = features[0].len();
        let fit = fit_logistic(&rows, &vec![RIDGE; 2 * n])?;
        let covariance = fit.cluster_covariance(&rows)?;
        let (people, difference) = (fit.coefficients[0], fit.coefficients[n]);
        let variance_of_sum = covariance.at(0, 0) + covariance.at(n, n) + 2.0 * covariance.at(0, n);
        Some(Contrast {
            judge: Estimate::normal(people + difference, libm::sqrt(variance_of_sum))?,
            people: Estimate::normal(people, libm::sqrt(covariance.at(0, 0)))?,
            difference: Estimate::normal(difference, libm::sqrt(covariance.at(n, n)))?,
        })
    };
    Measure::from_option(estimates(), "the regression has no one answer for these votes")
}

/// Whether all sides are those of the larger, or all those of the smaller, first feature.
fn always_follows(pairs: &[&Comparison<'_>], features: &[Vec<f64>], is_judge: bool) -> bool {
    let (mut n_with, mut n_against) = (0, 0);
    for (pair, features) in pairs.iter().zip(features) {
        let judge = pair.judge_stance().filter(|_| is_judge);
        let people = pair.people.iter().filter(|_| !is_judge).map(|person| person.stance);
        for stance in judge.into_iter().chain(people).filter(|stance| *stance != Stance::Neither) {
            let direction = (stance.outcome() - 0.5) * features[0];
            n_with += usize::from(direction > 0.0);
            n_against += usize::from(direction < 0.0);
        }
    }
    n_with == 0 || n_against == 0
}

/// The judge's row and the people's rows of each pair.
fn rows(pairs: &[&Comparison<'_>], features: &[Vec<f64>]) -> Vec<Observation> {
    let mut clusters: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for (pair, features) in pairs.iter().zip(features) {
        let n_known = clusters.len();
        let cluster = *clusters.entry(pair.prompt()).or_insert(n_known);
        let mut row = |stance: Stance, weight: f64, is_judge: f64| {
            let bias = features.iter().map(|x| is_judge * x);
            let features = features.iter().copied().chain(bias).collect();
            rows.push(Observation { features, outcome: stance.outcome(), weight, cluster });
        };
        for person in &pair.people {
            row(person.stance, 1.0 / pair.people.len() as f64, 0.0);
        }
        if let Some(stance) = pair.judge_stance() {
            row(stance, 1.0, 1.0);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn a_family_is_what_a_name_begins_with() {
        for (name, expected) in [
            ("Qwen/Qwen3-0.6B", Some("qwen")),
            ("gpt-4o", Some("gpt")),
            ("openai/chatgpt-4o-latest", Some("gpt")),
            ("o3-mini", Some("gpt")),
            ("olmo-2", Some("olmo")),
            ("meta-llama/Meta-Llama-3-8B-Instruct", Some("llama")),
            ("meta-llama/Llama-3.1-8B", Some("llama")),
            ("codellama/CodeLlama-7b-hf", Some("llama")),
            ("mistralai/Mistral-7B-v0.3", Some("mistral")),
            ("mistralai/Mixtral-8x7B-v0.1", Some("mistral")),
            ("Qwen/QwQ-32B", Some("qwen")),
            ("anthropic.claude-3-haiku", Some("claude")),
            ("claude-3-haiku", Some("claude")),
            ("Tiebreak Support 6M", Some("tiebreak")),
            ("3.5-turbo", None),
            ("", None),
        ] {
            assert_eq!(family(name).as_deref(), expected, "{name}");
        }
    }
}
