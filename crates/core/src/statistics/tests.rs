//! Against scipy and statsmodels (`tests/tools/statistics_cases.py`), and by hand.

use super::*;
use crate::random::{Purpose, ResponseRandom};
use serde_json::Value;

const CASES: &str = include_str!("../../../../tests/cases/statistics.json");
/// A judge's probabilities and people's verdicts.
const CALIBRATION: &str = include_str!("../../../../tests/cases/judge_calibration.csv");

fn cases(name: &str) -> Vec<Vec<f64>> {
    let all: Value = serde_json::from_str(CASES).unwrap();
    serde_json::from_value(all[name].clone()).unwrap()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, relative: f64) {
    let tolerance = relative * expected.abs().max(1e-300);
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

#[test]
fn distributions_are_those_of_scipy() {
    for case in cases("normal_quantile") {
        assert!((normal_quantile(case[0]) - case[1]).abs() < 1e-11, "{case:?}");
    }
    for case in cases("normal_cdf") {
        assert_close(normal_cdf(case[0]), case[1], 1e-13);
    }
    for case in cases("beta_cdf") {
        assert_close(beta_cdf(case[0], case[1], case[2]), case[3], 1e-11);
    }
    for case in cases("beta_quantile") {
        assert_close(beta_quantile(case[0], case[1], case[2]), case[3], 1e-11);
    }
    for case in cases("chi_square_survival") {
        assert_close(chi_square_survival(case[0], case[1] as u32), case[2], 1e-10);
    }
    assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (-38.5, 38.5));
    assert_eq!((beta_cdf(-1.0, 2.0, 2.0), beta_cdf(1.5, 2.0, 2.0)), (0.0, 1.0));
    assert_eq!((chi_square_survival(-1.0, 3), chi_square_survival(4.0, 0)), (1.0, 0.0));
}

#[test]
fn intervals_and_tests_are_those_of_scipy() {
    for case in cases("binomial_test") {
        assert_close(binomial_test(case[0] as usize, case[1] as usize, case[2]), case[3], 1e-8);
    }
    for case in cases("wilson") {
        let found = wilson(case[0] as usize, case[1] as usize, 0.95).unwrap();
        assert!(
            (found.low - case[2]).abs() < 1e-12 && (found.high - case[3]).abs() < 1e-12,
            "{found:?} {case:?}"
        );
    }
    for case in cases("clopper_pearson") {
        let found = clopper_pearson(case[0] as usize, case[1] as usize, 0.95);
        assert!(
            (found.low - case[2]).abs() < 1e-12 && (found.high - case[3]).abs() < 1e-12,
            "{found:?} {case:?}"
        );
    }
    // Of 18 pairs that changed, 14 changed in one direction.
    assert_close(mcnemar_test(14, 4), 0.030_883_8, 1e-5);
    assert_eq!(mcnemar_test(0, 0), 1.0);
    assert_eq!(
        (binomial_test(0, 4, 0.0), binomial_test(1, 4, 0.0), binomial_test(4, 4, 1.0)),
        (1.0, 0.0, 1.0)
    );
    assert_eq!((wilson(0, 0, 0.95), Share::of(0, 0), Share::that([])), (None, None, None));
    assert_eq!((clopper_pearson_upper(0, 0, 0.9), clopper_pearson_upper(3, 3, 0.9)), (1.0, 1.0));
    let share = Share::that([true, false, true, true]).unwrap();
    assert_eq!((share.count, share.total, share.share), (3, 4, 0.75));
}

/// Rows with an intercept and the judge's log-odds.
fn calibration_rows(cluster_size: usize) -> Vec<Observation> {
    let row = |(i, line): (usize, &str)| {
        let (p, human) = line.split_once(',').unwrap();
        let p: f64 = p.parse().unwrap();
        Observation {
            features: vec![1.0, libm::log(p / (1.0 - p))],
            outcome: human.parse().unwrap(),
            weight: 1.0,
            cluster: i / cluster_size,
        }
    };
    CALIBRATION.lines().skip(1).enumerate().map(row).collect()
}

