//! Downloads that break off go on where they stopped.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn nothing(_: &Call, _: &Reply) -> Option<Reply> {
    None
}

fn ranges(hub: &FakeHub) -> Vec<Option<String>> {
    hub.cdn_calls().iter().map(|call| call.header("range").map(str::to_owned)).collect()
}

#[test]
fn what_breaks_off_is_fetched_on() {
    let folder = Folder::new();
    let n_calls = AtomicUsize::new(0);
    let cut = move |_: &Call, right: &Reply| match n_calls.fetch_add(1, Ordering::SeqCst) {
        0 => Some(right.clone().cut_after(1000)),
        1 => Some(right.clone().pausing_after(500, Duration::from_secs(3))),
        2 => Some(Reply::new(502, "")),
        _ => None,
    };
    let hub = FakeHub::start_with(repository(&folder), nothing, cut).unwrap();
    run(&folder, &hub, &generate("owner/name"))
        .check(0, &["owner/name:q8.gguf stopped, and goes on from byte 1000", "7 samples"]);
    let from = |n: usize| Some(format!("bytes={n}-"));
    assert_eq!(ranges(&hub), [None, from(1000), from(1500), from(1500)]);
}

#[test]
fn a_killed_download_goes_on_at_the_next_start() {
    let folder = Folder::new();
    let n_calls = AtomicUsize::new(0);
    let first_pauses = move |_: &Call, right: &Reply| {
        let is_first = n_calls.fetch_add(1, Ordering::SeqCst) == 0;
        is_first.then(|| right.clone().pausing_after(2000, Duration::from_secs(20)))
    };
    let hub = FakeHub::start_with(repository(&folder), nothing, first_pauses).unwrap();
    let unfinished =
        cached(&folder, &format!("blobs/{}.incomplete", sha256(&repository(&folder)["q8.gguf"])));
    let mut patient = command(&folder, &hub, &generate("owner/name"));
    let mut child = patient.env("HF_HUB_DOWNLOAD_TIMEOUT", "60").spawn().unwrap();
    while fs::metadata(&unfinished).map_or(0, |metadata| metadata.len()) < 2000 {
        assert!(child.try_wait().unwrap().is_none(), "the download ended too early");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = run(&folder, &hub, "models").check(0, &[]).stdout;
    assert!(listed.contains("2.0 kB  not all of it has come yet"), "{listed}");
    run(&folder, &hub, &generate("owner/name")).check(0, &["7 samples"]);
    assert_eq!(ranges(&hub), [None, Some("bytes=2000-".to_owned())]);
}

#[test]
fn a_server_that_sends_all_again_is_taken_from_the_beginning() {
    let folder = Folder::new();
    let model = repository(&folder)["q8.gguf"].clone();
    let n_calls = AtomicUsize::new(0);
    let whole = move |_: &Call, _: &Reply| {
        let whole = Reply::new(200, model.clone());
        Some(if n_calls.fetch_add(1, Ordering::SeqCst) == 0 { whole.cut_after(3000) } else { whole })
    };
    let hub = FakeHub::start_with(repository(&folder), nothing, whole).unwrap();
    run(&folder, &hub, &generate("owner/name")).check(0, &["7 samples"]);
}

#[test]
fn what_another_left_behind_is_used_only_where_it_is_right() {
    for (left, expected) in [
        (vec![b'x'; 5000], [Some("bytes=5000-".to_owned()), None].to_vec()),
        (vec![b'x'; 10_000_000], [None].to_vec()),
    ] {
        let folder = Folder::new();
        let files = repository(&folder);
        let unfinished = cached(&folder, &format!("blobs/{}.incomplete", sha256(&files["q8.gguf"])));
        fs::create_dir_all(unfinished.parent().unwrap()).unwrap();
        fs::write(&unfinished, left).unwrap();
        let hub = FakeHub::start(files).unwrap();
        run(&folder, &hub, &generate("owner/name")).check(0, &["7 samples"]);
        assert_eq!(ranges(&hub), expected);
    }
}

#[test]
fn two_at_once_fetch_once() {
    let folder = Folder::new();
    let slow = |_: &Call, right: &Reply| Some(right.clone().pausing_after(2000, Duration::from_millis(800)));
    let hub = FakeHub::start_with(repository(&folder), nothing, slow).unwrap();
    let both = ["a.jsonl", "b.jsonl"].map(|out| {
        let arguments = generate("owner/name").replace("out.jsonl", out);
        command(&folder, &hub, &arguments).env("HF_HUB_DOWNLOAD_TIMEOUT", "30").spawn().unwrap()
    });
    let both = both.map(|child| ended(child).check(0, &["7 samples"]));
    assert_eq!(hub.cdn_calls().len(), 1);
    assert!(both.iter().any(|ended| ended.stderr.contains("another process fetches the same file")));
    assert_eq!(folder.sorted("a.jsonl"), folder.sorted("b.jsonl"));
}
