//! Models by their names on the hub, which is a server on loopback here.

mod faults;
mod kept;
mod resume;

use super::{Ended, Folder, ended};
use std::fs;
use std::path::Path;
use std::process::Command;
use tiebreak_tests::fake_hub::{COMMIT, FakeHub, Files, sha256};
use tiebreak_tests::scripted_server::{Call, Reply};

/// What no output and no file may hold.
const TOKEN: &str = "hf_aTokenThatNobodyMaySee";

/// A repository with one model and what stands beside it.
fn repository(folder: &Folder) -> Files {
    let model = fs::read(folder.path("model.gguf")).expect("the model is there");
    [("README.md", b"# A model".to_vec()), ("q8.gguf", model)]
        .map(|(name, content)| (name.to_owned(), content))
        .into()
}

/// A repository as transformers saves a model, in two files of weights.
fn safetensors() -> Files {
    let weights = |name: &str| {
        let header = format!(r#"{{"{name}":{{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}}}"#);
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat()
    };
    let config = r#"{"model_type": "llama", "max_position_embeddings": 512, "hidden_size": 64, "intermediate_size": 64,
        "num_attention_heads": 2, "num_hidden_layers": 1, "vocab_size": 100, "rms_norm_eps": 1e-5}"#;
    let tokenizer = r#"{"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#;
    let index = r#"{"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}"#;
    [
        ("config.json", config.as_bytes().to_vec()),
        ("tokenizer.json", tokenizer.as_bytes().to_vec()),
        ("chat_template.jinja", b"<{{ messages[0].content }}>".to_vec()),
        ("model.safetensors.index.json", index.as_bytes().to_vec()),
        ("a.safetensors", weights("x")),
        ("b.safetensors", weights("y")),
        ("flax_model.msgpack", vec![0; 100]),
    ]
    .map(|(name, content)| (name.to_owned(), content))
    .into()
}

/// The command with the hub's variables, and nothing of this machine's own.
fn command(folder: &Folder, hub: &FakeHub, arguments: &str) -> Command {
    let mut command = folder.command(arguments);
    for name in
        ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN_PATH"]
    {
        command.env_remove(name);
    }
    command.env("HF_HOME", folder.path("home")).env("HF_ENDPOINT", hub.endpoint()).env("HF_TOKEN", TOKEN);
    command.env("HF_HUB_DOWNLOAD_TIMEOUT", "1");
    command
}

/// Runs it and looks for the token in everything that it leaves behind.
fn run(folder: &Folder, hub: &FakeHub, arguments: &str) -> Ended {
    finish(folder, command(folder, hub, arguments))
}

fn finish(folder: &Folder, mut command: Command) -> Ended {
    let ended = ended(command.spawn().expect("the binary starts"));
    assert!(!format!("{ended:?}").contains(TOKEN), "{ended:?}");
    assert_no_token(folder.0.path());
    ended
}

fn assert_no_token(folder: &Path) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            assert_no_token(&path);
        } else if path.is_file() {
            let bytes = fs::read(&path).expect("a file is readable");
            let shows = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
            assert!(!shows, "the token stands in {}", path.display());
        }
    }
}

/// `generate` with a model of the hub.
fn generate(model: &str) -> String {
    format!("generate --model {model} --prompts prompts.jsonl --max-tokens 4 --out out.jsonl")
}

/// Where the cache keeps the repository.
fn cached(folder: &Folder, name: &str) -> std::path::PathBuf {
    folder.path("home/hub/models--owner--name").join(name)
}

