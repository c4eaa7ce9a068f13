use super::*;
use crate::judge::card::{CardSettings, measure};
use crate::random::{Purpose, ResponseRandom};
use crate::report::Measure;
use crate::schema::{Extra, Record, pairs};
use serde_json::json;

fn samples(n: usize) -> Vec<Sample> {
    let sample = |i: usize| {
        Sample {
        prompt: serde_json::from_value(
            json!({"id": format!("q{i}"), "messages": [{"role": "user", "content": i.to_string()}], "tags": []}),
        )
        .unwrap(),
        responses: serde_json::from_value(json!([{"id": "r1", "text": "one"}, {"id": "r2", "text": "two"}])).unwrap(),
        extra: Extra::new(),
    }
    };
    (0..n).map(sample).collect()
}

fn vote(sample: &Sample, id: &str, kind: AnnotatorKind, verdict: Verdict) -> Vote {
    let pair = pairs(sample).next().unwrap();
    let responses = ["r1".to_owned(), "r2".to_owned()];
    Vote::new(pair.id, sample.prompt.id.clone(), responses, Annotator { id: id.to_owned(), kind }, verdict)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Three judges that are right on 9 of 10 pairs each, and two that always say first.
fn five_judges(n: usize) -> (Vec<Sample>, Vec<Vote>) {
    let samples = samples(n);
    let mut votes = Vec::new();
    for (i, sample) in samples.iter().enumerate() {
        let random = ResponseRandom::new(3, &sample.prompt.id, 0);
        let draw = |counter: u32| random.uniform(Purpose::Resample, counter);
        let truth = if draw(0) < 0.5 { -1 } else { 1 };
        votes.push(vote(sample, "person", AnnotatorKind::Human, Verdict::Strength(truth)));
        for judge in 1..=3 {
            let said = if draw(judge) < 0.9 { truth } else { -truth };
            votes.push(vote(sample, &format!("good {judge}"), AnnotatorKind::Judge, Verdict::Strength(said)));
        }
        for judge in ["lazy 1", "lazy 2"] {
            // One of a hundred answers cannot be read.
            let said = if i % 100 == 99 { Verdict::Unparsed } else { Verdict::Strength(-1) };
            votes.push(vote(sample, judge, AnnotatorKind::Judge, said));
        }
    }
    (samples, votes)
}

#[test]
fn judges_that_always_say_the_same_cost_nothing() {
    let (samples, votes) = five_judges(300);
    let members = names(&["good 1", "good 2", "good 3", "lazy 1", "lazy 2"]);
    let panel = pool(&samples, &votes, &members, (Pooling::DawidSkene, &[])).unwrap();
    let report = &panel.report;
    // A plain majority has both lazy ones for "first", and is wrong wherever one good judge errs on a "second".
    let right = report.right.value().unwrap();
    assert!(right.share > 0.95, "{report}");
    for member in &report.members[..3] {
        assert!(member.has_say && right.share > member.right.value().unwrap().share, "{report}");
        assert!((member.confusion[1][1] - 0.9).abs() < 0.07, "{report}");
    }
    for member in &report.members[3..] {
        assert!(!member.has_say && member.confusion.is_empty(), "{report}");
    }
    assert_eq!((report.agreements.len(), report.agreements[9].kappa), (10, None));
    assert!(report.agreements[0].kappa.unwrap() > 0.5 && report.agreements[2].kappa == Some(0.0), "{report}");
    assert_eq!((report.members[3].votes, report.sides, report.unparsed), (297, 300, 0));
    let errors = report.errors.value().unwrap();
    assert!(errors.effective_judges > 1.0 && errors.effective_judges < 5.0, "{errors:?}");
    for vote in &panel.votes {
        assert_eq!((vote.check(), vote.annotator.kind), (vec![], AnnotatorKind::Judge));
        let evidence = vote.judge.as_ref().unwrap();
        assert_eq!((evidence.method.as_str(), &evidence.members), ("panel-dawid-skene", &members));
        assert!(evidence.log_odds.unwrap().is_finite());
    }
    assert!(panel.votes[0].annotator.id.starts_with("panel:dawid-skene:"));
    let card = measure(
        &samples,
        &[votes, panel.votes.clone()].concat(),
        &panel.votes[0].annotator.id,
        CardSettings::default(),
    );
    assert_eq!(card.accuracy.value().unwrap().share, right.share);
}

#[test]
fn errors_that_are_always_shared_are_worth_one_judge() {
    let samples = samples(20);
    let mut votes = Vec::new();
    for (i, sample) in samples.iter().enumerate() {
        votes.push(vote(sample, "person", AnnotatorKind::Expert, Verdict::Strength(-2)));
        let said = Verdict::Strength(if i % 4 == 0 { 1 } else { -1 });
        votes.extend(["a", "b", "c"].map(|judge| vote(sample, judge, AnnotatorKind::Judge, said)));
    }
    let panel = pool(&samples, &votes, &names(&["a", "b", "c"]), (Pooling::DawidSkene, &[])).unwrap();
    let errors = panel.report.errors.value().unwrap();
    assert_eq!((errors.pairs, errors.correlation, errors.effective_judges), (20, 1.0, 1.0));
    let alone: Vec<Vote> =
        votes.into_iter().filter(|vote| vote.annotator.kind == AnnotatorKind::Judge).collect();
    let panel = pool(&samples, &alone, &names(&["a", "b", "c"]), (Pooling::DawidSkene, &[])).unwrap();
    assert!(matches!(panel.report.errors, Measure::CannotTell(_)));
    let text = panel.report.to_string();
    for part in
        ["no people to measure it by", "a and b: kappa 1.00 (1.00 to 1.00) on 20 pairs", "for the truth"]
    {
        assert!(text.contains(part), "{text}");
    }
}

/// Members that say what a rule makes of the pair's number and of what is true, on 150 pairs.
type Rule = fn(usize, i8) -> i8;

fn says_first(_: usize, _: i8) -> i8 {
    -1
}

fn nearly_always_first(i: usize, _: i8) -> i8 {
    if i.is_multiple_of(23) { 1 } else { -1 }
}

fn random(i: usize, _: i8) -> i8 {
    coin("random", i)
}

fn another_random(i: usize, _: i8) -> i8 {
    coin("another", i)
}

fn coin(name: &str, i: usize) -> i8 {
    let random = ResponseRandom::new(9, name, i as u32);
    if random.uniform(Purpose::Resample, 0) < 0.5 { -1 } else { 1 }
}

/// Right on 139 of 150.
fn right_on_139(i: usize, truth: i8) -> i8 {
    if i % 13 == 7 { -truth } else { truth }
}

/// Right on 117 of 150.
fn right_on_117(i: usize, truth: i8) -> i8 {
    if i * 7 % 150 < 33 { -truth } else { truth }
}

/// Right on 125 of 150.
fn right_on_125(i: usize, truth: i8) -> i8 {
    if i % 6 == 3 { -truth } else { truth }
}

fn panel_of(rules: &[(&str, Rule)]) -> Result<Panel, PanelError> {
    let samples = samples(150);
    let mut votes = Vec::new();
    for (i, sample) in samples.iter().enumerate() {
        let truth = if (i / 2) % 2 == 0 { -1 } else { 1 };
        votes.push(vote(sample, "person", AnnotatorKind::Human, Verdict::Strength(truth)));
        votes.extend(rules.iter().map(|(judge, rule)| {
            vote(sample, judge, AnnotatorKind::Judge, Verdict::Strength(rule(i, truth)))
        }));
    }
    let members: Vec<&str> = rules.iter().map(|(judge, _)| *judge).collect();
    pool(&samples, &votes, &names(&members), (Pooling::DawidSkene, &[]))
}

#[test]
fn who_cannot_be_compared_is_not_pooled() {
    let good: [(&str, Rule); 3] = [("139", right_on_139), ("117", right_on_117), ("125", right_on_125)];
    let coins: [(&str, Rule); 2] = [("random", random), ("another", another_random)];
    for rules in [
        // A judge that always says "first" would decide everything beside one that is right on 139.
        &[("first", says_first as Rule), good[0]][..],
        &[good[0], good[1]],
        &[("first", says_first), good[0], good[1]],
        &[("nearly", nearly_always_first), good[0], good[1]],
        &[("random", random), ("first", says_first), good[0], good[1]],
        &[coins[0], coins[1], good[0], good[1]],
        &[("first", says_first), coins[0], coins[1], ("nearly", nearly_always_first)],
    ] {
        let names: Vec<&str> = rules.iter().map(|(name, _)| *name).collect();
        let error = panel_of(rules).map(|panel| panel.report.to_string()).unwrap_err();
        assert_eq!(error, PanelError::CannotCompare, "{names:?}");
    }
    let error = panel_of(&good[..2]).unwrap_err().to_string();
    assert!(error.contains("three judges or more") && error.contains("`--method median`"), "{error}");
}

#[test]
fn a_panel_is_about_as_good_as_its_best_member_whoever_sits_beside() {
    let good: [(&str, Rule); 3] = [("139", right_on_139), ("117", right_on_117), ("125", right_on_125)];
    let beside: [&[(&str, Rule)]; 4] = [
        &[],
        &[("first", says_first)],
        &[("first", says_first), ("too", says_first), ("three", says_first)],
        &[("random", random), ("nearly", nearly_always_first)],
    ];
    for beside in beside {
        let panel = panel_of(&[&good, beside].concat()).unwrap();
        let right = panel.report.right.value().unwrap();
        let best = panel.report.members[0].right.value().unwrap();
        assert_eq!((best.count, right.total), (139, 150), "{}", panel.report);
        assert!(right.high >= best.share, "{}", panel.report);
        let with_say = panel.report.members.iter().filter(|member| member.has_say).count();
        assert_eq!(with_say, 3, "{}", panel.report);
    }
}

#[test]
fn a_panel_is_no_member_of_another() {
    let (samples, mut votes) = five_judges(60);
    let good = names(&["good 1", "good 2", "good 3"]);
    let first = pool(&samples, &votes, &good, (Pooling::DawidSkene, &[])).unwrap();
    let id = first.votes[0].annotator.id.clone();
    votes.extend(first.votes.clone());
    assert!(judges(&votes).contains(&id), "it can be measured");
    assert_eq!(candidates(&votes), names(&["good 1", "good 2", "good 3", "lazy 1", "lazy 2"]));
    let with_panel = [good.clone(), vec![id.clone()]].concat();
    for pooling in [Pooling::DawidSkene, Pooling::Median] {
        let error = pool(&samples, &votes, &with_panel, (pooling, &[])).unwrap_err();
        assert_eq!(error, PanelError::IsPanel { judge: id.clone() });
    }
    let again = pool(&samples, &votes, &good, (Pooling::DawidSkene, &[])).unwrap();
    assert_eq!(again, first, "an earlier panel's votes change nothing");
}

/// A card that calibrates with this slope.
fn card(judge: &str, slope: f64) -> Card {
    let mut card = serde_json::to_value(measure(&[], &[], judge, CardSettings::default())).unwrap();
    let scores = json!({"log_loss": 0.5, "brier": 0.2, "expected_calibration_error": 0.1});
    let slope = json!({"value": slope, "low": slope, "high": slope});
    card["calibration"] =
        json!({"value": {"pairs": 4, "raw": scores, "cross_fitted": scores, "slope": slope, "bins": []}});
    Card::read(card.to_string().as_bytes()).unwrap()
}

#[test]
fn the_median_is_of_calibrated_log_odds() {
    let samples = samples(3);
    let judged = |sample: &Sample, judge: &str, log_odds: f64| {
        let evidence = JudgeEvidence { log_odds: Some(log_odds), ..JudgeEvidence::default() };
        let verdict = Verdict::Strength(if log_odds > 0.0 { -1 } else { 1 });
        Vote { judge: Some(Box::new(evidence)), ..vote(sample, judge, AnnotatorKind::Judge, verdict) }
    };
    // Slopes by which the judges' log-odds are multiplied.
    let cards = [card("a", 1.0), card("b", 0.5), card("c", 10.0)];
    let votes = [
        judged(&samples[0], "a", 1.0),
        judged(&samples[0], "b", 4.0),
        judged(&samples[0], "c", -3.0),
        judged(&samples[1], "a", 1.0),
        judged(&samples[1], "b", -2.0),
        vote(&samples[2], "a", AnnotatorKind::Judge, Verdict::Unparsed),
    ];
    let members = names(&["a", "b", "c"]);
    let panel = pool(&samples, &votes, &members, (Pooling::Median, &cards)).unwrap();
    let found: Vec<_> =
        panel.votes.iter().map(|vote| (vote.verdict, vote.judge.as_ref().unwrap().log_odds)).collect();
    // Medians of (1, 2, -30) and of (1, -1).
    let expected =
        [(Verdict::Strength(-1), Some(1.0)), (Verdict::Strength(0), Some(0.0)), (Verdict::Unparsed, None)];
    assert_eq!(found, expected);
    let error = |members: &[&str], cards: &[Card]| {
        pool(&samples, &votes, &names(members), (Pooling::Median, cards)).unwrap_err().to_string()
    };
    assert!(error(&["a", "d"], &cards).contains("no card of `d`"));
    assert!(error(&["a", "b"], &[card("a", 1.0), card("b", -1.0)]).contains("leave it out"));
    assert!(error(&["a"], &cards).contains("two judges or more"));
}