#[test]
fn logistic_regression_and_both_covariances_are_those_of_statsmodels() {
    let all: Value = serde_json::from_str(CASES).unwrap();
    let expected = |name: &str| -> Vec<f64> { serde_json::from_value(all["platt"][name].clone()).unwrap() };
    let rows = calibration_rows(4);
    let fit = fit_logistic(&rows, &[0.0, 0.0]).unwrap();
    let robust = fit.cluster_covariance(&rows).unwrap();
    for j in 0..2 {
        assert_close(fit.coefficients[j], expected("coefficients")[j], 1e-8);
        assert_close(libm::sqrt(fit.covariance().at(j, j)), expected("standard_errors")[j], 1e-6);
        assert_close(libm::sqrt(robust.at(j, j)), expected("cluster_standard_errors")[j], 1e-6);
    }
    let names: Vec<String> = rows.iter().map(|row| row.cluster.to_string()).collect();
    let mean =
        cluster_mean(rows.iter().map(|row| row.outcome).zip(names.iter().map(String::as_str))).unwrap();
    let standard_error = (mean.high - mean.value) / normal_quantile(0.975);
    assert_close(standard_error, all["platt"]["mean_standard_error"].as_f64().unwrap(), 1e-10);
}

#[test]
fn a_weight_is_a_number_of_rows_and_a_tie_is_half_of_each() {
    let row = |x: f64, outcome: f64, weight: f64| Observation {
        features: vec![1.0, x],
        outcome,
        weight,
        cluster: 0,
    };
    let weighed = [row(0.0, 0.5, 2.0), row(1.0, 1.0, 3.0), row(1.0, 0.0, 1.0)];
    let repeated = [
        row(0.0, 1.0, 1.0),
        row(0.0, 0.0, 1.0),
        row(1.0, 1.0, 1.0),
        row(1.0, 1.0, 1.0),
        row(1.0, 1.0, 1.0),
        row(1.0, 0.0, 1.0),
    ];
    let [a, b] = [&weighed[..], &repeated[..]].map(|rows| fit_logistic(rows, &[0.0, 0.0]).unwrap());
    // ln(3) is the log-odds of three in four.
    for (fit, at) in [(&a, 1), (&b, 1)] {
        assert!((fit.coefficients[at] - libm::log(3.0)).abs() < 1e-9 && fit.coefficients[0].abs() < 1e-9);
    }
    assert!((a.log_likelihood - b.log_likelihood).abs() < 1e-9);
}

#[test]
fn a_regression_without_one_answer_has_none() {
    let row = |features: [f64; 2], outcome: f64| Observation {
        features: features.into(),
        outcome,
        weight: 1.0,
        cluster: 0,
    };
    assert_eq!(fit_logistic(&[], &[0.0]), None);
    let separated = [row([1.0, -1.0], 0.0), row([1.0, 1.0], 1.0)];
    assert_eq!(fit_logistic(&separated, &[0.0, 0.0]), None);
    assert!(fit_logistic(&separated, &[0.1, 0.1]).is_some(), "a ridge holds it");
    let collinear = [row([1.0, 2.0], 0.0), row([2.0, 4.0], 1.0), row([1.0, 2.0], 1.0)];
    assert_eq!(fit_logistic(&collinear, &[0.0, 0.0]), None);
    assert_eq!(fit_logistic(&separated, &[0.1, 0.1]).unwrap().cluster_covariance(&separated), None);
    assert_eq!(cluster_mean([(1.0, "a"), (0.0, "a")]), None);
    assert_eq!(cluster_mean::<&str>([]), None);
}

