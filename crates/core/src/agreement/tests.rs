//! Against scikit-learn, statsmodels, krippendorff and crowd-kit, and by hand.

use super::*;

/// 30 items by two annotators, whose classes are in the order A, T, B.
const FIRST: &str = "AAAAAAABBBBBBTTTTAAAABBBBTTABA";
const SECOND: &str = "AAAAAABBBBBBATTTBAAABBBBATTATA";

fn ratings(first: &str, second: &str) -> Vec<(usize, usize)> {
    let class = |c: char| "ATB".find(c).unwrap();
    first.chars().map(class).zip(second.chars().map(class)).collect()
}

#[track_caller]
fn assert_close(found: Option<f64>, expected: f64) {
    assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?} is not {expected}");
}

#[test]
fn two_annotators_agree_as_the_reference_says() {
    let ratings = ratings(FIRST, SECOND);
    assert_close(percent_agreement(&ratings), 0.8);
    assert_close(cohen_kappa(&ratings, Disagreement::Nominal), 0.686_411_149_825_783_9);
    assert_close(cohen_kappa(&ratings, Disagreement::Linear), 0.651_162_790_697_674_5);
    assert_close(cohen_kappa(&ratings, Disagreement::Quadratic), 0.622_905_027_932_960_9);
    assert_close(gwet_ac1(&ratings, 3), 0.706_362_153_344_208_8);
    let units: Vec<Vec<f64>> = ratings.iter().map(|(a, b)| vec![*a as f64, *b as f64]).collect();
    assert_close(krippendorff_alpha(&units, Level::Nominal), 0.691_637_630_662_020_9);
    assert_close(krippendorff_alpha(&units, Level::Ordinal), 0.634_548_073_615_411_2);
}

/// Krippendorff's own example: four observers, twelve units, some values missing.
#[test]
fn alpha_is_that_of_the_published_example() {
    // A column holds what the four observers say of a unit.
    let columns =
        ["11 1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", " 555", "  11", " 3  "];
    let digits = |column: &&str| column.chars().filter_map(|c| c.to_digit(10)).map(f64::from).collect();
    let units: Vec<Vec<f64>> = columns.iter().map(digits).collect();
    assert_close(krippendorff_alpha(&units, Level::Nominal), 0.743_421_052_631_579);
    assert_close(krippendorff_alpha(&units, Level::Ordinal), 0.815_387_503_754_881_4);
    assert_close(krippendorff_alpha(&units, Level::Interval), 0.849_107_142_857_142_8);
}

#[test]
fn agreement_by_hand_and_where_there_is_none_to_measure() {
    // Two of four agree; each says 0 half of the time, so that chance alone gives as much.
    let ratings = [(0, 0), (0, 1), (1, 0), (1, 1)];
    assert_close(cohen_kappa(&ratings, Disagreement::Nominal), 0.0);
    assert_close(gwet_ac1(&ratings, 2), 0.0);
    // Nearly always one class: kappa falls though 9 of 10 agree.
    let mut rare = vec![(0, 0); 9];
    rare.push((0, 1));
    assert_close(cohen_kappa(&rare, Disagreement::Nominal), 0.0);
    assert_close(gwet_ac1(&rare, 2), (0.9 - 0.095) / (1.0 - 0.095));
    assert_eq!(percent_agreement(&[]), None);
    assert_eq!(gwet_ac1(&[], 2), None);
    assert_eq!(gwet_ac1(&[(0, 0)], 1), None);
    for same in [&[][..], &[(0, 0), (0, 0)][..]] {
        assert_eq!(cohen_kappa(same, Disagreement::Nominal), None);
    }
    for units in [vec![], vec![vec![1.0], vec![2.0]], vec![vec![1.0, 1.0], vec![1.0, 1.0]]] {
        assert_eq!(krippendorff_alpha(&units, Level::Interval), None);
    }
    assert_close(krippendorff_alpha(&[vec![1.0, 1.0], vec![2.0, 2.0]], Level::Nominal), 1.0);
}

/// 60 items by five workers, of whom w4 nearly always says A.
fn crowd() -> (Vec<Label>, Vec<usize>) {
    let number = |text: &str| text[1..].parse().unwrap();
    let class = |text: &str| usize::from(text.trim() == "B");
    let label = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Label { item: number(fields[0]), worker: number(fields[1]), class: class(fields[2]) }
    };
    let labels = include_str!("../../../../tests/cases/crowd.csv").lines().skip(1).map(label).collect();
    let truth = include_str!("../../../../tests/cases/crowd_truth.csv").lines().skip(1);
    (labels, truth.map(|line| class(line.split_once(',').unwrap().1)).collect())
}

fn accuracy(found: &DawidSkene, truth: &[usize]) -> f64 {
    let right = found.items.iter().zip(truth).filter(|(item, class)| item[**class] > 0.5).count();
    right as f64 / truth.len() as f64
}

#[test]
fn dawid_skene_is_that_of_crowd_kit() {
    let (labels, truth) = crowd();
    let found = dawid_skene(&labels, 2, WorkerModel::Confusion, 0.0);
    assert!((accuracy(&found, &truth) - 56.0 / 60.0).abs() < 1e-12);
    let near =
        |found: f64, expected: f64| assert!((found - expected).abs() < 2e-6, "{found} is not {expected}");
    near(found.classes[0], 0.488_879);
    // The probability of the label A by true class.
    for (worker, of_a, of_b) in [
        (0, 1.0, 0.0),
        (1, 0.904_107, 0.212_435),
        (2, 0.632_38, 0.252_792),
        (3, 0.711_192, 0.350_565),
        (4, 1.0, 0.887_94),
    ] {
        near(found.workers[worker][0][0], of_a);
        near(found.workers[worker][1][0], of_b);
    }
}

#[test]
fn one_coin_is_that_of_crowd_kit() {
    let (labels, truth) = crowd();
    let found = dawid_skene(&labels, 2, WorkerModel::OneCoin, 0.0);
    assert!((accuracy(&found, &truth) - 56.0 / 60.0).abs() < 1e-12);
    let near =
        |found: f64, expected: f64| assert!((found - expected).abs() < 2e-5, "{found} is not {expected}");
    near(found.classes[0], 0.492_961);
    for (worker, skill) in [1.0, 0.841_41, 0.691_556, 0.675_588, 0.546_773].into_iter().enumerate() {
        near(found.workers[worker][0][0], skill);
        near(found.workers[worker][1][1], skill);
    }
}

#[test]
fn smoothing_leaves_nobody_certain() {
    let (labels, truth) = crowd();
    let found = dawid_skene(&labels, 2, WorkerModel::Confusion, 1.0);
    assert!(accuracy(&found, &truth) >= 0.9);
    assert!(
        found.workers.iter().flatten().flatten().all(|p| (0.01..0.99).contains(p)),
        "{:?}",
        found.workers
    );
    for row in found.workers.iter().flatten().chain(&found.items) {
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn nothing_and_a_lonely_worker_are_no_fault() {
    let found = dawid_skene(&[], 2, WorkerModel::Confusion, 1.0);
    assert_eq!((found.items.len(), found.classes), (0, vec![0.5, 0.5]));
    let found = dawid_skene(&[Label { item: 1, worker: 0, class: 1 }], 2, WorkerModel::OneCoin, 0.0);
    assert!(found.items.iter().flatten().all(|p| p.is_finite()), "{found:?}");
}
