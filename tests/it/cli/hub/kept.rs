//! What was fetched stays what it is, whatever is uploaded afterwards.

use super::*;
use serde_json::json;
use tiebreak_tests::fake_hub::refused;

/// What `main` is by now.
const LATER: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// The hub after an upload: `main` is another commit, with one model more.
fn after_an_upload(files: Files) -> FakeHub {
    let main = |call: &Call, _: &Reply| {
        let siblings = json!([{"rfilename": "new.gguf"}, {"rfilename": "q8.gguf"}]);
        let list = json!({"sha": LATER, "gated": false, "siblings": siblings});
        call.path.ends_with("/revision/main").then(|| Reply::new(200, list.to_string()))
    };
    FakeHub::start_with(files, main, |_, _| None).unwrap()
}

fn lists(hub: &FakeHub) -> Vec<String> {
    let calls = hub.calls().into_iter().filter(|call| call.path.starts_with("/api/"));
    calls.map(|call| call.path.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn an_upload_changes_no_run() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    run(&folder, &hub, &generate("owner/name")).check(0, &["7 samples"]);
    let samples = folder.sorted("out.jsonl");
    let hub = after_an_upload(repository(&folder));
    run(&folder, &hub, &format!("{} --force", generate("owner/name"))).check(0, &["7 samples"]);
    assert_eq!(folder.sorted("out.jsonl"), samples);
    assert_eq!(lists(&hub), [COMMIT]);
    assert!(hub.cdn_calls().is_empty());
    let says = "as it was when it was fetched (`tiebreak models owner/name:new.gguf --download` asks for the newest), \
                holds no new.gguf; there is q8.gguf";
    run(&folder, &hub, &generate("owner/name:new.gguf")).check(2, &[says]);
    run(&folder, &hub, "models owner/name --download")
        .check(2, &["owner/name on 127.0.0.1 holds 2 models: name one of new.gguf, q8.gguf"]);
}

#[test]
fn a_cache_that_python_filled_is_kept_to() {
    let folder = Folder::new();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/qwen3");
    let names = [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
    ];
    let files: Files = names.map(|name| (name.to_owned(), fs::read(model.join(name)).unwrap())).into();
    let hub = FakeHub::start(files.clone()).unwrap();
    run(&folder, &hub, "models owner/name --download").check(0, &[]);
    // It remembers no file that there is not, but those that it asked for.
    fs::remove_dir_all(cached(&folder, ".no_exist")).unwrap();
    let hub = after_an_upload(files);
    run(&folder, &hub, &generate("owner/name")).check(0, &["7 samples"]);
    assert_eq!(lists(&hub), [COMMIT]);
    run(&folder, &hub, &format!("{} --force", generate("owner/name"))).check(0, &["7 samples"]);
    assert_eq!(lists(&hub), [COMMIT], "now it is known which files there are not");
}

#[test]
fn a_commit_that_the_hub_has_no_more_is_taken_from_the_cache() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    run(&folder, &hub, "models owner/name --download").check(0, &[]);
    let no_more =
        |call: &Call, _: &Reply| call.path.ends_with(COMMIT).then(|| refused(404, "RevisionNotFound"));
    let hub = FakeHub::start_with(repository(&folder), no_more, |_, _| None).unwrap();
    run(&folder, &hub, &generate("owner/name"))
        .check(0, &["taking what was fetched of owner/name before", "7 samples"]);
    let says = "any more: `tiebreak models owner/name:new.gguf --download` asks for the newest";
    run(&folder, &hub, &generate("owner/name:new.gguf")).check(2, &[COMMIT, says]);
}
