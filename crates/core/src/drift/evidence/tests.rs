//! Against statsmodels and the published formulas, and by hand.

use super::*;
use crate::drift::comparison::{Coding, Comparisons};
use crate::drift::fixture::{assert_close, comparisons, expected, expected_list, with_features};
use crate::drift::simulation::{Planted, simulate};
use crate::statistics::{LogisticFit, mcnemar_test, student_survival};

fn fitted() -> (Comparisons, LogisticFit) {
    let pairs = comparisons(true, true, Coding::RelativeToFirst);
    let fit = pairs.fit().unwrap();
    (pairs, fit)
}

#[track_caller]
fn assert_trend(pairs: &Comparisons, column: usize, name: &str) {
    let found = trend(pairs, &pairs.fit().unwrap(), column, &Clusters::none()).unwrap();
    let at = |value: &str| expected(&format!("/{name}/{value}"));
    assert_close(found.likelihood_ratio, at("LR"), 1e-6);
    assert_close(found.likelihood_ratio_p_value, at("p"), 1e-6 * at("p"));
    assert_close(found.per_30_days.value * 365.0 / TREND_DAYS, at("coef"), 1e-6);
    assert_close(found.standard_error * 365.0 / TREND_DAYS, at("se"), 1e-6);
    assert_eq!(found.p_value, found.likelihood_ratio_p_value);
}

#[test]
fn a_trend_of_length_is_found_and_none_of_position() {
    assert_trend(&fitted().0, 6, "lr_length_x_time (DRIFT TEST 1)");
    // Position is tested beside the trend of length.
    let features: [(&str, crate::drift::fixture::Feature); 2] =
        [("length", |length, _| length), ("length by time", |length, day| length * day / 365.0)];
    let pairs = with_features(true, &features, Coding::RelativeToFirst);
    assert_trend(&pairs, 5, "lr_pos_x_time");
}

#[test]
fn the_fluctuation_test_names_the_parameter_and_the_day() {
    let (pairs, fit) = fitted();
    let scores = Scores::new(pairs.rows(), pairs.times(), &fit);
    let found = fluctuation(&scores).unwrap();
    let at = |name: &str| format!("/m_fluctuation_doublemax (DRIFT TEST 3)/{name}");
    for (stray, expected) in found.columns.iter().zip(expected_list(&at("per_param_max"))) {
        assert_close(stray.largest, expected, 1e-6);
    }
    for (stray, expected) in found.columns.iter().zip(expected_list(&at("p_each"))) {
        assert_close(stray.p_value, expected, 1e-6);
    }
    assert_close(found.statistic, expected(&at("sup")), 1e-6);
    assert_close(found.p_value, expected(&at("p")), 1e-6 * expected(&at("p")));
    assert_close(found.day, expected(&at("day")), 1e-3);
    assert_eq!((found.column, pairs.names()[6].as_str()), (6, "length"));
    assert_eq!(found.columns[6].place, 253);
}

#[test]
fn splits_are_those_of_the_reference() {
    let (pairs, fit) = fitted();
    let found = known_date(&pairs, &fit, 180.0).unwrap();
    let at = |name: &str| expected(&format!("/lr_two_epoch_day180 (DRIFT TEST 2)/{name}"));
    assert_close(found.likelihood_ratio, at("LR"), 1e-6);
    assert_close(found.p_value, at("p"), 1e-6 * at("p"));
    assert_eq!(found.degrees, 7);
    assert_close(found.before[6], at("beta_len_before"), 1e-6);
    assert_close(found.after[6], at("beta_len_after"), 1e-6);
    let largest = largest_split(&pairs, &fit).unwrap();
    assert_close(largest.likelihood_ratio, expected("/sup_lr_15pct/stat"), 1e-6);
    assert_eq!(largest.n_before as f64, expected("/sup_lr_15pct/argmax_index"));
}

