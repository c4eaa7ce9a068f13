//! Everything that a server can do wrong: the right class of error, made again only where that helps, nothing invented.

use super::*;

/// What one faulty call leads to.
struct Expected {
    code: i32,
    says: &'static str,
    n_calls: usize,
    n_samples: usize,
}

/// It is asked again, and then all is good.
const ASKED_AGAIN: Expected = Expected { code: 0, says: "(1 without an answer)", n_calls: 3, n_samples: 1 };

/// It fails for good, and the other response is still asked.
const fn failed(says: &'static str) -> Expected {
    Expected { code: 1, says, n_calls: 2, n_samples: 0 }
}

/// The whole run stops.
const fn stopped(says: &'static str) -> Expected {
    Expected { code: 2, says, n_calls: 1, n_samples: 0 }
}

/// Runs one prompt with two responses, the first call of which gets `fault` and all others are good.
#[track_caller]
fn check(fault: Reply, more: &str, expected: &Expected) -> (Folder, ScriptedServer) {
    let folder = folder_of_one();
    let shown = format!("{fault:?}");
    let server = ScriptedServer::start(move |call| match call.number {
        0 => fault.clone(),
        n => openai_answer("m", &format!("answer {n}")),
    });
    let server = server.unwrap();
    let ended = generate(&folder, &server, &format!("--concurrency 1 {more}"));
    ended.check(expected.code, &[expected.says]);
    assert_eq!(server.n_calls(), expected.n_calls, "{shown}");
    let n_samples = if folder.path("out.jsonl").exists() { samples(&folder).len() } else { 0 };
    assert_eq!(n_samples, expected.n_samples, "{shown}");
    (folder, server)
}

#[test]
fn what_passes_is_asked_again() {
    for status in [408, 429, 500, 502, 503, 504, 529] {
        check(Reply::new(status, "<html>busy</html>"), "", &ASKED_AGAIN);
    }
}

