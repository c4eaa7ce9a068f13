//! Which of the judge's verdicts can be kept, and which go to people.

use super::document::{Card, CardSettings, Use};
use super::fold::fold;
use super::measures::Escalation;
use super::table::{Comparison, Table};
use crate::judge::calibration::{Forecast, fit_slope};
use crate::judge::selective::{Trial, fewest_trials, select};
use crate::report::Measure;
use crate::schema::{Verdict, Vote};
use crate::statistics::{Share, sigmoid};
use std::collections::BTreeMap;

/// Prompts of folds below this fit the slope; thresholds are tested on the others.
const FIRST_TESTED_FOLD: u64 = 2;

/// What becomes of a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// It stands, with this probability, 0.5 to 1, that people's majority says the same.
    Keep {
        /// The probability.
        probability: f64,
    },
    /// People have to decide.
    Escalate,
}

impl Card {
    /// What becomes of a vote of this card's judge.
    ///
    /// Of the votes that are kept, on pairs like those that the card was made from, at most the share `alpha` differ from people's majority, with probability 1 − `delta`.
    /// Escalated are ties, both-bad and unparsed verdicts, all votes of others, and all votes where no threshold passed its test or the card says that the judge may not label.
    pub fn apply(&self, vote: &Vote) -> Decision {
        let confidence = Some(vote).filter(|vote| vote.annotator.id == self.judge).and_then(|vote| {
            Confidence { slope: self.escalation.slope, of_words: self.escalation.confidence_of_words }
                .of(vote)
        });
        let may_label = matches!(self.advice.usage, Use::Label | Use::LabelAboveThreshold);
        match (confidence, self.escalation.threshold.value()) {
            (Some(probability), Some(threshold)) if may_label && probability >= *threshold => {
                Decision::Keep { probability }
            }
            _ => Decision::Escalate,
        }
    }
}

/// How sure the judge can be of a verdict.
#[derive(Clone, Copy)]
struct Confidence {
    slope: Option<f64>,
    of_words: Option<f64>,
}

impl Confidence {
    /// None for a vote without a side, and for log-odds that contradict their verdict.
    fn of(self, vote: &Vote) -> Option<f64> {
        let Verdict::Strength(strength @ (..=-1 | 1..)) = vote.verdict else { return None };
        let Some(log_odds) = vote.judge.as_ref().and_then(|evidence| evidence.log_odds) else {
            return self.of_words;
        };
        let towards_verdict = if strength < 0 { log_odds } else { -log_odds };
        let confidence = sigmoid(self.slope? * towards_verdict);
        (confidence >= 0.5).then_some(confidence)
    }
}

/// A pair on which people and judge both take a side.
struct Case<'a> {
    pair: &'a Comparison<'a>,
    vote: &'a Vote,
    agrees: bool,
}

/// Fits confidences on some prompts and tests thresholds on the others.
pub(super) fn escalation(table: &Table<'_>, settings: &CardSettings) -> Escalation {
    let cases = table.shared().filter_map(|pair| {
        let (people, judge) = pair.both_sides()?;
        Some(Case { pair, vote: pair.judge.as_ref()?.vote, agrees: people == judge })
    });
    let (fitted, rest): (Vec<_>, Vec<_>) =
        cases.partition(|case| fold(case.pair.prompt()) < FIRST_TESTED_FOLD);
    let tested = one_a_prompt(rest);
    let confidence = fit(&fitted);
    let trial = |case: &Case<'_>| Some(Trial { confidence: confidence.of(case.vote)?, agrees: case.agrees });
    let trials: Vec<Trial> = tested.iter().filter_map(trial).collect();
    let selection = select(&trials, settings.alpha, settings.delta);
    let threshold = match selection.threshold {
        Some(threshold) => Measure::Value(threshold),
        None => Measure::CannotTell(why_none(trials.len(), settings)),
    };
    let kept = threshold.value().and_then(|threshold| {
        let votes =
            table.comparisons.iter().filter_map(|pair| Some((pair.judge.as_ref()?.vote, pair.prompt())));
        let is_kept = |vote: &Vote| confidence.of(vote).is_some_and(|p| p >= *threshold);
        Share::that_in_groups(votes.map(|(vote, prompt)| (is_kept(vote), prompt)))
    });
    Escalation {
        slope: confidence.slope,
        confidence_of_words: confidence.of_words,
        fitted_on: fitted.len(),
        tested_on: trials.len(),
        threshold,
        tests: selection.tests,
        kept: Measure::from_option(kept, "there is no threshold"),
    }
}

fn why_none(n_trials: usize, settings: &CardSettings) -> String {
    let fewest = fewest_trials(settings.alpha, settings.delta);
    match n_trials < fewest {
        true => format!(
            "it takes {fewest} prompts to test a threshold, and {n_trials} with a verdict of known confidence were kept for that"
        ),
        false => {
            "even its surest verdicts could not be shown to differ from the reference so rarely".to_owned()
        }
    }
}

/// Pairs of one prompt hang together, and the test needs pairs that do not: the one whose id comes first.
fn one_a_prompt(cases: Vec<Case<'_>>) -> Vec<Case<'_>> {
    let mut by_prompt: BTreeMap<&str, Case<'_>> = BTreeMap::new();
    for case in cases {
        let prompt = case.pair.prompt();
        let is_first =
            by_prompt.get(prompt).is_none_or(|other| case.pair.indexed.pair.id < other.pair.indexed.pair.id);
        if is_first {
            by_prompt.insert(prompt, case);
        }
    }
    by_prompt.into_values().collect()
}

/// The slope for votes with log-odds, and the share right (one right and one wrong added) for those in words alone.
fn fit(cases: &[Case<'_>]) -> Confidence {
    let (mut forecasts, mut words) = (Vec::new(), Vec::new());
    let mut clusters: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        match case.pair.judge.as_ref().and_then(|judge| judge.log_odds) {
            Some(log_odds) => {
                let n_known = clusters.len();
                let cluster = *clusters.entry(case.pair.prompt()).or_insert(n_known);
                forecasts.push(Forecast { log_odds: log_odds.abs(), outcome: case.agrees, cluster });
            }
            None => words.push(case.agrees),
        }
    }
    let n_right = words.iter().filter(|agrees| **agrees).count() as f64;
    Confidence {
        slope: fit_slope(&forecasts).map(|slope| slope.value).filter(|slope| *slope > 0.0),
        of_words: (!words.is_empty()).then(|| (n_right + 1.0) / (words.len() as f64 + 2.0)),
    }
}
