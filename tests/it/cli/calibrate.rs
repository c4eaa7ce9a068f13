//! People's and judges' votes to cards and panels.

use super::Folder;
use serde_json::{Value, json};
use tiebreak_core::schema::{
    Annotator, AnnotatorKind, Extra, JudgeEvidence, Sample, Verdict, Vote, pairs, to_line,
};

const N_PROMPTS: usize = 160;

fn sample(i: usize) -> Sample {
    let prompt = json!({"id": format!("q{i}"), "messages": [{"role": "user", "content": format!("Question {i}?")}], "tags": []});
    // The longer one is the better one in half of the pairs.
    let [first, second] = if i.is_multiple_of(2) {
        ["short", "a much longer answer to it"]
    } else {
        ["a much longer answer to it", "short"]
    };
    let responses = json!([{"id": "r1", "text": first}, {"id": "r2", "text": second}]);
    Sample {
        prompt: serde_json::from_value(prompt).unwrap(),
        responses: serde_json::from_value(responses).unwrap(),
        extra: Extra::new(),
    }
}

fn vote(sample: &Sample, id: &str, kind: AnnotatorKind, strength: i8) -> Vote {
    let pair = pairs(sample).next().unwrap();
    let responses = [pair.first.id.clone(), pair.second.id.clone()];
    let annotator = Annotator { id: id.to_owned(), kind };
    Vote::new(pair.id, sample.prompt.id.clone(), responses, annotator, Verdict::Strength(strength))
}

/// The vote of a judge with log-odds, which is right except on every `wrong`th pair.
fn judged(sample: &Sample, i: usize, id: &str, wrong: usize) -> Vote {
    let right = better(i);
    let strength = if i.is_multiple_of(wrong) { -right } else { right };
    let size = if i.is_multiple_of(wrong) { 0.3 } else { 3.0 };
    let evidence = JudgeEvidence {
        method: "label".to_owned(),
        log_odds: Some(f64::from(-strength) * size),
        ..JudgeEvidence::default()
    };
    Vote { judge: Some(Box::new(evidence)), ..vote(sample, id, AnnotatorKind::Judge, strength) }
}

/// The side that people prefer: each on half of the pairs, whatever their lengths.
fn better(i: usize) -> i8 {
    if (i / 2).is_multiple_of(2) { -1 } else { 1 }
}

fn lines(votes: impl IntoIterator<Item = Vote>) -> String {
    votes.into_iter().map(|vote| to_line(&vote) + "\n").collect()
}

/// Samples, two people who nearly always agree, and three judges in a file each.
fn folder() -> Folder {
    let folder = Folder::new();
    let samples: Vec<Sample> = (0..N_PROMPTS).map(sample).collect();
    let all = |of: &dyn Fn(usize, &Sample) -> Vec<Vote>| {
        lines(samples.iter().enumerate().flat_map(|(i, sample)| of(i, sample)))
    };
    folder.put("samples.jsonl", samples.iter().map(|sample| to_line(sample) + "\n").collect::<String>());
    let people = all(&|i, sample| {
        let second = if i % 40 == 7 { 0 } else { better(i) };
        vec![
            vote(sample, "anna", AnnotatorKind::Human, better(i)),
            vote(sample, "ben", AnnotatorKind::Human, second),
        ]
    });
    folder.put("people.jsonl", people);
    for (file, id, wrong) in
        [("a.jsonl", "judge:a", 11), ("b.jsonl", "judge:b", 9), ("c.jsonl", "judge:c", 7)]
    {
        folder.put(file, all(&|i, sample| vec![judged(sample, i, id, wrong)]));
    }
    folder
}

const ONE: &str = "calibrate --samples samples.jsonl --votes people.jsonl --votes a.jsonl --out card.json";

