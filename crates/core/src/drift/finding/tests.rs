//! Reports of votes whose drift was planted, and of votes that carry nothing.

use super::planted::{SPAN, Study, time_at};
use super::*;
use crate::drift::weights::{Decay, weight_records};
use crate::schema::{Annotator, AnnotatorKind, Side, Verdict as Said};
use jiff::ToSpan;

fn settings() -> DriftSettings {
    DriftSettings::default()
}

fn tested_of(samples: &[Sample], votes: &[Vote]) -> DriftReport {
    let index = PairIndex::new(samples);
    let observations = Observations::new(&index, votes, None);
    let fitted = fitted(&observations);
    tested(&observations, &fitted, &[], settings())
}

#[track_caller]
fn assert_finite(report: &DriftReport) {
    let json = report.to_json();
    assert!(!json.contains("null"), "a number that JSON has not: {json}");
    let read: DriftReport = serde_json::from_str(&json).unwrap();
    assert_eq!(&read, report);
    let text = report.to_string();
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_jump_is_found_named_and_dated() {
    let (samples, votes) = Study { jump: 1.5, n_votes: 800, ..Study::default() }.simulate();
    let report = report(&samples, &votes, &[], settings());
    println!("{report}");
    assert_finite(&report);
    assert_eq!((report.advice.verdict, report.advice.term.as_deref()), (Verdict::Drift, Some("length")));
    let since = report.advice.since.unwrap();
    assert!(since > time_at(0.4) && since < time_at(0.6), "{since}");
    assert_ne!(report.advice.remedy, Remedy::None);
    assert_eq!(report.counts.votes, 800);
    let off = report.first_vote().unwrap().duration_since(time_at(0.0));
    assert!(off.abs() <= jiff::SignedDuration::from_millis(1), "{off}");
}

#[test]
fn a_forced_decay_is_used_and_says_what_it_costs() {
    let (samples, votes) = Study { n_votes: 1000, ..Study::default() }.simulate();
    let forced_decay = Some(Decay::HalfLife { days: 7.0 });
    let report = report(&samples, &votes, &[], DriftSettings { forced_decay, ..settings() });
    assert_finite(&report);
    assert_eq!((report.advice.verdict, report.advice.remedy), (Verdict::NoDrift, Remedy::None));
    assert!(report.advice.reason.contains("it costs"), "{}", report.advice.reason);
    let remedy = "none, all votes count alike; asked for, whatever the votes say: a half-life of 7 days";
    assert_eq!(report.remedy(), remedy);
    assert!(report.weights.unwrap().kish_size < 100.0);
}

/// A judge that jumps says nothing of people who do not, nor they of a judge that is alone.
#[test]
fn judges_are_tested_where_nobody_else_voted() {
    let (samples, mut votes) = Study { jump: 3.0, n_votes: 600, ..Study::default() }.simulate();
    votes.iter_mut().for_each(|vote| vote.annotator.kind = AnnotatorKind::Judge);
    let alone = report(&samples, &votes, &[], settings());
    assert_eq!((alone.advice.verdict, alone.counts.of_judges), (Verdict::Drift, 0));
    let (more_samples, people) = Study { n_votes: 900, seed: 2, ..Study::default() }.simulate();
    let both_samples = [samples, more_samples].concat();
    let of_people = report(&both_samples, &people, &[], settings());
    let both: Vec<Vote> = votes.into_iter().chain(people).collect();
    let report = report(&both_samples, &both, &[], settings());
    assert_eq!(report.tests, of_people.tests);
    assert_eq!((report.counts.votes, report.counts.of_judges), (900, 600));
    assert!(report.to_string().contains("600 votes of judges"), "{report}");
    let weighing = report.weighing(&both_samples, None);
    let of_judge = weight_records(&both[..1], &weighing).next().unwrap();
    assert_eq!(of_judge.weight, 1.0);
    assert!(of_judge.evidence.unwrap().starts_with("a judge's vote"));
}

#[test]
fn strictness_is_found_and_asks_to_recalibrate() {
    let (samples, votes) = Study { stricter: 3.0, ..Study::default() }.simulate();
    let report = report(&samples, &votes, &[], settings());
    assert_finite(&report);
    assert_eq!((report.advice.verdict, report.advice.remedy), (Verdict::Drift, Remedy::Recalibrate));
    assert!(report.advice.term.unwrap().starts_with("both bad"));
}

#[test]
fn few_votes_cannot_tell() {
    let (samples, votes) = Study { n_votes: 150, ..Study::default() }.simulate();
    let report = report(&samples, &votes, &[], settings());
    assert_finite(&report);
    assert_eq!((report.advice.verdict, report.advice.remedy), (Verdict::CannotTell, Remedy::None));
    assert!(report.left_out.iter().any(|left_out| left_out.what == "weights"), "{report}");
}

/// The whole report, on studies without drift.
#[track_caller]
fn assert_few_alarms(study: Study, n_runs: u64) {
    let mut n_alarms = 0;
    for seed in 0..n_runs {
        let (samples, votes) = Study { seed, ..study }.simulate();
        n_alarms += u64::from(tested_of(&samples, &votes).advice.verdict == Verdict::Drift);
    }
    println!("{study:?}: {n_alarms} alarms in {n_runs}");
    assert!(100 * n_alarms <= 8 * n_runs, "{study:?}: {n_alarms} alarms in {n_runs}");
}

#[test]
fn a_report_without_drift_rarely_alarms() {
    assert_few_alarms(Study::default(), 300);
}

#[test]
fn annotators_who_differ_rarely_alarm() {
    assert_few_alarms(Study { n_annotators: 24, spread: 1.0, ..Study::default() }, 300);
}

#[test]
fn few_annotators_who_differ_rarely_alarm() {
    assert_few_alarms(Study { n_annotators: 4, spread: 1.0, ..Study::default() }, 100);
}

#[test]
fn votes_on_the_same_pairs_rarely_alarm() {
    let study = Study { n_annotators: 24, spread: 0.5, votes_a_pair: 3, ..Study::default() };
    assert_few_alarms(study, 100);
}

/// How often the whole report finds a jump by 0.8 nats a standard deviation of length at 600 votes.
#[test]
fn the_whole_report_finds_a_jump() {
    for (n_annotators, spread, least) in [(1, 0.0, 60), (24, 0.3, 40)] {
        let (mut n_found, mut n_named) = (0, 0);
        for seed in 0..100 {
            let study = Study { seed, jump: 1.2, n_annotators, spread, ..Study::default() };
            let (samples, votes) = study.simulate();
            let advice = tested_of(&samples, &votes).advice;
            n_found += usize::from(advice.verdict == Verdict::Drift);
            n_named += usize::from(advice.term.as_deref() == Some("length"));
        }
        println!("{n_annotators} annotators: found {n_found}, named {n_named} of 100");
        assert!(n_named >= least, "{n_annotators} annotators: found {n_found}, named {n_named}");
    }
}

#[test]
fn what_carries_nothing_is_told_as_such() {
    let (samples, votes) = Study { n_votes: 300, seed: 3, ..Study::default() }.simulate();
    let all =
        |said: Said| -> Vec<Vote> { votes.iter().map(|v| Vote { verdict: said, ..v.clone() }).collect() };
    let empty = report(&[], &[] as &[Vote], &[], settings());
    assert_finite(&empty);
    assert_eq!(empty.advice.verdict, Verdict::CannotTell);
    let shown_first: Vec<Vote> = votes
        .iter()
        .map(|vote| Vote {
            verdict: Said::Strength(if vote.shown_first == Some(Side::First) { -1 } else { 1 }),
            ..vote.clone()
        })
        .collect();
    let at_once: Vec<Vote> =
        votes.iter().map(|vote| Vote { decided_at: Some(time_at(0.5)), ..vote.clone() }).collect();
    let timeless: Vec<Vote> = votes.iter().map(|vote| Vote { decided_at: None, ..vote.clone() }).collect();
    let first_pair: Vec<Vote> =
        votes.iter().map(|vote| Vote { decided_at: vote.decided_at, ..votes[0].clone() }).collect();
    for (name, votes) in [
        ("all ties", all(Said::Strength(0))),
        ("always what was shown first", shown_first),
        ("all both bad", all(Said::BothBad)),
        ("no opinion", all(Said::Skip)),
        ("one time", at_once),
        ("no time", timeless),
        ("one pair", first_pair),
        ("one vote", votes[..1].to_vec()),
    ] {
        let report = report(&samples, &votes, &[], settings());
        assert_finite(&report);
        assert_ne!(report.advice.verdict, Verdict::Drift, "{name}: {report}");
        assert_eq!(report.advice.remedy, Remedy::None, "{name}");
        assert!(!report.left_out.is_empty(), "{name}: {report}");
        let counted = report.counts.votes + report.counts.without_time + report.counts.without_opinion;
        assert_eq!(counted, votes.len(), "{name}");
    }
}

#[test]
fn models_that_repeat_are_items_and_one_that_always_wins_is_none() {
    let (mut samples, votes) = Study::default().simulate();
    for (number, sample) in samples.iter_mut().enumerate() {
        let names = [["a", "b"], ["b", "c"], ["c", "a"]][number % 3];
        for (response, name) in sample.responses.iter_mut().zip(names) {
            response.model = serde_json::from_value(serde_json::json!({"name": name})).unwrap();
        }
    }
    let report = tested_of(&samples, &votes);
    let about: Vec<&str> =
        report.tests.iter().filter(|test| test.test == Test::Trend).map(|test| test.about.as_str()).collect();
    assert!(about.contains(&"strength of b") && about.contains(&"strength of c"), "{about:?}");
    let always: Vec<Vote> = samples
        .iter()
        .zip(&votes)
        .map(|(sample, vote)| {
            let is_a = |place: usize| sample.responses[place].model.as_ref().unwrap().name == "a";
            let verdict = if is_a(0) {
                Said::Strength(-1)
            } else if is_a(1) {
                Said::Strength(1)
            } else {
                vote.verdict
            };
            Vote { verdict, ..vote.clone() }
        })
        .collect();
    let report = tested_of(&samples, &always);
    let left_out = report.left_out.iter().find(|left_out| left_out.what == "model").unwrap();
    assert!(left_out.reason.contains("`a`"), "{left_out:?}");
}

#[test]
fn anchors_that_turn_towards_the_longer_are_found() {
    let (samples, votes) = Study { n_votes: 120, ..Study::default() }.simulate();
    let index = PairIndex::new(&samples);
    let longer_wins = |vote: &Vote| {
        let (place, _) = index.find(vote).unwrap();
        let pair = &index.pairs()[place].pair;
        Said::Strength(if pair.first.text.len() > pair.second.text.len() { -1 } else { 1 })
    };
    let again = votes.iter().enumerate().map(|(i, vote)| {
        let verdict = if i % 2 == 0 { longer_wins(vote) } else { vote.verdict };
        Vote { verdict, decided_at: Some(time_at(1.1)), ..vote.clone() }
    });
    let both: Vec<Vote> = votes.iter().cloned().chain(again).collect();
    let report = tested_of(&samples, &both);
    let anchors = report.tests.iter().find(|test| test.test == Test::AnchorLonger).unwrap();
    assert!(anchors.p_value < 0.001 && anchors.n > 100, "{anchors:?}");
    let unnamed = |vote: Vote| Vote {
        annotator: Annotator { id: "import:old.jsonl-1a2b3c4d".to_owned(), ..vote.annotator.clone() },
        ..vote
    };
    let report = tested_of(&samples, &both.into_iter().map(unnamed).collect::<Vec<_>>());
    let is_anchored = |test: Test| [Test::AnchorLonger, Test::AnchorSide].contains(&test);
    assert!(!report.tests.iter().any(|found| is_anchored(found.test)), "a voice without a name is no person");
}

#[test]
fn answers_that_change_in_a_ring_are_described_and_are_no_drift() {
    let (samples, votes) = Study { n_votes: 120, ..Study::default() }.simulate();
    let index = PairIndex::new(&samples);
    // Longer, shorter, neither.
    let answer = |vote: &Vote, number: usize| {
        let (place, _) = index.find(vote).unwrap();
        let pair = &index.pairs()[place].pair;
        let is_longer = pair.first.text.len() > pair.second.text.len();
        Said::Strength([[1, -1], [-1, 1], [0, 0]][number % 3][usize::from(is_longer)])
    };
    let first = votes.iter().enumerate().map(|(i, vote)| Vote { verdict: answer(vote, i), ..vote.clone() });
    let again = votes.iter().enumerate().map(|(i, vote)| Vote {
        verdict: answer(vote, i + 1),
        decided_at: Some(time_at(1.1)),
        ..vote.clone()
    });
    let report = tested_of(&samples, &first.chain(again).collect::<Vec<Vote>>());
    let anchors = report.tests.iter().find(|test| test.test == Test::AnchorLonger).unwrap();
    let symmetry = anchors.symmetry.unwrap();
    assert!(symmetry.p_value < 0.001 && symmetry.degrees == 3, "{symmetry:?}");
    assert!(anchors.p_value > 0.5, "{anchors:?}");
    assert_ne!(report.advice.verdict, Verdict::Drift, "{report}");
    assert!(report.to_string().contains("symmetry alone p < 0.001 (Bowker)"), "{report}");
    assert_finite(&report);
}

/// 40 responses, rated by four people and again after a month, lower each time.
fn ratings(drop: f64) -> Vec<Rating> {
    let rating = |item: usize, annotator: usize, share: f64, value: f64| -> Rating {
        let noise = ((item * 7919 + annotator * 31 + (share * 100.0) as usize * 17) % 97) as f64 / 97.0;
        Rating {
            prompt_id: None,
            response: format!("r{item}"),
            annotator: Annotator { id: format!("rater {annotator}"), kind: AnnotatorKind::Human },
            criterion: "helpfulness".to_owned(),
            value: 40.0 + 10.0 * noise + (item % 7) as f64 + value,
            scale_low: 0.0,
            scale_high: 100.0,
            guideline_version: None,
            shown_at: None,
            decided_at: Some(time_at(share)),
            extra: Extra::new(),
        }
    };
    let both = |item: usize, annotator: usize| {
        [rating(item, annotator, 0.1, 0.0), rating(item, annotator, 0.3, -drop * (annotator + 1) as f64)]
    };
    (0..40).flat_map(|item| (0..4).flat_map(move |annotator| both(item, annotator))).collect()
}

#[test]
fn ratings_that_fall_are_found_by_annotator_and_together() {
    let found = report(&[], &[] as &[Vote], &ratings(5.0), settings());
    assert_finite(&found);
    for test in [Test::AnchorAnnotators, Test::Severity] {
        let result = found.tests.iter().find(|result| result.test == test).unwrap();
        assert!(result.adjusted_p_value < 1e-6, "{result:?}");
    }
    assert_eq!((found.advice.verdict, found.advice.remedy), (Verdict::Drift, Remedy::Recalibrate));
    // A drop by 5 to 20 points of 100 over 73 days.
    let severity: Vec<f64> = found.severity.iter().map(|found| found.per_30_days.value).collect();
    for (number, per_30_days) in severity.iter().enumerate() {
        let planted = -0.05 * (number + 1) as f64 * 30.0 / (0.2 * SPAN);
        assert!((per_30_days - planted).abs() < 0.01, "{severity:?}");
    }
    assert_eq!(found.severity[0].annotator, "rater 0");
    let mut unnamed = ratings(5.0);
    unnamed.iter_mut().for_each(|rating| rating.annotator.id.insert_str(0, "import:"));
    let unnamed = report(&[], &[] as &[Vote], &unnamed, settings());
    assert!(!unnamed.tests.iter().any(|result| result.test == Test::AnchorAnnotators), "{unnamed}");
    let still = report(&[], &[] as &[Vote], &ratings(0.0), settings());
    assert_ne!(still.advice.verdict, Verdict::Drift, "{still}");
}

/// Ratings of 73 days, beside votes of a year, of votes without a time, and of none.
#[test]
fn what_ratings_would_show_is_told_over_their_own_time() {
    let (samples, votes) = Study { n_votes: 300, ..Study::default() }.simulate();
    let undated: Vec<Vote> = votes.iter().map(|vote| Vote { decided_at: None, ..vote.clone() }).collect();
    for votes in [&votes[..], &undated, &[]] {
        let found = report(&samples, votes, &ratings(5.0), settings());
        for test in [Test::AnchorAnnotators, Test::Severity] {
            let result = found.tests.iter().find(|result| result.test == test).unwrap();
            let change = result.per_30_days.unwrap();
            let standard_error = (change.high - change.low) / (2.0 * 1.959_964);
            let times = result.smallest_detectable.unwrap() / (standard_error * 0.2 * SPAN / 30.0);
            // z of 0.8, and z of 0.975 or with Holm's level above that.
            assert!(times > 2.8 && times < 4.5, "{test:?}: {times} standard errors");
        }
    }
}

#[test]
fn what_ratings_show_is_not_denied_where_no_vote_could_be_tested() {
    let found = report(&[], &[] as &[Vote], &ratings(0.0), settings());
    assert_eq!(found.advice.verdict, Verdict::CannotTell);
    assert!(found.advice.reason.contains("could be done, below, shows"), "{}", found.advice.reason);
}

#[test]
fn new_guidelines_are_a_known_date() {
    let (samples, mut votes) = Study { jump: 1.5, ..Study::default() }.simulate();
    for (number, vote) in votes.iter_mut().enumerate() {
        vote.guideline_version = Some(if number < 300 { "1.0" } else { "2.0" }.to_owned());
    }
    let settings = DriftSettings {
        known_dates: vec![KnownDate { name: "a new model".to_owned(), at: time_at(0.01) }],
        ..settings()
    };
    let report = report(&samples, &votes, &[], settings);
    let known = report.tests.iter().find(|test| test.test == Test::KnownDate).unwrap();
    assert_eq!((known.about.as_str(), known.at), ("guidelines 2.0", Some(time_at(0.5))));
    assert!(known.p_value < 0.01, "{known:?}");
    let too_few = report.left_out.iter().find(|left_out| left_out.what.contains("a new model")).unwrap();
    assert!(too_few.reason.contains("fewer than 150 votes"), "{too_few:?}");
}

#[test]
fn a_revised_vote_takes_the_place_of_the_one_before() {
    use crate::schema::ShownIn;
    let (samples, votes) = Study { n_votes: 300, ..Study::default() }.simulate();
    let shown_in = ShownIn { study: "s".to_owned(), item: "i".to_owned(), repeat: 0 };
    let last: Vec<Vote> =
        votes.iter().map(|vote| Vote { shown_in: Some(shown_in.clone()), ..vote.clone() }).collect();
    let first = last.iter().map(|vote| Vote {
        verdict: Said::BothBad,
        decided_at: vote.decided_at.map(|time| time - 1.minute()),
        ..vote.clone()
    });
    let both: Vec<Vote> = first.chain(last.iter().cloned()).collect();
    let (found, expected) = (tested_of(&samples, &both), tested_of(&samples, &last));
    assert_eq!((found.counts.revised, found.counts.votes), (300, 300));
    assert_eq!((found.tests, found.advice), (expected.tests, expected.advice));
}

#[test]
fn the_report_depends_on_the_records_alone() {
    let (samples, votes) = Study { n_annotators: 24, spread: 1.0, ..Study::default() }.simulate();
    let turned: Vec<Vote> = votes.iter().rev().cloned().collect();
    assert_eq!(tested_of(&samples, &votes), tested_of(&samples, &turned));
    assert!(votes[0].decided_at.unwrap() + ((SPAN as i64) * 24).hours() > votes[599].decided_at.unwrap());
}

#[test]
fn a_report_is_read_back_and_other_documents_are_refused() {
    let (samples, votes) = Study { n_votes: 300, ..Study::default() }.simulate();
    let settings = DriftSettings { n_replicates: 99, ..DriftSettings::default() };
    let written = report(&samples, &votes, &[], settings).to_json();
    assert_eq!(DriftReport::read(written.as_bytes()).unwrap().to_json(), written);
    let other = written.replacen(DriftReport::SCHEMA, "tiebreak/drift-report/2", 1);
    let error = DriftReport::read(other.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("`tiebreak/drift-report/2`") && error.contains(DriftReport::SCHEMA), "{error}");
    let error = DriftReport::read(b"{}").unwrap_err().to_string();
    assert!(error.contains("`tiebreak drift --out`"), "{error}");
}
