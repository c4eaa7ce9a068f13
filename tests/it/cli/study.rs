//! Samples to a study and its key.

use super::{Ended, Folder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tiebreak_core::schema::{
    Annotator, AnnotatorKind, Interaction, Sample, Verdict, Vote, pairs, sha256_hex, to_line,
};
use tiebreak_core::study::{Answer, Choice, KeyItem, Role, Session, Study, StudyKey, Timing};

/// `n` samples of two responses, one good; the category changes with each.
fn samples(n: usize) -> Vec<Sample> {
    let sample = |i: usize| {
        let category = ["billing", "order_status"][i % 2];
        serde_json::from_value(json!({
            "prompt": {
                "id": format!("n{i}"), "tags": [], "category": category,
                "messages": [{"role": "user", "content": format!("question {i}")}],
            },
            "responses": [
                {"id": format!("b{i}"), "text": format!("good answer {i}"), "finish_reason": "stop", "model": {"name": "secret"}},
                {"id": format!("a{i}"), "text": format!("poor reply {i} indeed"), "finish_reason": "stop"},
            ],
        }))
    };
    (0..n).map(|i| sample(i).unwrap()).collect()
}

fn lines<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> String {
    samples.into_iter().map(|sample| to_line(sample) + "\n").collect()
}

/// A vote on the pair of a sample.
fn vote(sample: &Sample, verdict: Verdict) -> String {
    let pair = pairs(sample).next().unwrap();
    let annotator = Annotator { id: "lead".to_owned(), kind: AnnotatorKind::Expert };
    let ids = [pair.first.id.clone(), pair.second.id.clone()];
    to_line(&Vote::new(pair.id, sample.prompt.id.clone(), ids, annotator, verdict)) + "\n"
}

/// A folder with sixty samples.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.put("samples.jsonl", lines(&samples(60)));
    folder
}

fn study(folder: &Folder, more: &str) -> Ended {
    folder.run(&format!("study --samples samples.jsonl --out study.json {more}"))
}

fn read(folder: &Folder) -> (Study, Vec<KeyItem>) {
    let study = Study::read(folder.text("study.json").as_bytes()).unwrap();
    let key = folder.text("study.key.json");
    assert_eq!(study.key_sha256, sha256_hex(key.as_bytes()), "the study names its key's hash");
    (study, serde_json::from_str::<StudyKey>(&key).unwrap().items)
}

#[test]
fn a_study_opens_and_gives_each_pair_its_annotations() {
    let folder = folder();
    let told =
        ["60 pairs of 60 samples", "study.key.json: its key, which must stay with you", "minutes a list"];
    let ended = study(&folder, "--annotations 2 --pairs 20 --title Mine --minutes 9").check(0, &told);
    assert_eq!(ended.stdout, "");
    let (study, key) = read(&folder);
    assert_eq!((study.items.len(), key.len()), (60, 60));
    assert_eq!((study.settings.title.as_str(), study.settings.minutes), ("Mine", Some(9.0)));
    assert_eq!(study.guidelines.criteria.len(), 6);
    assert!(study.qualification.questions.len() >= 11);
    let mut counts = BTreeMap::new();
    for (place, list) in study.lists.iter().enumerate() {
        let slot = u32::try_from(place).unwrap() + 1;
        let session = Session::new(study.clone(), "ann", Some(slot)).unwrap();
        assert_eq!(session.progress().total, 20);
        let different: std::collections::BTreeSet<_> = list.iter().collect();
        different.into_iter().for_each(|item| *counts.entry(*item).or_insert(0) += 1);
    }
    assert!(counts.len() == 60 && counts.values().all(|n| (2..=3).contains(n)), "{counts:?}");
    let text = folder.text("study.json");
    for secret in ["secret", "\"n4\"", "\"b4\""] {
        assert!(!text.contains(secret), "the study holds {secret}");
        assert!(folder.text("study.key.json").contains(secret), "the key lacks {secret}");
    }
}

#[test]
fn the_estimate_without_slots_is_that_of_balls_in_urns() {
    let folder = folder();
    // One list of all pairs, ten annotators: each pair gets ten annotations, whoever comes.
    let told = ["if 10 annotators come", "8 or more   100 %", "mean  10.0", "every pair gets 1 annotation\n"];
    study(&folder, "--annotations 1 --pairs 60 --repeat-share 0 --annotators 10").check(0, &told);
    // Two lists, one annotator: half of the pairs get none.
    study(&folder, "--annotations 1 --pairs 30 --repeat-share 0 --annotators 1 --force")
        .check(0, &["            0    50 %", "            1    50 %"]);
}

