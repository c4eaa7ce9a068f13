//! `generate --endpoint` against a server on loopback that answers as a script says.

mod budget;
mod faults;
mod resume;

use super::{Ended, Folder, ended};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::Duration;
use tiebreak_tests::scripted_server::{Call, Reply, ScriptedServer, anthropic_answer, openai_answer};

/// What no output and no file may hold.
const KEY: &str = "sk-a-key-that-nobody-may-see";

/// The arguments of a short `generate` against `server`.
fn arguments(server: &ScriptedServer, more: &str) -> String {
    let url = server.url();
    format!(
        "generate --endpoint {url} --model m --key-env TEST_KEY --prompts prompts.jsonl --max-tokens 12 --out out.jsonl {more}"
    )
}

/// `generate` as a command that can be started.
fn command(folder: &Folder, server: &ScriptedServer, more: &str) -> Command {
    let mut command = folder.command(&arguments(server, more));
    command.env("TEST_KEY", KEY);
    command
}

/// Runs `generate` and looks for the key in everything that it leaves behind.
fn generate(folder: &Folder, server: &ScriptedServer, more: &str) -> Ended {
    let ended = ended(command(folder, server, more).spawn().expect("the binary starts"));
    assert_no_key(folder, &ended);
    ended
}

fn assert_no_key(folder: &Folder, ended: &Ended) {
    assert!(!format!("{ended:?}").contains(KEY), "{ended:?}");
    for entry in fs::read_dir(folder.0.path()).expect("the folder is there") {
        let path = entry.expect("the folder is readable").path();
        let bytes = fs::read(&path).expect("a file is readable");
        let shows = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!shows, "the key stands in {}", path.display());
    }
}

/// A folder with one prompt, and so with two asks.
fn folder_of_one() -> Folder {
    let folder = Folder::new();
    folder.put("prompts.jsonl", "{\"id\": \"a\", \"prompt\": \"Where is my order?\"}\n");
    folder
}

/// A server that answers every call with its number.
fn good_server() -> ScriptedServer {
    ScriptedServer::start(|call| openai_answer("m", &format!("answer {}", call.number)))
        .expect("a port is free")
}

fn body(call: &Call) -> Value {
    serde_json::from_str(&call.body).expect("a request is JSON")
}

