//! Samples and votes to the files of trainers and annotation tools.

use super::Folder;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A folder with the samples and votes that the readers in `tests/exports` check too.
fn folder() -> Folder {
    let folder = Folder::new();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("exports");
    for name in ["samples.jsonl", "votes.jsonl"] {
        folder.put(name, fs::read(cases.join(name)).expect("the cases are there"));
    }
    folder
}

fn export(more: &str) -> String {
    format!("export --samples samples.jsonl --votes votes.jsonl {more}")
}

fn rows(folder: &Folder, name: &str) -> Vec<Value> {
    folder.text(name).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The names in a folder, sorted.
fn names(folder: &Folder, name: &str) -> Vec<String> {
    let entries = fs::read_dir(folder.path(name)).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_format_writes_its_files() {
    let folder = folder();
    for format in ["trl-dpo", "trl", "trl-kto", "trl-reward", "openrlhf", "axolotl", "nemo-rl"] {
        let told = [format!("{format}.jsonl: "), "left out: tie".to_owned(), "left out: flagged".to_owned()];
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        folder.run(&export(&format!("--format {format} --out {format}.jsonl"))).check(0, &told);
        assert!(rows(&folder, &format!("{format}.jsonl")).len() > 10);
    }
    folder
        .run(&export("--format axolotl --out a.jsonl --force"))
        .check(0, &["To load it:", "- path: a.jsonl", "type: chat_template.default"]);
    assert_eq!(folder.text("trl.jsonl"), folder.text("trl-dpo.jsonl"));
    assert_eq!(rows(&folder, "trl-kto.jsonl").len(), 2 * rows(&folder, "trl-dpo.jsonl").len() + 2);
    for (format, files) in [
        ("llama-factory", vec!["dataset_info.json", "train.json"]),
        ("argilla", vec![".argilla", "records.json"]),
        ("label-studio", vec!["config.xml", "tasks.json"]),
    ] {
        folder.run(&export(&format!("--format {format} --out {format}"))).check(0, &[files[1]]);
        assert_eq!(names(&folder, format), files);
        folder.run(&export(&format!("--format {format} --out {format}"))).check(2, &["exists", "--force"]);
    }
    let train: Vec<Value> = serde_json::from_str(&folder.text("llama-factory/train.json")).unwrap();
    // The prompt with a tool's message is no chat of two.
    assert_eq!(train.len() + 1, rows(&folder, "trl-dpo.jsonl").len());
    folder
        .run(&export("--format llama-factory --out again"))
        .check(0, &["1  left out: roles that do not take turns"]);
}

#[test]
fn what_is_missing_is_counted_with_what_became_of_it() {
    let folder = folder();
    let told = [
        "left out: empty response",
        "left out: identical responses",
        "1  left out: votes disagree evenly",
        "1  left out: both bad",
        "1  rows whose prompt's roles do not take turns",
        "1  rows in which one response is the beginning of the other",
        "1  rows whose responses have nine tenths",
        "1  unknown pair",
    ];
    folder.run(&export("--out a.jsonl --report report.json")).check(0, &told);
    let report: Value = serde_json::from_str(&folder.text("report.json")).unwrap();
    assert_eq!(report["schema"], "tiebreak/export/1");
    assert_eq!(report["parts"][0]["rows"], rows(&folder, "a.jsonl").len());
    let told = ["1  both bad, kept as that", "1  left out: tie"];
    folder.run(&export("--format trl-kto --out b.jsonl")).check(0, &told);
    let told = [
        "1  left out: nearly identical responses",
        "1  left out: a response longer than the most tokens wanted",
        "rows with a length estimated at four characters a token",
    ];
    folder.run(&export("--drop-near-identical --max-tokens 60 --out c.jsonl")).check(0, &told);
}

#[test]
fn people_go_by_pseudonyms_unless_asked_otherwise() {
    let folder = folder();
    let annotators = |name: &str| -> Vec<String> {
        let ids = |row: &Value| -> Vec<String> {
            let who = row["origin"]["annotators"].as_array().unwrap();
            who.iter().map(|who| who["id"].as_str().unwrap().to_owned()).collect()
        };
        rows(&folder, name).iter().flat_map(ids).collect()
    };
    folder.run(&export("--out a.jsonl")).check(0, &["People go by pseudonyms", "--raw-ids"]);
    assert!(annotators("a.jsonl").iter().all(|id| id.starts_with("a-") && id.len() == 12));
    folder.run(&export("--out argilla --format argilla")).check(0, &[]);
    assert!(!folder.text("argilla/records.json").contains("\"ann\""));
    folder.run(&export("--out b.jsonl --raw-ids")).check(0, &[]);
    assert!(annotators("b.jsonl").iter().any(|id| id == "ann"));
    folder.run(&export("--out c.jsonl --pseudonym-key names.key")).check(0, &["names.key: made"]);
    assert_ne!(annotators("c.jsonl"), annotators("a.jsonl"));
    // The report on agreement calls the same people the same.
    folder
        .run("agreement --samples samples.jsonl --votes votes.jsonl --out agreement.json")
        .check(1, &["agreement.json"]);
    let known = folder.text("agreement.json");
    assert!(annotators("a.jsonl").iter().all(|id| known.contains(id.as_str())));
}

#[test]
fn a_test_part_keeps_prompts_that_are_nearly_the_same_together() {
    let folder = folder();
    let told = ["split: ", "p.train.jsonl: ", "p.test.jsonl: "];
    folder.run(&export("--out p.jsonl --test-share 0.3 --split-seed 1")).check(0, &told);
    let prompts = |name: &str| -> Vec<String> {
        rows(&folder, name)
            .iter()
            .map(|row| row["origin"]["prompt_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (train, test) = (prompts("p.train.jsonl"), prompts("p.test.jsonl"));
    assert!(!train.is_empty() && !test.is_empty());
    assert!(train.iter().all(|id| !test.contains(id)));
    let is_test = |id: &str| test.iter().any(|other| other == id);
    for seed in 0..4 {
        let out = format!("s{seed}");
        folder.run(&export(&format!("--out {out}.jsonl --test-share 0.3 --split-seed {seed}"))).check(0, &[]);
        let test = prompts(&format!("{out}.test.jsonl"));
        assert_eq!(test.contains(&"plain".to_owned()), test.contains(&"plain-again".to_owned()));
    }
    assert_eq!(is_test("plain"), is_test("plain-again"));
    folder.run(&export("--out - --test-share 0.3")).check(2, &["standard output"]);
    folder.run(&export("--out q.jsonl --test-share 1.5")).check(2, &["below 1"]);
}

#[test]
fn weights_reach_the_trainer_three_ways() {
    let folder = folder();
    folder.run(&export("--out plain.jsonl --raw-ids")).check(0, &[]);
    let pairs: Vec<String> = rows(&folder, "plain.jsonl")
        .iter()
        .map(|row| row["origin"]["pair"].as_str().unwrap().to_owned())
        .collect();
    let weight = |(i, pair): (usize, &String)| {
        let weight = if i % 2 == 0 { 1.5 } else { 0.5 };
        format!("{{\"schema\":\"tiebreak/weight/1\",\"target\":\"{pair}\",\"weight\":{weight}}}\n")
    };
    folder.put("weights.jsonl", pairs.iter().enumerate().map(weight).collect::<String>());
    let weighed = |more: &str| export(&format!("--weights weights.jsonl {more}"));

    folder.run(&weighed("--out a.jsonl")).check(0, &["weights: ", "(Kish)", "in a column"]);
    let mean: f64 = rows(&folder, "a.jsonl").iter().map(|row| row["weight"].as_f64().unwrap()).sum::<f64>()
        / pairs.len() as f64;
    assert!((mean - 1.0).abs() < 1e-9);

    let resample = "--weights-as resample --size 100 --seed 5";
    folder
        .run(&weighed(&format!("--out b.jsonl {resample}")))
        .check(0, &["100 are drawn by weight with seed 5"]);
    let drawn = rows(&folder, "b.jsonl");
    assert_eq!(drawn.len(), 100);
    assert!(drawn.iter().all(|row| row["weight"] == 1.0));
    let count = |pair: &String| drawn.iter().filter(|row| row["origin"]["pair"] == pair.as_str()).count();
    assert!(count(&pairs[0]) > 2 * count(&pairs[1]), "{} and {}", count(&pairs[0]), count(&pairs[1]));
    folder.run(&weighed(&format!("--out c.jsonl {resample}"))).check(0, &[]);
    assert_eq!(folder.text("b.jsonl"), folder.text("c.jsonl"));

    folder
        .run(&weighed("--out d.jsonl --format trl-reward --weights-as margin"))
        .check(0, &["margins are multiplied"]);
    folder.run(&weighed("--out e.jsonl --format trl-reward")).check(0, &[]);
    for (with, without) in rows(&folder, "d.jsonl").iter().zip(rows(&folder, "e.jsonl")) {
        let product = without["margin"].as_f64().unwrap() * without["weight"].as_f64().unwrap();
        assert!((with["margin"].as_f64().unwrap() - product).abs() < 1e-9);
        assert_eq!(with["weight"], 1.0);
    }
    folder
        .run(&weighed("--out f.jsonl --weights-as margin"))
        .check(2, &["no trainer reads a margin from trl-dpo"]);
    folder.run(&weighed("--out f.jsonl --size 9")).check(2, &["--weights-as resample"]);
}

#[test]
fn a_card_stands_beside_the_rows() {
    let folder = folder();
    folder.run(&export("--out data --card --test-share 0.3")).check(0, &["data/train.jsonl", "README.md"]);
    assert_eq!(names(&folder, "data"), ["README.md", "test.jsonl", "train.jsonl"]);
    let card = folder.text("data/README.md");
    for part in [
        "---\n# license: choose a licence\n",
        "**Choose a licence**",
        "size_categories:\n- n<1K\n",
        "  - split: train\n    path: train.jsonl\n  - split: test\n    path: test.jsonl\n",
        "- people: 3",
        "Krippendorff's alpha: ",
        "0 have something almost the same there",
        "left out: both bad",
        "DPOTrainer",
    ] {
        assert!(card.contains(part), "no `{part}` in {card}");
    }
    assert!(!card.contains("NaN") && !card.contains("\"ann\""), "{card}");
    let more = "--out licensed --card --license cc-by-4.0 --language en --language de";
    folder.run(&export(more)).check(0, &[]);
    let card = folder.text("licensed/README.md");
    assert!(card.starts_with("---\nlicense: \"cc-by-4.0\"\nlanguage:\n- \"en\"\n- \"de\"\n"), "{card}");
    folder.run(&export("--out x --card --license evil:\\n")).check(2, &["such as cc-by-4.0"]);
    folder.run(&export("--out x.jsonl --license mit")).check(2, &["--card"]);
    folder.run(&export("--out x --card --format argilla")).check(2, &["a project to annotate"]);
    folder
        .run("drift --samples samples.jsonl --votes votes.jsonl --out drift.json")
        .check(1, &["1 vote on pairs"]);
    folder.run(&export("--out dated --card --drift drift.json")).check(0, &[]);
    let drift: Value = serde_json::from_str(&folder.text("drift.json")).unwrap();
    assert!(folder.text("dated/README.md").contains(drift["advice"]["reason"].as_str().unwrap()));
    folder.put("drift.json", "{}");
    folder
        .run(&export("--out x --card --drift drift.json"))
        .check(2, &["no report of `tiebreak drift --out`"]);
    assert!(!folder.path("x").exists(), "a failed run leaves nothing behind");
}

#[test]
fn methods_decide_differently_and_samples_can_come_from_a_pipe() {
    let folder = folder();
    for method in ["majority", "dawid-skene", "bradley-terry"] {
        folder.run(&export(&format!("--out {method}.jsonl --method {method}"))).check(0, &[]);
        assert!(rows(&folder, &format!("{method}.jsonl")).len() > 10);
    }
    let samples = folder.text("samples.jsonl");
    let piped =
        folder.run_with_input("export --samples - --votes votes.jsonl --out -", &samples).check(0, &[]);
    assert_eq!(piped.stdout, folder.text("majority.jsonl"));
}

#[test]
fn a_table_is_asked_for_by_a_name_that_loaders_know() {
    let folder = folder();
    folder.run(&export("--out a.parquet")).check(2, &["--file-format parquet"]);
    // A program that is built with the feature writes it, which the tests of its own crate read back.
    folder.run(&export("--out - --file-format parquet")).check(2, &["Parquet"]);
    folder.run(&export("--out a --format argilla --file-format parquet")).check(2, &["arquet"]);
    folder.run(&export("--out a.jsonl --file-format parquet")).check(2, &["arquet"]);
    folder.run(&export("--out a.jsonl --file-format json")).check(0, &["a.jsonl: "]);
}
