//! `generate`: the same records whatever the batch, the threads and the shards; what is refused; pipes.

use super::{Folder, generate};
use serde_json::Value;

#[test]
fn batch_threads_and_shards_change_no_record() {
    let folder = Folder::new();
    folder.generate("--out whole.jsonl --batch 1").check(0, &["7 samples with 14 responses"]);
    let expected = folder.sorted("whole.jsonl");
    assert_eq!(expected.len(), 7);
    for (batch, threads) in [(1, 2), (3, 1), (8, 1), (8, 2)] {
        let out = format!("batch-{batch}-{threads}.jsonl");
        let arguments = "generate --model model.gguf --prompts prompts.jsonl --max-tokens 12";
        folder.run(&format!("{arguments} --batch {batch} --threads {threads} --out {out}")).check(0, &[]);
        assert_eq!(folder.sorted(&out), expected, "batch {batch}, {threads} threads");
    }
    let mut union = Vec::new();
    for part in 1..=3 {
        folder.generate(&format!("--shard {part}/3 --out part-{part}.jsonl")).check(0, &[]);
        union.extend(folder.sorted(&format!("part-{part}.jsonl")));
    }
    union.sort();
    assert_eq!(union, expected, "the union of the shards");
}

#[test]
fn a_record_holds_what_it_was_made_with() {
    let folder = Folder::new();
    folder.generate("--out out.jsonl -n 3 --temperature 0.5 --top-k 40 --seed 9 --stop zzz").check(0, &[]);
    for line in folder.sorted("out.jsonl") {
        let sample: Value = serde_json::from_str(&line).expect("a line is JSON");
        assert_eq!(sample["schema"], "tiebreak/sample/1");
        assert_eq!(sample["responses"].as_array().map(Vec::len), Some(3));
        for response in sample["responses"].as_array().into_iter().flatten() {
            let sampling = &response["sampling"];
            assert_eq!(sampling["temperature"], 0.5);
            assert_eq!(sampling["top_k"], 40);
            assert_eq!(sampling["max_tokens"], 12);
            assert_eq!(sampling["seed"], 9);
            assert_eq!(sampling["stop"][0], "zzz");
            assert_eq!(response["created_at"], "2023-11-14T22:13:20Z");
            assert_eq!(response["runtime"], "native-cpu");
            assert_eq!(response["model"]["quantization"], "Q8_0");
            assert_eq!(response["model"]["sha256"].as_str().map(str::len), Some(64));
        }
    }
}

#[test]
fn equal_texts_are_kept_under_different_ids() {
    let folder = Folder::new();
    folder
        .generate("--out out.jsonl --temperature 0")
        .check(0, &["at temperature 0 all responses", "0.3..1.0"]);
    let line = folder.sorted("out.jsonl").remove(0);
    let sample: Value = serde_json::from_str(&line).expect("a line is JSON");
    let [first, second] = [0, 1].map(|i| sample["responses"][i].clone());
    assert_eq!(first["text"], second["text"]);
    assert_eq!(format!("{}-2", first["id"].as_str().unwrap()), second["id"].as_str().unwrap());
}

#[test]
fn other_arguments_are_refused_and_named() {
    let folder = Folder::new();
    folder.generate("--out out.jsonl --seed 1").check(0, &[]);
    let before = folder.text("out.jsonl");
    folder.generate("--out out.jsonl --seed 2 --temperature 0.7").check(
        2,
        &["error: out.jsonl was begun with other arguments", "--seed: 1 -> 2", "-> 0.7", "--force"],
    );
    folder.put("prompts.jsonl", "{\"prompt\": \"Another one?\"}\n");
    folder.generate("--out out.jsonl --seed 1").check(2, &["--prompts: sha256"]);
    assert_eq!(folder.text("out.jsonl"), before);
    folder.generate("--out out.jsonl --seed 2 --force").check(0, &["1 sample with 2 responses"]);
    assert_eq!(folder.sorted("out.jsonl").len(), 1);
}

#[test]
fn an_output_that_exists_is_refused_and_untouched() {
    let folder = Folder::new();
    folder.put("out.jsonl", "mine\n");
    folder.generate("--out out.jsonl").check(2, &["error: out.jsonl exists", "--force"]);
    assert_eq!(folder.text("out.jsonl"), "mine\n");
    folder.generate("--out .").check(2, &["error: . is a folder"]);
    folder.generate("--out no/such/out.jsonl").check(2, &["no/such/out.jsonl"]);
}

