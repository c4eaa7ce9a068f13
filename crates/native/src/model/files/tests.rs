use super::*;
use std::fs;

const SHARD: &[u8] = b"\x02\0\0\0\0\0\0\0{}";
const GGUF: &[u8] = b"GGUF\x03\0\0\0";

/// A folder that holds files of these names, each with what such a file begins with.
fn folder_of(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let content: &[u8] = match name.rsplit('.').next() {
            Some("gguf") => GGUF,
            Some("safetensors") => SHARD,
            _ => b"{}",
        };
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn names(files: &ModelFiles) -> Vec<String> {
    files.paths().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[track_caller]
fn refused(folder: &tempfile::TempDir, name: &str, parts: &[&str]) {
    let error = format!("{:#}", ModelFiles::at(&folder.path().join(name)).unwrap_err());
    for part in parts {
        assert!(error.contains(part), "no `{part}` in {error}");
    }
}

#[test]
fn a_file_is_one_or_all_of_a_split_set() {
    let folder =
        folder_of(&["m.gguf", "s-00001-of-00002.gguf", "s-00002-of-00002.gguf", "t-00001-of-00002.gguf"]);
    let at = |name: &str| names(&ModelFiles::at(&folder.path().join(name)).unwrap());
    assert_eq!(at("m.gguf"), ["m.gguf"]);
    assert_eq!(at("s-00001-of-00002.gguf"), ["s-00001-of-00002.gguf", "s-00002-of-00002.gguf"]);
    refused(&folder, "s-00002-of-00002.gguf", &["give the first, s-00001-of-00002.gguf"]);
    refused(&folder, "t-00001-of-00002.gguf", &["lacks t-00002-of-00002.gguf, one of the 2 parts"]);
    fs::write(folder.path().join("s-00002-of-00002.gguf"), "").unwrap();
    refused(&folder, "s-00001-of-00002.gguf", &["s-00002-of-00002.gguf is empty"]);
}

#[test]
fn a_folder_is_what_its_names_say() {
    let least = folder_of(&["config.json", "model.safetensors", "tokenizer.json", "README.md"]);
    let files = ModelFiles::at(least.path()).unwrap();
    assert_eq!(names(&files), ["config.json", "tokenizer.json", "model.safetensors"]);
    let most = folder_of(&[
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "chat_template.json",
        "generation_config.json",
    ]);
    assert_eq!(names(&ModelFiles::at(most.path()).unwrap()).len(), 6);
    let one = folder_of(&["README.md", "config.json", "m.gguf", "mmproj-m.gguf"]);
    assert_eq!(names(&ModelFiles::at(one.path()).unwrap()), ["m.gguf"]);
    let split = folder_of(&["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]);
    assert_eq!(ModelFiles::at(split.path()).unwrap().weights().len(), 2);
}

#[test]
fn what_a_folder_lacks_is_named() {
    for (there, parts) in [
        (&["README.md"][..], &["holds no model", "config.json", ".gguf"][..]),
        (&["config.json", "tokenizer.json"], &["lacks the weights", "model.safetensors"]),
        (&["config.json", "pytorch_model.bin"], &["pickles", "safetensors"]),
        (&["model.safetensors", "tokenizer.json"], &["lacks config.json"]),
        (&["config.json", "model.safetensors"], &["lacks tokenizer.json"]),
        (
            &["config.json", "model.safetensors", "tokenizer.model"],
            &["lacks tokenizer.json", "tokenizer.model"],
        ),
        (
            &["config.json", "model.safetensors", "tekken.json"],
            &["lacks tokenizer.json", "tekken.json", "take a .gguf file"],
        ),
        (&["consolidated.safetensors", "params.json", "tekken.json"], &["maker's own format", ".gguf"]),
        (&["consolidated.00.pth", "params.json"], &["maker's own format", ".gguf"]),
        (&["adapter_config.json", "adapter_model.safetensors", "tokenizer.json"], &["an adapter", "merge"]),
        (&["a.gguf", "b.gguf"], &["holds 2 models: name one of a.gguf, b.gguf"]),
    ] {
        refused(&folder_of(there), "", parts);
    }
}

#[test]
fn an_index_names_the_files_of_the_weights() {
    let check = |index: &str, expected: Result<&[&str], &[&str]>| {
        let folder = folder_of(&["config.json", "tokenizer.json", "a.safetensors", "b.safetensors"]);
        fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
        match expected {
            Ok(files) => {
                let found = ModelFiles::at(folder.path()).unwrap();
                let weights: Vec<PathBuf> = files.iter().map(|name| folder.path().join(name)).collect();
                assert_eq!(found.weights(), weights);
            }
            Err(parts) => refused(&folder, "", parts),
        }
    };
    check(
        r#"{"weight_map": {"x": "b.safetensors", "y": "a.safetensors", "z": "b.safetensors"}}"#,
        Ok(&["a.safetensors", "b.safetensors"]),
    );
    check(r#"{"weight_map": {"x": "c.safetensors"}}"#, Err(&["lacks c.safetensors, one of the 1 files"]));
    check(
        r#"{"weight_map": {"x": "../a.safetensors"}}"#,
        Err(&["index.json puts the tensor `x` into `../a.safetensors`"]),
    );
    check(r#"{"weight_map": {"x": "/a.safetensors"}}"#, Err(&["puts the tensor `x`"]));
    check(r#"{"weight_map": {"x": "config.json"}}"#, Err(&["puts the tensor `x`"]));
    check(r#"{"weight_map": {"x": 1}}"#, Err(&["names no file for the tensor `x`"]));
    check(r#"{"weight_map": {}}"#, Err(&["names no tensor"]));
    check(r#"{"metadata": {}}"#, Err(&["has no `weight_map`"]));
    check("<html></html>", Err(&["index.json is a page of HTML"]));
    check("", Err(&["index.json is empty"]));
}