#[test]
fn one_judge_gets_a_card() {
    let folder = folder();
    let ended = folder.run(ONE).check(0, &["card.json: the card of judge:a"]);
    for part in ["Judge card of judge:a", "May it label? What it is sure of.", "145 of 160", "Cohen's kappa"]
    {
        assert!(ended.stdout.contains(part), "no `{part}` in {}", ended.stdout);
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    let text = folder.text("card.json");
    let card: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(card["schema"], "tiebreak/judge-card/1");
    assert_eq!(card["advice"]["use"], "label_above_threshold");
    // Of 160 pairs four are split, and the judge is wrong on 15.
    assert_eq!(card["accuracy"]["value"]["count"], 141);
    assert_eq!(card["counts"]["people"], 2);
    folder.run(ONE).check(2, &["card.json exists", "--force"]);
    folder.run(&format!("{ONE} --force")).check(0, &[]);
    assert_eq!(folder.text("card.json"), text, "the same votes give the same card");
    let few = folder.run(&format!("{ONE} --force --min-pairs 200")).check(0, &[]);
    assert!(
        few.stdout.contains("Cannot tell: too few pairs.") && few.stdout.contains("44 more"),
        "{}",
        few.stdout
    );
    let strict = folder.run(&format!("{ONE} --force --alpha 0.001")).check(0, &[]);
    assert!(strict.stdout.contains("it takes 2302 prompts"), "{}", strict.stdout);
}

#[test]
fn several_judges_get_a_folder() {
    let folder = folder();
    let all = "calibrate --samples samples.jsonl --votes people.jsonl --votes a.jsonl --votes b.jsonl";
    folder.run(&format!("{all} --out cards.json")).check(2, &["give a folder", "judge:a", "judge:b"]);
    folder.run(&format!("{all} --out -")).check(2, &["standard output cannot hold"]);
    folder.run(&format!("{all} --out cards")).check(0, &[]);
    for (file, judge) in [("cards/judge_a.json", "judge:a"), ("cards/judge_b.json", "judge:b")] {
        let card: Value = serde_json::from_str(&folder.text(file)).unwrap();
        assert_eq!(card["judge"], judge);
    }
    folder
        .run(&format!("{all} --out only.json --judge judge:b"))
        .check(0, &["only.json: the card of judge:b"]);
    let piped = folder.run(&format!("{all} --out - --judge judge:b")).check(0, &["May it label?"]);
    assert_eq!(piped.stdout, folder.text("only.json"));
}

#[test]
fn what_cannot_be_measured_is_said() {
    let folder = folder();
    let calibrate =
        |rest: &str| folder.run(&format!("calibrate --samples samples.jsonl --out card.json {rest}"));
    calibrate("--votes people.jsonl").check(2, &["no judge's vote in people.jsonl", "tiebreak judge"]);
    calibrate("--votes a.jsonl").check(2, &["no person's vote in a.jsonl", "tiebreak study"]);
    calibrate("--votes people.jsonl --votes a.jsonl --judge judge:x")
        .check(2, &["`judge:x`; there is judge:a"]);
    calibrate("--votes people.jsonl --votes a.jsonl --alpha 1").check(2, &["above 0 and below 1"]);
    assert!(!folder.path("card.json").exists());
    folder.put("broken.jsonl", format!("{}{{\"schema\": \"tiebreak/vote/9\"}}\n", folder.text("a.jsonl")));
    calibrate("--votes people.jsonl --votes broken.jsonl")
        .check(1, &["broken.jsonl:161:", "tiebreak/vote/9", "1 problem reported above"]);
    assert!(folder.path("card.json").exists());
}

#[test]
fn a_panel_votes_like_a_judge() {
    let folder = folder();
    let votes = "--votes a.jsonl --votes b.jsonl --votes c.jsonl --votes people.jsonl";
    let pool = format!("pool --samples samples.jsonl {votes} --out panel.jsonl");
    let said = ["judge:b: 160 readable votes", "correlation", "panel.jsonl: 160 votes"];
    folder.run(&pool).check(0, &said);
    let first: Value = serde_json::from_str(folder.text("panel.jsonl").lines().next().unwrap()).unwrap();
    assert_eq!(first["annotator"]["kind"], "judge");
    assert_eq!(first["judge"]["members"], json!(["judge:a", "judge:b", "judge:c"]));
    folder.run(&pool).check(2, &["panel.jsonl exists"]);
    folder.run("export --samples samples.jsonl --votes panel.jsonl --out p.jsonl").check(0, &[]);
    assert!(folder.sorted("p.jsonl").len() > 150);
    let calibrate =
        "calibrate --samples samples.jsonl --votes people.jsonl --votes panel.jsonl --out panel.json";
    folder.run(calibrate).check(0, &["panel.json: the card of panel:dawid-skene:"]);
    let median =
        "pool --samples samples.jsonl --votes a.jsonl --votes b.jsonl --method median --out median.jsonl";
    folder.run(median).check(2, &["no card of `judge:a`", "tiebreak calibrate"]);
    let cards =
        "calibrate --samples samples.jsonl --votes people.jsonl --votes a.jsonl --votes b.jsonl --out cards";
    folder.run(cards).check(0, &[]);
    let with_cards = format!("{median} --card cards/judge_a.json --card cards/judge_b.json");
    folder.run(&with_cards).check(0, &["median.jsonl: 160 votes", "no people to measure it by"]);
    folder
        .run("pool --samples samples.jsonl --votes a.jsonl --out x.jsonl")
        .check(2, &["two judges or more"]);
    folder.run(&format!("{pool} --force --card cards/judge_a.json")).check(2, &["--method median"]);
}
