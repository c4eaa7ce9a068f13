//! How often one model's responses are preferred to another's, from people's few votes and the judge's many.

use super::measures::WinRate;
use super::table::Table;
use crate::report::Measure;
use crate::statistics::{Labelled, Tuning, cluster_share, prediction_powered_mean};
use std::collections::BTreeMap;

/// Votes on the responses of two models.
#[derive(Default)]
struct Duel<'a> {
    labels: Vec<(f64, &'a str)>,
    labelled: Vec<(Labelled, &'a str)>,
    unlabelled: Vec<(f64, &'a str)>,
}

/// A win rate for each two models, the one whose name comes first counted as the winner.
///
/// A vote for neither is half a win; people's label is the mean of their votes, and the judge's verdicts count as they are, because nothing may be fitted to the labels.
/// It holds where the pairs that people saw are like those that they did not.
pub(super) fn win_rates(table: &Table<'_>) -> Vec<WinRate> {
    let mut duels: BTreeMap<[&str; 2], Duel<'_>> = BTreeMap::new();
    for pair in &table.comparisons {
        let responses = [pair.indexed.pair.first, pair.indexed.pair.second];
        let [Some(first), Some(second)] =
            responses.map(|r| r.model.as_ref().map(|model| model.name.as_str()))
        else {
            continue;
        };
        if first == second {
            continue;
        }
        let is_turned = second < first;
        let wins = |outcome: f64| if is_turned { 1.0 - outcome } else { outcome };
        let duel = duels.entry(if is_turned { [second, first] } else { [first, second] }).or_default();
        let n_people = pair.people.len() as f64;
        let label = pair.people.iter().map(|person| wins(person.stance.outcome())).sum::<f64>() / n_people;
        let prediction = pair.judge_stance().map(|stance| wins(stance.outcome()));
        match (pair.people.is_empty(), prediction) {
            (true, Some(prediction)) => duel.unlabelled.push((prediction, pair.prompt())),
            (true, None) => {}
            (false, prediction) => {
                duel.labels.push((label, pair.prompt()));
                let item = prediction.map(|prediction| (Labelled { label, prediction }, pair.prompt()));
                duel.labelled.extend(item);
            }
        }
    }
    duels.into_iter().map(|(models, duel)| win_rate(models, duel)).collect()
}

fn win_rate([model, against]: [&str; 2], duel: Duel<'_>) -> WinRate {
    let combined = prediction_powered_mean(&duel.labelled, &duel.unlabelled, Tuning::Power);
    WinRate {
        model: model.to_owned(),
        against: against.to_owned(),
        labelled: duel.labelled.len(),
        unlabelled: duel.unlabelled.len(),
        people: Measure::from_option(
            cluster_share(duel.labels),
            "it takes people's votes on pairs of two or more prompts",
        ),
        combined: Measure::from_option(
            combined,
            "it takes people's and the judge's votes on pairs of two or more prompts, and the judge's alone on as many",
        ),
    }
}
