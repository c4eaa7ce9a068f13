//! Samples to votes to preferences, every row accounted for.

use super::Folder;
use serde_json::Value;
use std::collections::BTreeSet;

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("a line is JSON")
}

#[test]
fn every_pair_is_exported_or_counted() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl -n 3").check(0, &[]);
    let judge = "judge --samples samples.jsonl --model model.gguf --method likelihood --out votes.jsonl";
    folder.run(judge).check(0, &["21 votes"]);
    folder.run(judge).check(0, &["finished already"]);
    let export =
        "export --samples samples.jsonl --votes votes.jsonl --out preferences.jsonl --report report.json";
    folder.run(export).check(0, &["preferences.jsonl"]);
    let rows: Vec<Value> = folder.sorted("preferences.jsonl").iter().map(|line| json(line)).collect();
    let report = json(&folder.text("report.json"));
    let total =
        |of: &str| report[of].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum::<u64>();
    assert_eq!((total("pairs"), total("votes")), (21, 21), "{report}");
    assert_eq!(report["pairs"]["exported"], rows.len(), "{report}");
    for row in &rows {
        assert_ne!(row["chosen"], row["rejected"]);
        assert_eq!(row["chosen"][0]["role"], "assistant");
        assert!(row["margin"].is_number() && row["weight"].is_number());
    }
    folder.run(export).check(2, &["preferences.jsonl exists", "--force"]);
    folder.run(&format!("{export} --force")).check(0, &[]);
}

#[test]
fn both_methods_vote_on_every_pair() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    for method in ["likelihood", "label"] {
        let out = format!("{method}.jsonl");
        folder
            .run(&format!("judge --samples samples.jsonl --model model.gguf --method {method} --out {out}"))
            .check(0, &["7 votes"]);
        for line in folder.sorted(&out) {
            let vote = json(&line);
            assert_eq!(vote["annotator"]["kind"], "judge");
            assert_eq!(vote["judge"]["method"], method);
            // A random model writes empty responses too, and hardly ever a label; there is then a reason in words.
            let is_judged = vote["verdict"] != "unparsed";
            assert!(is_judged || vote["judge"]["raw_text"].is_string(), "{vote}");
            assert!(!is_judged || vote["judge"]["log_odds"].is_number(), "{vote}");
            assert!(!is_judged || vote["judge"]["position_bias"].is_number() == (method == "label"));
            assert_eq!(vote["decided_at"], "2023-11-14T22:13:20Z");
        }
    }
}

#[test]
fn pipes_give_what_files_give() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    let judge = "judge --model model.gguf --method likelihood";
    folder.run(&format!("{judge} --samples samples.jsonl --out votes.jsonl")).check(0, &[]);
    let samples = folder.text("samples.jsonl");
    let votes = folder.run_with_input(&format!("{judge} --samples - --out -"), &samples).check(0, &[]).stdout;
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&votes), sorted(&folder.text("votes.jsonl")));
    folder.run("export --samples samples.jsonl --votes votes.jsonl --out p.jsonl").check(0, &[]);
    let piped =
        folder.run_with_input("export --samples samples.jsonl --votes - --out -", &votes).check(0, &[]);
    assert_eq!(sorted(&piped.stdout), sorted(&folder.text("p.jsonl")));
    folder.run("export --samples - --votes - --out -").check(2, &["standard input"]);
}

#[test]
fn votes_that_fit_no_sample_are_counted_and_bad_lines_named() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    folder
        .run("judge --samples samples.jsonl --model model.gguf --method likelihood --out votes.jsonl")
        .check(0, &[]);
    let samples = folder.text("samples.jsonl");
    let (_, fewer) = samples.split_once('\n').unwrap();
    folder.put("fewer.jsonl", format!("{fewer}{{\"schema\": \"tiebreak/sample/9\"}}\n"));
    let ended = folder.run("export --samples fewer.jsonl --votes votes.jsonl --out p.jsonl");
    ended.check(1, &["fewer.jsonl:7:", "tiebreak/sample/9"]);
    assert!(folder.sorted("p.jsonl").len() <= 6);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_clear_error() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    let judge = "judge --samples samples.jsonl --model model.gguf --method likelihood --out";
    folder.run(&format!("{judge} /dev/full")).check(2, &["cannot write to /dev/full: No space left"]);
    folder.run(&format!("{judge} votes.jsonl")).check(0, &[]);
    let export = "export --samples samples.jsonl --votes votes.jsonl --out /dev/full";
    folder.run(export).check(2, &["cannot write /dev/full: No space left"]);
}

#[test]
fn a_response_that_does_not_fit_costs_only_its_own_pairs() {
    let folder = Folder::new();
    folder.put("prompts.jsonl", super::PROMPTS.lines().next().unwrap());
    folder.generate("--out samples.jsonl -n 3").check(0, &[]);
    let mut sample = json(folder.text("samples.jsonl").trim());
    let response = &mut sample["responses"][1];
    response["text"] = "word ".repeat(3000).into();
    let id = format!("response `{}`: ", response["id"].as_str().unwrap());
    folder.put("samples.jsonl", format!("{sample}\n"));
    let judge = "judge --samples samples.jsonl --model model.gguf --method likelihood --out votes.jsonl";
    let what = ["samples.jsonl:1: prompt `a`: ", &id, "1 vote", "2 problems reported above"];
    let ended = folder.run(judge).check(1, &what);
    let told = ended.stderr.split(&id).nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(told.parse::<u32>().unwrap() > 3000, "the whole length is told: {}", ended.stderr);
    assert_eq!(folder.sorted("votes.jsonl").len(), 1);
}

#[test]
fn an_empty_export_says_why() {
    let folder = Folder::new();
    folder.put("empty.jsonl", "");
    folder.generate("--out samples.jsonl").check(0, &[]);
    let export = |samples: &str, out: &str| {
        folder.run(&format!("export --samples {samples} --votes empty.jsonl --out {out}"))
    };
    export("empty.jsonl", "none.jsonl").check(2, &["error: there is no usable sample in empty.jsonl"]);
    assert!(!folder.path("none.jsonl").exists());
    export("samples.jsonl", "p.jsonl")
        .check(0, &["p.jsonl is empty: there is no usable vote in empty.jsonl"]);
    assert_eq!(folder.text("p.jsonl"), "");
}
