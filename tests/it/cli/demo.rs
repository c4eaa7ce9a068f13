//! The demo: the whole flow on the carried model.

use super::{Folder, ended};
use serde_json::Value;

#[test]
fn the_demo_fills_a_working_folder_goes_on_and_is_shown_again() {
    let folder = Folder::new();
    let first = folder.run("demo --max-tokens 4").check(0, &[]);
    for (name, lines) in [("prompts", 50), ("samples", 50), ("votes", 50)] {
        assert_eq!(folder.sorted(&format!("tiebreak-demo/{name}.jsonl")).len(), lines, "{name}");
    }
    let n_rows = folder.sorted("tiebreak-demo/preferences.jsonl").len();
    assert!(n_rows > 0 && first.stdout.contains("preferences.jsonl"), "{}", first.stdout);
    assert!(first.stdout.lines().all(|line| line.chars().count() <= 80), "{}", first.stdout);
    assert!(!first.stdout.contains('\u{1b}'), "colour without a terminal");
    check_cards(&folder, &first.stdout);
    let report = folder.text("tiebreak-demo/report.html");
    assert!(
        first.stdout.contains("report.html") && report.contains("<h1>Tiebreak demo</h1>"),
        "{}",
        first.stdout
    );
    assert_eq!(report.matches("may it label?").count(), 2, "a card for each way of judging");
    let before = folder.text("tiebreak-demo/samples.jsonl");
    folder.run("demo --max-tokens 4").check(0, &[]);
    assert_eq!(folder.text("tiebreak-demo/samples.jsonl"), before);
    assert_eq!(folder.text("tiebreak-demo/report.html"), report);
    folder.run("demo --max-tokens 4 --seed 2").check(2, &["--seed: 0 -> 2", "--force"]);
    assert_eq!(folder.text("tiebreak-demo/samples.jsonl"), before);

    let mut child = folder.start("demo --max-tokens 4 --no-cards --out killed");
    while !folder.path("killed/samples.jsonl").exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    child.kill().expect("the child is ours");
    ended(child);
    folder.run("demo --max-tokens 4 --no-cards --out killed").check(0, &[]);
    for name in ["samples.jsonl", "votes.jsonl", "preferences.jsonl"] {
        let killed = folder.sorted(&format!("killed/{name}"));
        assert_eq!(
            killed,
            folder.sorted(&format!("tiebreak-demo/{name}")),
            "{name} of a demo that was killed"
        );
    }
}

/// The label method of so small a model is good for nothing, and the demo has to say so.
fn check_cards(folder: &Folder, shown: &str) {
    for (method, usage) in [("likelihood", "label_above_threshold"), ("label", "nothing")] {
        let card: Value =
            serde_json::from_str(&folder.text(&format!("tiebreak-demo/held-out/card-{method}.json")))
                .unwrap();
        assert_eq!((&card["advice"]["use"], &card["counts"]["people_decided"]), (&usage.into(), &200.into()));
        let reason = card["advice"]["reason"].as_str().unwrap();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(shown).contains(&words(reason)), "{reason} is not in {shown}");
    }
    let calibrate = "calibrate --samples tiebreak-demo/held-out/samples.jsonl --votes tiebreak-demo/held-out/answers.jsonl";
    folder
        .run(&format!("{calibrate} --votes tiebreak-demo/held-out/votes-label.jsonl --out again.json"))
        .check(0, &[]);
    assert_eq!(folder.text("again.json"), folder.text("tiebreak-demo/held-out/card-label.json"));
}

#[test]
fn a_folder_with_other_things_is_refused() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("mine")).unwrap();
    folder.put("mine/notes.txt", "mine");
    folder.run("demo --out mine").check(2, &["mine holds notes.txt", "--out"]);
    assert_eq!(folder.text("mine/notes.txt"), "mine");
    folder.put("file", "");
    folder.run("demo --out file").check(2, &["file"]);
}

#[test]
fn force_replaces_a_demo_and_nothing_else() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("mine")).unwrap();
    let manifest = |prompts: &str| {
        format!(
            r#"{{"schema":"tiebreak/run/1","command":"generate","arguments":{{"prompts":"sha256 {prompts}"}}}}"#
        )
    };
    let files = [
        ("prompts.jsonl", super::PROMPTS.to_owned()),
        ("samples.jsonl.run.json", manifest("of mine")),
        ("samples.jsonl", "mine".to_owned()),
        ("preferences.jsonl", "mine".to_owned()),
    ];
    for (name, content) in &files {
        folder.put(&format!("mine/{name}"), content);
        let ended = folder.run("demo --max-tokens 4 --out mine --force").check(2, &["mine", "--out"]);
        assert!(!ended.stderr.contains("--force"), "advice that does not help: {}", ended.stderr);
        assert_eq!(&folder.text(&format!("mine/{name}")), content);
        std::fs::remove_file(folder.path(&format!("mine/{name}"))).unwrap();
    }
    folder.run("demo --max-tokens 2 --no-cards --out mine").check(0, &[]);
    folder.run("demo --max-tokens 2 --no-cards --seed 2 --out mine --force").check(0, &[]);
    assert!(folder.text("mine/samples.jsonl.run.json").contains(r#""seed": "2""#));
}
