use super::minhash::candidate_probability;
use super::*;
use crate::report::Measure;
use proptest::prelude::*;

const REPLIES: [&str; 4] = [
    "Your order left our warehouse today.",
    "Your order left our warehouse yesterday, sorry for the wait.",
    "I am sorry, I cannot find your order.",
    "Sorry!",
];

fn split(texts: &[&str]) -> Vec<Vec<String>> {
    texts.iter().map(|text| words(text)).collect()
}

fn is_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
}

#[test]
fn words_are_told_by_unicode() {
    let expected = ["don't", "order", "48213", "größe", "注", "文"];
    assert_eq!(words("Don't order (48213)! GRÖSSE? 注文").len(), 6);
    assert_eq!(words("Don't order (48213)! Größe? 注文"), expected);
    assert_eq!(words(" …!"), [""; 0]);
}

#[test]
fn distinct_sequences_are_counted_over_all_texts() {
    let texts = split(&["a b a", "b a b"]);
    is_near(distinct(&texts, 1).unwrap(), 2.0 / 6.0);
    is_near(distinct(&texts, 2).unwrap(), 2.0 / 4.0);
    is_near(distinct(&texts, 3).unwrap(), 1.0);
    assert_eq!(distinct(&texts, 4), None);
    assert_eq!(distinct(&[], 1), None);
}

/// The expected values are those of NLTK 3.10.4: `sentence_bleu` with `SmoothingFunction().method1`, of each text against the others.
#[test]
fn self_bleu_is_that_of_nltk() {
    SELF_BLEU.iter().for_each(|(texts, expected)| is_near(self_bleu(&split(texts)).unwrap(), *expected));
    assert_eq!(self_bleu(&split(&["one text"])), None);
    assert_eq!(self_bleu(&split(&["one text", "…"])), None);
}

const SELF_BLEU: [(&[&str], f64); 4] = [
    (&REPLIES, 0.255_445_951_101_516_7),
    (&["a b c d e", "a b c d e"], 1.0),
    (&["the the the", "the cat sat", "a cat sat on the mat"], 0.158_360_336_904_812_02),
    (&["hello", "good bye"], 0.0),
];

/// The values were computed from the formula with Python's floats.
#[test]
fn candidates_come_as_often_as_the_curve_says() {
    for (s, n_bands, n_rows, expected) in [
        (0.75, 14, 8, 0.771_633_568_761_911_1),
        (0.8, 14, 8, 0.923_547_558_632_581_1),
        (0.5, 20, 5, 0.470_050_715_316_876_5),
        (0.8, 20, 5, 0.999_643_943_910_569_3),
        (0.7, 32, 4, 0.999_847_170_840_620_8),
        (0.6, 9, 13, 0.011_693_401_971_021_422),
    ] {
        assert!((candidate_probability(s, n_bands, n_rows) - expected).abs() < 1e-6);
    }
}

/// Texts of 60 numbers with 40 of them in common have an index near 0.5.
#[test]
fn bands_agree_as_often_as_the_curve_says() {
    let n_pairs = 400;
    let number = |n: u32| format!("{:x}", n.wrapping_mul(2_654_435_761));
    let text = |from: u32| (from..from + 60).map(number).collect::<Vec<_>>().join(" ");
    let (mut expected, mut found) = (0.0, 0);
    for pair in 0..n_pairs {
        let [a, b] = [text(pair * 100), text(pair * 100 + 20)].map(|text| Shingles::of(&text));
        expected += candidate_probability(a.jaccard(&b), minhash::N_BANDS, minhash::N_ROWS);
        let [a, b] = [a, b].map(|shingles| minhash::bands(&shingles).unwrap());
        found += u32::from(a.iter().zip(&b).any(|(a, b)| a == b));
    }
    let n_pairs = f64::from(n_pairs);
    let (share, expected) = (f64::from(found) / n_pairs, expected / n_pairs);
    assert!((0.2..0.95).contains(&expected), "{expected} leaves nothing to see");
    let error = (expected * (1.0 - expected) / n_pairs).sqrt();
    assert!((share - expected).abs() < 4.0 * error, "{share} instead of {expected}");
}

