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
        assert!(right.share > member.right.value().unwrap().share, "{report}");
        assert!((member.confusion[1][1] - 0.9).abs() < 0.07, "{report}");
    }
    assert!(report.members[4].confusion[1][0] > 0.95, "{report}");
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
    let panel = pool(&samples, &alone, &names(&["a", "b"]), (Pooling::DawidSkene, &[])).unwrap();
    assert!(matches!(panel.report.errors, Measure::CannotTell(_)));
    assert!(panel.report.to_string().contains("no people to measure it by"));
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
