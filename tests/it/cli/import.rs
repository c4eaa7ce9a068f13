//! Datasets of other tools to samples, votes and ratings, and on to what is made of those.

use super::{Ended, Folder};
use serde_json::{Value, json};
use tiebreak_core::schema::{Rating, Record, Sample, Verdict, Vote, read_records};

fn case(name: &str) -> Vec<u8> {
    let path = format!("{}/cases/import/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A folder with the cases, by their names.
fn folder(names: &[&str]) -> Folder {
    let folder = Folder::new();
    names.iter().for_each(|name| folder.put(name, case(name)));
    folder
}

fn records<T: Record>(folder: &Folder, name: &str) -> Vec<T> {
    let read = read_records::<T>(folder.text(name).as_bytes(), name);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    read.into_records()
}

const ALL: &str = "--samples samples.jsonl --votes votes.jsonl --ratings ratings.jsonl";

/// Imports one case with flags, and compares the exit code, what was said, and the numbers of samples, votes and ratings.
#[track_caller]
fn check(name: &str, flags: &str, (code, told): (i32, &[&str]), counts: [usize; 3]) -> Folder {
    let folder = folder(&[name]);
    let ended = folder.run(&format!("import --in {name} {flags} {ALL}")).check(code, told);
    assert_eq!(ended.stdout, "");
    let samples = records::<Sample>(&folder, "samples.jsonl").len();
    let votes = records::<Vote>(&folder, "votes.jsonl").len();
    assert_eq!([samples, votes, records::<Rating>(&folder, "ratings.jsonl").len()], counts, "{name}");
    folder
}

#[test]
fn every_format_is_told_by_its_fields() {
    let told = [
        "trl.jsonl: taken as trl",
        "trl.jsonl:10:1: both responses have the same text",
        "11 problems reported",
    ];
    check("trl.jsonl", "", (1, &told), [7, 7, 2]);
    check(
        "hh_rlhf.jsonl",
        "",
        (1, &["taken as hh-rlhf", "2  without a time: kept, and never decayed"]),
        [2, 2, 0],
    );
    check(
        "helpsteer.jsonl",
        "",
        (1, &["taken as helpsteer", "left out: a prompt with one response only"]),
        [1, 0, 9],
    );
    check("helpsteer3.jsonl", "", (1, &["taken as helpsteer3", "1  ties"]), [2, 3, 0]);
    check(
        "lmarena.jsonl",
        "",
        (1, &["taken as lmarena", "1  both bad", "differ before the last reply"]),
        [2, 3, 0],
    );
    check(
        "alpaca_eval.json",
        "",
        (1, &["taken as alpaca-eval", "alpaca_eval.json:16:1:", "the file ends within this value"]),
        [2, 5, 0],
    );
    check("argilla.json", "", (1, &["taken as argilla"]), [3, 6, 0]);
    check("label_studio.json", "", (1, &["taken as label-studio"]), [1, 6, 0]);
    check("pairs.jsonl", "", (1, &["taken as pairs"]), [3, 7, 0]);
    check("responses.jsonl", "", (1, &["taken as responses"]), [5, 4, 0]);
    check("trl_own.jsonl", "", (0, &["taken as trl", "votes          2"]), [2, 2, 0]);
}

#[test]
fn a_table_is_read_by_the_names_that_are_given() {
    let flags = "--prompt-field question --first-field left --second-field right --verdict-field won --annotator-field rater --time-field when --kind expert --codes 1,2";
    let told = [
        "taken as pairs",
        "pairs.csv:7:1: field `won`: \"perhaps\" is no verdict",
        "pairs.csv:8:1: the row has 2 cells",
    ];
    let folder = check("pairs.csv", flags, (1, &told), [2, 4, 0]);
    let votes: Vec<Value> =
        folder.text("votes.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(votes[0]["decided_at"], "2024-05-01T00:00:00Z");
    assert_eq!(votes[1]["decided_at"], "2024-05-01T12:30:00Z");
    assert_eq!(votes[1]["annotator"], json!({"id": "w2", "kind": "expert"}));
    assert_eq!(votes[1]["note"], "a, b");
    assert_eq!(votes[2]["verdict"], "both_bad");
    assert_eq!(votes[3]["verdict"]["strength"].as_i64().map(i64::abs), Some(1));
    let piped =
        folder.run_with_input(&format!("import --format csv --in - --samples - {flags}"), case("pairs.csv"));
    let piped =
        piped.check(1, &["standard input: taken as pairs", "4 votes not written; give a file as --votes"]);
    assert_eq!(piped.stdout, folder.text("samples.jsonl"));
}

#[test]
fn what_is_exported_comes_back_as_the_same_preferences() {
    let folder = folder(&["pairs.jsonl"]);
    folder.run("import --in pairs.jsonl --samples s.jsonl --votes v.jsonl").check(1, &[]);
    folder.run("export --samples s.jsonl --votes v.jsonl --out first.jsonl").check(0, &[]);
    folder.run("import --in first.jsonl --samples s2.jsonl --votes v2.jsonl").check(0, &["taken as trl"]);
    folder.run("export --samples s2.jsonl --votes v2.jsonl --out second.jsonl").check(0, &[]);
    let rows = |name: &str| -> Vec<[Value; 4]> {
        let row = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            [&row["prompt"], &row["chosen"], &row["rejected"], &row["origin"]["pair"]].map(Clone::clone)
        };
        folder.text(name).lines().map(row).collect()
    };
    assert_eq!(rows("second.jsonl"), rows("first.jsonl"));
    assert!(rows("first.jsonl").len() >= 2);
}

#[test]
fn imported_votes_are_those_that_the_other_commands_take() {
    let folder = folder(&["lmarena.jsonl"]);
    folder.run("import --in lmarena.jsonl --samples s.jsonl --votes v.jsonl").check(1, &[]);
    folder
        .run("merge --in v.jsonl --samples s.jsonl --out merged.jsonl")
        .check(1, &["votes without a time: 1", "3 votes"]);
    folder.run("drift --samples s.jsonl --votes v.jsonl").check(0, &[]);
    let votes = records::<Vote>(&folder, "v.jsonl");
    assert_eq!(votes[1].verdict, Verdict::BothBad);
    assert_eq!(votes[0].annotator.id, "arena_user_9");
}

/// A refusal: exit code 2, and no output.
#[track_caller]
fn check_refused(folder: &Folder, arguments: &str, told: &[&str]) {
    let Ended { .. } = folder.run(&format!("import {arguments}")).check(2, told);
    assert!(!folder.path("out.jsonl").exists());
}

#[test]
fn what_cannot_be_told_or_read_is_refused() {
    let folder = folder(&["trl.jsonl"]);
    folder.put("both.jsonl", r#"{"prompt":"a","chosen":"b","rejected":"c","responses":["b","c"]}"#);
    folder.put("other.jsonl", r#"{"text":"a"}"#);
    folder.put("own.jsonl", r#"{"schema":"tiebreak/vote/1"}"#);
    folder.put("old.gz", b"\x1F\x8B\x08");
    folder.put("old.parquet", b"PAR1");
    folder.put("bad.jsonl", "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"b\"}\n");
    let refused =
        |name: &str, told: &[&str]| check_refused(&folder, &format!("--in {name} --samples out.jsonl"), told);
    refused("both.jsonl", &["both.jsonl:1: the format cannot be told", "fit `trl`, `responses`", "--format"]);
    folder.put("null.jsonl", r#"{"prompt":"x","chosen":"a","rejected":null}"#);
    refused("null.jsonl", &["of which `rejected` hold nothing"]);
    refused("other.jsonl", &["no known format has the fields `text`"]);
    refused("own.jsonl", &["a record of Tiebreak already", "tiebreak merge"]);
    refused("old.gz", &["old.gz is compressed (gzip)", "gunzip -c old.gz | tiebreak import"]);
    refused("old.parquet", &["old.parquet is Parquet", "to_json"]);
    refused("bad.jsonl", &["nothing in bad.jsonl can be used", "identical responses"]);
    refused("missing.jsonl", &["cannot open missing.jsonl"]);
    check_refused(
        &folder,
        "--in trl.jsonl --samples - --votes -",
        &["only one output can be standard output"],
    );
    check_refused(
        &folder,
        "--in trl.jsonl --samples trl.jsonl --force",
        &["trl.jsonl is the output and an input"],
    );
    check_refused(
        &folder,
        "--in trl.jsonl --samples s.jsonl --votes s.jsonl",
        &["s.jsonl is two outputs at once"],
    );
    check_refused(&folder, "--in trl.jsonl --samples trl.jsonl --scale 5..1", &["`5..1` is no scale"]);
}

#[test]
fn a_bad_first_row_or_file_stops_none_of_the_others() {
    let folder = folder(&["trl_own.jsonl"]);
    let rows = [
        r#"{"prompt":"x","chosen":"a","rejected":null}"#,
        r#"{"prompt":"Hi?","chosen":"A.","rejected":"B."}"#,
    ];
    folder.put("null_first.jsonl", rows.join("\n"));
    folder.put("other.jsonl", r#"{"text":"a"}"#);
    folder.run(&format!("import --in null_first.jsonl other.jsonl trl_own.jsonl {ALL}")).check(
        1,
        &[
            "null_first.jsonl:1:1: there is no field `rejected`",
            "other.jsonl:1: the format cannot be told",
            "votes          3",
        ],
    );
    folder.put("future.jsonl", r#"{"prompt":"Hi?","chosen":"A.","rejected":"B.","date":"2099-01-01"}"#);
    folder
        .run("import --in future.jsonl --samples later.jsonl --votes laterv.jsonl")
        .check(0, &["note: the latest vote is of 2099-01-01T00:00:00Z, which is still to come"]);
    folder.put("won.csv", "prompt,response_a,response_b,winner\nHi?,A.,B.,\nHi?,A.,B.,b\n");
    folder
        .run("import --in won.csv --samples s.jsonl --votes v.jsonl")
        .check(1, &["taken as pairs", "won.csv:2:1:"]);
    assert_eq!(records::<Vote>(&folder, "v.jsonl").len(), 1);
}

#[test]
fn files_of_one_name_keep_all_their_votes() {
    let folder = Folder::new();
    let row = |prompt: &str, chosen: &str, rejected: &str| {
        json!({"prompt": prompt, "chosen": chosen, "rejected": rejected}).to_string() + "\n"
    };
    for (year, rows) in
        [("2024", row("Hi?", "A.", "B.")), ("2025", row("Hi?", "B.", "A.") + &row("Ho?", "A.", "B."))]
    {
        std::fs::create_dir(folder.path(year)).unwrap();
        folder.put(&format!("{year}/train.jsonl"), rows);
        let files = format!("--in {year}/train.jsonl --samples s{year}.jsonl --votes v{year}.jsonl");
        folder.run(&format!("import {files}")).check(0, &[]);
    }
    folder.run("merge --in v2024.jsonl --in v2025.jsonl --out all.jsonl").check(1, &[]);
    assert_eq!(records::<Vote>(&folder, "all.jsonl").len(), 3);
    let told =
        ["a flag names the field `nosuch`, and no row has it", "left out: a row that repeats an earlier one"];
    let twice =
        "--in 2024/train.jsonl 2024/train.jsonl --time-field nosuch --samples s.jsonl --votes v.jsonl";
    folder.run(&format!("import {twice}")).check(1, &told);
    assert_eq!(records::<Vote>(&folder, "v.jsonl").len(), 1);
}

#[test]
fn nothing_is_replaced_without_force() {
    let folder = folder(&["trl_own.jsonl"]);
    folder.put("s.jsonl", "mine");
    folder.run("import --in trl_own.jsonl --samples s.jsonl").check(2, &["s.jsonl exists", "--force"]);
    assert_eq!(folder.text("s.jsonl"), "mine");
    folder
        .run("import --in trl_own.jsonl --samples s.jsonl --votes v.jsonl --force")
        .check(0, &["s.jsonl: 2 samples"]);
    assert_eq!(records::<Sample>(&folder, "s.jsonl").len(), 2);
}
