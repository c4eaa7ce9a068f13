//! Against choix and statsmodels, and by hand.

use super::*;
use crate::drift::fixture::{assert_close, comparisons, expected, expected_list};
use crate::drift::weights::{Decay, weight_at};

/// Each vote a cluster of its own.
fn independent_errors(comparisons: &Comparisons, fit: &LogisticFit, weights: &[f64]) -> Vec<f64> {
    let own: Vec<usize> = (0..comparisons.len()).collect();
    let (covariance, _) = fit.sandwich(comparisons.rows().weighed(weights).clustered(&own));
    (0..covariance.size()).map(|j| covariance.at(j, j).sqrt()).collect()
}

#[test]
fn strengths_are_those_of_choix_and_statsmodels() {
    let pairs = comparisons(false, false, Coding::RelativeToFirst);
    let fit = pairs.fit().unwrap();
    for (found, expected) in pairs.strengths(&fit).iter().zip(expected_list("/bt_unweighted/theta_centered"))
    {
        assert_close(*found, expected, 1e-6);
    }
    assert_close(fit.log_likelihood, expected("/bt_unweighted/loglik"), 1e-6);
    for (j, expected) in expected_list("/bt_unweighted/se_ref0").into_iter().enumerate() {
        assert_close(fit.covariance().at(j, j).sqrt(), expected, 1e-6);
    }
}

#[test]
fn decayed_strengths_have_robust_errors_and_a_smaller_size() {
    let pairs = comparisons(false, false, Coding::RelativeToFirst);
    for half_life in [30, 90, 365] {
        let at = |name: &str| format!("/bt_halflife_{half_life}/{name}");
        let decay = Decay::HalfLife { days: f64::from(half_life) };
        let weights: Vec<f64> = pairs.times().iter().map(|t| weight_at(Some(365.0 - t), &decay)).collect();
        let fit = pairs.fit_weighed(0..pairs.len(), &weights, Ridge::default()).unwrap();
        for (found, expected) in pairs.strengths(&fit).iter().zip(expected_list(&at("theta_centered"))) {
            assert_close(*found, expected, 1e-6);
        }
        assert_close(fit.log_likelihood, expected(&at("weighted_ll")), 1e-6);
        assert_close(weights.iter().sum(), expected(&at("sum_w")), 1e-6);
        assert_close(kish_size(weights.iter().copied()), expected(&at("kish_ess")), 1e-6);
        let errors = independent_errors(&pairs, &fit, &weights);
        for (found, expected) in errors.iter().zip(expected_list(&at("sandwich_se_ref0"))) {
            assert_close(*found, expected, 1e-6);
        }
    }
}

/// choix's penalty is not halved.
#[test]
fn a_ridge_centres_strengths() {
    let pairs = comparisons(false, false, Coding::Each);
    let ridge = Ridge { items: 0.2, features: 0.0 };
    let fit = pairs.fit_weighed(0..pairs.len(), &vec![1.0; pairs.len()], ridge).unwrap();
    let strengths = pairs.strengths(&fit);
    for (found, expected) in strengths.iter().zip(expected_list("/bt_ridge_alpha0.1_choix_opt")) {
        assert_close(*found, expected, 1e-6);
    }
    assert_close(fit.coefficients.iter().sum(), 0.0, 1e-9);
}

#[test]
fn position_and_length_are_those_of_statsmodels() {
    for (name, has_position, has_length) in [("lr_position", true, false), ("lr_length", true, true)] {
        let pairs = comparisons(has_position, has_length, Coding::RelativeToFirst);
        let fit = pairs.fit().unwrap();
        let before = comparisons(has_length, false, Coding::RelativeToFirst).fit().unwrap();
        let last = fit.coefficients.len() - 1;
        assert_close(fit.coefficients[last], expected(&format!("/{name}/coef")), 1e-6);
        assert_close(fit.covariance().at(last, last).sqrt(), expected(&format!("/{name}/se")), 1e-6);
        let ratio = 2.0 * (fit.log_likelihood - before.log_likelihood);
        assert_close(ratio, expected(&format!("/{name}/LR")), 1e-6);
    }
}