#[test]
fn jaccard_counts_pieces() {
    let jaccard = |a: &str, b: &str| Shingles::of(a).jaccard(&Shingles::of(b));
    // "ref efu fun und" and "ref efu fun und und nde ded": four of six.
    is_near(jaccard("refund", "Refunded!"), 4.0 / 6.0);
    is_near(jaccard("refund", "refund"), 1.0);
    is_near(jaccard("ab", "ab"), 1.0);
    is_near(jaccard("ab", "ba"), 0.0);
    is_near(jaccard("", "…"), 0.0);
}

#[test]
fn near_duplicates_are_grouped_by_their_first() {
    let mut texts = NearDuplicates::default();
    for text in [
        "Where is my order 48213? I have been waiting for two weeks now.",
        "Cancel my subscription",
        "where is my order 48214? I have been waiting for two weeks now",
        "…",
        "cancel my subscription!",
        "?",
        "…",
        "Where is my parcel?",
    ] {
        texts.add(text);
    }
    assert_eq!(texts.groups(), [0, 1, 0, 3, 1, 5, 3, 7]);
    assert_eq!(NearDuplicates::default().groups(), [0; 0]);
}

#[test]
fn prompts_in_both_parts_are_counted() {
    let train = ["Where is my order 48213, please?", "Cancel my subscription", "Hello"];
    let test = ["Where is my order 48219, please?", "Cancel my subscription", "Bye", "Bye"];
    let expected = Leakage { n_train: 3, n_test: 3, n_same: 1, n_nearly_same: 2 };
    assert_eq!(Leakage::between(train, test), expected);
}

#[test]
fn the_balance_of_lengths_leaves_like_lengths_out() {
    let mut balance = LengthBalance::default();
    assert_eq!((balance.longer_chosen(), balance.mean_characters()), (None, None));
    let long = "x".repeat(50);
    for (chosen, rejected) in [(long.as_str(), "y"), ("y", long.as_str()), (&long, ""), ("y", "yy")] {
        balance.add(chosen, rejected);
    }
    let share = balance.longer_chosen().unwrap();
    assert_eq!((share.count, share.total), (2, 3));
    assert_eq!(balance.mean_characters(), Some([25.5, 13.25]));
}

#[test]
fn responses_to_a_prompt_are_compared_with_each_other_alone() {
    let mut within = WithinPrompts::default();
    let nothing = within.summary();
    assert!(matches!(nothing.self_bleu, Measure::CannotTell(_)));
    within.add(&["a b c d", "a b c d"]);
    within.add(&["a b c d", "e f g h"]);
    let summary = within.summary();
    assert_eq!((summary.n_prompts, summary.n_pairs, summary.n_near_duplicates), (2, 2, 1));
    assert_eq!(summary.distinct[0], Measure::Value(0.75));
    assert_eq!(summary.self_bleu, Measure::Value(0.5));
}

proptest! {
    #[test]
    fn equal_texts_share_a_group_that_its_first_text_names(texts in prop::collection::vec("[ab ]{0,9}|[a-f]{20,24}", 0..30)) {
        let mut near = NearDuplicates::default();
        texts.iter().for_each(|text| near.add(text));
        let groups = near.groups();
        let shingles: Vec<Shingles> = texts.iter().map(|text| Shingles::of(text)).collect();
        for (a, b) in (0..texts.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
            if shingles[a].jaccard(&shingles[b]) == 1.0 || texts[a] == texts[b] {
                prop_assert_eq!(groups[a], groups[b]);
            }
        }
        for (place, group) in groups.iter().enumerate() {
            prop_assert!(*group <= place && groups[*group] == *group);
        }
    }

    #[test]
    fn measures_lie_between_0_and_1(texts in prop::collection::vec("\\PC{0,12}", 0..6)) {
        let split: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
        let all = (1..4).map(|n| distinct(&split, n)).chain([self_bleu(&split)]);
        for value in all.flatten() {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&value), "{value}");
        }
    }
}
