//! The label method: two replies called A and B, asked in both orders, read from two log-probabilities.

use super::{Judgment, unparsed, verdict};
use crate::schema::{JudgeEvidence, Verdict};

/// The labels of the reply that is shown first and of the other.
pub const LABELS: [&str; 2] = ["A", "B"];

/// The least probability (0 to 1) that both labels must hold together, in each order, for a verdict.
///
/// Below it the model would nearly always answer with something else, and which of two rare tokens is the less rare says nothing of the replies.
pub const LEAST_LABEL_MASS: f64 = 0.05;

/// How far above 0 rounding may take a log-probability, in nats.
const MOST_LOGPROB_NATS: f64 = 1e-3;
/// How far above 1 rounding may take probabilities of different texts together.
const MOST_MASS: f64 = 1.01;

/// Whether numbers can be log-probabilities (nats) of different texts; −∞ is one.
pub(super) fn are_logprobs(nats: &[f64]) -> bool {
    let mass: f64 = nats.iter().map(|nats| libm::exp(*nats)).sum();
    nats.iter().all(|nats| *nats <= MOST_LOGPROB_NATS) && mass <= MOST_MASS
}

/// The log-probabilities of [`LABELS`] as the next text after the prompt, in nats.
pub type LabelLogprobs = [f64; 2];

/// The verdict from both orders: `first_shown_first` with the canonical first labelled A, `second_shown_first` with it labelled B.
///
/// In each order the difference of the two log-probabilities is the log-odds that the canonical first is better.
/// What standing first is worth adds to one of them and is taken from the other: their mean, on which the verdict rests, is free of it, and half their difference is it.
/// Log-odds of at most `tie_band` (nats, either way) are a tie.
/// Numbers that cannot be log-probabilities, because one is above 0 or both together are more than certain, give [`Verdict::Unparsed`].
/// Where the labels hold less than [`LEAST_LABEL_MASS`] in either order, the verdict is that too, and the evidence keeps all numbers.
pub fn judge_label(
    first_shown_first: LabelLogprobs,
    second_shown_first: LabelLogprobs,
    tie_band: f64,
) -> Judgment {
    let shown_first = first_shown_first[0] - first_shown_first[1];
    let shown_second = second_shown_first[1] - second_shown_first[0];
    let log_odds = (shown_first + shown_second) / 2.0;
    let position_bias = (shown_first - shown_second) / 2.0;
    let is_finite = [log_odds, position_bias, tie_band].iter().all(|number| number.is_finite());
    if !is_finite || ![first_shown_first, second_shown_first].iter().all(|nats| are_logprobs(nats)) {
        return unparsed(
            "label",
            format!(
                "these are no log-probabilities to compare: {first_shown_first:?} and {second_shown_first:?}, tie band {tie_band}"
            ),
        );
    }
    let mass = [first_shown_first, second_shown_first].map(|[a, b]| libm::exp(a) + libm::exp(b));
    let is_answered = mass.iter().all(|mass| *mass >= LEAST_LABEL_MASS);
    let evidence = JudgeEvidence {
        method: "label".to_owned(),
        log_odds_by_order: Some([shown_first, shown_second]),
        log_odds: Some(log_odds),
        position_bias: Some(position_bias),
        label_mass_by_order: Some(mass),
        tie_band: Some(tie_band),
        raw_text: (!is_answered).then(|| {
            let [one, other] = mass.map(|mass| 100.0 * mass);
            let least = 100.0 * LEAST_LABEL_MASS;
            format!("the labels hold {one:.2} % and {other:.2} % of the probability, and a verdict needs {least} % in both orders")
        }),
        ..JudgeEvidence::default()
    };
    let verdict = if is_answered { verdict(log_odds, tie_band) } else { Verdict::Unparsed };
    Judgment { verdict, evidence }
}
