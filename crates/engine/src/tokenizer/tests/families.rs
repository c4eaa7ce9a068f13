//! The tokenizers of the families that people use, against the ids that the field's own programs give; `tests/tokenizers/README.md` tells how they came about.

use super::*;
use crate::gguf::GgufFile;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

const FAMILIES: [&str; 13] = [
    "cl100k", "gemma", "gpt2", "gpt4o", "granite", "llama2", "llama3", "mistral", "phi3", "qwen2", "smollm",
    "smollm3", "tekken",
];

fn folder(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tokenizers").join(family)
}

fn read(family: &str, file: &str) -> String {
    fs::read_to_string(folder(family).join(file)).unwrap()
}

fn hard_texts() -> Vec<String> {
    serde_json::from_str(&read("", "texts.json")).unwrap()
}

/// The ids that the package tokenizers gives each text.
fn expected_ids(family: &str) -> Vec<Vec<u32>> {
    let digits = |pair: &[u8]| u32::from_str_radix(std::str::from_utf8(pair).unwrap(), 36).unwrap();
    read(family, "ids.txt").lines().map(|line| line.as_bytes().chunks(2).map(digits).collect()).collect()
}

/// What differs for some texts, by their numbers.
fn exceptions<T: serde::de::DeserializeOwned>(family: &str, file: &str) -> BTreeMap<usize, T> {
    match folder(family).join(file).exists() {
        true => serde_json::from_str(&read(family, file)).unwrap(),
        false => BTreeMap::new(),
    }
}

fn check_ids(family: &str, tokenizer: &Tokenizer, expected: &[Vec<u32>]) {
    let texts = hard_texts();
    assert_eq!((texts.len(), expected.len()), (2_000, 2_000));
    let found = texts.iter().map(|text| tokenizer.encode(text).unwrap());
    let wrong = texts.iter().zip(found).zip(expected).filter(|((_, found), expected)| found != *expected);
    let wrong = wrong.map(|((text, found), expected)| format!("{text:?}\n  {found:?}\n  {expected:?}"));
    let wrong = wrong.collect::<Vec<_>>();
    assert!(
        wrong.is_empty(),
        "{family}: {} texts, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}

fn from_gguf(family: &str) -> Tokenizer {
    let bytes = fs::read(folder(family).join("tokenizer.gguf")).unwrap();
    Tokenizer::from_gguf(GgufFile::read(Cursor::new(bytes)).unwrap().metadata()).unwrap()
}

#[test]
fn ids_from_gguf_are_those_of_the_makers_or_of_llama_cpp() {
    for family in FAMILIES {
        let mut expected = expected_ids(family);
        for (index, ids) in exceptions(family, "llama_cpp.json") {
            expected[index] = ids;
        }
        check_ids(family, &from_gguf(family), &expected);
    }
}
