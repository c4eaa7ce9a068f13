//! The tokenizers of the families that people use, against the ids that the field's own programs give; `tests/tokenizers/README.md` tells how they came about.

use super::*;
use crate::gguf::GgufFile;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

pub(super) const FAMILIES: [&str; 14] = [
    "cl100k", "gemma", "glm4", "gpt2", "gpt4o", "granite", "llama2", "llama3", "mistral", "phi3", "qwen2",
    "smollm", "smollm3", "tekken",
];

fn folder(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tokenizers").join(family)
}

pub(super) fn read(family: &str, file: &str) -> String {
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

pub(super) fn from_gguf(family: &str) -> Tokenizer {
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

pub(super) fn from_hugging_face(family: &str) -> Tokenizer {
    let config = read(family, "tokenizer_config.json");
    Tokenizer::from_hugging_face(&read(family, "tokenizer.json"), Some(&config)).unwrap()
}

#[test]
fn ids_from_folders_are_those_of_the_makers() {
    for family in FAMILIES {
        let tokenizer = from_hugging_face(family);
        let expected = expected_ids(family);
        check_ids(family, &tokenizer, &expected);
        let changed = exceptions::<String>(family, "decoded.json");
        for (index, (text, ids)) in hard_texts().iter().zip(&expected).enumerate() {
            assert_eq!(&tokenizer.decode(ids), changed.get(&index).unwrap_or(text), "{family}: {text:?}");
        }
    }
}

#[derive(Deserialize)]
struct Meant {
    text: String,
    ids: Vec<u32>,
}

fn check_meant(family: &str, tokenizer: &Tokenizer) {
    for case in serde_json::from_str::<Vec<Meant>>(&read(family, "special.json")).unwrap() {
        assert_eq!(tokenizer.encode_with_special(&case.text).unwrap(), case.ids, "{family}: {:?}", case.text);
    }
}

#[test]
fn control_tokens_in_a_templates_text_are_those_of_the_makers() {
    for family in FAMILIES {
        check_meant(family, &from_hugging_face(family));
        // A GGUF file does not say that the space stands before the first word of all alone.
        if family != "mistral" {
            check_meant(family, &from_gguf(family));
        }
    }
}

/// Text that a person wrote, in every family, from both kinds of files.
#[test]
fn no_text_becomes_a_control_token() {
    for family in FAMILIES {
        for tokenizer in [from_gguf(family), from_hugging_face(family)] {
            let names = tokenizer.special_tokens().map(|(_, name)| name).collect::<Vec<_>>();
            let special = tokenizer.special_tokens().map(|(id, _)| id).collect::<Vec<_>>();
            let all = names.concat();
            for text in names.iter().copied().chain([all.as_str()]) {
                let ids = tokenizer.encode(text).unwrap();
                assert!(ids.iter().all(|id| !special.contains(id)), "{family}: {text:?}");
                assert_eq!(tokenizer.decode(&ids), text, "{family}");
            }
        }
    }
}

#[test]
fn both_kinds_of_files_give_the_same_marks() {
    for family in FAMILIES {
        let (folder, gguf) = (from_hugging_face(family), from_gguf(family));
        assert_eq!((folder.bos(), folder.eos()), (gguf.bos(), gguf.eos()), "{family}");
        assert_eq!(folder.add_bos(), gguf.add_bos(), "{family}");
        assert_eq!(folder.stop_tokens(), gguf.stop_tokens(), "{family}");
        assert_eq!(folder.vocab_size(), gguf.vocab_size(), "{family}");
    }
}
