//! `tiebreak models`, and the ways to name a model that lies on this machine.

use super::Folder;
use std::fs;

/// The command with a cache of the folder's own.
fn models(folder: &Folder, arguments: &str) -> super::Ended {
    let mut command = folder.command(&format!("models {arguments}"));
    command
        .env("HF_HOME", folder.path("home"))
        .env_remove("HF_HUB_CACHE")
        .env_remove("HUGGINGFACE_HUB_CACHE");
    command.env("HF_HUB_OFFLINE", "1");
    super::ended(command.spawn().expect("the binary starts"))
}

#[track_caller]
fn shows(folder: &Folder, arguments: &str, parts: &[&str]) {
    let shown = models(folder, arguments).check(0, &[]);
    for part in parts {
        assert!(shown.stdout.contains(part), "no `{part}` in {}", shown.stdout);
    }
}

#[test]
fn a_files_facts_are_shown() {
    let folder = Folder::new();
    let facts = [
        "architecture  llama\n",
        "weights       Q8_0, ",
        "context       1,024 tokens\n",
        "tokenizer     byte-level BPE (smollm), 320 tokens\n",
        r#"template      a greeting reads "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n""#,
        "runs on       the fast CPU decoder",
        "for the weights, and 1.0 kB a token of each sequence (1.0 MB where the context is full)",
    ];
    shows(&folder, "model.gguf", &facts);
    fs::create_dir(folder.path("only")).unwrap();
    fs::copy(folder.path("model.gguf"), folder.path("only/m.gguf")).unwrap();
    shows(&folder, "only", &facts);
    shows(&folder, "builtin", &["Tiebreak Support 6M", "million", "Q8_0"]);
}

#[test]
fn a_check_reads_all() {
    let folder = Folder::new();
    shows(&folder, "model.gguf --check", &["sha256 ", "  model.gguf\n", "it loads: computed with "]);
    let mut model = fs::read(folder.path("model.gguf")).unwrap();
    model.truncate(model.len() - 100);
    folder.put("cut.gguf", &model);
    models(&folder, "cut.gguf --check").check(2, &["cannot read", "cut.gguf"]);
}

#[test]
fn what_cannot_be_loaded_is_a_finding() {
    let folder = Folder::new();
    let model = fs::read(folder.path("model.gguf")).unwrap();
    // The same number of letters, so that the file stays whole.
    let find = b"blk.1.ffn_gate.weight";
    let at = model.windows(find.len()).position(|window| window == find).unwrap();
    let mut renamed = model.clone();
    renamed[at..at + find.len()].copy_from_slice(b"blk.1.ffn_gape.weight");
    folder.put("renamed.gguf", &renamed);
    models(&folder, "renamed.gguf --check")
        .check(1, &["tensor `blk.1.ffn_gate.weight` is absent", "1 problem"]);
}

#[test]
fn the_cache_is_listed_as_its_models_are_named() {
    let folder = Folder::new();
    shows(&folder, "", &["There is no model in the hub's cache", "home"]);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let snapshot = format!("home/hub/models--o--n/snapshots/{commit}");
    fs::create_dir_all(folder.path(&snapshot)).unwrap();
    fs::create_dir_all(folder.path("home/hub/models--o--n/refs")).unwrap();
    fs::create_dir_all(folder.path("home/hub/datasets--o--d/snapshots")).unwrap();
    folder.put("home/hub/models--o--n/refs/main", commit);
    folder.put(&format!("{snapshot}/m.gguf"), vec![0; 1500]);
    folder.put(&format!("{snapshot}/s-00001-of-00002.gguf"), vec![0; 10]);
    folder.put(&format!("{snapshot}/model.safetensors"), vec![0; 10]);
    let listed = models(&folder, "").check(0, &[]).stdout;
    for line in [
        "  o/n:m.gguf                    1.5 kB  GGUF\n",
        "  o/n:s-00001-of-00002.gguf       10 B  lacks s-00002-of-00002.gguf\n",
        "  o/n                             10 B  the cache lacks config.json",
    ] {
        assert!(listed.contains(line), "no `{line}` in {listed}");
    }
    assert!(!listed.contains("o/d"), "{listed}");
}

#[test]
fn what_is_not_there_is_named_with_all_ways() {
    let folder = Folder::new();
    let ways = ["builtin", ".gguf file", "config.json", "owner/name:file.gguf", "@revision"];
    models(&folder, "nothing.gguf").check(2, &["error: nothing.gguf: there is no such file or folder"]);
    models(&folder, "nothing").check(2, &ways);
    models(&folder, "owner/name").check(2, &["error: owner/name: it is not in the cache", "--download"]);
    models(&folder, "owner/name --download").check(2, &["HF_HUB_OFFLINE is set"]);
    models(&folder, "--check").check(2, &["MODEL"]);
    folder.put("page.gguf", "<!DOCTYPE html><title>m.gguf</title>");
    models(&folder, "page.gguf").check(2, &["page.gguf is a page of HTML"]);
}

#[test]
fn a_model_larger_than_memory_is_refused_before_it_is_read() {
    let folder = Folder::new();
    fs::create_dir(folder.path("big")).unwrap();
    folder.put("big/config.json", "{}");
    folder.put("big/tokenizer.json", "{}");
    let header = r#"{"x":{"dtype":"BF16","shape":[4398046511104],"data_offsets":[0,8796093022208]}}"#;
    let start = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    folder.put("big/model.safetensors", &start);
    // Nothing is on the disk but the beginning.
    let file = fs::File::options().write(true).open(folder.path("big/model.safetensors")).unwrap();
    file.set_len(start.len() as u64 + (8 << 40)).unwrap();
    let refused = super::generate("--out out.jsonl").replace("model.gguf", "big");
    folder
        .run(&refused)
        .check(2, &["error: big takes about 8.8 TB of memory, and ", "is free", "--ignore-memory"]);
    assert!(!folder.path("out.jsonl").exists());
}