#[test]
fn a_share_of_clusters_stays_a_share() {
    // Every value its own cluster: nearly Wilson's interval of 7 of 12.
    let names: Vec<String> = (0..12).map(|i| i.to_string()).collect();
    let values = |n_true: usize| {
        names.iter().enumerate().map(move |(i, name)| (f64::from(u8::from(i < n_true)), name.as_str()))
    };
    let found = cluster_share(values(7)).unwrap();
    assert!((found.low - 0.3195).abs() < 0.02 && (found.high - 0.8067).abs() < 0.02, "{found:?}");
    let all = cluster_share(values(12)).unwrap();
    let wilson = wilson(12, 12, CONFIDENCE).unwrap();
    assert_eq!((all.value, all.low, all.high), (1.0, wilson.low, 1.0));
    // The same values four times over, in the same clusters, say no more.
    let often = cluster_share(values(7).chain(values(7)).chain(values(7)).chain(values(7))).unwrap();
    assert!((often.low - found.low).abs() < 1e-12);
    assert_eq!(cluster_share([(1.0, "a")]), None);
    let alone = Share::that_in_groups(values(7).map(|(value, name)| (value > 0.5, name))).unwrap();
    let four_fold = (0..4).flat_map(|_| values(7)).map(|(value, name)| (value > 0.5, name));
    let four_fold = Share::that_in_groups(four_fold).unwrap();
    assert_eq!((four_fold.count, four_fold.total), (28, 48));
    assert!(four_fold.low <= alone.low + 1e-12 && four_fold.low < Share::of(28, 48).unwrap().low);
}

#[test]
fn the_bootstrap_finds_the_spread_of_a_mean() {
    let n = 400;
    let values: Vec<f64> = (0..n).map(|i| f64::from(i % 2)).collect();
    let mean = |drawn: &[usize]| Some(drawn.iter().map(|i| values[*i]).sum::<f64>() / drawn.len() as f64);
    let interval = bootstrap("test", n as usize, 999, mean).unwrap();
    // The standard error of a fair coin in 400 throws is 0.025.
    assert!((interval.low - 0.451).abs() < 0.01 && (interval.high - 0.549).abs() < 0.01, "{interval:?}");
    assert_eq!(bootstrap("test", n as usize, 999, mean), Some(interval));
    assert_eq!(bootstrap("test", 1, 999, mean), None);
    assert_eq!(bootstrap("test", 5, 99, |_| None), None);
}

#[test]
fn correlation_by_hand() {
    assert_eq!(correlation(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), Some(1.0));
    assert_eq!(correlation(&[(0.0, 1.0), (1.0, 0.0)]), Some(-1.0));
    assert_eq!(correlation(&[(0.0, 1.0), (1.0, 1.0)]), None);
    assert_eq!(correlation(&[]), None);
}