#[test]
fn a_model_is_fetched_once_and_found_again_without_a_network() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    run(&folder, &hub, &generate("owner/name:q8.gguf")).check(0, &["7 samples"]);
    let (n_calls, cdn_calls) = (hub.calls().len(), hub.cdn_calls());
    assert_eq!((n_calls, cdn_calls.len()), (3, 1), "the list, what the file is, and the file");
    let model = fs::read(folder.path("model.gguf")).unwrap();
    let blob = format!("blobs/{}", sha256(&model));
    let link = fs::read_link(cached(&folder, "snapshots").join(COMMIT).join("q8.gguf")).unwrap();
    assert_eq!(link, Path::new("../..").join(&blob));
    assert_eq!(fs::read(cached(&folder, &blob)).unwrap(), model);
    assert_eq!(fs::read_to_string(cached(&folder, "refs/main")).unwrap(), COMMIT);
    let samples = folder.text("out.jsonl");
    assert!(samples.contains(&sha256(&model)), "a record says which model it was");
    drop(hub);

    // The hub is gone, and what was fetched is as good as a file.
    let gone = FakeHub::start(Files::new()).unwrap();
    run(&folder, &gone, &format!("{} --force", generate("owner/name:q8.gguf"))).check(0, &["7 samples"]);
    assert_eq!(folder.text("out.jsonl"), samples);
    run(&folder, &gone, &generate("owner/name:q8.gguf@v1")).check(2, &["owner/name"]);
    assert!(!gone.calls().is_empty(), "another revision is another question");
}

#[test]
fn the_token_goes_to_the_hub_and_to_nobody_else() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    run(&folder, &hub, &generate("owner/name")).check(0, &["7 samples"]);
    let expected = format!("Bearer {TOKEN}");
    assert!(hub.calls().iter().all(|call| call.header("authorization") == Some(&expected)));
    assert!(!hub.cdn_calls().is_empty());
    assert!(hub.cdn_calls().iter().all(|call| call.header("authorization").is_none()));
}

#[test]
fn a_folder_comes_with_all_that_it_needs_and_nothing_else() {
    let folder = Folder::new();
    let hub = FakeHub::start(safetensors()).unwrap();
    let shown = run(&folder, &hub, "models owner/name@v1 --download").check(0, &[]);
    for part in ["llama", "BF16", "in 2 files", "512 tokens", "a greeting reads \"<Hello>\""] {
        assert!(shown.stdout.contains(part), "no `{part}` in {}", shown.stdout);
    }
    let snapshot = cached(&folder, "snapshots").join(COMMIT);
    let mut names: Vec<String> = fs::read_dir(&snapshot)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "a.safetensors",
        "b.safetensors",
        "chat_template.jinja",
        "config.json",
        "model.safetensors.index.json",
        "tokenizer.json",
    ];
    assert_eq!(names, expected);
    let n_calls = hub.calls().len();
    run(&folder, &hub, "models owner/name@v1").check(0, &[]);
    assert_eq!(hub.calls().len(), n_calls, "the cache knows which files there are not");
    // Asked for again, only the list is.
    run(&folder, &hub, "models owner/name@v1 --download").check(0, &[]);
    assert_eq!(hub.calls().len(), n_calls + 1);
}

#[test]
fn a_folder_that_cannot_be_used_is_refused_before_its_weights_are_fetched() {
    let refused = |change: &dyn Fn(&mut Files), part: &str| {
        let folder = Folder::new();
        let mut files = safetensors();
        change(&mut files);
        let hub = FakeHub::start(files).unwrap();
        run(&folder, &hub, "models owner/name --download").check(2, &["error: owner/name: ", part]);
        run(&folder, &hub, &generate("owner/name")).check(2, &["error: --model owner/name: ", part]);
        assert!(hub.cdn_calls().is_empty(), "{part}");
    };
    refused(&|files| drop(files.remove("chat_template.jinja")), "chat template: the folder has none");
    refused(&|files| drop(files.insert("chat_template.jinja".into(), b"{% for".to_vec())), "chat template: ");
    let put_tokenizer = |files: &mut Files| {
        let unigram = br#"{"model": {"type": "Unigram", "vocab": []}}"#;
        files.insert("tokenizer.json".into(), unigram.to_vec());
    };
    refused(&put_tokenizer, "Unigram");
}

#[test]
fn offline_only_the_cache_is_used() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    let offline = |arguments: &str| {
        let mut command = command(&folder, &hub, arguments);
        command.env("HF_HUB_OFFLINE", "1");
        finish(&folder, command)
    };
    offline(&generate("owner/name")).check(
        2,
        &["error: --model owner/name: owner/name is not in the cache", "HF_HUB_OFFLINE is set", "--download"],
    );
    assert!(hub.calls().is_empty());
    run(&folder, &hub, "models owner/name:q8.gguf --download").check(0, &[]);
    let n_calls = hub.calls().len();
    offline(&generate("owner/name")).check(0, &["7 samples"]);
    offline(&format!("models owner/name:q8.gguf@{COMMIT}")).check(0, &[]);
    assert_eq!(hub.calls().len(), n_calls);
}

