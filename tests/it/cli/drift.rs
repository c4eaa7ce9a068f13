//! Dated votes to a report, weights, and preferences that carry them.

use super::{Ended, Folder};
use jiff::Timestamp;
use serde_json::{Value, json};
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{
    Annotator, AnnotatorKind, Extra, Rating, Record, Sample, Side, Verdict, Vote, Weight, pairs,
    read_records, to_line,
};

const N_VOTES: usize = 800;
const ALL: &str = "drift --samples samples.jsonl --votes votes.jsonl";
/// The clock of the command; the last vote is a day older.
const NOW_SECS: i64 = 1_700_000_000;

fn random(number: usize) -> ResponseRandom {
    ResponseRandom::new(7, &format!("q{number}"), 0)
}

fn time(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp::from_second(seconds).unwrap())
}

fn lines<T: Record>(records: &[T]) -> String {
    records.iter().map(|record| to_line(record) + "\n").collect()
}

/// A question with two replies of random lengths, by two of three models.
fn sample(number: usize, random: &ResponseRandom) -> Sample {
    let text = |place: u32| {
        let words = 2 + (random.uniform(Purpose::Resample, place) * 40.0) as usize;
        format!("Reply {number:04} {place}{}", " more".repeat(words))
    };
    let category = ["billing", "orders"][number % 2];
    let prompt = json!({"id": format!("q{number}"), "category": category, "tags": [], "messages": [{"role": "user", "content": format!("Question {number:04}?")}]});
    let models = [["a", "b"], ["b", "c"], ["c", "a"]][number % 3];
    let responses = json!([
        {"id": "r1", "text": text(1), "model": {"name": models[0]}},
        {"id": "r2", "text": text(2), "model": {"name": models[1]}}
    ]);
    Sample {
        prompt: serde_json::from_value(prompt).unwrap(),
        responses: serde_json::from_value(responses).unwrap(),
        extra: Extra::new(),
    }
}

/// A vote on each sample, two a day, by people who like longer replies, and where it `turns` shorter ones from the middle on.
struct Study {
    n_votes: usize,
    n_annotators: usize,
    turns: bool,
}

const STUDY: Study = Study { n_votes: N_VOTES, n_annotators: 4, turns: false };

impl Study {
    fn samples(&self) -> Vec<Sample> {
        (0..self.n_votes).map(|number| sample(number, &random(number))).collect()
    }

    fn votes(&self) -> Vec<Vote> {
        self.samples().iter().enumerate().map(|(number, sample)| self.vote(number, sample)).collect()
    }

    fn vote(&self, number: usize, sample: &Sample) -> Vote {
        let pair = pairs(sample).next().unwrap();
        let has_turned = self.turns && 2 * number > self.n_votes;
        let likes_longer = if has_turned { -1.5 } else { 1.5 };
        let [first, second] = [pair.first, pair.second].map(|response| response.text.len() as f64);
        let eta = likes_longer * ((first - second) / 100.0).tanh();
        let draw = |place: u32| random(number).uniform(Purpose::Resample, place);
        let is_first = draw(3) < 1.0 / (1.0 + (-eta).exp());
        let annotator =
            Annotator { id: format!("ann {}", number % self.n_annotators), kind: AnnotatorKind::Human };
        let seconds = NOW_SECS - 86_400 - (self.n_votes - number) as i64 * 40_000;
        Vote {
            shown_first: Some(if draw(4) < 0.5 { Side::First } else { Side::Second }),
            decided_at: time(seconds),
            ..Vote::new(
                pair.id,
                sample.prompt.id.clone(),
                [pair.first.id.clone(), pair.second.id.clone()],
                annotator,
                Verdict::Strength(if is_first { -2 } else { 2 }),
            )
        }
    }

    fn folder(&self) -> Folder {
        let folder = Folder::new();
        folder.put("samples.jsonl", lines(&self.samples()));
        folder.put("votes.jsonl", lines(&self.votes()));
        folder
    }
}