/// The first 60 of the judge's probabilities have a label, the other 140 none (ppi-python).
#[test]
fn prediction_powered_means_are_those_of_the_reference() {
    let rows = calibration_rows(1);
    let names: Vec<String> = (0..rows.len()).map(|row| row.to_string()).collect();
    let probability = |row: &Observation| sigmoid(row.features[1]);
    let all = rows.iter().zip(&names);
    let (labelled, unlabelled): (Vec<_>, Vec<_>) = all.partition(|(row, _)| row.cluster < 60);
    let item = |row: &Observation| Labelled { label: row.outcome, prediction: probability(row) };
    let labelled: Vec<_> = labelled.iter().map(|(row, name)| (item(row), name.as_str())).collect();
    let unlabelled: Vec<_> = unlabelled.iter().map(|(row, name)| (probability(row), name.as_str())).collect();
    // The reference has no factor for few groups.
    let factor = libm::sqrt(rows.len() as f64 / (rows.len() as f64 - 1.0));
    let check = |tuning: Tuning, value: f64, low: f64, high: f64| {
        let found = prediction_powered_mean(&labelled, &unlabelled, tuning).unwrap().mean;
        assert!((found.value - value).abs() < 1e-9, "{found:?}");
        let [low, high] = [low, high].map(|end| value + factor * (end - value));
        assert!((found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9, "{found:?}");
    };
    check(Tuning::Full, 0.675_494_828_571_428_5, 0.538_279_855_756_125_1, 0.812_709_801_386_731_9);
    check(Tuning::Power, 0.669_504_669_866_693, 0.555_501_174_503_097_7, 0.783_508_165_230_288_3);
    assert_eq!(prediction_powered_mean(&labelled[..1], &unlabelled, Tuning::Power), None);
    let of_one_group: Vec<_> = labelled.iter().map(|(item, _)| (*item, "one")).collect();
    assert_eq!(prediction_powered_mean(&of_one_group, &unlabelled, Tuning::Power), None);
    let mute = [(1.0, "a"), (0.0, "b")].map(|(label, group)| (Labelled { label, prediction: 0.5 }, group));
    let found = prediction_powered_mean(&mute, &[(0.5, "a"), (0.5, "b")], Tuning::Power).unwrap();
    assert_eq!((found.lambda, found.mean.value), (0.0, 0.5));
}

/// Groups of four items, of which two have labels; labels and predictions share what is particular to the group.
#[test]
fn prediction_powered_intervals_cover_where_items_hang_together() {
    const N_SEEDS: u64 = 300;
    const N_GROUPS: usize = 40;
    let (mut n_covered, mut n_covered_alone) = (0, 0);
    for seed in 0..N_SEEDS {
        let random = ResponseRandom::new(seed, "prediction-powered", 0);
        let uniform = |place: usize| random.uniform(Purpose::Resample, place as u32);
        let (mut labelled, mut unlabelled) = (Vec::new(), Vec::new());
        for item in 0..4 * N_GROUPS {
            let of_group = uniform(item / 4);
            let own = |n: usize| (uniform(1000 * n + item) - 0.5) / 2.0;
            let names = [format!("group {}", item / 4), format!("item {item}")];
            match item % 4 {
                0 | 1 => labelled
                    .push((Labelled { label: of_group + own(1), prediction: of_group + own(2) }, names)),
                _ => unlabelled.push((of_group + own(2), names)),
            }
        }
        let covers = |name: usize| {
            let labelled: Vec<_> =
                labelled.iter().map(|(item, names)| (*item, names[name].as_str())).collect();
            let unlabelled: Vec<_> = unlabelled.iter().map(|(f, names)| (*f, names[name].as_str())).collect();
            let found = prediction_powered_mean(&labelled, &unlabelled, Tuning::Power).unwrap();
            u64::from(found.mean.contains(0.5))
        };
        n_covered += covers(0);
        n_covered_alone += covers(1);
    }
    let shares = [n_covered, n_covered_alone].map(|n| n as f64 / N_SEEDS as f64);
    assert!((0.91..=0.98).contains(&shares[0]) && shares[1] < 0.85, "{shares:?}");
}

#[test]
fn flipped_signs_are_mcnemars_test_with_groups() {
    let names: Vec<String> = (0..30).map(|i| i.to_string()).collect();
    let alone = |n_up: usize, n_down: usize| {
        let signs = (0..n_up).map(|_| 1).chain((0..n_down).map(|_| -1)).chain([0, 0]);
        sign_flip_test(signs.zip(names.iter().map(String::as_str)))
    };
    for (up, down) in [(14, 4), (3, 9), (5, 5), (1, 0), (0, 0)] {
        assert_close(alone(up, down), mcnemar_test(up, down), 1e-12);
    }
    let grouped = |sums: &[(i32, &str)]| sign_flip_test(sums.iter().copied());
    // Sums 3, 1 and -1: of the eight choices of signs, six give a total of 3 or more either way.
    assert_close(grouped(&[(1, "a"), (1, "a"), (1, "a"), (1, "b"), (-1, "c")]), 0.75, 1e-12);
    // Sums of 2: all of the same sign, or not.
    assert_close(grouped(&[(2, "a"), (2, "b"), (2, "c"), (2, "d")]), 0.125, 1e-12);
    // Ten pairs of one prompt say no more than one.
    assert_eq!(grouped(&[(1, "a"); 10]), 1.0);
    assert_eq!(grouped(&[]), 1.0);
}
