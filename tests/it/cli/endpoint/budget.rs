//! What may be spent: calls, money, and nothing in a dry run.

use super::*;

#[test]
fn calls_stop_before_the_budget_and_go_on_with_a_higher_one() {
    let (folder, server) = (Folder::new(), good_server());
    let stopped = generate(&folder, &server, "--max-calls 5");
    stopped.check(
        1,
        &["--max-calls allows 5 calls", "stopped: out.jsonl holds 2 of 7 samples", "goes on from there"],
    );
    assert_eq!((server.n_calls(), samples(&folder).len()), (5, 2));
    generate(&folder, &server, "--max-calls 5").check(1, &["0 calls", "--max-calls allows 5 calls"]);
    assert_eq!(server.n_calls(), 5, "a repetition does not spend the budget again");
    generate(&folder, &server, "--max-calls 14")
        .check(0, &["5 samples", "9 calls, 1 answer from earlier starts"]);
    assert_eq!((server.n_calls(), samples(&folder).len()), (14, 7));
}

#[test]
fn retries_are_calls() {
    let folder = folder_of_one();
    let server = ScriptedServer::start(|_| Reply::new(503, "")).unwrap();
    generate(&folder, &server, "--max-calls 2 --concurrency 1").check(1, &["--max-calls allows 2 calls"]);
    assert_eq!(server.n_calls(), 2);
}

#[test]
fn money_stops_before_the_call_that_could_exceed_it() {
    let (folder, server) = (Folder::new(), good_server());
    // A call costs 3 (its 3 tokens of answer) and is feared to cost 12.
    let prices = "--price-in 0 --price-out 1000000";
    let stopped = generate(&folder, &server, &format!("{prices} --max-cost 20"));
    stopped.check(1, &["the next call could exceed --max-cost 20", "9.0000 in the prices' currency"]);
    assert_eq!(server.n_calls(), 3);
    generate(&folder, &server, &format!("{prices} --max-cost 52"))
        .check(0, &["6 samples with 12 responses", "11 calls"]);
    assert_eq!(server.n_calls(), 14);
}

#[test]
fn a_dry_run_tells_all_and_calls_nobody() {
    let (folder, server) = (Folder::new(), good_server());
    let dry = format!("{} --dry-run --price-in 1 --price-out 2", arguments(&server, ""));
    // No key is needed to be told.
    folder.run(&dry).check(
        0,
        &["a dry run: 14 calls", "an estimate of", "at most 168 of answers", "in the prices' currency"],
    );
    assert_eq!(server.n_calls(), 0);
    let files: Vec<_> =
        fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    generate(&folder, &server, "--max-calls 5").check(1, &[]);
    folder.run(&dry).check(0, &["a dry run: 9 calls, and 1 ask answered already"]);
    assert_eq!(server.n_calls(), 5);
}

#[test]
fn what_was_answered_is_not_paid_again() {
    let (folder, server) = (Folder::new(), good_server());
    generate(&folder, &server, "").check(0, &["14 calls"]);
    let before = folder.sorted("out.jsonl");
    // The records are the same to the time, which is that of the answer and not of the copy.
    let mut later = command(&folder, &server, "--force");
    let later = later.env("SOURCE_DATE_EPOCH", "1800000000").spawn().expect("the binary starts");
    ended(later).check(0, &["0 calls, 14 answers from earlier starts"]);
    assert_eq!((server.n_calls(), folder.sorted("out.jsonl")), (14, before));
    generate(&folder, &server, "--force --no-cache").check(0, &["14 calls"]);
    assert_eq!(server.n_calls(), 28);
}

#[test]
fn the_pace_is_kept() {
    let (folder, server) = (folder_of_one(), good_server());
    let start = std::time::Instant::now();
    generate(&folder, &server, "--requests-per-minute 60").check(0, &[]);
    assert!(start.elapsed() >= Duration::from_millis(900), "two calls are a second apart");
}