#[test]
fn anchors_are_those_of_statsmodels() {
    let tables: Vec<Vec<usize>> = vec![vec![30, 12, 3], vec![4, 25, 2], vec![6, 9, 9]];
    for (name, found) in [("stuart_maxwell", stuart_maxwell(&tables)), ("bowker", bowker(&tables))] {
        let found = found.unwrap();
        let at = |value: &str| expected(&format!("/anchor_3x3/{name}/{value}"));
        assert_close(found.statistic, at("stat"), 1e-9);
        assert_close(found.p_value, at("p"), 1e-9);
        assert_eq!(f64::from(found.degrees), at("df"));
    }
    let at = |value: &str| expected(&format!("/anchor_2x2/{value}"));
    assert_close(mcnemar_test(14, 4), at("mcnemar_exact_p"), 1e-9);
    assert_close(mcnemar(14, 4, false).unwrap().statistic, at("mcnemar_chi2"), 1e-9);
    assert_close(mcnemar(14, 4, true).unwrap().statistic, at("mcnemar_chi2_cc"), 1e-9);
    assert_close(mcnemar(14, 4, true).unwrap().p_value, at("mcnemar_p_cc"), 1e-9);
}

#[test]
fn tables_without_changes_say_nothing() {
    assert_eq!(mcnemar(0, 0, true), None);
    assert_eq!(bowker(&[vec![5, 0], vec![0, 5]]), None);
    assert_eq!(stuart_maxwell(&[vec![5, 0, 0], vec![0, 5, 0], vec![0, 0, 5]]), None);
    // An answer that is never changed leaves a table of two, which is McNemar's.
    let found = stuart_maxwell(&[vec![3, 4, 0], vec![14, 5, 0], vec![0, 0, 9]]).unwrap();
    assert_close(found.statistic, mcnemar(14, 4, false).unwrap().statistic, 1e-9);
    assert_eq!(found.degrees, 1);
}

#[test]
fn differences_are_measured_by_cluster() {
    let differences = [(0.2, "a"), (0.4, "a"), (0.0, "b"), (0.2, "b"), (0.1, "c"), (0.3, "c")];
    let found = paired_difference(differences).unwrap();
    // Sums less their share of the mean 0.2 are 0.2, −0.2 and 0; 3/2 for three clusters.
    let error = (1.5_f64 * (0.04 + 0.04)).sqrt() / 6.0;
    assert_close(found.value, 0.2, 1e-12);
    assert_close(found.high - found.value, 1.959_963_984_540_054 * error, 1e-9);
    assert_eq!(paired_difference([(0.2, "a"), (0.4, "a")]), None);
}

#[test]
fn heterogeneity_by_hand() {
    let found = cochran_q(&[(1.0, 1.0), (3.0, 1.0), (f64::NAN, 1.0), (9.0, 0.0)]).unwrap();
    assert_close(found.mean, 2.0, 1e-12);
    assert_close(found.q.statistic, 2.0, 1e-12);
    assert_close(found.standard_error, 0.5_f64.sqrt(), 1e-12);
    assert_close(found.variance, 1.0, 1e-12);
    assert_eq!(found.q.degrees, 1);
    assert_eq!(cochran_q(&[(1.0, 1.0)]), None);
}

#[test]
fn holm_by_hand() {
    let found = holm(&[0.01, 0.04, 0.03, 0.5]);
    for (found, expected) in found.iter().zip([0.04, 0.09, 0.09, 0.5]) {
        assert_close(*found, expected, 1e-12);
    }
    assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    assert!(holm(&[]).is_empty());
    assert_close(smallest_detectable(0.306_501_8, 0.05), 0.858_69, 1e-4);
    // R: 2 * pt(-2.5, 9)
    assert_close(student_survival(2.5, 9.0), 0.033_863, 1e-5);
}