#[test]
fn a_file_that_nothing_computes_is_refused_before_it_is_fetched() {
    let folder = Folder::new();
    let files: Files =
        ["m-IQ4_XS.gguf", "m-Q4_0.gguf"].map(|name| (name.to_owned(), b"GGUF".to_vec())).into();
    let of_architecture = |name: &'static str| {
        let say = move |call: &Call, right: &Reply| {
            let list = String::from_utf8(right.body.clone()).ok()?;
            let list = list.replacen('{', &format!(r#"{{"gguf":{{"architecture":"{name}"}},"#), 1);
            call.path.starts_with("/api/").then(|| Reply::new(200, list))
        };
        FakeHub::start_with(files.clone(), say, |_, _| None).unwrap()
    };
    let hub = of_architecture("gemma3n");
    run(&folder, &hub, &generate("owner/name:Q4_0"))
        .check(2, &["architecture `gemma3n` is not supported; supported: llama"]);
    run(&folder, &hub, &generate("owner/name:IQ4_XS"))
        .check(2, &["m-IQ4_XS.gguf is stored as IQ4_XS, which nothing here computes: take a file in Q4_K_M"]);
    assert!(hub.cdn_calls().is_empty());
    for architecture in ["clip", "llama"] {
        let hub = of_architecture(architecture);
        run(&folder, &hub, "models owner/name:Q4_0 --download").check(2, &["cannot read"]);
        assert!(!hub.cdn_calls().is_empty(), "{architecture} says nothing against it");
        fs::remove_dir_all(folder.path("home")).unwrap();
    }
}

#[test]
fn a_gpu_that_is_not_there_is_told_before_anything_is_fetched() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    let generate = format!("{} --device cuda:4000", generate("owner/name"));
    run(&folder, &hub, &generate).check(2, &["error: --device cuda:4000: ", "--device cpu"]);
    assert!(hub.calls().is_empty());
}

#[test]
fn a_tag_names_the_model_that_has_it() {
    let folder = Folder::new();
    let mut files = repository(&folder);
    let model = files.remove("q8.gguf").unwrap();
    files.insert("m-Q8_0.gguf".to_owned(), model);
    files.insert("m-Q4_K_M.gguf".to_owned(), b"GGUF".to_vec());
    let hub = FakeHub::start(files).unwrap();
    run(&folder, &hub, &generate("owner/name:q8_0")).check(0, &["7 samples"]);
    assert_eq!(hub.cdn_calls().len(), 1);
    run(&folder, &hub, "models owner/name:Q8_0").check(0, &[]);
}

/// A hub that says of every large file that it has so many bytes.
fn claiming(n_bytes: u64, files: Files) -> FakeHub {
    let claim = move |call: &Call, right: &Reply| {
        let headers = right.headers.iter().map(|line| match line.starts_with("X-Linked-Size") {
            true => format!("X-Linked-Size: {n_bytes}"),
            false => line.clone(),
        });
        (call.method == "HEAD").then(|| Reply { headers: headers.collect(), ..right.clone() })
    };
    FakeHub::start_with(files, claim, |_, _| None).unwrap()
}

#[test]
fn a_model_larger_than_memory_or_the_disk_is_refused_before_it_is_fetched() {
    let folder = Folder::new();
    let hub = claiming(40_000_000_000_000, repository(&folder));
    let says = "--model owner/name: owner/name takes about 20.0 TB of memory, and";
    run(&folder, &hub, &generate("owner/name")).check(2, &[says, "is free", "--ignore-memory"]);
    let says = "there is no room for owner/name: it takes 40.0 TB in ";
    let ignoring = format!("{} --ignore-memory", generate("owner/name"));
    run(&folder, &hub, &ignoring).check(2, &[says, "models--owner--name/blobs", "is free", "HF_HOME"]);
    run(&folder, &hub, "models owner/name --download").check(2, &["there is no room for owner/name"]);
    assert!(hub.cdn_calls().is_empty());
}

