//! The parts of a card.

use crate::report::Measure;
use crate::statistics::{Estimate, Interval, PredictionPowered, Share};
use serde::{Deserialize, Serialize};

/// Agreement of the judge with people's majority on the shared pairs, with neither side as a third answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concordance {
    /// The share of pairs with the same answer.
    pub percent: Share,
    /// Cohen's kappa, where answers vary.
    pub kappa: Option<f64>,
    /// Its 95 % interval by bootstrap over prompts.
    pub kappa_interval: Option<Interval>,
    /// Gwet's AC1.
    pub ac1: Option<f64>,
}

/// Each person beside the judge, both measured by the majority of the other people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOneOut {
    /// How many times a person was left out and both had a side to compare.
    pub comparisons: usize,
    /// How often the person left out agrees with the others.
    pub people: Estimate,
    /// How often the judge does, on the same comparisons.
    pub judge: Estimate,
    /// The judge's share minus people's; none where it never varies, because an interval without width would claim too much.
    pub difference: Option<Estimate>,
}

/// What simple rules get right on the pairs on which the judge was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baselines {
    /// The longer response wins; of two as long the stored first, which is as good as a coin.
    pub longest: Share,
    /// The p-value that judge and longest answer are as often right, by flipping signs prompt by prompt: McNemar's exact test where each prompt has one pair.
    pub longest_p_value: f64,
    /// A coin.
    pub random: f64,
}

/// Whether it matters to the judge, and to people, which response stands first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// How often the judge prefers the same response in both orders.
    pub consistency: Measure<Share>,
    /// How often it prefers what stands first, over all answers with a side.
    pub judge_first: Measure<Share>,
    /// Among pairs on which its two orders contradict each other, how often it preferred what stood first both times.
    pub first_among_inconsistent: Measure<Share>,
    /// The p-value that the last is one half, by flipping signs prompt by prompt: the exact binomial test where each prompt has one pair.
    pub inconsistent_p_value: Option<f64>,
    /// How often people prefer what stood first.
    pub people_first: Measure<Share>,
    /// What standing first is worth to the judge, in nats of log-odds; taken out where both orders are averaged.
    pub bias_nats: Measure<Estimate>,
}

/// How much a property of a response draws votes, in nats of log-odds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// For the judge.
    pub judge: Estimate,
    /// For people.
    pub people: Estimate,
    /// The judge minus people: the bias.
    pub difference: Estimate,
}

/// Whether the judge likes long responses more than people do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Length {
    /// How often the judge prefers the longer of two responses whose lengths differ by more than 30 characters.
    pub judge_longer: Measure<Share>,
    /// How often people do, on the same pairs.
    pub people_longer: Measure<Share>,
    /// The coefficient of the standardised difference of the lengths.
    pub coefficient: Measure<Contrast>,
}

/// Errors of probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean negative log-likelihood, in nats.
    pub log_loss: f64,
    /// Mean squared error.
    pub brier: f64,
    /// Mean distance of probability and frequency over ten bins of equal width, weighed by their pairs.
    pub expected_calibration_error: f64,
}

/// The pairs whose probability lies in a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The range's lower end, which is in it.
    pub low: f64,
    /// Its upper end, which is in it for the last one alone.
    pub high: f64,
    /// How many pairs.
    pub pairs: usize,
    /// The mean of their probabilities.
    pub mean_probability: f64,
    /// How often the outcome was true.
    pub frequency: f64,
}

/// Whether the judge's log-odds are probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// On how many pairs.
    pub pairs: usize,
    /// The log-odds as they are.
    pub raw: Scores,
    /// Multiplied by the slope that was fitted on other prompts.
    pub cross_fitted: Scores,
    /// What log-odds have to be multiplied by, fitted on all pairs without an intercept; below 1 the judge is too sure.
    pub slope: Estimate,
    /// One divided by the slope; none where the slope is not above 0.
    pub temperature: Option<f64>,
    /// The intercept of a fit with one (Platt), in nats.
    pub intercept: Option<Estimate>,
    /// The p-value that this intercept is 0 (Wald, cluster-robust).
    pub intercept_p_value: Option<f64>,
    /// The likelihood ratio against intercept 0 and slope 1 (Cox 1958).
    pub cox_statistic: Option<f64>,
    /// Its p-value, chi-square with two degrees of freedom; it takes pairs as independent of each other, those of one prompt too.
    pub cox_p_value: Option<f64>,
    /// Cross-fitted probabilities that the first response is better, and how often it was.
    pub bins: Vec<Bin>,
}

/// One threshold that was tested.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdTest {
    /// Verdicts of at least this confidence are kept, 0.5 to 1.
    pub threshold: f64,
    /// How many tested pairs that keeps.
    pub kept: usize,
    /// How many of them differ from people's majority.
    pub disagreements: usize,
    /// The largest share of disagreement that this leaves open at the confidence asked for.
    pub upper_bound: f64,
}

/// Which verdicts can be kept, and which go to people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// What log-odds are multiplied by to get a confidence; fitted on other prompts than the threshold was tested on.
    pub slope: Option<f64>,
    /// The confidence of a verdict in words without log-odds; from the same prompts as the slope.
    pub confidence_of_words: Option<f64>,
    /// Pairs that slope and confidence were fitted on.
    pub fitted_on: usize,
    /// Pairs that thresholds were tested on, one a prompt.
    pub tested_on: usize,
    /// The lowest confidence that is kept.
    pub threshold: Measure<f64>,
    /// The thresholds that were tested, in order; where there is one, the last that passed is it.
    pub tests: Vec<ThresholdTest>,
    /// The share of all pairs the judge voted on that it keeps.
    pub kept: Measure<Share>,
}

/// How often one model's responses are preferred to another's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WinRate {
    /// The model whose wins are counted.
    pub model: String,
    /// The other.
    pub against: String,
    /// Pairs with people's and the judge's votes.
    pub labelled: usize,
    /// Pairs with the judge's vote alone.
    pub unlabelled: usize,
    /// From people's votes alone.
    pub people: Measure<Estimate>,
    /// From people's and the judge's votes together (prediction-powered, power-tuned).
    pub combined: Measure<PredictionPowered>,
}
