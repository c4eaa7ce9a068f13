//! How much a head is to count beside the likelihood, measured on dialogues that were set aside.

use anyhow::Result;
use tiebreak_core::judge::LikelihoodSettings;
use tiebreak_core::schema::LikelihoodScore;
use tiebreak_engine::Model;

use super::source::SetAside;
use crate::comparisons::{Comparison, Defect, comparisons};
use crate::evaluate::likelihood_scores;

const WEIGHTS: [f64; 8] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0];

/// A table of how often the likelihood method is right at each weight, by kind of defect and over all, for people to read.
pub fn report(model: &Model, set_aside: &SetAside, n: usize, seed: u64) -> Result<String> {
    let made = comparisons(&set_aside.dialogues, &set_aside.lines, n, seed);
    let scores = likelihood_scores(model, &made)?;
    let kinds = Defect::ALL.map(Some).into_iter().chain([None]);
    let mut text = format!("{} comparisons of dialogues that were set aside\n  reward weight", made.len());
    for kind in kinds.clone() {
        text += &format!("  {:>22}", kind.map_or("all", Defect::name));
    }
    for reward_weight in WEIGHTS {
        let settings = LikelihoodSettings { reward_weight, ..LikelihoodSettings::default() };
        text += &format!("\n  {reward_weight:>13}");
        for kind in kinds.clone() {
            text += &format!("  {:>20.1} %", 100.0 * accuracy(&made, &scores, kind, &settings));
        }
    }
    Ok(text + "\n")
}

/// The share of the comparisons of one kind, or of all, that the better reply wins.
fn accuracy(
    made: &[Comparison],
    scores: &[[LikelihoodScore; 2]],
    kind: Option<Defect>,
    settings: &LikelihoodSettings,
) -> f64 {
    let of_kind = made.iter().zip(scores).filter(|(one, _)| kind.is_none_or(|kind| one.defect == kind));
    let is_right: Vec<bool> =
        of_kind.map(|(_, [better, worse])| settings.score(better) > settings.score(worse)).collect();
    is_right.iter().filter(|right| **right).count() as f64 / is_right.len().max(1) as f64
}
