//! Kill and Ctrl-C at any moment: what was answered is not asked again.

use super::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Waits until `is_so`, and fails after half a minute.
#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not come to that");
}

fn answers(folder: &Folder) -> usize {
    fs::read_to_string(folder.path("out.jsonl.answers.jsonl")).map_or(0, |text| text.lines().count())
}

/// A server that answers `n_good` calls and then none until it is told to go on.
fn stalling_server(n_good: usize) -> (ScriptedServer, Arc<AtomicUsize>) {
    let allowed = Arc::new(AtomicUsize::new(n_good));
    let asked = Arc::clone(&allowed);
    let server = ScriptedServer::start(move |call| {
        while call.number >= asked.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        openai_answer("m", &format!("answer {}", call.number))
    });
    (server.unwrap(), allowed)
}

#[test]
fn a_killed_run_asks_nothing_twice() {
    let folder = Folder::new();
    let (server, allowed) = stalling_server(5);
    let mut child = command(&folder, &server, "--concurrency 2").spawn().unwrap();
    until(|| answers(&folder) == 5 && server.n_calls() == 7);
    child.kill().unwrap();
    child.wait().unwrap();
    allowed.store(usize::MAX, Ordering::SeqCst);
    generate(&folder, &server, "--concurrency 2").check(0, &["9 calls"]);
    // The two calls under way at the kill were never answered; every other body came once.
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    server.calls().into_iter().for_each(|call| *times.entry(call.body).or_default() += 1);
    let (answered, under_way): (Vec<_>, Vec<_>) =
        server.calls().into_iter().partition(|call| !(5..7).contains(&call.number));
    assert_eq!((times.len(), server.n_calls()), (14, 16));
    assert!(
        answered
            .iter()
            .all(|call| times[&call.body] == 1 || under_way.iter().any(|cut| cut.body == call.body))
    );
    let texts: Vec<Value> = samples(&folder).iter().flat_map(responses).map(|r| r["text"].clone()).collect();
    assert_eq!(texts.len(), 14);
}

#[test]
fn killed_at_any_moment_it_ends_with_every_response_once() {
    let folder = Folder::new();
    let bodies: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let seen = Arc::clone(&bodies);
    let server = ScriptedServer::start(move |call| {
        *seen.lock().unwrap().entry(call.body.clone()).or_default() += 1;
        openai_answer("m", &call.body.len().to_string()).after(Duration::from_millis(30))
    });
    let server = server.unwrap();
    let mut kills = 0;
    let last = loop {
        let mut child = command(&folder, &server, "--concurrency 1").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + 25 * kills));
        if child.try_wait().unwrap().is_some() {
            break ended(child);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    };
    last.check(0, &[]);
    assert!(kills > 0, "nothing was killed");
    assert_eq!((samples(&folder).len(), answers(&folder)), (7, 14));
    // Each kill can cut off the one call that is under way.
    let bodies = bodies.lock().unwrap();
    assert_eq!(bodies.len(), 14);
    assert!(server.n_calls() <= 14 + kills as usize, "{} calls after {kills} kills", server.n_calls());
}

#[test]
fn every_cut_of_the_answers_is_mended() {
    let (folder, server) = (folder_of_one(), good_server());
    generate(&folder, &server, "").check(0, &[]);
    let whole = fs::read(folder.path("out.jsonl.answers.jsonl")).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in [0, 1, 30, first - 1, first, first + 1, whole.len() - 1, whole.len()] {
        fs::write(folder.path("out.jsonl.answers.jsonl"), &whole[..cut]).unwrap();
        let before = server.n_calls();
        generate(&folder, &server, "--force").check(0, &["1 sample with 2 responses"]);
        let n_kept = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(server.n_calls() - before, 2 - n_kept, "cut at {cut}");
        assert_eq!(answers(&folder), 2, "cut at {cut}");
    }
}

#[test]
fn another_machine_that_serves_the_same_model_goes_on() {
    let (folder, first, second) = (Folder::new(), good_server(), good_server());
    generate(&folder, &first, "--max-calls 6 --concurrency 1").check(1, &["3 of 7 samples"]);
    generate(&folder, &second, "").check(0, &["going on after 3 samples", "8 calls"]);
    assert_eq!(samples(&folder).len(), 7);
}

#[cfg(unix)]
#[test]
fn ctrl_c_waits_for_calls_under_way_and_keeps_their_answers() {
    let folder = Folder::new();
    let (server, allowed) = stalling_server(4);
    let child = command(&folder, &server, "--concurrency 3").spawn().unwrap();
    until(|| answers(&folder) == 4 && server.n_calls() == 7);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    allowed.store(usize::MAX, Ordering::SeqCst);
    let stopped = ended(child);
    stopped.check(130, &["interrupted: out.jsonl holds 3 of 7 samples; the same command goes on from there"]);
    assert_eq!((server.n_calls(), answers(&folder)), (7, 7));
    generate(&folder, &server, "").check(0, &["7 calls"]);
    assert_eq!((server.n_calls(), samples(&folder).len()), (14, 7));
}
