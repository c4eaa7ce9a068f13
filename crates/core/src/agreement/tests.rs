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

/// For two annotators, the coefficients for many are Scott's pi and Gwet's AC1.
#[test]
fn many_annotators_may_be_two() {
    let mut answers = Answers::new(3);
    for (a, b) in ratings(FIRST, SECOND) {
        let mut counts = [0; 3];
        counts[a] += 1;
        counts[b] += 1;
        answers.add_item(&counts);
    }
    assert_close(answers.percent(), 0.8);
    assert_close(answers.fleiss_kappa(), 0.686_411_149_825_784);
    assert_close(answers.gwet_ac1(), 0.706_362_153_344_208_8);
    assert_close(answers.randolph_kappa(), (0.8 - 1.0 / 3.0) / (1.0 - 1.0 / 3.0));
}

/// Fleiss' example: ten subjects, fourteen raters, five categories.
const FLEISS: [[u32; 5]; 10] = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
];

#[test]
fn fleiss_and_randolph_are_those_of_the_published_example() {
    let mut groups = Groups::new(5);
    FLEISS.iter().for_each(|counts| groups.add_item(counts));
    let total = groups.total();
    assert_close(total.fleiss_kappa(), 0.209_930_704_421_955_22);
    assert_close(total.randolph_kappa(), 0.222_527_472_527_472_5);
    let interval = groups.interval("fleiss", Answers::fleiss_kappa).unwrap();
    assert!(interval.low < 0.15 && interval.high > 0.25 && interval.low < interval.high, "{interval:?}");
}

/// The share of items that agree is a mean of independent ones, whose interval theory knows.
#[test]
fn the_bootstrap_over_groups_is_as_wide_as_it_should_be() {
    let mut groups = Groups::new(2);
    // Of 8,000 items 80 % agree, half of them on either class.
    for item in 0..8_000 {
        groups.add_item(match item * 7919 % 10 {
            0..4 => &[2, 0],
            4..8 => &[0, 2],
            _ => &[1, 1],
        });
    }
    let interval = groups.interval("percent", Answers::percent).unwrap();
    let width = 2.0 * 1.96 * (0.8f64 * 0.2 / 8_000.0).sqrt();
    let found = interval.high - interval.low;
    assert!((found / width - 1.0).abs() < 0.2, "{found} is not {width}");
    assert!(interval.contains(0.8));
}

#[test]
fn where_nothing_can_be_measured_there_is_no_number() {
    let mut one_answer = Answers::new(3);
    one_answer.add_item(&[3, 0, 0]);
    assert_close(one_answer.percent(), 1.0);
    assert_eq!((one_answer.fleiss_kappa(), one_answer.alpha(Level::Nominal, &[0.0; 3])), (None, None));
    assert_close(one_answer.gwet_ac1(), 1.0);
    let mut no_overlap = Answers::new(3);
    no_overlap.add_item(&[1, 0, 0]);
    for coefficient in [Answers::percent, Answers::fleiss_kappa, Answers::gwet_ac1, Answers::randolph_kappa] {
        assert_eq!(coefficient(&no_overlap), None);
    }
}

