//! Prompts that are broken, huge or strange: what is good is done, what is not is named.

use super::Folder;

/// Runs `generate` on a file of `bytes`.
#[track_caller]
fn check(what: &str, bytes: &[u8], (code, n_samples): (i32, usize), stderr_has: &[&str]) {
    let folder = Folder::new();
    folder.put("bad.jsonl", bytes);
    let arguments = "generate --model model.gguf --prompts bad.jsonl --max-tokens 4 --out out.jsonl";
    let ended = folder.run(arguments);
    assert_eq!(ended.code, Some(code), "{what}: {ended:#?}");
    ended.check(code, stderr_has);
    let written = folder.path("out.jsonl").exists().then(|| folder.sorted("out.jsonl").len());
    assert_eq!(written.unwrap_or(0), n_samples, "{what}");
}

#[test]
fn forms_that_are_read() {
    check("plain text", b"Where is it?\n\nAnd this?\n", (0, 2), &[]);
    check("byte-order mark", b"\xEF\xBB\xBF{\"prompt\": \"Hi?\"}\n", (0, 1), &[]);
    check("CRLF", b"{\"prompt\": \"Hi?\"}\r\n{\"prompt\": \"Ho?\"}\r\n", (0, 2), &[]);
    check("no line end", b"{\"prompt\": \"Hi?\"}", (0, 1), &[]);
    check("messages", br#"{"messages": [{"role": "user", "content": "Hi?"}]}"#, (0, 1), &[]);
}

#[test]
fn faults_that_are_named() {
    check("empty file", b"", (2, 0), &["error: bad.jsonl is empty"]);
    check("a cut line", b"{\"prompt\": \"Hi?\"}\n{\"prompt\": \"Ho", (1, 1), &["bad.jsonl:2:"]);
    check(
        "duplicate ids",
        b"{\"id\":\"a\",\"prompt\":\"Hi?\"}\n{\"id\":\"a\",\"prompt\":\"Ho?\"}",
        (1, 1),
        &["bad.jsonl:2:", "`a`"],
    );
    check(
        "not UTF-8",
        b"{\"prompt\": \"H\xFF?\"}\n{\"prompt\": \"Ho?\"}\n",
        (1, 1),
        &["bad.jsonl:1:", "UTF-8"],
    );
    check("an empty prompt", b"{\"prompt\": \"\"}\n{\"prompt\": \"Ho?\"}\n", (1, 1), &["bad.jsonl:1:"]);
    check(
        "only faults",
        b"{\"no\": 1}\n",
        (2, 0),
        &["bad.jsonl:1:", "error: there is no usable prompt in bad.jsonl"],
    );
    let deep =
        format!("{{\"prompt\": {}1{}}}\n{{\"prompt\": \"Ho?\"}}\n", "[".repeat(5000), "]".repeat(5000));
    check("deep nesting", deep.as_bytes(), (1, 1), &["bad.jsonl:1:"]);
}

#[test]
fn a_prompt_longer_than_the_context_is_a_problem_and_the_rest_goes_on() {
    let long = format!(
        "{{\"id\": \"long\", \"prompt\": \"{}\"}}\n{{\"prompt\": \"Ho?\"}}\n",
        "a b c d e ".repeat(10_000)
    );
    check(
        "100,000 characters",
        long.as_bytes(),
        (1, 1),
        &["bad.jsonl:1: prompt `long`: ", "context of 1024"],
    );
}

#[test]
fn a_failed_prompt_is_tried_again() {
    let folder = Folder::new();
    let long =
        format!("{{\"id\": \"long\", \"prompt\": \"{}\"}}\n{{\"prompt\": \"Ho?\"}}\n", "word ".repeat(1000));
    folder.put("prompts.jsonl", long);
    folder.generate("--out out.jsonl").check(1, &["prompt `long`"]);
    folder.generate("--out out.jsonl").check(1, &["prompt `long`"]);
    assert_eq!(folder.sorted("out.jsonl").len(), 1);
}

#[test]
fn no_file_and_no_flag() {
    let folder = Folder::new();
    folder
        .run("generate --model model.gguf --prompts none.jsonl --out o")
        .check(2, &["error: cannot open none.jsonl"]);
    folder.run("generate --model model.gguf --prompts . --out o").check(2, &["error: . is a folder"]);
    folder.run("generate --model model.gguf --out o").check(2, &["--prompts"]);
    folder.run("").check(2, &["Usage: tiebreak"]);
    folder.run("genrate").check(2, &["similar", "generate"]);
}
