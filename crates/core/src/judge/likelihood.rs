//! The likelihood method: how much more probable the prompt makes a response.
//!
//! With p for the judging model, x for the prompt and y for a response of n tokens, a response scores
//!
//! ```text
//! score(y) = 1/n Σ log p(y_t | x, y_<t)  −  unconditional_weight · 1/n Σ log p(y_t | y_<t)  +  end_weight · log p(end | x, y)  −  repetition_weight · repetition(y)
//!            +  reward_weight · log p(fits | x, y)
//! ```
//!
//! and the difference of the two scores takes the place of log-odds.
//! With an unconditional weight of 1 the first two terms are the pointwise mutual information of prompt and response, per token.
//! Subtracting the probability without the prompt keeps responses from winning because their words are common anyway: Holtzman et al. 2021, "Surface Form Competition", show this for answers to choose from, and Li et al. 2016, "A Diversity-Promoting Objective Function for Neural Conversation Models", use it against replies that fit every prompt.
//! Li et al. also give the reason for a weight below 1: all of it taken away, unlikely language costs nothing, and replies that turn in circles or are no replies at all win.
//! The third term costs a response that breaks off, or that goes on after its end.
//! The fourth costs a response that says the same again: to a model, a sentence that stood there before is anything but unlikely.
//! [`repetition`] is the share of runs of three words that stood in the text before, one minus the distinct-3 of Li et al.
//! The fifth is there where the model carries a reward head, which learned from replies to the prompt and to others whether a response fits.
//! Likelihood alone hardly tells such replies apart when a small model reads words that are new to it.
//! No response stands before the other, so there is no position bias.

use super::{Judgment, unparsed, verdict};
use crate::schema::{JudgeEvidence, LikelihoodScore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How scores are made and compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LikelihoodSettings {
    /// How much of the likelihood without the prompt is taken away, 0 to 1; 1 leaves what the prompt adds and nothing else.
    pub unconditional_weight: f64,
    /// How much the log-probability of the end counts beside the mean over the tokens.
    pub end_weight: f64,
    /// What a text that is nothing but repetition loses, in nats a token.
    pub repetition_weight: f64,
    /// How much the log-probability that the response fits counts, where the model has a reward head.
    pub reward_weight: f64,
    /// Scores that differ by at most this, in nats a token, are a tie.
    pub tie_band: f64,
}

impl Default for LikelihoodSettings {
    fn default() -> Self {
        Self {
            unconditional_weight: 0.9,
            end_weight: 0.02,
            repetition_weight: 0.5,
            reward_weight: 0.5,
            tie_band: 0.02,
        }
    }
}

impl LikelihoodSettings {
    /// The score of one response, in nats a token.
    pub fn score(&self, response: &LikelihoodScore) -> f64 {
        response.conditional_nats - self.unconditional_weight * response.unconditional_nats
            + self.end_weight * response.end_nats
            - self.repetition_weight * response.repetition
            + response.reward_nats.map_or(0.0, |nats| self.reward_weight * nats)
    }
}

/// The share of a text's runs of three words that stood in it before, 0 to 1; words are compared in lower case.
pub fn repetition(text: &str) -> f64 {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let runs = words.windows(3);
    let (all, different) = (runs.len(), runs.collect::<BTreeSet<_>>().len());
    (all - different) as f64 / all.max(1) as f64
}

/// The verdict from the scores of the canonical first and second response.
///
/// A response without tokens has nothing to take a mean over, and a score of 0 would win against nearly every text.
/// So it gives [`Verdict::Unparsed`](crate::schema::Verdict::Unparsed); a score whose two means are exactly 0 is taken for that of such a response.
/// So do two scores of which only one holds a reward: they are of different models.
pub fn judge_likelihood(
    first: LikelihoodScore,
    second: LikelihoodScore,
    settings: &LikelihoodSettings,
) -> Judgment {
    let without_text = match (has_no_tokens(&first), has_no_tokens(&second)) {
        (true, true) => Some("both responses have"),
        (true, false) => Some("the first response has"),
        (false, true) => Some("the second response has"),
        (false, false) => None,
    };
    if let Some(which) = without_text {
        return unparsed("likelihood", format!("{which} no text to judge"));
    }
    if first.reward_nats.is_some() != second.reward_nats.is_some() {
        return unparsed("likelihood", "only one of the two responses has a reward".to_owned());
    }
    let log_odds = settings.score(&first) - settings.score(&second);
    if !log_odds.is_finite() || !settings.tie_band.is_finite() {
        return unparsed("likelihood", format!("likelihoods {first:?} and {second:?} under {settings:?}"));
    }
    let reward_weight = first.reward_nats.map(|_| settings.reward_weight);
    let evidence = JudgeEvidence {
        method: "likelihood".to_owned(),
        log_odds: Some(log_odds),
        likelihood: Some([first, second]),
        unconditional_weight: Some(settings.unconditional_weight),
        end_weight: Some(settings.end_weight),
        repetition_weight: Some(settings.repetition_weight),
        reward_weight,
        tie_band: Some(settings.tie_band),
        ..JudgeEvidence::default()
    };
    Judgment { verdict: verdict(log_odds, settings.tie_band), evidence }
}

/// Whether the score is that of a text without tokens, whose means both stand at exactly 0.
///
/// A text of at least one token would have both there only if the model were certain of every token, with the prompt and without it.
fn has_no_tokens(score: &LikelihoodScore) -> bool {
    score.conditional_nats == 0.0 && score.unconditional_nats == 0.0
}
