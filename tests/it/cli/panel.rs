//! Several judges in one run.

use super::judge_endpoint::{folder, folder_of, longer, serve};
use serde_json::Value;
use std::collections::BTreeSet;
use tiebreak_tests::scripted_server::{ScriptedServer, openai_answer};

/// Three judges behind one server, told apart by their models' names.
fn judges(server: &ScriptedServer) -> String {
    let judge = |name: &str| {
        format!(
            "[[judge]]\nname = \"{name}\"\nmodel = \"{name}\"\nendpoint = \"{}\"\ntemplate = \"json\"\n\n",
            server.url()
        )
    };
    ["careful", "quick", "contrary"].map(judge).concat()
}

/// Two models say which reply is longer; the third says the opposite.
fn panel_server() -> ScriptedServer {
    serve(|call| {
        let body: Value = serde_json::from_str(&call.body).unwrap();
        let model = body["model"].as_str().unwrap();
        let answer = match (model, longer(call)) {
            ("contrary", "A") => "B",
            ("contrary", _) => "A",
            (_, right) => right,
        };
        openai_answer(model, &format!("{{\"reason\": \"It says more.\", \"verdict\": \"{answer}\"}}"))
    })
}

#[test]
fn a_panel_is_asked_and_pooled_in_one_run() {
    // So few pairs as to show that the judges' answers depend on each other's.
    let folder = folder_of(12);
    let server = panel_server();
    folder.put("panel.toml", judges(&server));
    let panel = "panel --samples samples.jsonl --judges panel.toml --out panel";
    let dry = folder.run(&format!("{panel} --dry-run")).check(0, &["careful:", "24 calls", "contrary:"]);
    assert!(!dry.stderr.contains("The panel on"), "{}", dry.stderr);
    assert_eq!((server.n_calls(), folder.path("panel").exists()), (0, false));

    folder.run(panel).check(0, &["The panel on 12 pairs: a side on 12", "no people to measure it by"]);
    assert_eq!(server.n_calls(), 3 * 24);
    for name in ["careful", "quick", "contrary", "panel"] {
        assert_eq!(folder.sorted(&format!("panel/{name}.jsonl")).len(), 12, "{name}");
    }
    let vote = |line: &String| serde_json::from_str::<Value>(line).unwrap();
    for (pooled, member) in folder.sorted("panel/panel.jsonl").iter().zip(folder.sorted("panel/quick.jsonl"))
    {
        let (pooled, member) = (vote(pooled), vote(&member));
        assert_eq!((&pooled["pair"], &pooled["verdict"]), (&member["pair"], &member["verdict"]));
        assert_eq!(pooled["judge"]["members"].as_array().unwrap().len(), 3);
    }
    let before = folder.text("panel/panel.jsonl");
    folder.run(panel).check(0, &["finished already"]);
    assert_eq!((server.n_calls(), folder.text("panel/panel.jsonl")), (72, before), "nothing is asked twice");
}

#[test]
fn local_models_vote_and_two_are_no_panel() {
    let folder = folder();
    let judge = |name: &str, model: &str| {
        format!("[[judge]]\nname = \"{name}\"\nmodel = \"{model}\"\nmethod = \"likelihood\"\n")
    };
    let panel = "panel --samples samples.jsonl --judges panel.toml --out . --quiet";
    folder.put("panel.toml", judge("a", "model.gguf") + &judge("b", "builtin"));
    folder.run(panel).check(2, &["panel.toml names 2 judges", "--method median"]);
    assert!(!folder.path("a.jsonl").exists(), "nobody is asked in vain");

    // A third that takes every difference for a tie tells nothing of the others, and all votes are kept.
    let third = judge("c", "builtin") + "tie-band = 99\n";
    folder.put("panel.toml", judge("a", "model.gguf") + &judge("b", "builtin") + &third);
    folder.run(panel).check(2, &["three judges or more whose answers are shown to depend"]);
    let annotators: BTreeSet<String> = ["a", "b", "c"]
        .map(|name| serde_json::from_str::<Value>(&folder.sorted(&format!("{name}.jsonl"))[0]).unwrap())
        .map(|vote| vote["annotator"]["id"].as_str().unwrap().to_owned())
        .into();
    assert_eq!(annotators.len(), 3);
}

#[test]
fn what_is_wrong_is_told_before_anybody_is_asked() {
    let folder = folder();
    let server = panel_server();
    let panel = "panel --samples samples.jsonl --judges panel.toml --out panel";
    for (from, to, expected) in [
        ("template = \"json\"\n\n", "template = \"critique\"\n\n", "a judge needs a verdict"),
        ("name = \"quick\"", "name = \"careful\"", "a second judge is called `careful`"),
        ("template", "tmplate", "unknown key `tmplate`"),
    ] {
        folder.put("panel.toml", judges(&server).replace(from, to));
        folder.run(panel).check(2, &[expected]);
    }
    assert_eq!((server.n_calls(), folder.path("panel").exists()), (0, false));
    folder.put("panel.toml", judges(&server).replace("model = \"quick\"", "model = \"careful\""));
    folder.run(panel).check(2, &["two judges of the panel are one"]);
    folder.put("panel.toml", judges(&server));
    folder.run(&panel.replace("samples.jsonl", "-")).check(2, &["not from standard input"]);
    std::fs::create_dir(folder.path("mine")).unwrap();
    folder.put("mine/panel.jsonl", "mine\n");
    folder.run(&panel.replace("--out panel", "--out mine")).check(2, &["mine/panel.jsonl exists", "--force"]);
}
