//! Judges that are asked: templates, words, ratings, and what is wrong with the flags.
//!
//! A model of random weights writes no verdict, and so everything that it says has to come out unparsed.

use super::Folder;
use serde_json::Value;

fn votes(folder: &Folder, file: &str) -> Vec<Value> {
    folder.sorted(file).iter().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

const SHORT: &str = "\
<!-- version: 3 -->
<!-- answer: marked -->
[user]
{conversation} A: {reply_a} B: {reply_b}";

const SHORT_RATINGS: &str = "\
<!-- version: 1 -->
<!-- answer: ratings -->
<!-- criteria: clear, kind -->
[user]
{conversation} Reply: {reply}";

#[test]
fn words_without_a_verdict_are_stored_as_such() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    folder.put("short.txt", SHORT);
    let judge = "judge --samples samples.jsonl --model model.gguf --template short.txt --max-tokens 6";
    folder.run(&format!("{judge} --out one.jsonl --batch 1")).check(0, &["7 votes", "no verdict on 7 of 7"]);
    folder.run(&format!("{judge} --out many.jsonl --batch 16")).check(0, &["7 votes"]);
    assert_eq!(folder.sorted("one.jsonl"), folder.sorted("many.jsonl"), "the batch changes nothing");
    for vote in votes(&folder, "one.jsonl") {
        assert_eq!((&vote["verdict"], &vote["judge"]["method"]), (&"unparsed".into(), &"words".into()));
        assert_eq!(vote["judge"]["template"]["version"], "3");
        assert_eq!(vote["judge"]["parser"], "2");
        assert_eq!(vote["judge"]["verdict_by_order"], serde_json::json!(["unparsed", "unparsed"]));
        assert_eq!(vote["judge"]["raw_text_by_order"].as_array().unwrap().len(), 2);
        // The model writes replies without text too, and that stands before.
        assert!(vote["judge"]["raw_text"].as_str().unwrap().contains("no verdict: "));
        assert!(vote["annotator"]["id"].as_str().unwrap().contains(":short@3:~"));
        assert!(vote.get("shown_first").is_none());
    }
    folder.run(&format!("{judge} --out one.jsonl --on-flip abstain")).check(2, &["on-flip"]);
    folder.run(&format!("{judge} --out single.jsonl --one-order")).check(0, &["7 votes"]);
    let single = votes(&folder, "single.jsonl");
    assert!(single.iter().all(|vote| vote["shown_first"].is_string()), "{single:?}");
}

#[test]
fn ratings_that_cannot_be_read_are_none() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl -n 3").check(0, &[]);
    folder.put("ratings.txt", SHORT_RATINGS);
    let judge = "judge --samples samples.jsonl --model model.gguf --template ratings.txt --max-tokens 4";
    folder
        .run(&format!("{judge} --out votes.jsonl --ratings ratings.jsonl"))
        .check(0, &["21 votes", "no verdict on 21 of 21"]);
    assert!(votes(&folder, "votes.jsonl").iter().all(|vote| vote["judge"]["method"] == "ratings"));
    assert_eq!(folder.text("ratings.jsonl"), "");
}

#[test]
fn a_built_in_template_can_be_printed_and_given_back() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    let printed = folder.run("prompts --template pairwise").check(0, &[]).stdout;
    folder.put("pairwise.txt", printed);
    let judge = "judge --samples samples.jsonl --model model.gguf --out votes.jsonl --template";
    folder.run(&format!("{judge} pairwise")).check(0, &["7 votes"]);
    folder.run(&format!("{judge} pairwise.txt")).check(0, &["finished already"]);
    for name in ["bare", "reasoned", "json", "reference", "rubric", "critique", "revision"] {
        let printed = folder.run(&format!("prompts --template {name}")).check(0, &[]).stdout;
        assert!(printed.starts_with("<!-- version: "), "{printed}");
    }
    folder.run("prompts --template nice").check(2, &["--template nice", "pairwise, bare, reasoned"]);
    folder.run(&format!("{judge} critique")).check(2, &["a judge needs a verdict or ratings"]);
    assert!(folder.run("prompts --constitution").check(0, &[]).stdout.contains("\"honest-unknown\""));
}

#[test]
fn flags_that_do_not_fit_together_are_told() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    folder.put("short.txt", SHORT);
    folder.put("broken.txt", "<!-- version: 1 -->\n[user]\n{conversation} {reply_a} {reply_c}");
    let check = |flags: &str, parts: &[&str]| {
        let judge = "judge --samples samples.jsonl --model model.gguf --out votes.jsonl";
        folder.run(&format!("{judge} {flags}")).check(2, parts);
        assert!(!folder.path("votes.jsonl").exists(), "{flags}");
    };
    check("", &["--method"]);
    check("--method likelihood --template reasoned", &["asks no question"]);
    check("--method label --template reasoned", &["--method words"]);
    check("--method ratings --template reasoned", &["answer: ratings"]);
    check("--method words --template rubric", &["--method ratings"]);
    check("--template reasoned --tie-band 1", &["--tie-band"]);
    check("--method label --one-order", &["--method words"]);
    check("--template reasoned --one-order --on-flip tie", &["nothing can flip"]);
    check("--method label --max-tokens 5", &["--max-tokens"]);
    check("--template reasoned --ratings r.jsonl", &["--method ratings"]);
    check("--template reasoned --end-weight 1", &["--method likelihood"]);
    check("--template nice", &["--template nice", "reasoned"]);
    check("--template broken.txt", &["broken.txt", "{reply_b}"]);
}

#[test]
fn a_reference_answer_that_is_missing_is_told() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    let judge = "judge --samples samples.jsonl --model model.gguf --template reference --out votes.jsonl";
    folder.run(judge).check(1, &["samples.jsonl:1: prompt `", "has no reference_answer", "7 problems"]);
}
