//! The ratings method: each reply rated by itself, and the pair decided by the two means.

use super::reading::PARSER_VERSION;
use super::template::Rubric;
use super::words::{Spoken, because};
use super::{Judgment, verdict};
use crate::schema::{JudgeEvidence, Verdict};

/// The verdict from the ratings of the canonical first and second response, and the ratings, in the order of the rubric's criteria.
///
/// The response with the higher mean over the criteria is better; means that differ by at most `tie_band`, in points of the scale, are a tie.
/// Each response is rated without the other, so there is no position bias; a scale that moves between two answers shows here, though, and not in a comparison.
/// An answer without all ratings leaves the pair without a verdict.
pub fn judge_ratings(answers: [Spoken<'_>; 2], rubric: &Rubric, tie_band: f64) -> Judgment {
    let readings = answers.map(|answer| answer.ratings(rubric));
    let evidence = JudgeEvidence {
        method: "ratings".to_owned(),
        parser: Some(PARSER_VERSION.to_owned()),
        tie_band: Some(tie_band),
        raw_text_by_order: Some(answers.map(|answer| answer.text.to_owned())),
        raw_text: because("ratings", answers, &readings),
        ..JudgeEvidence::default()
    };
    match readings {
        [Ok(first), Ok(second)] => {
            let means = [mean(&first), mean(&second)];
            let evidence = JudgeEvidence { mean_ratings: Some(means), ..evidence };
            Judgment { verdict: verdict(means[0] - means[1], tie_band), evidence }
        }
        _ => Judgment { verdict: Verdict::Unparsed, evidence },
    }
}

fn mean(ratings: &[f64]) -> f64 {
    ratings.iter().sum::<f64>() / ratings.len().max(1) as f64
}
