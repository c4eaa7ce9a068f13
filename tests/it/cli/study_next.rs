//! Which pairs are asked about next, as a study and as a list.

use super::{Ended, Folder};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tiebreak_core::schema::{
    Annotator, AnnotatorKind, Extra, JudgeEvidence, Sample, ShownIn, Verdict, Vote, Weight, pairs, to_line,
    vote_id,
};
use tiebreak_core::study::next::SelectedBy;
use tiebreak_core::study::{Role, Study, StudyKey};

/// `n` samples of three responses.
fn samples(n: usize) -> Vec<Sample> {
    let sample = |i: usize| {
        serde_json::from_value(json!({
            "prompt": {"id": format!("n{i}"), "tags": [], "messages": [{"role": "user", "content": format!("question {i}")}]},
            "responses": [
                {"id": "a", "text": format!("good answer {i}")},
                {"id": "b", "text": format!("poor reply {i} indeed")},
                {"id": "c", "text": format!("we cannot tell you anything about {i} today")},
            ],
        }))
    };
    (0..n).map(|i| sample(i).unwrap()).collect()
}

/// A vote on a pair of a sample; the commands here run at 2023-11-14.
fn vote(sample: &Sample, pair: usize, who: (&str, AnnotatorKind), at: &str) -> Vote {
    let pair = pairs(sample).nth(pair).unwrap();
    let ids = [pair.first.id.clone(), pair.second.id.clone()];
    let annotator = Annotator { id: who.0.to_owned(), kind: who.1 };
    let vote = Vote::new(pair.id, sample.prompt.id.clone(), ids, annotator, Verdict::Strength(-1));
    Vote { decided_at: Some(at.parse().unwrap()), ..vote }
}

const ANN: (&str, AnnotatorKind) = ("ann", AnnotatorKind::Human);

/// Forty samples; old votes on ten, recent ones on ten, a judge that flips on ten.
fn folder() -> Folder {
    let folder = Folder::new();
    let all = samples(40);
    folder.put("samples.jsonl", all.iter().map(|sample| to_line(sample) + "\n").collect::<String>());
    let mut votes = Vec::new();
    for sample in &all[..10] {
        votes.push(vote(sample, 0, ANN, "2023-06-01T00:00:00Z"));
    }
    for sample in &all[10..20] {
        votes.push(vote(sample, 0, ANN, "2023-11-10T00:00:00Z"));
    }
    for sample in &all[20..30] {
        let evidence = JudgeEvidence {
            verdict_by_order: Some([Verdict::Strength(-1), Verdict::Strength(1)]),
            ..JudgeEvidence::default()
        };
        let judge = vote(sample, 1, ("judge:words:m", AnnotatorKind::Judge), "2023-11-10T00:00:00Z");
        votes.push(Vote { judge: Some(Box::new(evidence)), verdict: Verdict::Strength(0), ..judge });
    }
    folder.put("votes.jsonl", lines(&votes));
    folder
}

fn lines(votes: &[Vote]) -> String {
    votes.iter().map(|vote| to_line(vote) + "\n").collect()
}

const STUDY: &str = "study --samples samples.jsonl --votes votes.jsonl --next --seed 4 --out study.json";

fn next(folder: &Folder, more: &str) -> Ended {
    folder.run(&format!("{STUDY} {more}"))
}

fn read(folder: &Folder) -> (Study, StudyKey) {
    let study = Study::read(folder.text("study.json").as_bytes()).unwrap();
    (study, StudyKey::read(folder.text("study.key.json").as_bytes()).unwrap())
}

/// How many items each kind chose.
fn kinds(key: &StudyKey) -> BTreeMap<SelectedBy, usize> {
    let mut counts = BTreeMap::new();
    for item in &key.items {
        *counts.entry(item.selection.unwrap().by).or_default() += 1;
    }
    counts
}