/// A vote of one item on another, at times that rise.
fn vote(items: [usize; 2], x: f64, outcome: f64) -> Comparison {
    Comparison {
        items: Some(items),
        position: 1.0,
        features: vec![x],
        outcome,
        time_days: 0.0,
        annotator: 0,
        pair: 0,
    }
}

#[track_caller]
fn assert_refused(votes: &[Comparison], n_items: usize, part: &str) {
    let items = (0..n_items).map(|item| format!("model {item}")).collect();
    let terms = Terms { items, has_position: false, features: vec!["length".to_owned()] };
    let found = Comparisons::new(terms, votes.to_vec(), Coding::RelativeToFirst).fit();
    let message = found.expect_err("a fit").to_string();
    assert!(message.contains(part), "{message}");
}

#[test]
fn what_has_no_finite_fit_is_refused_with_the_reason() {
    let both = |a: usize, b: usize| {
        [(1.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (-1.0, 0.0)].map(|(x, outcome)| vote([a, b], x, outcome))
    };
    let known: Vec<Comparison> = [both(0, 1), both(1, 2)].concat();
    assert_refused(&[], 0, "no vote");
    assert_refused(&[], 3, "no vote");
    assert_refused(&known, 4, "`model 0` and `model 3` were never compared");
    assert_refused(&[both(0, 1), both(2, 3)].concat(), 4, "were never compared");
    let always = [known.clone(), vec![vote([3, 0], 1.0, 1.0), vote([3, 1], -1.0, 1.0)]].concat();
    assert_refused(&always, 4, "no vote prefers `model 0`, or what lost to it, to `model 3`");
    let never = [known.clone(), vec![vote([3, 0], 1.0, 0.0), vote([3, 1], -1.0, 0.0)]].concat();
    assert_refused(&never, 4, "no vote prefers `model 3`");
    let by_length: Vec<Comparison> =
        known.iter().map(|v| vote(v.items.unwrap(), v.features[0], f64::from(v.features[0] > 0.0))).collect();
    assert_refused(&by_length, 3, "length points to the preferred side in all votes");
    let alike: Vec<Comparison> = known.iter().map(|v| vote(v.items.unwrap(), 0.0, v.outcome)).collect();
    assert_refused(&alike, 3, "length is the same for both sides");
    // The feature is the difference of two strengths.
    let doubled: Vec<Comparison> = known
        .iter()
        .map(|v| vote(v.items.unwrap(), if v.items == Some([0, 1]) { 1.0 } else { 0.0 }, v.outcome))
        .collect();
    assert_refused(&doubled, 3, "combinations of others");
}

#[test]
fn ties_are_half_a_win_of_each_side() {
    let terms = Terms { items: vec!["a".to_owned(), "b".to_owned()], ..Terms::default() };
    let tie = |outcome| Comparison { features: vec![], ..vote([0, 1], 0.0, outcome) };
    let fit = |votes: Vec<Comparison>| Comparisons::new(terms.clone(), votes, Coding::RelativeToFirst).fit();
    assert_eq!(fit(vec![tie(0.5)]).unwrap().coefficients, [0.0]);
    // Three of four for the first.
    let found = fit(vec![tie(0.5), tie(1.0)]).unwrap();
    assert_close(found.coefficients[0], -libm::log(3.0), 1e-9);
    assert!(fit(vec![tie(1.0), tie(1.0)]).is_err());
}

#[test]
fn kish_size_counts_what_equal_weights_would_tell() {
    assert_eq!(kish_size([2.0, 2.0, 2.0]), 3.0);
    assert_eq!(kish_size([1.0, 0.0]), 1.0);
    assert_eq!(kish_size([0.0]), 0.0);
    assert_eq!(kish_size([]), 0.0);
}
