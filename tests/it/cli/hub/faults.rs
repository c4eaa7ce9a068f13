//! Everything that the hub, its CDN and the disk can do wrong: an error that says what to do, and nothing half-written taken for whole.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tiebreak_tests::fake_hub::{Fault, refused};

/// Runs `generate` against a hub with these faults, and expects an error that says this and leaves nothing that would be taken for the model.
#[track_caller]
fn check(of_hub: impl Fault, of_cdn: impl Fault, parts: &[&str]) {
    let folder = Folder::new();
    let hub = FakeHub::start_with(repository(&folder), of_hub, of_cdn).unwrap();
    let parts = [&["error: --model owner/name:q8.gguf: "], parts].concat();
    run(&folder, &hub, &generate("owner/name:q8.gguf")).check(2, &parts);
    assert!(!cached(&folder, "snapshots").join(COMMIT).join("q8.gguf").exists());
    assert!(!cached(&folder, "refs/main").exists() && !folder.path("out.jsonl").exists());
}

fn nothing(_: &Call, _: &Reply) -> Option<Reply> {
    None
}

fn is_list(call: &Call) -> bool {
    call.path.starts_with("/api/")
}

/// A fault of every answer of the hub.
fn always(reply: Reply) -> impl Fault {
    move |_: &Call, _: &Reply| Some(reply.clone())
}

/// A fault of what the hub says of files, with the list as it is.
fn of_files(reply: Reply) -> impl Fault {
    move |call: &Call, _: &Reply| (!is_list(call)).then(|| reply.clone())
}

#[test]
fn a_hub_that_is_down_or_in_trouble() {
    check(always(Reply::new(500, "")), nothing, &["127.0.0.1 is in trouble (status 500): try again later"]);
    check(
        always(Reply::new(429, "").with_header("Retry-After: 0")),
        nothing,
        &["is in trouble (status 429)"],
    );
    check(nothing, always(Reply::new(503, "")), &["is in trouble (status 503)"]);
    let folder = Folder::new();
    let hub = FakeHub::start(Files::new()).unwrap();
    let mut unreachable = command(&folder, &hub, &generate("owner/name"));
    drop(hub);
    // The server's port is free once its listener saw that it ends.
    std::thread::sleep(Duration::from_millis(100));
    unreachable.env("HF_HUB_DOWNLOAD_TIMEOUT", "1");
    finish(&folder, unreachable)
        .check(2, &["127.0.0.1 cannot be reached", "check the network", "HF_HUB_OFFLINE=1"]);
}

#[test]
fn a_hub_that_is_slow() {
    let late = Duration::from_secs(3);
    check(
        always(Reply::new(200, "{}").after(late)),
        nothing,
        &["127.0.0.1 sent nothing for 1 s", "HF_HUB_DOWNLOAD_TIMEOUT"],
    );
    let paused = move |_: &Call, right: &Reply| Some(right.clone().pausing_after(0, late));
    check(nothing, paused, &["127.0.0.1 sent nothing for 1 s"]);
}

#[test]
fn a_model_that_may_not_be_read() {
    let gated = || refused(403, "GatedRepo");
    check(
        of_files(gated()),
        nothing,
        &[
            "owner/name:q8.gguf is gated (status 403): accept its licence at http://127.0.0.1",
            "/owner/name, and check that the token",
        ],
    );
    check(
        always(refused(401, "RepoNotFound")),
        nothing,
        &["does not let us read owner/name (status 401)", "check that the token"],
    );
    check(always(Reply::new(403, "")), nothing, &["does not let us read owner/name (status 403)"]);
    check(
        nothing,
        always(Reply::new(403, "<Error>expired</Error>")),
        &["does not let us read owner/name:q8.gguf (status 403)"],
    );
    let repeating = refused(401, TOKEN).with_header(&format!("X-Error-Message: no {TOKEN}"));
    check(always(repeating), nothing, &["(status 401): no [key]"]);
    let folder = Folder::new();
    let hub = FakeHub::start_with(repository(&folder), of_files(gated()), nothing).unwrap();
    let mut without = command(&folder, &hub, &generate("owner/name"));
    without.env_remove("HF_TOKEN");
    finish(&folder, without)
        .check(2, &["is gated", "set HF_TOKEN to a token of an account that may read it"]);
}

#[test]
fn a_page_or_something_else_in_place_of_the_hub() {
    let page = || {
        Reply::new(200, "<!DOCTYPE html><title>Log in</title>")
            .with_header("Content-Type: text/html; charset=utf-8")
    };
    let says = "answers owner/name with a page of HTML, and not as the hub does: check HF_ENDPOINT";
    check(always(page()), nothing, &[says]);
    check(of_files(page()), nothing, &["answers owner/name:q8.gguf with no ETag"]);
    check(nothing, always(page()), &["answers owner/name:q8.gguf with a page of HTML"]);
    check(always(Reply::new(200, "{\"sha\": ")), nothing, &["with no JSON"]);
    check(
        always(Reply::new(200, "{\"sha\": \"../..\", \"siblings\": []}")),
        nothing,
        &["with no list of files"],
    );
    check(of_files(Reply::new(200, "").with_header("ETag: \"../../../escape\"")), nothing, &["with no ETag"]);
    check(of_files(Reply::new(418, "")), nothing, &["with status 418"]);
}