/// Runs the command and checks what every report holds to: 80 columns, and no number that is none.
#[track_caller]
fn check(folder: &Folder, more: &str, code: i32, stdout_has: &[&str], stderr_has: &[&str]) -> Ended {
    let ended = folder.run(&format!("{ALL} {more}")).check(code, stderr_has);
    // Words may be parted by a line's end.
    let text = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in stdout_has {
        assert!(text.contains(part), "no `{part}` in {}", ended.stdout);
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    for none in ["NaN", "inf ", "null", "-0 "] {
        assert!(!ended.stdout.contains(none), "{none} in {}", ended.stdout);
    }
    ended
}

fn weights(folder: &Folder, name: &str) -> Vec<Weight> {
    let read = read_records::<Weight>(folder.text(name).as_bytes(), name);
    assert_eq!(read.problems, []);
    read.into_records()
}

#[test]
fn what_turned_is_named_and_its_weights_reach_the_training_file() {
    let folder = Study { turns: true, ..STUDY }.folder();
    let said = [
        "Does the standard move? Yes.",
        "`length`",
        "800 votes on 800 pairs by 4 annotators",
        "What old votes are worth",
    ];
    check(&folder, "--out drift.json --weights weights.jsonl", 0, &said, &["weights.jsonl: 800 weights"]);
    let report: Value = serde_json::from_str(&folder.text("drift.json")).unwrap();
    assert_eq!(
        (&report["schema"], &report["advice"]["term"]),
        (&json!("tiebreak/drift-report/1"), &json!("length"))
    );
    let weights = weights(&folder, "weights.jsonl");
    assert_eq!(weights.len(), N_VOTES);
    assert!(
        weights[0].weight < 0.5 && weights[N_VOTES - 1].weight > 0.9,
        "{:?} {:?}",
        weights[0],
        weights.last()
    );
    assert!(weights[0].evidence.as_ref().unwrap().contains("it helps"), "{:?}", weights[0]);

    let export = "export --samples samples.jsonl --votes votes.jsonl --weights weights.jsonl --out p.jsonl";
    folder.run(export).check(0, &[]);
    let rows: Vec<Value> =
        folder.text("p.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let weight = |row: &Value| row["weight"].as_f64().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| weight(row) > 0.0));
    let mean = rows.iter().map(weight).sum::<f64>() / rows.len() as f64;
    assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    // The rows stand in the order of the samples, and so of time.
    assert!(weight(&rows[rows.len() - 1]) >= weight(&rows[0]));

    check(&folder, "--out drift.json", 2, &[], &["drift.json exists", "--force"]);
    let before = folder.text("drift.json");
    check(&folder, "--out drift.json --force", 0, &[], &[]);
    assert_eq!(folder.text("drift.json"), before, "the same votes give the same report");
}

#[test]
fn without_drift_all_votes_count_alike_unless_a_half_life_is_asked_for() {
    let folder = STUDY.folder();
    check(&folder, "--weights all.jsonl", 0, &["none, all votes count alike"], &[]);
    assert!(weights(&folder, "all.jsonl").iter().all(|weight| weight.weight == 1.0));
    check(
        &folder,
        "--half-life 30 --weights forced.jsonl",
        0,
        &["A half-life of 30 days was asked for", "are worth"],
        &[],
    );
    let forced = weights(&folder, "forced.jsonl");
    assert_eq!(forced[N_VOTES - 1].weight, 1.0);
    assert!((forced[0].weight - (-(N_VOTES as f64 - 1.0) * 40_000.0 / 86_400.0 / 30.0).exp2()).abs() < 1e-12);
    let at = "--half-life 30 --at 2023-12-13T22:13:20Z --weights later.jsonl";
    check(&folder, at, 0, &[], &[]);
    // 30 days and 40,000 seconds after the last vote.
    let expected = (-(30.0 + 40_000.0 / 86_400.0) / 30.0_f64).exp2();
    assert!((weights(&folder, "later.jsonl")[N_VOTES - 1].weight - expected).abs() < 1e-12);
    let before = "--half-life 30 --at 2020-01-01 --weights before.jsonl";
    check(&folder, before, 2, &[], &["--at 2020-01-01T00:00:00Z lies before all votes", "2022-"]);
    assert!(!folder.path("before.jsonl").exists());
}

#[test]
fn what_is_known_to_have_changed_is_tested() {
    let folder = Study { turns: true, ..STUDY }.folder();
    let middle = Timestamp::from_second(NOW_SECS - 86_400 - 400 * 40_000).unwrap();
    let said = ["known date", "new model", "a change at too early", "fewer than 150 votes are before it"];
    check(
        &folder,
        &format!("--known-date {middle}=new-model --known-date 2001-01-01=too-early"),
        0,
        &said[..1],
        &[],
    );
    check(&folder, "--known-date 2023=x", 2, &[], &["`2023` is no time"]);
    check(&folder, "--half-life 0", 2, &[], &["a number of days above 0"]);
}

#[test]
fn ratings_are_tested_too() {
    let folder = STUDY.folder();
    let rating = |item: usize, rater: usize, week: i64| -> Rating {
        let noise = ((item * 7919 + rater * 31 + week as usize * 17) % 97) as f64 / 97.0;
        serde_json::from_value(json!({
            "prompt_id": format!("q{item}"), "response": "r1", "annotator": {"id": format!("rater {rater}"), "kind": "human"},
            "criterion": "helpfulness", "value": 60.0 + noise - 5.0 * week as f64, "scale_low": 0, "scale_high": 100,
            "decided_at": time(NOW_SECS - (60 - 7 * week) * 86_400),
        }))
        .unwrap()
    };
    let ratings: Vec<Rating> = (0..120).map(|i| rating(i % 30, (i / 30) % 2, 2 * (i / 60) as i64)).collect();
    folder.put("ratings.jsonl", lines(&ratings));
    let said = ["Yes.", "one scale", "120 ratings", "rater 0"];
    check(&folder, "--ratings ratings.jsonl", 0, &said, &[]);
    let stray = Rating { prompt_id: Some("q9999".to_owned()), ..ratings[0].clone() };
    folder.put("ratings.jsonl", lines(&[&ratings[..], &[stray]].concat()));
    let told = ["1 rating of responses that the samples do not hold, such as `r1`, left out"];
    check(&folder, "--ratings ratings.jsonl", 1, &said, &told);
}

/// Changes votes, and tells what the report and standard error have to say of it.
#[track_caller]
fn check_bad(
    study: Study,
    change: impl Fn(usize, &mut Vote),
    (code, stdout_has, stderr_has): (i32, &[&str], &[&str]),
) {
    let folder = study.folder();
    let mut votes = study.votes();
    votes.iter_mut().enumerate().for_each(|(number, vote)| change(number, vote));
    folder.put("votes.jsonl", lines(&votes));
    check(&folder, "--out drift.json --weights weights.jsonl", code, stdout_has, stderr_has);
    assert!(!folder.text("drift.json").contains("null"));
    let weights = weights(&folder, "weights.jsonl");
    assert_eq!(weights.len(), votes.len());
    assert!(weights.iter().all(|weight| weight.weight.is_finite()));
}

#[test]
fn clocks_that_are_wrong_are_named_and_counted() {
    let few = Study { n_votes: 300, ..STUDY };
    let wrong = |number: usize, vote: &mut Vote| match number {
        0 => vote.decided_at = time(NOW_SECS + 86_400 * 365),
        1 | 2 => vote.decided_at = time(0),
        3 => vote.decided_at = None,
        _ => {}
    };
    let said =
        ["296 votes", "1 vote without a time", "2 votes from before the year 2000", "1 vote from the future"];
    check_bad(
        few,
        wrong,
        (
            1,
            &said,
            &[
                "1 vote from the future: a clock ran ahead",
                "2 votes from before the year 2000",
                "2 problems reported",
            ],
        ),
    );
    let equal = |_: usize, vote: &mut Vote| vote.decided_at = time(NOW_SECS - 86_400);
    check_bad(
        STUDY,
        equal,
        (0, &["over 0 days", "800 votes at the time of another", "given within a day"], &[]),
    );
}

#[test]
fn votes_that_cannot_tell_are_named_and_nothing_is_made_up() {
    let one = Study { n_annotators: 1, ..STUDY };
    check_bad(one, |_, _| {}, (0, &["by 1 annotator", "whether that person moves or the standard"], &[]));
    let ties = |_: usize, vote: &mut Vote| vote.verdict = Verdict::Strength(0);
    check_bad(STUDY, ties, (0, &["Cannot tell", "no vote takes a side", "all count alike"], &[]));
    let first = |_: usize, vote: &mut Vote| {
        let is_first = vote.shown_first == Some(Side::First);
        vote.verdict = Verdict::Strength(if is_first { -3 } else { 3 });
    };
    check_bad(STUDY, first, (0, &["position", "no finite coefficient fits best"], &[]));
    let longer = |number: usize, vote: &mut Vote| {
        let sample = sample(number, &random(number));
        let pair = pairs(&sample).next().unwrap();
        let is_first = pair.first.text.len() >= pair.second.text.len();
        vote.verdict = Verdict::Strength(if is_first { -3 } else { 3 });
    };
    check_bad(STUDY, longer, (0, &["length", "no finite coefficient fits best"], &[]));
    let unknown = |_: usize, vote: &mut Vote| vote.pair = "p0000000000000000".to_owned();
    check_bad(
        STUDY,
        unknown,
        (
            1,
            &["Cannot tell", "800 votes on pairs that the samples do not hold"],
            &["give the samples that they were made on"],
        ),
    );
}

#[test]
fn models_that_never_met_have_no_strengths() {
    let folder = STUDY.folder();
    let mut samples = STUDY.samples();
    for (number, sample) in samples.iter_mut().enumerate() {
        let names = [["a", "b"], ["c", "d"]][number % 2];
        for (response, name) in sample.responses.iter_mut().zip(names) {
            response.model = serde_json::from_value(json!({"name": name})).unwrap();
        }
    }
    folder.put("samples.jsonl", lines(&samples));
    check(&folder, "", 0, &["were never compared, not even by way of others", "length p ="], &[]);
}

#[test]
fn files_are_told_apart() {
    let folder = Study { n_votes: 10, ..STUDY }.folder();
    for (more, expected) in [
        ("--out same.json --weights same.json", "same.json is two outputs"),
        ("--out - --weights -", "cannot both go to standard output"),
        ("--weights votes.jsonl --force", "is the output and an input"),
        ("--votes - --weights w.jsonl", "votes are read twice"),
        ("--half-life 3 --per annotator", "--per"),
    ] {
        folder.run(&format!("{ALL} {more}")).check(2, &[expected]);
    }
    let piped =
        folder.run_with_input("drift --samples samples.jsonl --votes - --out -", folder.text("votes.jsonl"));
    let report: Value = serde_json::from_str(&piped.check(0, &["Does the standard move?"]).stdout).unwrap();
    assert_eq!(report["advice"]["verdict"], "cannot_tell");
    folder.put("votes.jsonl", folder.text("votes.jsonl") + "{\"schema\": \"tiebreak/vote/1\", \"pai");
    folder.run(ALL).check(1, &["votes.jsonl:11:", "breaks off", "1 problem reported above"]);
}