#[test]
fn a_study_of_chosen_pairs_says_in_its_key_alone_why_each_is_there() {
    let folder = folder();
    let told = [
        "Next: 40 of 120 pairs that can be asked",
        "drawn at random",
        "probability 0.0333",
        "anchors due again",
        "judges disagree",
        "needs 194 pairs that the same person judges twice",
        "judged twice so far, and 10 are due",
        "120 pairs of 40 samples: 40 in the study, 80 left out",
        "36 to be annotated, 0 gold, 4 anchors",
        "study.key.json: its key, which must stay with you",
    ];
    next(&folder, "--next-pairs 40 --pairs 20").check(0, &told);
    let (study, key) = read(&folder);
    let found = kinds(&key);
    assert_eq!(found.values().sum::<usize>(), 40);
    for by in [SelectedBy::Random, SelectedBy::Anchor, SelectedBy::Disputed, SelectedBy::Leverage] {
        assert_eq!(found[&by], 4, "{by:?}");
    }
    assert_eq!(found[&SelectedBy::Tree] + found.get(&SelectedBy::Gain).unwrap_or(&0), 24);
    for item in &key.items {
        let selection = item.selection.unwrap();
        assert_eq!(selection.propensity, 4.0 / 120.0);
        assert_eq!(item.role == Role::Anchor, selection.by == SelectedBy::Anchor);
    }
    let text = folder.text("study.json");
    for secret in ["propensity", "random", "selection", "gain_nats", "\"n4\""] {
        assert!(!text.contains(secret), "the study holds {secret}");
    }
    assert!(study.lists.iter().all(|list| list.len() == 20));
    next(&folder, "--next-pairs 40 --pairs 20 --force").check(0, &[]);
    assert_eq!(folder.text("study.json"), text, "the same seed gives the same study");
}

#[test]
fn a_list_tells_reasons_gains_and_propensities() {
    let folder = folder();
    let ended =
        next(&folder, "--next-pairs 30 --dry-run").check(0, &["No study was made; --seed 4 makes one"]);
    assert!(!folder.path("study.json").exists() && !folder.path("study.key.json").exists());
    let list: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(list.len(), 30);
    let different: BTreeSet<&str> = list.iter().map(|line| line["pair"].as_str().unwrap()).collect();
    assert_eq!(different.len(), 30);
    for line in &list {
        assert_eq!(line["schema"], "tiebreak/next/1");
        assert!(line["gain_nats"].as_f64().unwrap() > 0.0, "{line}");
        assert_eq!(line["propensity"].as_f64().unwrap(), 3.0 / 120.0);
    }
    let reason = |by: &str| list.iter().find(|line| line["by"] == by).unwrap()["reason"].as_str().unwrap();
    assert_eq!(reason("random"), "drawn at random from all 120 pairs that can be asked");
    assert_eq!(reason("anchor"), "one person judged it, last 167 days ago: does the standard still hold?");
    assert_eq!(reason("disputed"), "judges answer 1 to 1 on it");
    next(&folder, "--next-pairs 30 --next-list list.jsonl")
        .check(0, &["list.jsonl: the chosen pairs and why"]);
    assert_eq!(folder.text("list.jsonl"), ended.stdout);
    let of_list: BTreeSet<String> = different.into_iter().map(str::to_owned).collect();
    assert_eq!(read(&folder).1.items.into_iter().map(|item| item.pair).collect::<BTreeSet<_>>(), of_list);
}

#[test]
fn without_votes_pairs_are_drawn_and_connected() {
    let folder = folder();
    folder
        .run("study --samples samples.jsonl --next --next-pairs 50 --out study.json")
        .check(0, &["Next: 50 of 120", "spanning trees", "prompts hang together neither"]);
    let found = kinds(&read(&folder).1);
    assert_eq!(found.get(&SelectedBy::Random), Some(&5));
    assert_eq!(found.values().sum::<usize>(), 50);
}

#[test]
fn gold_comes_on_top_and_faded_votes_are_asked_about_again() {
    let folder = folder();
    let all = samples(40);
    folder.put(
        "gold.jsonl",
        lines(&[vote(&all[39], 2, ("lead", AnnotatorKind::Expert), "2023-11-10T00:00:00Z")]),
    );
    let old = vote(&all[15], 0, ANN, "2023-11-10T00:00:00Z");
    let weight = Weight {
        target: vote_id(&old),
        weight: 0.05,
        reference_time: None,
        half_life_days: None,
        window_days: None,
        evidence: None,
        epoch: None,
        extra: Extra::new(),
    };
    folder.put("weights.jsonl", to_line(&weight) + "\n");
    next(&folder, "--next-pairs 20 --gold gold.jsonl --weights weights.jsonl")
        .check(0, &["votes have faded", "in the study anyway", "1 gold"]);
    let (_, key) = read(&folder);
    assert_eq!(key.items.len(), 21);
    let gold = key.items.iter().find(|item| item.role == Role::Gold).unwrap();
    assert_eq!((gold.selection, gold.prompt_id.as_str()), (None, "n39"));
    let faded = |item: &&tiebreak_core::study::KeyItem| {
        item.selection.is_some_and(|selection| selection.by == SelectedBy::Faded)
    };
    assert_eq!(key.items.iter().filter(faded).map(|item| &item.pair).collect::<Vec<_>>(), [&old.pair]);
}