#[test]
fn a_redirect_that_leads_nowhere() {
    let to = |location: &str| of_files(Reply::new(302, "").with_header(&format!("Location: {location}")));
    check(of_files(Reply::new(302, "")), nothing, &["sends us on without saying where to"]);
    check(to("ftp://127.0.0.1/model"), nothing, &["sends us on to what is no address of the web"]);
    check(to("/owner/name/resolve/again"), nothing, &["sends us on more than 8 times"]);
}

#[test]
fn a_content_that_breaks_off_or_is_another() {
    let cut = |_: &Call, right: &Reply| Some(right.clone().cut_after(0));
    check(nothing, cut, &["owner/name:q8.gguf breaks off after 0 of"]);
    let other = |_: &Call, right: &Reply| {
        let mut other = right.clone();
        other.body[100] ^= 1;
        Some(other)
    };
    check(
        nothing,
        other,
        &["owner/name:q8.gguf is not what the hub says: its SHA-256 is", "it was deleted, try again"],
    );
    let longer = |_: &Call, right: &Reply| Some(Reply::new(200, [&right.body[..], b"more"].concat()));
    check(nothing, longer, &["is not what the hub says", "bytes and not"]);
}

#[test]
fn a_wrong_content_leaves_nothing_to_go_on_from() {
    let folder = Folder::new();
    let n_calls = AtomicUsize::new(0);
    let first_is_wrong = move |_: &Call, right: &Reply| {
        let wrong = Reply::new(200, vec![b'x'; right.body.len()]);
        (n_calls.fetch_add(1, Ordering::SeqCst) == 0).then_some(wrong)
    };
    let hub = FakeHub::start_with(repository(&folder), nothing, first_is_wrong).unwrap();
    run(&folder, &hub, &generate("owner/name")).check(2, &["is not what the hub says"]);
    assert_eq!(fs::read_dir(cached(&folder, "blobs")).unwrap().count(), 0);
    run(&folder, &hub, &generate("owner/name")).check(0, &["7 samples"]);
}

/// The device that is always full stands in for a disk that is.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full() {
    let folder = Folder::new();
    let files = repository(&folder);
    let unfinished = format!("blobs/{}.incomplete", sha256(&files["q8.gguf"]));
    let hub = FakeHub::start(files).unwrap();
    fs::create_dir_all(cached(&folder, "blobs")).unwrap();
    std::os::unix::fs::symlink("/dev/full", cached(&folder, &unfinished)).unwrap();
    run(&folder, &hub, &generate("owner/name")).check(
        2,
        &[
            "error: --model owner/name: the disk is full: owner/name:q8.gguf needs",
            "set HF_HOME to a folder on another disk",
        ],
    );
    assert!(!cached(&folder, "snapshots").join(COMMIT).join("q8.gguf").exists());
}

#[test]
fn a_cache_that_cannot_be_written() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    folder.put("home", "a file and no folder");
    run(&folder, &hub, &generate("owner/name")).check(2, &["error: --model owner/name: cannot", "home"]);
}

#[test]
fn files_that_are_not_what_their_names_say() {
    for (name, content, part) in [
        ("config.json", &b"<html></html>"[..], "config.json is a page of HTML"),
        ("config.json", b"", "config.json is empty"),
        ("tokenizer.json", b"{\"model\"", "tokenizer.json is no JSON object, or is cut off"),
        (
            "a.safetensors",
            b"version https://git-lfs.github.com/spec/v1",
            "a.safetensors is a pointer of Git LFS",
        ),
        (
            "model.safetensors.index.json",
            br#"{"weight_map": {"x": "../../a.safetensors"}}"#,
            "puts the tensor `x` into",
        ),
        ("model.safetensors.index.json", br#"{"weight_map": {"x": "c.safetensors"}}"#, "lacks c.safetensors"),
    ] {
        let folder = Folder::new();
        let mut files = safetensors();
        files.insert(name.to_owned(), content.to_vec());
        let hub = FakeHub::start(files).unwrap();
        run(&folder, &hub, &generate("owner/name")).check(2, &[part]);
        assert!(!cached(&folder, "refs/main").exists());
        let is_weights = name.ends_with(".safetensors");
        assert_eq!(hub.cdn_calls().is_empty(), !is_weights, "{name}: what is small is looked at first");
    }
}