#[test]
fn a_pause_that_the_server_asks_for_is_kept() {
    let start = std::time::Instant::now();
    check(Reply::new(429, "").with_header("Retry-After: 2"), "", &ASKED_AGAIN);
    assert!(start.elapsed() >= Duration::from_secs(2));
    check(Reply::new(503, "").with_header("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"), "", &ASKED_AGAIN);
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let good = openai_answer("m", "answer");
    let half = good.body[..good.body.len() / 2].to_owned();
    check(Reply::new(200, half.clone()), "", &ASKED_AGAIN);
    check(Reply::new(200, ""), "", &ASKED_AGAIN);
    check(good.clone().cut_after(0), "", &ASKED_AGAIN);
    check(good.cut_after(half.len()), "", &ASKED_AGAIN);
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_again() {
    let slow = openai_answer("m", "late").after(Duration::from_secs(4));
    check(slow, "--timeout-secs 1", &ASKED_AGAIN);
}

#[test]
fn what_no_repetition_mends_is_not_repeated() {
    let said = r#"{"error":{"message":"temperature is not allowed"}}"#;
    let refused = failed(
        "prompts.jsonl:1: prompt `a`: the server refuses the request (status 400): temperature is not allowed",
    );
    let (folder, server) = check(Reply::new(400, said), "", &refused);
    // The next start asks what failed, and nothing else.
    generate(&folder, &server, "").check(0, &["1 sample with 2 responses", "1 answer from earlier starts"]);
    assert_eq!(server.n_calls(), 3);
    check(Reply::new(413, ""), "", &failed("too long for the server (status 413)"));
    check(Reply::new(422, ""), "", &failed("refuses the request (status 422)"));
    let full = r#"{"error":{"code":"context_length_exceeded","message":"too many tokens"}}"#;
    check(Reply::new(400, full), "", &failed("too large: 1"));
    check(Reply::new(200, "<html>Log in</html>"), "", &failed("it is no JSON"));
    check(Reply::new(200, "{\"choices\": []}"), "", &failed("it holds no reply"));
    check(Reply::new(200, "{\"error\": \"out of memory\"}"), "", &failed("out of memory"));
}

#[test]
fn what_is_wrong_with_all_of_the_run_stops_it() {
    for (status, says) in [
        (401, "error: the server refuses the key (status 401): check the variable that --key-env names"),
        (402, "error: the account has no credit left"),
        (403, "error: the server refuses the key (status 403)"),
        (404, "error: the server knows no such model or address (status 404): check --model"),
    ] {
        let (folder, _) =
            check(Reply::new(status, format!("{{\"error\":\"no {KEY}\"}}")), "", &stopped(says));
        for name in ["out.jsonl", "out.jsonl.run.json", "out.jsonl.answers.jsonl"] {
            assert!(!folder.path(name).exists(), "{name} is left behind after {status}");
        }
    }
    let quota = Reply::new(429, r#"{"error":{"code":"insufficient_quota"}}"#);
    check(quota, "", &stopped("no credit left (status 429)"));
}

#[test]
fn another_models_answer_is_not_taken() {
    let says = "the server answered as `other`, not as `m`: give --model other, or --accept-model other";
    check(openai_answer("other", "answer 0"), "", &stopped(says));
    let accepted = Expected { code: 0, says: "2 calls", n_calls: 2, n_samples: 1 };
    check(openai_answer("other", "answer 0"), "--accept-model other", &accepted);
    check(openai_answer("M-2025-01-01", "answer 0"), "", &accepted);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = good_server();
    for status in [301, 302, 307, 308] {
        let location = format!("Location: {}/chat/completions", elsewhere.url());
        let moved = Reply::new(status, "").with_header(&location);
        check(moved, "", &failed("points to another address"));
    }
    assert_eq!(elsewhere.n_calls(), 0);
}

#[test]
fn a_server_that_repeats_the_key_does_not_show_it() {
    // `generate` looks for the key in all outputs and files.
    check(Reply::new(400, format!("{{\"error\":\"bad {KEY}\"}}")), "", &failed("bad [key]"));
    let escaped = format!("\\u{:04x}{}", KEY.as_bytes()[0], &KEY[1..]);
    check(Reply::new(400, format!("{{\"error\":\"bad {escaped}\"}}")), "", &failed("bad [key]"));
    let told = openai_answer("m", &format!("your key is {KEY}"));
    check(told, "", &Expected { code: 0, says: "2 calls", n_calls: 2, n_samples: 1 });
}

#[test]
fn retries_come_to_an_end() {
    let folder = folder_of_one();
    let server = ScriptedServer::start(|_| Reply::new(500, "")).unwrap();
    let ended = generate(&folder, &server, "--retries 2 --concurrency 1");
    ended.check(
        1,
        &["the server is in trouble (status 500)", "server trouble: 2", "1 problem reported above"],
    );
    assert_eq!(server.n_calls(), 6);
    assert!(samples(&folder).is_empty());
}

#[test]
fn a_server_of_which_nothing_works_is_left_alone() {
    let folder = Folder::new();
    let prompts: String =
        (0..100).map(|i| format!("{{\"id\": \"{i}\", \"prompt\": \"Hi {i}\"}}\n")).collect();
    folder.put("prompts.jsonl", prompts);
    let server = ScriptedServer::start(|_| Reply::new(500, "")).unwrap();
    let ended = generate(&folder, &server, "--retries 0 --concurrency 4");
    ended.check(2, &["error: 20 asks failed in a row"]);
    // Those under way, and those that were prepared, may come on top.
    assert!((20..=28).contains(&server.n_calls()), "{}", server.n_calls());
    let url = server.url();
    drop(server);
    let arguments =
        format!("generate --endpoint {url} --model m --prompts prompts.jsonl --out gone.jsonl --retries 0");
    folder.run(&arguments).check(2, &["error: 20 asks failed in a row", "the connection failed"]);
}

#[test]
fn answers_without_the_usual_parts_are_read() {
    let bare = r#"{"choices":[{"message":{"content":"bare"}}]}"#;
    let (folder, _) =
        check(Reply::new(200, bare), "", &Expected { code: 0, says: "2 calls", n_calls: 2, n_samples: 1 });
    let response = &samples(&folder)[0]["responses"][0];
    assert_eq!((&response["text"], &response["server_finish_reason"]), (&json!("bare"), &json!("unknown")));
    assert!(
        response.get("finish_reason").is_none() && response.get("tokens").is_none(),
        "nothing is invented"
    );
    let long = r#"{"model":"m","choices":[{"finish_reason":"length","message":{"content":null},
        "logprobs":{"content":[{"token":"A","logprob":-0.5,"top_logprobs":[{"token":"A","logprob":-0.5}]}]}}]}"#;
    let (folder, _) =
        check(Reply::new(200, long), "", &Expected { code: 0, says: "2 calls", n_calls: 2, n_samples: 1 });
    let response = &samples(&folder)[0]["responses"][0];
    assert_eq!((&response["text"], &response["finish_reason"]), (&json!(""), &json!("length")));
    let answers = folder.text("out.jsonl.answers.jsonl");
    assert!(answers.contains(r#""first_token":[["A",-0.5]],"mean_logprob_nats":-0.5"#), "{answers}");
}
