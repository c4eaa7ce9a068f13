//! Which terms the votes can carry, and the model of them.

use super::document::LeftOut;
use super::features::{Feature, scaled};
use super::observations::Observations;
use crate::drift::comparison::{Coding, Comparison, Comparisons, Terms, Unfit};
use crate::statistics::{LogisticFit, Matrix};
use std::collections::{BTreeMap, BTreeSet};

/// A term that differs in fewer votes rests on too few.
pub(super) const LEAST_TELLING: usize = 20;

/// The votes as the model sees them, its fit, and which terms were left out.
pub(super) struct Fitted {
    pub comparisons: Comparisons,
    /// Or why there is none.
    pub fit: Result<LogisticFit, Unfit>,
    pub left_out: Vec<LeftOut>,
}

/// A feature and its difference in each pair of the index.
struct Column {
    name: String,
    differences: Vec<f64>,
}

/// The models' names and, for each pair, which two wrote it.
struct Models {
    names: Vec<String>,
    by_pair: Vec<Option<[usize; 2]>>,
}

/// Chooses terms until the model can be fitted: features that differ often enough, that are no combinations of others, and that do not decide all votes.
pub(super) fn fitted(observations: &Observations<'_>) -> Fitted {
    let mut left_out = Vec::new();
    let mut columns = columns(observations, &mut left_out);
    let mut models = models(observations);
    let mut has_position = observations.seen.iter().any(|seen| seen.position != 0.0);
    drop_combinations(observations, (&models, has_position), &mut columns, &mut left_out);
    let has_sides = observations.seen.is_empty() || observations.seen.iter().any(|seen| seen.outcome != 0.5);
    loop {
        let comparisons = comparisons(observations, &models, &columns, has_position);
        let fit = if has_sides { comparisons.fit() } else { Err(Unfit::NoSides) };
        let Err(reason) = &fit else {
            return Fitted { comparisons, fit, left_out };
        };
        let leave_out = |term: &str| LeftOut { what: term.to_owned(), reason: reason.to_string() };
        match reason {
            Unfit::Unconnected { .. } | Unfit::AlwaysWins { .. } if !models.names.is_empty() => {
                left_out.push(leave_out("model"));
                models.names.clear();
            }
            Unfit::Separated { term: Some(term) } | Unfit::NeverDiffers { term } if term == "position" => {
                left_out.push(leave_out(term));
                has_position = false;
            }
            Unfit::Separated { term: Some(term) } | Unfit::NeverDiffers { term } => {
                left_out.push(leave_out(term));
                columns.retain(|column| column.name != *term);
            }
            Unfit::Separated { term: None } | Unfit::NotIdentified if !columns.is_empty() => {
                let last = columns.pop().expect("it is not empty");
                left_out.push(leave_out(&last.name));
            }
            _ => return Fitted { comparisons, fit, left_out },
        }
    }
}

/// The features that differ in enough votes; those that never differ are not worth a word.
fn columns(observations: &Observations<'_>, left_out: &mut Vec<LeftOut>) -> Vec<Column> {
    let pairs = observations.index.pairs();
    let responses = || pairs.iter().flat_map(|indexed| [indexed.pair.first, indexed.pair.second]);
    let mut columns = Vec::new();
    for feature in Feature::of(responses()) {
        let difference = |pair: &crate::schema::IndexedPair<'_>| {
            Some(feature.value(pair.pair.first)? - feature.value(pair.pair.second)?)
        };
        let mut differences: Vec<f64> = pairs.iter().map(|pair| difference(pair).unwrap_or(0.0)).collect();
        scaled(&mut differences, feature.is_yes_or_no());
        let n_telling = observations.seen.iter().filter(|seen| differences[seen.pair] != 0.0).count();
        if n_telling >= LEAST_TELLING {
            columns.push(Column { name: feature.name(), differences });
        } else if n_telling > 0 {
            let reason = format!("it differs in {n_telling} votes, and a term needs {LEAST_TELLING}");
            left_out.push(LeftOut { what: feature.name(), reason });
        }
    }
    columns
}

/// The models of the pairs, where at least two models were compared.
fn models(observations: &Observations<'_>) -> Models {
    let name = |response: &crate::schema::Response| response.model.as_ref().map(|model| model.name.clone());
    let pairs = observations.index.pairs();
    let by_name: Vec<Option<[String; 2]>> = pairs
        .iter()
        .map(|indexed| Some([name(indexed.pair.first)?, name(indexed.pair.second)?]))
        .map(|both| both.filter(|[first, second]| first != second))
        .collect();
    let names: BTreeSet<&String> =
        observations.seen.iter().filter_map(|seen| by_name[seen.pair].as_ref()).flatten().collect();
    let numbers: BTreeMap<&String, usize> = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let number = |both: &[String; 2]| Some([*numbers.get(&both[0])?, *numbers.get(&both[1])?]);
    let by_pair = by_name.iter().map(|both| both.as_ref().and_then(number)).collect();
    Models { names: names.into_iter().cloned().collect(), by_pair }
}

fn comparisons(
    observations: &Observations<'_>,
    models: &Models,
    columns: &[Column],
    has_position: bool,
) -> Comparisons {
    let has_models = !models.names.is_empty();
    let vote = |seen: &super::observations::Seen| Comparison {
        items: if has_models { models.by_pair[seen.pair] } else { None },
        position: seen.position,
        features: columns.iter().map(|column| column.differences[seen.pair]).collect(),
        outcome: seen.outcome,
        time_days: seen.time_days,
        annotator: seen.annotator,
        pair: seen.pair,
    };
    let terms = Terms {
        items: models.names.clone(),
        has_position,
        features: columns.iter().map(|column| column.name.clone()).collect(),
    };
    Comparisons::in_order(terms, observations.seen.iter().map(vote), Coding::RelativeToFirst)
}

/// Leaves out each feature that is a combination of terms before it.
fn drop_combinations(
    observations: &Observations<'_>,
    (models, has_position): (&Models, bool),
    columns: &mut Vec<Column>,
    left_out: &mut Vec<LeftOut>,
) {
    let all = comparisons(observations, models, columns, has_position);
    let rows = all.rows();
    let mut products = Matrix::zeros(rows.n_columns());
    rows.iter().for_each(|row| products.add_outer(row.features, 1.0));
    let n_before = rows.n_columns() - columns.len();
    let mut kept: Vec<usize> = (0..n_before).filter(|place| products.at(*place, *place) > 0.0).collect();
    // Strengths of models in groups that never met are combinations of each other, which says nothing of features.
    if products.part(&kept).inverse().is_none() {
        kept = Vec::new();
        (0..n_before).for_each(|place| keep_own(&products, &mut kept, place));
    }
    let mut place = n_before;
    columns.retain(|column| {
        keep_own(&products, &mut kept, place);
        let is_own = kept.last() == Some(&place);
        place += 1;
        if !is_own {
            let reason = "in these votes it is a combination of other terms".to_owned();
            left_out.push(LeftOut { what: column.name.clone(), reason });
        }
        is_own
    });
}

/// Adds a column to those that are no combinations of each other, unless it is one of them.
fn keep_own(products: &Matrix, kept: &mut Vec<usize>, column: usize) {
    kept.push(column);
    if products.part(kept).inverse().is_none() {
        kept.pop();
    }
}