#[test]
fn sizes_whose_sum_no_number_holds_are_refused_too() {
    let folder = Folder::new();
    let hub = claiming(u64::MAX, safetensors());
    run(&folder, &hub, &generate("owner/name")).check(2, &["owner/name takes about 9223372.0 TB of memory"]);
    run(&folder, &hub, "models owner/name --download").check(2, &["it takes 18446744.1 TB in "]);
    assert!(hub.cdn_calls().is_empty());
}

#[test]
fn a_content_that_rots_is_found_by_the_check() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    let check = "models owner/name:q8.gguf --download --check";
    let sha256 = sha256(&repository(&folder)["q8.gguf"]);
    assert!(run(&folder, &hub, check).check(0, &[]).stdout.contains(&format!("{sha256}  q8.gguf")));
    let blob = cached(&folder, &format!("blobs/{sha256}"));
    let mut content = fs::read(&blob).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::write(&blob, content).unwrap();
    run(&folder, &hub, check)
        .check(1, &["q8.gguf is not what the hub has: delete", "and fetch it again", "1 problem"]);
}

/// As `huggingface_hub` stores what several repositories have, by a hash that is no SHA-256.
#[cfg(unix)]
#[test]
fn a_content_that_repositories_share_is_checked_by_its_name_in_this_one() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    run(&folder, &hub, "models owner/name:q8.gguf --download").check(0, &[]);
    let sha256 = sha256(&repository(&folder)["q8.gguf"]);
    let blob = cached(&folder, &format!("blobs/{sha256}"));
    let shared = folder.path("home/hub/blobs/aa").join("aa".repeat(32));
    fs::create_dir_all(shared.parent().unwrap()).unwrap();
    fs::rename(&blob, &shared).unwrap();
    std::os::unix::fs::symlink(format!("../../blobs/aa/{}", "aa".repeat(32)), &blob).unwrap();
    run(&folder, &hub, "models owner/name:q8.gguf --check").check(0, &[]);

    let mut content = fs::read(&shared).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::write(&shared, content).unwrap();
    let delete = format!("models--owner--name/blobs/{sha256} and fetch it again");
    run(&folder, &hub, "models owner/name:q8.gguf --check").check(1, &["delete ", &delete]);
}

#[test]
fn a_hub_that_is_down_does_not_matter_where_something_was_fetched() {
    let folder = Folder::new();
    let hub = FakeHub::start(repository(&folder)).unwrap();
    run(&folder, &hub, "models owner/name:q8.gguf --download").check(0, &[]);
    drop(hub);
    let gone = FakeHub::start_with(Files::new(), |_, _| Some(Reply::new(503, "")), |_, _| None);
    // Without a file's name the hub would be asked whether there are others.
    run(&folder, &gone.unwrap(), &generate("owner/name"))
        .check(0, &["taking what was fetched of owner/name before", "7 samples"]);
}

#[test]
fn names_that_leave_a_choice_or_do_not_exist_are_told_what_there_is() {
    let folder = Folder::new();
    let mut files = repository(&folder);
    files.insert("q4-00001-of-00002.gguf".to_owned(), b"GGUF".to_vec());
    files.insert("../../escape.gguf".to_owned(), b"GGUF".to_vec());
    let hub = FakeHub::start(files).unwrap();
    for (name, parts) in [
        ("owner/name", &["holds 2 models: name one of q4-00001-of-00002.gguf, q8.gguf"][..]),
        (
            "owner/name:q5.gguf",
            &["owner/name on 127.0.0.1 holds no q5.gguf; there is q4-00001-of-00002.gguf, q8.gguf"],
        ),
        ("owner/name:q4-00001-of-00002.gguf", &["lacks q4-00002-of-00002.gguf, one of the 2 parts"]),
        (
            "owner/name:Q5_K_M",
            &["owner/name on 127.0.0.1 holds no model with Q5_K_M in its name; there is q4-0"],
        ),
        ("owner/other", &["does not let us read owner/other (status 401): RepoNotFound", "check the name"]),
        ("owner/name@v2", &["there is no model owner/name@v2", "branch, tag or commit"]),
        (
            "name",
            &[
                "--model name: there is no such file or folder",
                "the owner is missing",
                "owner/name:file.gguf",
            ],
        ),
    ] {
        run(&folder, &hub, &generate(name)).check(2, parts);
    }
    assert!(hub.cdn_calls().is_empty() && !folder.path("out.jsonl").exists());
}
