use super::*;
use crate::judge::Rubric;
use std::collections::BTreeMap;

/// A judge's answer, and what it says: a choice, or why it is none.
#[derive(serde::Deserialize)]
struct Case {
    answer: String,
    says: String,
}

fn says(reading: Result<Choice, NoVerdict>) -> String {
    let name = match reading {
        Ok(choice) => serde_json::to_value(choice),
        Err(reason) => serde_json::to_value(reason),
    };
    name.unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_answer_is_read_as_it_should_be() {
    let file = include_str!("../../../../../tests/cases/verdicts.jsonl");
    let cases: Vec<Case> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| says(read_verdict(&case.answer)) != case.says)
        .map(|case| {
            format!("{:?}: {} instead of {}", case.answer, says(read_verdict(&case.answer)), case.says)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let mut n_of = BTreeMap::new();
    cases.iter().for_each(|case| *n_of.entry(case.says.as_str()).or_insert(0) += 1);
    assert!(cases.len() >= 250 && n_of.len() == 10, "{n_of:?}");
}

/// The rule that is often published: A where the letter stands anywhere, else B.
fn careless(answer: &str) -> Choice {
    if answer.contains('A') { Choice::A } else { Choice::B }
}

#[test]
fn the_careless_rule_fails_where_ours_does_not() {
    let file = include_str!("../../../../../tests/cases/verdicts.jsonl");
    let cases: Vec<Case> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let n_right = cases.iter().filter(|case| says(Ok(careless(&case.answer))) == case.says).count();
    assert!(n_right * 2 < cases.len(), "{n_right} of {}", cases.len());
}

#[test]
fn a_choice_is_turned_back_into_canonical_order() {
    for (choice, shown_first, verdict) in [
        (Choice::A, Side::First, Verdict::Strength(-1)),
        (Choice::A, Side::Second, Verdict::Strength(1)),
        (Choice::B, Side::First, Verdict::Strength(1)),
        (Choice::B, Side::Second, Verdict::Strength(-1)),
        (Choice::Tie, Side::Second, Verdict::Strength(0)),
        (Choice::BothBad, Side::First, Verdict::BothBad),
    ] {
        assert_eq!(choice.verdict(shown_first), verdict, "{choice:?} {shown_first:?}");
    }
}

fn rubric() -> Rubric {
    Rubric { criteria: vec!["true".to_owned(), "clear".to_owned()], scale: [1.0, 5.0] }
}

#[test]
fn ratings_are_read_whole_or_not_at_all() {
    let check = |answer: &str, expected: Result<[f64; 2], NoVerdict>| {
        assert_eq!(read_ratings(answer, &rubric()), expected.map(Vec::from), "{answer}");
    };
    check(r#"{"true": 4, "clear": 5}"#, Ok([4.0, 5.0]));
    check("```json\n{\"clear\": 2, \"true\": 1, \"other\": 9}\n```", Ok([1.0, 2.0]));
    check(r#"<think>{"true": 1, "clear": 1}</think>{"true": 3, "clear": 3}"#, Ok([3.0, 3.0]));
    check(r#"{"True": {"score": 4, "reason": "x"}, "Clear": "5/5"}"#, Ok([4.0, 5.0]));
    check(r#"{"ratings": {"true": 2, "clear": 2}}"#, Ok([2.0, 2.0]));
    check("True: 4/5\n- **Clear:** 3 (short)", Ok([4.0, 3.0]));
    check("1. true: 4 out of 5\n2. clear = 5", Ok([4.0, 5.0]));
    check(r#"{"true": 4}"#, Err(NoVerdict::Unclear));
    check(r#"{"true": 4, "clear": 6}"#, Err(NoVerdict::Unclear));
    check(r#"{"true": 0, "clear": 5}"#, Err(NoVerdict::Unclear));
    check("true: 4\nclear: 3\nclear: 5", Err(NoVerdict::Contradiction));
    check("true: 4\nclear: four", Err(NoVerdict::Unclear));
    check(r#"{"true": 1, "clear": 5, "true": 5}"#, Err(NoVerdict::Contradiction));
    check("true: 4/10\nclear: 2/10", Err(NoVerdict::Unclear));
    check("true: 5 is too much, 3\nclear: 2", Err(NoVerdict::Unclear));
    check("true: 3 or 4\nclear: 2", Err(NoVerdict::Unclear));
    check("true: 4-5\nclear: 2", Err(NoVerdict::Unclear));
    check("true: 4 - names the page\nclear: 5/5 (short)", Ok([4.0, 5.0]));
    check("", Err(NoVerdict::Empty));
    check("I'm sorry, I cannot rate this.", Err(NoVerdict::Refusal));
    check("<think>true: 4, clear: 4", Err(NoVerdict::Unfinished));
}

#[test]
fn a_single_criterion_may_hold_its_score_one_level_deeper() {
    let rubric = Rubric { criteria: vec!["helps".to_owned()], scale: [1.0, 5.0] };
    assert_eq!(read_ratings(r#"{"helps": {"score": 4}}"#, &rubric), Ok(vec![4.0]));
}

/// Answers of about `n` bytes that are long for their lines, their verdicts or their marks.
fn hostile(n: usize) -> Vec<(&'static str, String)> {
    let filled = |before: &str, unit: &str, after: &str| {
        format!("{before}{}{after}", unit.repeat((n - before.len() - after.len()) / unit.len()))
    };
    vec![
        ("lone letters", filled("final zz ", "a ", ":\n[[A]]")),
        ("touching letters", filled("final zz ", "一a", ":\n[[A]]")),
        ("empty lines", format!("{}:{}[[A]]", "final a word ".repeat(n / 26), "\n".repeat(n / 2 - 13))),
        ("sentences", filled("", "x. ", "\n[[A]]")),
        ("led sentences", filled("", "Verdict: x. ", "\n[[A]]")),
        ("verdicts", filled("", "Verdict: A. ", "")),
        ("verdicts between sentences", filled("", "x. [[A]] ", "")),
        ("conclusions", filled("", "x so [[A]] ", "")),
        ("conclusions at once", filled("", "so.[[A]]", "")),
        ("quotations", filled("", "\"[[A]]\" ", "")),
        ("emphasis", filled("", "*", " [[A]]")),
        ("emphasised marks", format!("{}{}", "*".repeat(n / 2), "[[A]] ".repeat(n / 12 - 1))),
        ("numbers", filled("", "1. ", "\n[[A]]")),
        ("ratings", filled("", "true: 4 ", "")),
    ]
}

#[test]
fn long_answers_are_read_in_passing() {
    let braces = format!("{} }}", "{".repeat(200_000));
    assert_eq!(read_verdict(&braces), Err(NoVerdict::Unclear));
    let brackets = |n: usize| format!("{}\n[[B]]", "[[".repeat(n));
    assert_eq!(read_verdict(&brackets(8_000)), Ok(Choice::B));
    assert_eq!(read_verdict(&brackets(20_000)), Err(NoVerdict::Unclear));
    let reasons = format!("<think>{}</think>\n[[B]]", "so ".repeat(200_000));
    assert_eq!(read_verdict(&reasons), Ok(Choice::B));
    let nested = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(read_verdict(&nested), Err(NoVerdict::Unclear));
    let many = "true: 4\n".repeat(100_000);
    assert_eq!(read_ratings(&many, &rubric()), Err(NoVerdict::Unclear));
    for (name, text) in hostile(MOST_BYTES) {
        let took = took(|| {
            let _ = (read_verdict(&text), read_ratings(&text, &rubric()));
        });
        assert!(text.len() <= MOST_BYTES && took.as_secs() < 2, "{name}: {} bytes took {took:?}", text.len());
    }
}

#[expect(clippy::disallowed_types, reason = "a test may look at a clock")]
fn took(work: impl FnOnce()) -> std::time::Duration {
    let start = std::time::Instant::now();
    work();
    start.elapsed()
}

proptest::proptest! {
    #[test]
    fn no_answer_makes_it_panic(answer in "[\\[\\]{}\"`<>/\\\\ABabtieVrdc:.\n 一А“”’1-]{0,60}") {
        let _ = (read_verdict(&answer), read_ratings(&answer, &rubric()));
    }
}
