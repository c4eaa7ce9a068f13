//! 600 dated pairs of six items, and what choix, statsmodels and scikit-learn say of them.
//!
//! Each item wins by its strength; the first was shown first always; what a longer first is worth jumps in the middle.

use super::comparison::{Coding, Comparison, Comparisons, Terms};
use serde_json::Value;

const PAIRS: &str = include_str!("../../../../tests/cases/drift_pairs.csv");
const REFERENCE: &str = include_str!("../../../../tests/cases/drift.json");

/// The reference's value at a JSON pointer, such as `/lr_position/coef`.
#[track_caller]
pub fn expected(pointer: &str) -> f64 {
    let all: Value = serde_json::from_str(REFERENCE).unwrap();
    all.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {pointer}"))
}

/// The same for a list of numbers.
#[track_caller]
pub fn expected_list(pointer: &str) -> Vec<f64> {
    let all: Value = serde_json::from_str(REFERENCE).unwrap();
    serde_json::from_value(all.pointer(pointer).unwrap().clone()).unwrap()
}

/// The pairs, with position and length as asked for.
pub fn comparisons(has_position: bool, has_length: bool, coding: Coding) -> Comparisons {
    let features: [(&str, Feature); 1] = [("length", |length, _| length)];
    with_features(has_position, &features[..usize::from(has_length)], coding)
}

/// A feature of a pair from its difference in length and its day.
pub type Feature = fn(f64, f64) -> f64;

/// The pairs, with features as asked for.
pub fn with_features(has_position: bool, features: &[(&str, Feature)], coding: Coding) -> Comparisons {
    let vote = |line: &str| {
        let field: Vec<f64> = line.split(',').map(|field| field.parse().unwrap()).collect();
        Comparison {
            items: Some([field[2] as usize, field[3] as usize]),
            position: 1.0,
            features: features.iter().map(|(_, feature)| feature(field[4], field[1])).collect(),
            outcome: field[5],
            time_days: field[1],
            annotator: 0,
            pair: field[0] as usize,
        }
    };
    let terms = Terms {
        items: (0..6).map(|item| format!("model {item}")).collect(),
        has_position,
        features: features.iter().map(|(name, _)| (*name).to_owned()).collect(),
    };
    Comparisons::new(terms, PAIRS.lines().skip(1).map(vote).collect(), coding)
}

#[track_caller]
pub fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}