fn samples(folder: &Folder) -> Vec<Value> {
    let lines = folder.sorted("out.jsonl");
    lines.iter().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// Both responses of a sample with the settings that stand in the record.
fn responses(sample: &Value) -> impl Iterator<Item = &Value> {
    sample["responses"].as_array().expect("a sample has responses").iter()
}

#[test]
fn each_response_is_one_call_with_the_settings_of_its_record() {
    let (folder, server) = (Folder::new(), good_server());
    let ended = generate(&folder, &server, "--top-k 40 --stop zzz --seed 5");
    ended.check(
        0,
        &[
            "127.0.0.1 (this machine) receives the texts: up to 14 asks of the model m",
            "7 samples",
            "14 calls",
        ],
    );
    let calls = server.calls();
    assert_eq!(calls.len(), 14);
    for sample in samples(&folder) {
        for response in responses(&sample) {
            assert_eq!(
                [
                    &response["runtime"],
                    &response["model"]["name"],
                    &response["finish_reason"],
                    &response["tokens"]
                ],
                [&json!("endpoint"), &json!("m"), &json!("stop"), &json!(3)]
            );
            let number: usize =
                response["text"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
            let call = &calls[number];
            assert_eq!(call.path, "/v1/chat/completions");
            assert_eq!(call.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
            let (body, sampling) = (body(call), &response["sampling"]);
            for name in ["temperature", "top_p", "top_k", "max_tokens", "stop"] {
                assert_eq!(body[name], sampling[name], "{name}");
            }
            assert_eq!(body["messages"][0]["content"], sample["prompt"]["messages"][0]["content"]);
            assert_eq!(sampling["seed"], 5);
        }
    }
    let mut seeds: Vec<u64> = calls.iter().map(|call| body(call)["seed"].as_u64().unwrap()).collect();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 14, "every response has a draw of its own");
}

#[test]
fn the_plan_is_that_of_a_local_model() {
    let (folder, server) = (Folder::new(), good_server());
    generate(&folder, &server, "").check(0, &[]);
    folder.generate("--out local.jsonl").check(0, &[]);
    let settings = |name: &str| -> Vec<Value> {
        let parse = |line: &String| serde_json::from_str::<Value>(line).unwrap();
        let mut samples: Vec<Value> = folder.sorted(name).iter().map(parse).collect();
        samples.sort_by_key(|sample| sample["prompt"]["id"].to_string());
        samples.iter().flat_map(responses).map(|response| response["sampling"].clone()).collect()
    };
    assert_eq!(settings("out.jsonl"), settings("local.jsonl"));
}

#[test]
fn anthropics_messages_are_spoken_too() {
    let folder = Folder::new();
    folder.put(
        "prompts.jsonl",
        r#"{"id": "a", "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]}"#,
    );
    let server = ScriptedServer::start(|_| anthropic_answer("m-20251001", "Hello")).unwrap();
    generate(&folder, &server, "--protocol anthropic").check(0, &["1 sample with 2 responses"]);
    let calls = server.calls();
    assert_eq!(calls[0].path, "/v1/messages");
    assert_eq!(calls[0].header("x-api-key"), Some(KEY));
    assert_eq!(calls[0].header("authorization"), None);
    assert!(calls[0].header("anthropic-version").is_some());
    let body = body(&calls[0]);
    assert_eq!(body["system"], "Be kind.");
    assert_eq!(body["messages"], json!([{"role": "user", "content": "Hi"}]));
    assert_eq!(body["max_tokens"], 12);
    let sample = samples(&folder).remove(0);
    assert_eq!(sample["responses"][0]["model"]["name"], "m-20251001");
    assert_eq!(sample["responses"][0]["text"], "Hello");
    let refused = generate(&folder, &server, "--protocol anthropic --force --min-p 0.1");
    refused.check(2, &["the anthropic protocol cannot carry min_p", "--min-p"]);
    assert_eq!(server.n_calls(), 2);
}

#[test]
fn personal_data_is_told_or_replaced() {
    let folder = Folder::new();
    folder.put(
        "prompts.jsonl",
        "{\"id\": \"a\", \"prompt\": \"I am jo@example.org, card 4111 1111 1111 1111\"}\n",
    );
    let server = good_server();
    let told = generate(&folder, &server, "");
    told.check(
        0,
        &["personal data in 1 of 1 text is sent as it is: 1 e-mail address, 1 card number; --redact"],
    );
    assert!(server.calls()[0].body.contains("jo@example.org"));
    generate(&folder, &server, "--redact").check(2, &["--redact: false -> true"]);
    let replaced = generate(&folder, &server, "--redact --force");
    replaced.check(0, &["is replaced before it is sent"]);
    for call in &server.calls()[2..] {
        assert_eq!(body(call)["messages"][0]["content"], "I am [email], card [card_number]");
    }
    // The record says what the model was asked.
    assert_eq!(samples(&folder)[0]["prompt"]["messages"][0]["content"], "I am [email], card [card_number]");
}

#[test]
fn no_more_calls_at_once_than_allowed() {
    let folder = Folder::new();
    let slow = |call: &Call| openai_answer("m", &call.number.to_string()).after(Duration::from_millis(100));
    let server = ScriptedServer::start(slow).unwrap();
    generate(&folder, &server, "--concurrency 3").check(0, &["7 samples"]);
    assert_eq!(server.most_at_once(), 3);
}

#[test]
fn equal_asks_are_asked_once() {
    let (folder, server) = (Folder::new(), good_server());
    folder.put("prompts.jsonl", "{\"id\": \"a\", \"prompt\": \"Hi\"}\n{\"id\": \"b\", \"prompt\": \"Hi\"}\n");
    generate(&folder, &server, "--temperature 0 -n 3")
        .check(0, &["2 samples with 6 responses", "5 uses of another's"]);
    assert_eq!(server.n_calls(), 1);
    for sample in samples(&folder) {
        assert!(responses(&sample).all(|response| response["text"] == "answer 0"));
    }
    // Draws that only look equal are draws of their own.
    generate(&folder, &server, "--temperature 1 -n 3 --force").check(0, &[]);
    assert_eq!(server.n_calls(), 7);
}

#[test]
fn what_cannot_be_meant_is_refused_before_any_call() {
    let (folder, server) = (Folder::new(), good_server());
    for (flags, part) in [
        ("--batch 4", "--batch"),
        ("--threads 2", "--threads"),
        ("--device cpu", "--device"),
        ("--concurrency 0", "--concurrency"),
        ("--max-cost 1", "--price-in"),
        ("--price-in 1", "--price-out"),
        ("--max-cost -1 --price-in 1 --price-out 1", "--max-cost"),
        ("--cache out.jsonl", "--cache"),
        ("--cache prompts.jsonl", "--cache"),
        ("--cache a --no-cache", "--no-cache"),
    ] {
        generate(&folder, &server, flags).check(2, &["error: ", part]);
    }
    folder.generate("--out out.jsonl --concurrency 4").check(2, &["--endpoint"]);
    for (url, part) in [
        ("https://api.example.com/v1", "environment variable TEST_KEY"),
        ("http://api.example.com/v1", "unencrypted"),
        ("http://user:pass@127.0.0.1/v1", "leave them out"),
        ("127.0.0.1:8000", "such as http://127.0.0.1:8000/v1"),
    ] {
        let arguments = format!(
            "generate --endpoint {url} --key-env TEST_KEY --model m --prompts prompts.jsonl --out out.jsonl"
        );
        folder.run(&arguments).check(2, &["error: ", part]);
    }
    assert_eq!(server.n_calls(), 0);
    assert!(!folder.path("out.jsonl").exists() && !folder.path("out.jsonl.answers.jsonl").exists());
}

#[test]
fn a_file_gives_the_flags() {
    let (folder, server) = (Folder::new(), good_server());
    let url = server.url();
    folder.put(
        "study.toml",
        format!("[generate]\nendpoint = \"{url}\"\nmodel = \"m\"\nprompts = \"prompts.jsonl\"\nconcurrency = 2\nmax-calls = 4\nno-cache = true\n"),
    );
    folder.run("generate --config study.toml --out out.jsonl").check(1, &["--max-calls allows 4 calls"]);
    assert_eq!(server.n_calls(), 4);
    assert!(!folder.path("out.jsonl.answers.jsonl").exists());
    assert_eq!(server.calls()[0].header("authorization"), None, "a server on this machine needs no key");
}