#[test]
fn noisy_pairs_tell_readers_from_those_who_press_one_key() {
    let worth = [2.0, 1.0, 0.0, -1.0, -2.0f64];
    let random = crate::random::ResponseRandom::new(1, "noisy", 0);
    let uniform = |counter| random.uniform(crate::random::Purpose::Token, counter);
    let mut comparisons = Vec::new();
    for i in 0..4_000u32 {
        let worker = (i % 4) as usize;
        let left = (uniform(4 * i) * 5.0) as usize;
        let right = (left + 1 + (uniform(4 * i + 1) * 4.0) as usize) % 5;
        // Workers 0 and 1 read, worker 2 does half of the time, worker 3 never, and prefers the left.
        let reads = uniform(4 * i + 2) < [1.0, 1.0, 0.5, 0.0][worker];
        let p = if reads { crate::statistics::sigmoid(worth[left] - worth[right]) } else { 0.9 };
        comparisons.push(SideBySide { worker, left, right, left_wins: uniform(4 * i + 3) < p });
    }
    let found = noisy_bradley_terry(&comparisons, &NoisySettings { ridge: 0.1, ..NoisySettings::default() });
    assert!(found.skills[0] > 0.9 && found.skills[1] > 0.9, "{found:?}");
    assert!((found.skills[2] - 0.5).abs() < 0.12 && found.skills[3] < 0.1, "{found:?}");
    assert!((found.biases[3] - 0.9).abs() < 0.05, "{found:?}");
    for (score, worth) in found.scores.iter().zip(worth) {
        assert!((score - worth).abs() < 0.35, "{found:?}");
    }
    let nothing = noisy_bradley_terry(&[], &NoisySettings::default());
    assert_eq!((nothing.scores.len(), nothing.skills.len()), (0, 0));
    // One who always wins stays finite.
    let only = SideBySide { worker: 0, left: 0, right: 1, left_wins: true };
    let found = noisy_bradley_terry(&[only; 50], &NoisySettings::default());
    assert!(found.scores[0] > 0.3 && found.scores.iter().all(|score| score.is_finite()), "{found:?}");
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
    assert_close(krippendorff_alpha(&units, Level::Ratio), 0.797_402_774_711_612_1);
    // The same from counts.
    let mut answers = Answers::new(5);
    for unit in &units {
        answers.add_item(&[1.0, 2.0, 3.0, 4.0, 5.0].map(|v| unit.iter().filter(|u| **u == v).count() as u32));
    }
    let values = [1.0, 2.0, 3.0, 4.0, 5.0];
    for level in [Level::Nominal, Level::Ordinal, Level::Interval, Level::Ratio] {
        assert_close(answers.alpha(level, &values), krippendorff_alpha(&units, level).unwrap());
    }
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

fn estimate(labels: &[Label], model: WorkerModel, smoothing: f64) -> DawidSkene {
    let settings = DawidSkeneSettings { model, smoothing, ..DawidSkeneSettings::default() };
    dawid_skene(labels, 2, &settings).unwrap()
}

fn accuracy(found: &DawidSkene, truth: &[usize]) -> f64 {
    let right = truth.iter().enumerate().filter(|(item, class)| found.item(*item)[**class] > 0.5).count();
    right as f64 / truth.len() as f64
}

#[test]
fn alpha_of_the_crowd_is_that_of_krippendorff_and_crowd_kit() {
    let (labels, truth) = crowd();
    let mut answers = Answers::new(2);
    for item in 0..truth.len() {
        let count = |class| labels.iter().filter(|label| label.item == item && label.class == class).count();
        answers.add_item(&[0, 1].map(|class| count(class) as u32));
    }
    assert_close(answers.alpha(Level::Nominal, &[0.0, 1.0]), 0.225_878_489_326_765_13);
}

#[test]
fn dawid_skene_is_that_of_crowd_kit() {
    let (labels, truth) = crowd();
    let found = estimate(&labels, WorkerModel::Confusion, 0.0);
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
        near(found.worker(worker, 0)[0], of_a);
        near(found.worker(worker, 1)[0], of_b);
    }
}

/// Five times the same items say the same of each, and of the workers; by now there are more than are computed together.
#[test]
fn many_items_are_estimated_as_few_are() {
    let (labels, truth) = crowd();
    let few = estimate(&labels, WorkerModel::Confusion, 0.0);
    let copy = |label: &Label, nth: usize| Label { item: label.item + nth * truth.len(), ..*label };
    let many: Vec<Label> = (0..5).flat_map(|nth| labels.iter().map(move |label| copy(label, nth))).collect();
    let many = estimate(&many, WorkerModel::Confusion, 0.0);
    assert_eq!((many.n_items(), many.n_steps), (300, few.n_steps));
    for item in 0..many.n_items() {
        assert!((many.item(item)[0] - few.item(item % truth.len())[0]).abs() < 1e-9, "item {item}");
    }
    for worker in 0..5 {
        assert!((many.worker(worker, 0)[0] - few.worker(worker, 0)[0]).abs() < 1e-9, "worker {worker}");
    }
}