#[test]
fn an_input_is_never_the_output() {
    let folder = Folder::new();
    folder.generate("--out ./prompts.jsonl --force").check(2, &["is the output and an input"]);
    assert_eq!(folder.text("prompts.jsonl"), super::PROMPTS);
    folder.generate("--out samples.jsonl").check(0, &[]);
    let before = folder.text("samples.jsonl");
    let judge = "judge --samples samples.jsonl --model model.gguf --method likelihood --out samples.jsonl";
    folder.run(judge).check(2, &["is the output and an input"]);
    folder
        .run("export --samples samples.jsonl --votes samples.jsonl --out samples.jsonl --force")
        .check(2, &["input"]);
    assert_eq!(folder.text("samples.jsonl"), before);
}

#[test]
fn one_process_at_a_time_writes_a_file() {
    let folder = Folder::new();
    let file = std::fs::File::create(folder.path("out.jsonl")).unwrap();
    file.try_lock().unwrap();
    folder.generate("--out out.jsonl").check(2, &["another process is writing to out.jsonl"]);
}

#[test]
fn a_finished_run_says_so() {
    let folder = Folder::new();
    folder.generate("--out out.jsonl").check(0, &[]);
    let before = folder.text("out.jsonl");
    folder.generate("--out out.jsonl").check(0, &["out.jsonl is finished already: 7 samples"]);
    assert_eq!(folder.text("out.jsonl"), before);
}

#[test]
fn a_model_that_cannot_be_loaded_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.put("broken.gguf", "GGUF");
    let arguments = "generate --prompts prompts.jsonl --out out.jsonl --model";
    folder.run(&format!("{arguments} broken.gguf")).check(2, &["error: cannot load the model broken.gguf: "]);
    folder
        .run(&format!("{arguments} none.gguf"))
        .check(2, &["error: --model none.gguf: there is no such file", "owner/name:file.gguf"]);
    assert!(!folder.path("out.jsonl").exists() && !folder.path("out.jsonl.run.json").exists());
}

#[test]
fn dashes_are_standard_input_and_output() {
    let folder = Folder::new();
    folder.generate("--out file.jsonl").check(0, &[]);
    let arguments = "generate --model model.gguf --prompts - --max-tokens 12 --out -";
    let piped = folder.run_with_input(arguments, super::PROMPTS).check(0, &["7 samples"]);
    let mut lines: Vec<&str> = piped.stdout.lines().collect();
    lines.sort();
    assert_eq!(lines, folder.sorted("file.jsonl"));
}

#[test]
fn quiet_is_quiet_and_no_terminal_sees_no_bar() {
    let folder = Folder::new();
    let ended = folder.generate("--out quiet.jsonl --quiet").check(0, &[]);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let ended = folder.generate("--out loud.jsonl").check(0, &[]);
    assert!(ended.stdout.is_empty() && !ended.stderr.contains(['\r', '\u{1b}']), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_clear_error() {
    let folder = Folder::new();
    let full = "error: cannot write to /dev/full: No space left on device";
    folder.generate("--out /dev/full").check(2, &[full]);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    let mut child = folder.start(&generate("--out -"));
    drop(child.stdout.take());
    let ended = super::ended(child).check(0, &[]);
    assert!(!ended.stderr.contains("error"), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_runs() {
    let folder = Folder::new();
    for (flags, part) in [
        ("--temperature -1", "temperature"),
        ("--temperature 1..0.3", "--temperature"),
        ("--temperature warm", "--temperature"),
        ("--top-p 0", "top_p"),
        ("--min-p 2", "min_p"),
        ("--repetition-penalty 0", "repetition"),
        ("--responses 1", "responses"),
        ("--max-tokens 0", "max_tokens"),
        ("--shard 0/3", "--shard"),
        ("--shard 4/3", "--shard"),
        ("--batch 0", "--batch"),
        ("--threads 0", "--threads"),
        ("--device tpu", "--device"),
    ] {
        let ended = folder.generate(&format!("--out out.jsonl {flags}")).check(2, &["error: "]);
        let name = part.replace('_', "-");
        assert!(ended.stderr.contains(part) || ended.stderr.contains(&name), "{flags}: {}", ended.stderr);
        assert!(!folder.path("out.jsonl").exists(), "{flags}");
    }
}
