//! Samples and votes to a report on agreement and annotators.

use super::merge::{N_SAMPLES, folder, lines, plain_vote, samples, votes_of};
use super::{Ended, Folder};
use serde_json::Value;
use tiebreak_core::schema::{AnnotatorKind, Vote};

const MEASURE: &str =
    "agreement --samples samples.jsonl --votes votes.jsonl --key study.key.json --out report.json --force";

/// Three people who mostly choose the good reply, and a judge.
fn votes(folder: &Folder) -> Vec<Vote> {
    let mut votes: Vec<Vote> = [("ann", 9), ("bob", 7), ("cy", 6)]
        .iter()
        .flat_map(|(id, wrong)| votes_of(folder, id, *wrong))
        .collect();
    let judge =
        |(i, sample)| plain_vote(sample, "judge:a", AnnotatorKind::Judge, if i % 5 == 2 { -1 } else { 1 });
    votes.extend(samples().iter().enumerate().map(judge));
    votes
}

/// The report on the votes after `change`, as text and as JSON.
#[track_caller]
fn check(change: impl FnOnce(&mut Vec<Vote>), code: i32, stdout_has: &[&str]) -> (Ended, Value) {
    let folder = folder();
    let mut votes = votes(&folder);
    change(&mut votes);
    folder.put("votes.jsonl", lines(&votes));
    let ended = folder.run(MEASURE).check(code, &["report.json: the same as JSON"]);
    for part in stdout_has {
        assert!(ended.stdout.contains(part), "no `{part}` in {}", ended.stdout);
    }
    let text = folder.text("report.json");
    for never in ["NaN", "inf ", "null,null"] {
        assert!(!ended.stdout.contains(never) && !text.contains(never), "`{never}` in {}", ended.stdout);
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    (ended, serde_json::from_str(&text).unwrap())
}

#[test]
fn people_and_judges_are_measured_together() {
    let told = [
        "Krippendorff's alpha",
        "By category",
        "billing",
        "By month",
        "2023-11",
        "Who should be asked",
        "judge:a",
    ];
    let (ended, report) = check(|_| {}, 0, &told);
    assert!(!ended.stdout.contains("What could not be used"), "{}", ended.stdout);
    assert_eq!(report["schema"], "tiebreak/agreement/1");
    assert_eq!(report["agreement"]["annotators"], 4);
    assert_eq!(report["agreement"]["pairs"], N_SAMPLES);
    // Everybody met the four known verdicts; the judge's votes are on them too.
    for facts in report["annotators"]["annotators"].as_array().unwrap() {
        assert_eq!(facts["gold"]["value"]["total"], 4, "{facts}");
    }
}

#[test]
fn people_go_by_pseudonyms_that_the_key_gives() {
    let folder = folder();
    let all = votes(&folder);
    folder.put("votes.jsonl", lines(&all));
    let names = |report: &str| -> Vec<String> {
        let report: Value = serde_json::from_str(&folder.text(report)).unwrap();
        let all = report["annotators"]["annotators"].as_array().unwrap();
        all.iter().map(|facts| facts["id"].as_str().unwrap().to_owned()).collect()
    };
    let ended = folder.run(MEASURE).check(0, &["People go by pseudonyms", "--raw-ids"]);
    let by_votes = names("report.json");
    assert_eq!(by_votes.len(), 4);
    assert!(
        by_votes.iter().all(|name| name.len() == 12 && name.starts_with("a-") || name == "judge:a"),
        "{by_votes:?}"
    );
    for id in ["ann", "bob", "cy"] {
        assert!(!folder.text("report.json").contains(&format!("\"{id}\"")));
        assert!(!ended.stdout.split_whitespace().any(|word| word == id), "{}", ended.stdout);
    }
    folder.put("votes.jsonl", lines(all.iter().rev().chain(&all)));
    folder.run(MEASURE).check(0, &[]);
    assert_eq!(names("report.json"), by_votes, "the same votes give the same names");

    let with_key = format!("{MEASURE} --pseudonym-key names.key");
    folder.run(&with_key).check(0, &["names.key: made"]);
    let by_key = names("report.json");
    assert_ne!(by_key, by_votes);
    folder.put("votes.jsonl", lines(&all[..60]));
    let again = folder.run(&with_key).check(0, &[]);
    assert!(!again.stderr.contains("made"), "{}", again.stderr);
    let fewer = names("report.json");
    assert!(fewer.len() == 3 && fewer.iter().all(|name| by_key.contains(name)), "{fewer:?} of {by_key:?}");

    folder.run(&format!("{MEASURE} --raw-ids")).check(0, &[]);
    assert_eq!(names("report.json"), ["ann", "bob", "cy"]);
    folder.run(&format!("{with_key} --raw-ids")).check(2, &["cannot be used with"]);
    folder.put("names.key", "abc\n");
    folder.run(&with_key).check(2, &["names.key holds 3 bytes"]);
}

#[test]
fn ratings_are_measured_by_criterion() {
    let folder = folder();
    folder.put("votes.jsonl", lines(&votes(&folder)));
    let rating = |(place, value): (usize, i32)| {
        let (response, annotator) = (place / 2, ["ann", "bob"][place % 2]);
        let rating = serde_json::json!({
            "schema": "tiebreak/rating/1", "response": format!("a{response}"), "criterion": "tone",
            "annotator": {"id": annotator, "kind": "human"}, "value": value, "scale_low": 1, "scale_high": 5,
        });
        rating.to_string() + "\n"
    };
    let values = [1, 1, 2, 3, 5, 5, 4, 4];
    let ratings: String = values.into_iter().enumerate().map(rating).collect();
    // One more, of a response that is in no sample.
    folder.put("ratings.jsonl", ratings + &rating((2000, 1)));
    let told = ["1 rating of responses that the samples do not hold, such as `a1000`, left out"];
    let ended = folder.run(&format!("{MEASURE} --ratings ratings.jsonl")).check(1, &told);
    for part in ["Ratings of tone, from 1 to 5", "8 ratings by 2 annotators; 4 responses have two or more."] {
        assert!(ended.stdout.contains(part), "no `{part}` in {}", ended.stdout);
    }
    let report: Value = serde_json::from_str(&folder.text("report.json")).unwrap();
    let alpha = report["ratings"][0]["alpha_interval"]["value"]["value"].as_f64().unwrap();
    // Inside units 2 of 8 pairs differ, by 1; all values together are off their mean of 3.125 by 18.875 squared.
    let expected = 1.0 - 7.0 * 2.0 / (2.0 * 8.0 * 18.875);
    assert!((alpha - expected).abs() < 1e-12, "{alpha} instead of {expected}");
}

#[test]
fn votes_on_unknown_pairs_are_left_out_and_counted() {
    let stray = |votes: &mut Vec<Vote>| votes[0].pair = "p0123456789abcdef".to_owned();
    let told = ["votes on unknown pairs: 1", "- p0123456789abcdef", "104 votes"];
    let (_, report) = check(stray, 1, &told);
    assert_eq!(report["concerns"]["unknown_pair"]["count"], 1);
}

#[test]
fn times_that_cannot_be_right_are_taken_for_unknown() {
    let set = |time: &'static str| {
        move |votes: &mut Vec<Vote>| {
            votes.iter_mut().take(27).for_each(|vote| vote.decided_at = Some(time.parse().unwrap()));
        }
    };
    for (time, told) in [
        ("1970-01-01T00:00:07Z", "votes from before the year 2000: 27"),
        ("2031-01-01T00:00:00Z", "votes from the future: 27"),
    ] {
        let (ended, report) = check(set(time), 1, &[told, "105 votes", "and 22 more"]);
        assert_eq!(report["agreement"]["months"].as_array().unwrap().len(), 1, "{}", ended.stdout);
    }
    let (_, report) =
        check(|votes| votes.iter_mut().for_each(|vote| vote.decided_at = None), 0, &["105 votes"]);
    assert_eq!(report["agreement"]["months"], Value::Array(Vec::new()));
}