#[test]
fn one_coin_is_that_of_crowd_kit() {
    let (labels, truth) = crowd();
    let found = estimate(&labels, WorkerModel::OneCoin, 0.0);
    assert!((accuracy(&found, &truth) - 56.0 / 60.0).abs() < 1e-12);
    let near =
        |found: f64, expected: f64| assert!((found - expected).abs() < 2e-5, "{found} is not {expected}");
    near(found.classes[0], 0.492_961);
    for (worker, skill) in [1.0, 0.841_41, 0.691_556, 0.675_588, 0.546_773].into_iter().enumerate() {
        near(found.worker(worker, 0)[0], skill);
        near(found.worker(worker, 1)[1], skill);
    }
}

/// Half of the items are of either class, and a third label is given by chance: hardly anything tells how common its class is.
#[test]
fn an_accelerated_estimate_is_the_same_in_fewer_steps() {
    let label = |item: usize, worker: usize| {
        let chance = (item * 30 + worker + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40 & 0xFF;
        let class = match chance {
            0..25 => 2,
            25..100 => 1 - item % 2,
            _ => item % 2,
        };
        Label { item, worker, class }
    };
    let labels: Vec<Label> =
        (0..900).flat_map(|item| (0..5).map(move |nth| label(item, (item * 7 + nth) % 30))).collect();
    let plain = DawidSkeneSettings { most_steps: 100_000, ..DawidSkeneSettings::default() };
    let accelerated = DawidSkeneSettings { accelerated: true, ..plain };
    let [plain, accelerated] =
        [plain, accelerated].map(|settings| dawid_skene(&labels, 3, &settings).unwrap());
    assert!(plain.n_steps < 100_000, "{}", plain.n_steps);
    assert!(3 * accelerated.n_steps < plain.n_steps, "{} and {}", accelerated.n_steps, plain.n_steps);
    for item in 0..900 {
        for (a, b) in accelerated.item(item).iter().zip(plain.item(item)) {
            assert!((a - b).abs() < 1e-5, "{item}: {a} is not {b}");
        }
    }
}

#[test]
fn smoothing_leaves_nobody_certain() {
    let (labels, truth) = crowd();
    let found = estimate(&labels, WorkerModel::Confusion, 1.0);
    assert!(accuracy(&found, &truth) >= 0.9);
    let rows = || (0..5).flat_map(|worker| [0, 1].map(|truth| found.worker(worker, truth)));
    assert!(rows().flatten().all(|p| (0.01..0.99).contains(p)), "{found:?}");
    for row in rows().chain((0..found.n_items()).map(|item| found.item(item))) {
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn nothing_and_a_lonely_worker_are_no_fault() {
    let found = estimate(&[], WorkerModel::Confusion, 1.0);
    assert_eq!((found.n_items(), found.n_workers(), found.classes), (0, 0, vec![0.5, 0.5]));
    let found = estimate(&[Label { item: 1, worker: 0, class: 1 }], WorkerModel::OneCoin, 0.0);
    assert!([0, 1].iter().flat_map(|item| found.item(*item)).all(|p| p.is_finite()), "{found:?}");
    // Tables that would fill all memory are refused.
    let label = Label { item: 0, worker: 99, class: 9_999 };
    assert_eq!(dawid_skene(&[label], 10_000, &DawidSkeneSettings::default()), None);
    assert_eq!(dawid_skene(&[label], 3, &DawidSkeneSettings::default()), None);
    assert_eq!(dawid_skene(&[], 0, &DawidSkeneSettings::default()), None);
}