#[test]
fn curves_and_shifts() {
    assert_eq!(area_under_curve(&[1.0, 2.0, 3.0, 4.0], &[false, false, true, true]), 1.0);
    assert_eq!(area_under_curve(&[1.0, 1.0], &[false, true]), 0.5);
    assert_eq!(area_under_curve(&[3.0, 1.0, 2.0], &[false, true, true]), 0.0);
    assert_eq!(area_under_curve(&[1.0], &[true]), 0.5);
    let pairs = |shift: f64| -> Vec<Vec<f64>> {
        let noise = |i: usize| f64::from((i * 7919 % 101) as u32) / 101.0;
        (0..200).map(|i| vec![noise(i) + if i < 100 { 0.0 } else { shift }, 1.0]).collect()
    };
    let moved = covariate_shift(&pairs(0.5), "test", 199).unwrap();
    assert!(moved.auc > 0.8 && moved.p_value == 0.005 && moved.stability[0] > 0.25, "{moved:?}");
    let still = covariate_shift(&pairs(0.0), "test", 199).unwrap();
    assert!(still.p_value > 0.05 && still.stability[0] < 0.1 && still.stability[1] == 0.0, "{still:?}");
    assert_eq!(covariate_shift(&pairs(0.0)[..39], "test", 199), None);
    assert_eq!(covariate_shift(&[], "test", 199), None);
}

/// Scores of 30 responses on a scale of 0 to 1, each by two annotators, a while apart.
fn scores(slopes: &[f64]) -> Vec<Score> {
    let n = slopes.len();
    let score = |item: usize, annotator: usize, day: f64| {
        let quality = 0.3 + f64::from((item * 37 % 41) as u32) / 100.0;
        let noise = f64::from((item * 7919 + annotator * 104_729) as u32 % 97) / 970.0;
        let level = 0.02 * annotator as f64;
        Score {
            item,
            annotator,
            value: quality + noise + level + slopes[annotator] * day / 30.0,
            time_days: day,
        }
    };
    (0..30)
        .flat_map(|item| {
            let days = [3.0 * item as f64, 3.0 * ((item * 11) % 30) as f64 + 40.0];
            [
                score(item, item % n, days[0]),
                score(item, (item + 1) % n, days[1]),
                score(item, item % n, days[1] + 5.0),
            ]
        })
        .collect()
}

#[test]
fn severity_is_told_by_annotator() {
    let found = severity(&scores(&[0.0, -0.05, 0.0])).unwrap();
    assert!(found.test.p_value < 1e-3, "{found:?}");
    assert!(found.annotators[1].per_30_days.contains(-0.05), "{found:?}");
    assert!(found.annotators[0].per_30_days.contains(0.0) && found.annotators[2].per_30_days.contains(0.0));
    let shrunk = found.annotators[1].shrunk_per_30_days;
    assert!(shrunk > found.annotators[1].per_30_days.value && shrunk < -0.02, "{found:?}");
    let still = severity(&scores(&[0.0, 0.0, 0.0])).unwrap();
    assert!(still.test.p_value > 0.05, "{still:?}");
}

#[test]
fn severity_that_is_not_identified_is_refused() {
    let all = scores(&[0.0, 0.0, 0.0]);
    assert_eq!(severity(&[]), Err(NotLinked::NothingShared));
    assert_eq!(severity(&all[..3]), Err(NotLinked::NothingShared));
    // Each annotator scores responses of their own.
    let apart: Vec<Score> =
        all.iter().map(|score| Score { item: score.item + 100 * score.annotator, ..*score }).collect();
    assert_eq!(severity(&apart), Err(NotLinked::Unconnected));
    // All scores of a response at one time.
    let at_once: Vec<Score> =
        all.iter().map(|score| Score { time_days: score.item as f64, ..*score }).collect();
    let at_once: Vec<Score> = at_once.iter().map(|score| Score { time_days: 0.0, ..*score }).collect();
    assert_eq!(severity(&at_once), Err(NotLinked::NoTime));
}

#[test]
fn shares_of_both_bad_rise() {
    let times: Vec<f64> = (0..400).map(f64::from).collect();
    let rising = |i: usize| f64::from(u8::from((i * 7919) % 401 < i));
    let values: Vec<f64> = (0..400).map(rising).collect();
    let own: Vec<usize> = (0..400).collect();
    let found = share_trend(&values, &times, &Clusters::new(&vec![0; 400], &own)).unwrap();
    assert!(found.p_value < 1e-6 && found.per_30_days.low > 0.0, "{found:?}");
    assert!(found.first_and_last[0] < 0.2 && found.first_and_last[1] > 0.8, "{found:?}");
    let always = share_trend(&vec![0.0; 400], &times, &Clusters::none());
    assert!(always.is_err());
    // Two annotators who differ, one after the other, and neither moves.
    let annotators: Vec<usize> = (0..400).map(|i| i / 200).collect();
    let steps: Vec<f64> =
        (0..400).map(|i| f64::from(u8::from((i * 7919) % 10 < if i < 200 { 2 } else { 8 }))).collect();
    let found = share_trend(&steps, &times, &Clusters::new(&annotators, &own)).unwrap();
    assert!(found.p_value > 0.05, "{found:?}");
}