#[test]
fn what_cannot_be_is_refused_or_named() {
    let folder = folder();
    for (more, told) in [
        ("--random-share 0.05", "expected a number from 0.1 to 1"),
        ("--random-share 0.9 --anchor-share 0.3", "are 1.4 together"),
        ("--random-share 1", "are 1.3 together: give shares of at least 0 that sum to at most 1; lower"),
        ("--anchor-after -1", "--anchor-after"),
        ("--net-flip-rate 0.5", "at most 0.25"),
        ("--next-pairs 0", "--next-pairs"),
        ("--next-list study.json", "--next-list is study.json, which is another output"),
        ("--next-list votes.jsonl --force", "an input (votes.jsonl)"),
        ("--next-list - --link https://a.example", "both go to standard output"),
    ] {
        next(&folder, more).check(2, &["error", told]);
        assert!(!folder.path("study.json").exists(), "{more}");
    }
    folder.run("study --samples samples.jsonl --votes votes.jsonl --out s.json").check(2, &["--next"]);
    let all = samples(41);
    let weight = json!({"schema": "tiebreak/weight/1", "target": "nobody's", "weight": 0.5});
    folder.put("weights.jsonl", format!("{weight}\n"));
    let at_odds = ["1970-01-01T00:00:09Z", "2030-01-01T00:00:00Z"].map(|at| vote(&all[0], 0, ANN, at));
    folder.put("votes.jsonl", lines(&at_odds));
    let told = [
        "1 vote from the future: a clock ran ahead",
        "1 vote from before the year 2000",
        "1 weight for votes or pairs that are not there",
    ];
    next(&folder, "--weights weights.jsonl --dry-run").check(1, &told);
    let elsewhere = vote(&all[40], 0, ANN, "2023-11-10T00:00:00Z");
    folder.put("votes.jsonl", format!("{}nonsense\n", lines(&[elsewhere])));
    next(&folder, "").check(
        1,
        &["votes.jsonl:2:", "1 vote on pairs that the samples do not hold", "2 problems reported above"],
    );
    let mut same = samples(2);
    same.iter_mut().for_each(|s| s.responses.iter_mut().for_each(|r| r.text = "the same".to_owned()));
    folder.put("samples.jsonl", same.iter().map(|sample| to_line(sample) + "\n").collect::<String>());
    folder
        .run("study --samples samples.jsonl --next --out none.json")
        .check(2, &["no pair to annotate next", "by the screening"]);
}

#[test]
fn agreement_and_drift_say_which_votes_are_on_selected_pairs() {
    let folder = folder();
    next(&folder, "--next-pairs 40").check(0, &[]);
    let (study, key) = read(&folder);
    let all = samples(40);
    let place = |prompt: &str| prompt[1..].parse::<usize>().unwrap();
    let answered = |item: &tiebreak_core::study::KeyItem, who: &'static str| {
        let sample = &all[place(&item.prompt_id)];
        let nth = pairs(sample).position(|pair| pair.id == item.pair).unwrap();
        let vote = vote(sample, nth, (who, AnnotatorKind::Human), "2023-11-12T00:00:00Z");
        let shown = ShownIn { study: study.id.clone(), item: item.id.clone(), repeat: 0 };
        Vote { shown_in: Some(shown), ..vote }
    };
    let votes: Vec<Vote> =
        key.items.iter().flat_map(|item| ["ann", "bob"].map(|who| answered(item, who))).collect();
    folder.put("new.jsonl", lines(&votes));
    let told =
        "64 of the votes are on pairs that `tiebreak study --next` selected, 8 on anchors and 8 on pairs";
    for (command, n_left_out) in [("agreement", 72), ("drift", 64)] {
        let command = format!("{command} --samples samples.jsonl --votes new.jsonl");
        assert!(!folder.run(&command).check(0, &[]).stderr.contains("selected"));
        folder
            .run(&format!("{command} --key study.key.json"))
            .check(0, &[told, "--random-only leaves them out"]);
        folder
            .run(&format!("{command} --key study.key.json --random-only"))
            .check(0, &[&format!("{n_left_out} votes left out: they are on pairs that were chosen")]);
        folder.run(&format!("{command} --random-only")).check(2, &["--key"]);
    }
}
