//! What a judge may be used for, and what of it is kept.

use super::*;

#[test]
fn a_judge_that_says_nothing_may_label_nothing() {
    let samples = samples(100);
    let check = |n_read: usize, expected: Use| {
        let mut votes: Vec<Vote> = samples.iter().map(|sample| vote(sample, "ann", FIRST)).collect();
        votes.extend(samples.iter().enumerate().map(|(place, sample)| match place < n_read {
            true => judged(sample, 1.0),
            false => vote(sample, JUDGE, Verdict::Unparsed),
        }));
        let card = card(&samples, &votes);
        assert_eq!(card.advice.usage, expected, "{}", card.advice.reason);
    };
    check(0, Use::Nothing);
    check(49, Use::Nothing);
    check(50, Use::CannotTell);
}

#[test]
fn nothing_and_all_alike_are_told_as_such() {
    let empty = card(&[], &[]);
    assert_eq!((empty.counts.pairs, empty.advice.usage, empty.advice.more_pairs), (0, Use::CannotTell, 100));
    assert!(matches!(empty.accuracy, Measure::CannotTell(_)));
    let samples = samples(150);
    let one_way: Vec<Vote> =
        samples.iter().flat_map(|sample| [vote(sample, "person 0", FIRST), judged(sample, 2.0)]).collect();
    let card = card(&samples, &one_way);
    assert_eq!(card.accuracy.value().unwrap().share, 1.0);
    assert_eq!(card.concordance.value().unwrap().kappa, None, "chance explains it as well");
    assert!(matches!(card.length.coefficient, Measure::CannotTell(_)));
    assert_eq!(card.advice.usage, Use::Nothing, "the longest answer is as good: {}", card.advice.reason);
}

/// A judge that is right where it is sure and guesses where it is not, on pairs whose lengths say nothing.
fn half_sure(n: usize) -> (Vec<Sample>, Vec<Vote>) {
    let samples: Vec<Sample> =
        (0..n).map(|i| sample(i, if i % 3 == 0 { [90, 20] } else { [20, 90] }, [None, None])).collect();
    let votes = samples.iter().enumerate().flat_map(|(i, sample)| {
        let is_first = (i / 2) % 2 == 0;
        let is_sure = i % 8 < 5;
        let is_right = is_sure || i % 16 < 8;
        let size = if is_sure { 4.0 } else { 0.25 };
        let people = if is_first { FIRST } else { SECOND };
        let log_odds = if is_first == is_right { size } else { -size };
        [vote(sample, "person 0", people), vote(sample, "person 1", people), judged(sample, log_odds)]
    });
    let votes = votes.collect();
    (samples, votes)
}

#[test]
fn what_it_is_sure_of_is_kept() {
    let (samples, votes) = half_sure(320);
    let card = card(&samples, &votes);
    assert_eq!(card.advice.usage, Use::LabelAboveThreshold, "{}", card.advice.reason);
    let threshold = *card.escalation.threshold.value().unwrap();
    assert_eq!(card.escalation.kept.value().unwrap().count, 200, "{:?}", card.escalation);
    let apply = |log_odds: f64| card.apply(&judged(&samples[0], log_odds));
    let Decision::Keep { probability } = apply(-4.0) else { panic!("{:?}", card.escalation) };
    assert!(probability >= threshold && probability < 1.0);
    assert_eq!(apply(4.0), apply(-4.0));
    assert_eq!(apply(0.25), Decision::Escalate);
    let sure = judged(&samples[0], 4.0);
    let escalated = [
        Vote { verdict: TIE, ..sure.clone() },
        Vote { verdict: Verdict::Unparsed, ..sure.clone() },
        Vote { verdict: Verdict::BothBad, ..sure.clone() },
        Vote { verdict: SECOND, ..sure.clone() },
        Vote { judge: None, ..sure.clone() },
        Vote { annotator: Annotator { id: "another".to_owned(), kind: AnnotatorKind::Judge }, ..sure },
    ];
    for vote in escalated {
        assert_eq!(card.apply(&vote), Decision::Escalate, "{vote:?}");
    }
}

#[test]
fn verdicts_in_words_are_kept_together_or_not_at_all() {
    let (samples, mut votes) = half_sure(320);
    for vote in &mut votes {
        vote.judge = None;
    }
    let all = card(&samples, &votes);
    assert!(matches!(all.calibration, Measure::CannotTell(_)));
    assert_eq!(all.escalation.threshold.value(), None, "it is wrong too often");
    // Without the pairs on which it guesses.
    let sure: Vec<Vote> =
        votes.chunks(3).enumerate().filter(|(i, _)| i % 8 < 5).flat_map(|(_, v)| v.to_vec()).collect();
    let card = card(&samples, &sure);
    let Decision::Keep { probability } = card.apply(&sure[2]) else { panic!("{:?}", card.escalation) };
    assert_eq!(Some(probability), card.escalation.confidence_of_words);
}

/// Three people and a judge on 200 pairs; `person_errs` and `judge_errs` say who leaves the truth where.
fn beside_people(
    n_with_others: usize,
    person_errs: impl Fn(usize, usize) -> bool,
    judge_errs: impl Fn(usize) -> bool,
) -> Card {
    // The longer one is the better one in half of the pairs, so that length is no rule.
    let samples: Vec<Sample> =
        (0..200).map(|i| sample(i, if i % 4 < 2 { [100, 20] } else { [20, 100] }, [None, None])).collect();
    let side = |is_first: bool| if is_first { FIRST } else { SECOND };
    let votes: Vec<Vote> = samples
        .iter()
        .enumerate()
        .flat_map(|(i, sample)| {
            let truth = i % 2 == 0;
            let n_people = if i < n_with_others { 3 } else { 1 };
            let people = (0..n_people).map(|who| side(truth != person_errs(i, who)));
            let people = people.enumerate().map(|(who, v)| vote(sample, &format!("person {who}"), v));
            let log_odds = if truth != judge_errs(i) { 2.0 } else { -2.0 };
            people.chain([judged(sample, log_odds)]).collect::<Vec<_>>()
        })
        .collect();
    card(&samples, &votes)
}

#[test]
fn a_judge_may_label_only_where_it_is_shown_to_be_as_good_as_a_person() {
    let errs = |i: usize, who: usize| (7 * i + 11 * who).is_multiple_of(13);
    let good = beside_people(200, errs, |i| i % 40 == 3);
    assert_eq!(good.advice.usage, Use::Label, "{}", good.advice.reason);
    // As good, but people were hardly ever compared with each other.
    let few = beside_people(3, errs, |i| i % 40 == 3);
    assert_ne!(few.advice.usage, Use::Label, "{}", few.advice.reason);
    assert!(few.advice.reason.contains("it takes 100"), "{}", few.advice.reason);
    // Better than length, and behind people.
    let behind = beside_people(200, errs, |i| i % 5 == 3);
    assert_ne!(behind.advice.usage, Use::Label, "{}", behind.advice.reason);
    assert!(behind.advice.reason.contains("does not show it"), "{}", behind.advice.reason);
}