/// How often tests of length find something at 5 %, in 300 runs, and how often the fluctuation names length.
fn rates(planted: Planted) -> [usize; 3] {
    let mut found = [0; 3];
    for seed in 0..300 {
        let pairs = simulate(Planted { seed, ..planted });
        let fit = pairs.fit().unwrap();
        let length = pairs.names().len() - 1;
        let trend = trend(&pairs, &fit, length, &Clusters::none()).unwrap();
        let any = fluctuation(&Scores::new(pairs.rows(), pairs.times(), &fit)).unwrap();
        found[0] += usize::from(trend.p_value < 0.05);
        found[1] += usize::from(any.p_value < 0.05);
        found[2] += usize::from(any.p_value < 0.05 && any.column == length);
    }
    found
}

#[test]
fn a_jump_of_a_length_preference_is_found() {
    let [trend, fluctuation, named] = rates(Planted { jump: 0.8, ..Planted::default() });
    println!("trend {trend}, fluctuation {fluctuation}, named {named} of 300");
    assert!(trend >= 279 && fluctuation >= 264, "trend {trend}, fluctuation {fluctuation}");
    assert!(named * 100 >= fluctuation * 95, "{named} of {fluctuation}");
}

#[test]
fn nothing_is_found_where_nothing_moves() {
    let [trend, fluctuation, _] = rates(Planted::default());
    println!("trend {trend}, fluctuation {fluctuation} of 300");
    assert!(trend <= 24 && fluctuation <= 24, "trend {trend}, fluctuation {fluctuation}");
}

/// How often p-values that allow for clusters are at most 5 %: trend of length, any term at any time, all terms at some date; and how often votes taken as independent stray.
fn clustered_rates(planted: Planted, n_runs: u64) -> ([usize; 3], usize) {
    let (mut allowed, mut naive) = ([0; 3], 0);
    for seed in 0..n_runs {
        let pairs = simulate(Planted { seed, ..planted });
        let fit = pairs.fit().unwrap();
        let any = fluctuation(&Scores::new(pairs.rows(), pairs.times(), &fit)).unwrap();
        naive += usize::from(any.p_value <= 0.05);
        let clusters = Clusters::of(&pairs);
        let strays = Blocks::new(&pairs, &fit, &clusters, &[]).unwrap().strays("test", 99, &[]);
        let length = pairs.names().len() - 1;
        let trend = trend(&pairs, &fit, length, &clusters).unwrap();
        for (n, p) in allowed.iter_mut().zip([trend.p_value, strays.p_value, strays.largest_change_p_value]) {
            *n += usize::from(p <= 0.05);
        }
    }
    println!("{planted:?}: {allowed:?}, taken as independent {naive}, of {n_runs}");
    (allowed, naive)
}

/// 24 annotators, each of whom likes length in a degree of their own, and is there for a part of the time.
#[test]
fn annotators_who_differ_are_no_drift() {
    let planted = Planted { n_annotators: 24, spread: 1.0, ..Planted::default() };
    let (allowed, naive) = clustered_rates(planted, 300);
    assert!(naive > 45, "the annotators hardly differ: {naive}");
    assert!(allowed.iter().all(|n| *n <= 24), "{allowed:?}");
}

#[test]
fn a_jump_is_found_through_annotators_who_differ() {
    let planted = Planted { n_annotators: 24, spread: 0.3, jump: 0.8, ..Planted::default() };
    let ([trend, any, _], _) = clustered_rates(planted, 100);
    assert!(trend >= 70 && any >= 60, "trend {trend}, any {any}");
}