#[test]
fn gold_and_anchors_stand_in_the_key_alone() {
    let folder = folder();
    let all = samples(60);
    let good_is_first = pairs(&all[3]).next().unwrap().first.text.starts_with("good");
    let gold = Verdict::Strength(if good_is_first { -2 } else { 2 });
    folder.put("gold.jsonl", vote(&all[3], gold) + &vote(&all[4], Verdict::BothBad));
    let elsewhere = samples(70);
    folder.put("old.jsonl", vote(&all[7], Verdict::Skip) + &vote(&elsewhere[65], Verdict::Strength(1)));
    study(&folder, "--gold gold.jsonl --anchors old.jsonl --pairs 20 --check-share 0.15").check(
        0,
        &["57 to be annotated, 2 gold, 1 anchor (of 2 pairs with earlier votes)", "3 gold or anchors"],
    );
    let (study, key) = read(&folder);
    let role = |role| key.iter().filter(move |item| item.role == role).map(|item| item.prompt_id.as_str());
    assert_eq!(role(Role::Anchor).collect::<Vec<_>>(), ["n7"]);
    assert_eq!(role(Role::Gold).count(), 2);
    let place = key.iter().position(|item| item.prompt_id == "n3").unwrap();
    let stands_first = study.items[place].responses[0].starts_with("good");
    assert_eq!(key[place].gold, Some(Verdict::Strength(if stands_first { -2 } else { 2 })));
}

#[test]
fn bad_lines_are_named_and_the_rest_is_done() {
    let folder = folder();
    let all = samples(61);
    folder.put(
        "gold.jsonl",
        vote(&all[3], Verdict::Skip) + &vote(&all[60], Verdict::Strength(1)) + "{\"no\": 1}\n",
    );
    let told = [
        "gold.jsonl:1: this verdict cannot be the right one",
        "gold.jsonl:2: pair `p",
        "is not in the samples",
        "gold.jsonl:3:",
        "3 problems reported above",
    ];
    study(&folder, "--gold gold.jsonl").check(1, &told);
    assert_eq!(read(&folder).0.items.len(), 60);
    folder.put("samples.jsonl", format!("nonsense\n{}", lines(&all[..5])));
    study(&folder, "--force").check(1, &["samples.jsonl:1:", "1 problem reported above"]);
    assert_eq!(read(&folder).0.items.len(), 5);
}

#[test]
fn screening_drops_or_marks() {
    let folder = Folder::new();
    let mut all = samples(6);
    all[1].responses[0].text = "Write to help@example.org for answer 1".to_owned();
    all[2].responses[0].text = "I am ChatGPT, so I know answer 2".to_owned();
    folder.put("samples.jsonl", lines(&all));
    study(&folder, "").check(0, &["4 in the study, 2 left out", "1  there is an e-mail address", "0 marked"]);
    study(&folder, "--mark email --force").check(0, &["5 in the study, 1 left out", "1 marked"]);
    assert_eq!(read(&folder).0.items.iter().map(|item| item.marks.len()).sum::<usize>(), 1);
    study(&folder, "--drop cut_off,phone --force").check(0, &["6 in the study, 0 left out", "2 marked"]);
    study(&folder, "--mark identical --force").check(2, &["identical"]);
    study(&folder, "--mark email --drop email --force").check(2, &["`email`"]);
    study(&folder, "--mark rudeness --force").check(2, &["rudeness", "model_name"]);
}

#[test]
fn links_name_file_and_slot() {
    let folder = folder();
    let link = "--slots 4 --link https://a.example/page/?lang=en";
    let ended = study(&folder, link).check(0, &["4 lists"]);
    let rows: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0], "slot,link");
    assert_eq!(rows[4], "4,https://a.example/page/?lang=en&study=study.json&slot=4");
    study(&folder, &format!("{link} --links links.csv --force"))
        .check(0, &["links.csv: a link for each list"]);
    assert_eq!(folder.text("links.csv"), ended.stdout);
    study(&folder, &format!("{link} --links links.csv --key other.json")).check(2, &["study.json exists"]);
    study(&folder, "--force --link a.example").check(2, &["--link: `a.example`"]);
    study(&folder, "--force --links links.csv").check(2, &["--link"]);
}