#[test]
fn what_cannot_be_told_is_said() {
    let one = |votes: &mut Vec<Vote>| votes.retain(|vote| vote.annotator.id == "ann");
    let (_, report) = check(one, 0, &["cannot tell: no pair has opinions of two annotators"]);
    assert!(report["agreement"]["answers"]["alpha_nominal"]["cannot_tell"].is_string());

    use tiebreak_core::schema::Verdict;
    let ties = |votes: &mut Vec<Vote>| votes.iter_mut().for_each(|vote| vote.verdict = Verdict::Strength(0));
    let (_, report) = check(ties, 0, &["100.0 %", "cannot tell: all say the same"]);
    assert!(report["agreement"]["answers"]["fleiss_kappa"]["cannot_tell"].is_string());

    let silent = |votes: &mut Vec<Vote>| votes.iter_mut().for_each(|vote| vote.verdict = Verdict::Skip);
    check(silent, 0, &["105 are no opinion", "cannot tell"]);

    let apart = |votes: &mut Vec<Vote>| {
        votes.retain(|vote| vote.annotator.id == "ann" || vote.annotator.id == "bob");
        let half = |vote: &Vote| vote.pair.as_str() < "p8";
        votes.retain(|vote| half(vote) == (vote.annotator.id == "ann"));
    };
    check(apart, 0, &["2 annotators share no pair with anybody"]);
}

#[test]
fn a_cut_line_costs_only_itself_and_what_cannot_be_is_refused() {
    let folder = folder();
    let text = lines(&votes(&folder));
    folder.put("votes.jsonl", &text[..text.len() - 30]);
    let ended = folder.run(MEASURE).check(1, &["votes.jsonl:105:", "breaks off", "1 problem reported"]);
    assert!(ended.stdout.contains("104 votes"), "{}", ended.stdout);
    let piped = folder
        .run_with_input("agreement --samples samples.jsonl --votes - --out -", &text)
        .check(0, &["Agreement", "Who should be asked"]);
    assert!(serde_json::from_str::<Value>(&piped.stdout).is_ok());
    let alone = folder.run_with_input("agreement --samples samples.jsonl --votes -", &text).check(0, &[]);
    assert!(alone.stdout.starts_with("Agreement\n"), "{}", alone.stdout);
    folder.put("empty.jsonl", "");
    for (arguments, told) in [
        (
            "--samples samples.jsonl --votes empty.jsonl",
            "no vote in empty.jsonl is on a pair of these samples",
        ),
        ("--samples empty.jsonl --votes votes.jsonl", "no usable sample"),
        ("--samples samples.jsonl --votes votes.jsonl --key study.json", "no key of a study"),
        (
            "--samples samples.jsonl --votes votes.jsonl --out votes.jsonl --force",
            "is the output and an input",
        ),
        ("--samples samples.jsonl --votes votes.jsonl --out report.json", "report.json exists"),
    ] {
        folder.run(&format!("agreement {arguments}")).check(2, &[told]);
    }
}
