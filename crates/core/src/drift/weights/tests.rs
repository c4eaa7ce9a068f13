//! Against the reference, and by hand.

use super::*;
use crate::drift::comparison::{Coding, Ridge};
use crate::drift::fixture::{assert_close, comparisons, expected};

#[test]
fn weights_by_age() {
    let half_life = Decay::HalfLife { days: 30.0 };
    for (age, decay, expected) in [
        (Some(60.0), half_life, 0.25),
        (Some(0.0), half_life, 1.0),
        (Some(-5.0), half_life, 1.0),
        (None, half_life, 1.0),
        (Some(f64::NAN), half_life, 1.0),
        (Some(1e9), half_life, 0.0),
        (Some(3.0), Decay::HalfLife { days: 0.0 }, 0.0),
        (Some(1e9), Decay::None, 1.0),
        (Some(30.0), Decay::Window { days: 30.0 }, 1.0),
        (Some(30.1), Decay::Window { days: 30.0 }, 0.0),
        (Some(10.0), Decay::Cut { age_days: 10.0 }, 1.0),
        (Some(11.0), Decay::Cut { age_days: 10.0 }, 0.0),
    ] {
        assert_eq!(weight_at(age, &decay), expected, "{age:?} {decay}");
    }
}

/// Blocks of 30 days from day 90, a ridge of 0.5 on strengths alone.
#[test]
fn prequential_losses_are_those_of_the_reference() {
    let pairs = comparisons(true, true, Coding::Each);
    let start = |day: f64| pairs.times().partition_point(|time| *time < day);
    let blocks: Vec<_> = (3..13)
        .map(|block| 30.0 * f64::from(block))
        .map(|day| (start(day)..start(day + 30.0), day))
        .collect();
    let ridge = Ridge { items: 0.5, features: 0.0 };
    for (name, decay) in [
        ("15", Decay::HalfLife { days: 15.0 }),
        ("30", Decay::HalfLife { days: 30.0 }),
        ("60", Decay::HalfLife { days: 60.0 }),
        ("120", Decay::HalfLife { days: 120.0 }),
        ("240", Decay::HalfLife { days: 240.0 }),
        ("inf", Decay::None),
    ] {
        let found = losses(&pairs, &blocks, Candidate::Aged(decay), ridge);
        let at = |value: &str| expected(&format!("/prequential_logloss_by_halflife/{name}/{value}"));
        assert_eq!(found.len() as f64, at("n"));
        assert_close(found.iter().sum::<f64>() / found.len() as f64, at("logloss"), 1e-6);
    }
}