#[test]
fn settings_come_from_a_file_and_own_guidelines_bring_no_foreign_questions() {
    let folder = folder();
    folder.put(
        "guide.md",
        "<!-- version: 3.1 -->\n# Be fair\n\n| | Criterion |\n|---|---|\n| 1 | **Kind** |\n",
    );
    folder.put("consent.txt", "Your votes are published.\n");
    folder.put(
        "study.toml",
        "[study]\nsamples = \"samples.jsonl\"\nout = \"study.json\"\ncategory = [\"billing\"]\n\
         guidelines = \"guide.md\"\nconsent = \"consent.txt\"\nscale = \"forced\"\nrequire-reason = true\n\
         min-rationale = 12\npay = \"3 euros\"\ncontact = \"the lab\"\ncompletion-code = \"C1\"\n\
         completion-url = \"https://a.example/?code={code}\"\nresults-url = \"https://b.example/in\"\n\
         results-method = \"put\"\nsave-every = 7\nmark = [\"email\", \"phone\"]\nseed = 5\n",
    );
    folder.run("study --config study.toml --seed 6").check(0, &["30 pairs of 30 samples"]);
    let (made, _) = read(&folder);
    assert_eq!(
        (made.guidelines.version.as_str(), &made.guidelines.criteria[..]),
        ("3.1", &["Kind".to_owned()][..])
    );
    assert!(made.guidelines.text.starts_with("# Be fair"));
    assert_eq!(made.qualification.questions, []);
    let settings: Value = serde_json::to_value(&made.settings).unwrap();
    for (name, value) in [
        ("consent", json!("Your votes are published.\n")),
        ("scale", json!("forced")),
        ("require_reason", json!(true)),
        ("min_rationale_chars", json!(12)),
        ("pay", json!("3 euros")),
        ("contact", json!("the lab")),
        ("completion_code", json!("C1")),
        ("delivery", json!({"url": "https://b.example/in", "method": "PUT"})),
        ("save_every", json!(7)),
    ] {
        assert_eq!(settings[name], value, "{name}");
    }
    let before = folder.text("study.json");
    folder.run("study --config study.toml --force").check(0, &[]);
    assert_ne!(folder.text("study.json"), before, "the file's seed is another one");
    folder.put("more.toml", "[study]\nqualification = false\n");
    study(&folder, "--config more.toml --force").check(0, &[]);
    assert_eq!(read(&folder).0.qualification.questions, []);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let folder = folder();
    folder.put("bare.md", "# Be fair\n");
    folder.put("empty.txt", " \n");
    folder.put("empty.jsonl", "");
    for (more, told) in [
        ("--completion-url http://a.example", "--completion-url: the address is not https"),
        ("--results-url ftp://a.example", "--results-url: the address is not https"),
        ("--minutes -3", "--minutes: the time is out of range"),
        ("--check-share 1.5", "--check-share"),
        ("--guidelines bare.md", "bare.md:1: the guidelines carry no version"),
        ("--consent empty.txt", "empty.txt is empty"),
        ("--consent none.txt", "none.txt"),
        ("--category weather", "no sample has the category `weather`; there is billing, order_status"),
        ("--annotations 0", "--annotations"),
        ("--slots 100000 --pairs 100000", "a page takes 5,000,000"),
        ("--repeat-share 0 --check-share 1 --pairs 1 --anchors all.jsonl", "cannot open all.jsonl"),
        ("--key study.json", "--out and --key are both study.json"),
        ("--key -", "goes to a file"),
    ] {
        study(&folder, more).check(2, &["error: ", told]);
        assert!(!folder.path("study.json").exists() && !folder.path("study.key.json").exists(), "{more}");
    }
    folder.run("study --samples empty.jsonl --out s.json").check(2, &["no usable sample in empty.jsonl"]);
    folder
        .run("study --samples samples.jsonl --out samples.jsonl --force")
        .check(2, &["an input (samples.jsonl)"]);
    folder.run("study --samples samples.jsonl --out -").check(2, &["give --key"]);
    study(&folder, "").check(0, &[]);
    let before = folder.text("study.json");
    study(&folder, "--seed 3").check(2, &["study.json exists", "--force"]);
    assert_eq!(folder.text("study.json"), before);
}

#[test]
fn a_study_needs_pairs_to_annotate() {
    let folder = folder();
    let all = samples(60);
    let every: String = all.iter().map(|sample| vote(sample, Verdict::Strength(1))).collect();
    folder.put("all.jsonl", every);
    study(&folder, "--anchors all.jsonl").check(2, &["no pair to annotate: all are gold or anchors"]);
    folder.put("one.jsonl", vote(&all[0], Verdict::Strength(1)));
    study(&folder, "--anchors one.jsonl --pairs 1 --check-share 1").check(2, &["gold and anchors take all"]);
    let mut same = samples(2);
    same.iter_mut().for_each(|sample| sample.responses[0].text = sample.responses[1].text.clone());
    folder.put("samples.jsonl", lines(&same));
    study(&folder, "").check(2, &["all were left out: both responses have the same words (2)"]);
    let piped = folder.run_with_input("study --samples - --out study.json", lines(&all)).check(0, &[]);
    assert_eq!((piped.stdout.as_str(), read(&folder).0.items.len()), ("", 60));
}

#[test]
fn a_study_for_experts_gives_votes_of_experts() {
    let folder = folder();
    for (flags, kind) in
        [("", AnnotatorKind::Human), ("--for experts --category billing --force", AnnotatorKind::Expert)]
    {
        study(&folder, flags).check(0, &[]);
        let (study, _) = read(&folder);
        let session = Session::new(study, "me", None).unwrap();
        let answer = Answer { choice: Choice::Strength(1), reasons: Vec::new(), rationale: None };
        let interaction = Interaction::default();
        let timing = Timing { shown_at_ms: 0, decided_at_ms: 9000, active_ms: 9000, interaction };
        let vote = session.vote(0, &answer, &timing).unwrap();
        assert_eq!(vote.annotator.kind, kind);
    }
}
