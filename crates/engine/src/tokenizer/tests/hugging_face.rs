//! Broken and strange folders.

use super::families::{FAMILIES, from_gguf, from_hugging_face, read};
use super::*;
use serde_json::{Value as Json, json};

/// The small tokenizer of Llama 3 with some values changed; a last part `-` of a path appends.
fn changed(changes: &[(&str, Json)]) -> String {
    let mut file: Json = serde_json::from_str(&read("llama3", "tokenizer.json")).unwrap();
    for (path, value) in changes {
        let (parent, name) = path.rsplit_once('/').unwrap();
        match file.pointer_mut(parent).unwrap() {
            Json::Array(list) if name == "-" => list.push(value.clone()),
            Json::Array(list) => list[name.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[name] = value.clone(),
        }
    }
    file.to_string()
}

fn error_of(tokenizer: &str, config: Option<&str>) -> String {
    Tokenizer::from_hugging_face(tokenizer, config).err().expect("it is refused").to_string()
}

#[test]
fn what_is_wrong_with_a_tokenizer_is_named() {
    let sequence = |step: Json| json!({ "type": "Sequence", "normalizers": [step] });
    for (path, value, named) in [
        ("/model", Json::Null, "tokenizer.json: invalid type: null"),
        ("/model/type", json!("Unigram"), "tokenizer model `Unigram` is not supported; supported: BPE"),
        ("/model/vocab", json!({}), "which is no token"),
        ("/model/vocab", json!([["a", -1.0]]), "tokenizer.json: invalid type: sequence, expected a map"),
        ("/model/vocab/new", json!(u32::MAX), "has the id 4294967295; expected 0 to 4194303"),
        ("/model/vocab/new", json!(u64::MAX), "tokenizer.json: invalid value: integer"),
        ("/model/vocab/new", json!(-1), "tokenizer.json: invalid value: integer"),
        ("/model/vocab/new", json!(5), "gives the id 5 to both"),
        ("/model/merges/3", json!(["no", "such"]), "merge 3 names \"no\", which is no token"),
        ("/model/merges/3", json!("nosuch"), "merge 3 is \"nosuch\"; expected two tokens with a space"),
        ("/model/merges/3", json!(["a"]), "tokenizer.json: data did not match any variant"),
        ("/model/end_of_word_suffix", json!("</w>"), "mark of words' parts `</w>` is not supported"),
        ("/added_tokens/0/id", json!(u32::MAX), "has the id 4294967295"),
        ("/added_tokens/0/id", json!(3), "gives the id 3 to both"),
        ("/added_tokens/0/content", json!("a"), "gives \"a\" the ids"),
        ("/added_tokens/0/single_word", json!(true), "added token `single_word of <|begin_of_text|>`"),
        ("/normalizer", json!({ "type": "Precompiled" }), "normalizer `Precompiled` is not supported"),
        ("/normalizer", sequence(json!({ "type": "Nmt" })), "normalizer `Nmt` is not supported"),
        ("/normalizer", json!({ "type": "Prepend" }), "tokenizer.json: normalizers: "),
        ("/normalizer", json!({ "type": "Replace" }), "normalizer `Replace of null` is not supported"),
        (
            "/normalizer",
            json!({ "type": "Replace", "pattern": { "Regex": "a*" }, "content": "b" }),
            "normalizer `Replace of {\"Regex\":\"a*\"}` is not supported; supported: Replace of a text",
        ),
        (
            "/normalizer",
            json!({ "type": "Replace", "pattern": { "String": "" }, "content": "b" }),
            "normalizer `Replace of {\"String\":\"\"}`",
        ),
        ("/normalizer", json!({ "type": "Sequence" }), "tokenizer.json: normalizers: "),
        ("/normalizer", json!([1]), "normalizer `unnamed` is not supported"),
        ("/pre_tokenizer", json!({ "type": "BertPreTokenizer" }), "pre-tokenizer `BertPreTokenizer`"),
        (
            "/pre_tokenizer/pretokenizers/0/pattern",
            json!({ "Regex": "(" }),
            "tokenizer.json: pretokenizers: ",
        ),
        ("/decoder", Json::Null, "decoder `none` is not supported; supported: ByteLevel"),
        ("/decoder", json!({ "type": "WordPiece" }), "decoder `WordPiece` is not supported"),
    ] {
        let error = error_of(&changed(&[(path, value.clone())]), None);
        assert!(error.contains(named), "{path} = {value}: {error}");
    }
    let empty = [("/model/vocab", json!({})), ("/model/merges", json!([])), ("/added_tokens", json!([]))];
    assert_eq!(error_of(&changed(&empty), None), "tokenizer: tokenizer.json: has no tokens");
    for text in ["", "[]", "{", "\"model\"", &"[".repeat(1_000_000)] {
        assert!(error_of(text, None).starts_with("tokenizer: tokenizer.json: "), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_configuration_is_named() {
    let tokenizer = read("llama3", "tokenizer.json");
    for (config, named) in [
        ("", "tokenizer_config.json: EOF"),
        ("{", "; the file is cut off or damaged: fetch it again"),
        ("[]", "tokenizer_config.json: "),
        (r#"{"bos_token": 3}"#, "tokenizer_config.json: data did not match"),
        (r#"{"bos_token": "<none>"}"#, "has no token \"<none>\", which is the bos_token; take both files"),
        (r#"{"eos_token": {"content": "<none>"}}"#, "has no token \"<none>\", which is the eos_token"),
        (r#"{"added_tokens_decoder": {"x": {"content": "<x>"}}}"#, "has the key \"x\"; expected the id"),
        (r#"{"added_tokens_decoder": {"4294967295": {"content": "<x>"}}}"#, "has the id 4294967295"),
    ] {
        let error = error_of(&tokenizer, Some(config));
        assert!(error.contains(named), "{config}: {error}");
    }
}

#[test]
fn a_configuration_adds_tokens_and_says_how_a_sequence_begins() {
    let tokenizer = read("llama3", "tokenizer.json");
    let load = |config: &str| Tokenizer::from_hugging_face(&tokenizer, Some(config)).unwrap();
    let bos = r#""bos_token": {"content": "<|begin_of_text|>"}"#;
    assert!(load(&format!("{{{bos}}}")).add_bos(), "the tokenizer's own template begins with it");
    assert!(!load(&format!(r#"{{{bos}, "add_bos_token": false}}"#)).add_bos());
    assert!(!load("{}").add_bos(), "there is no token for it");
    let added = load(r#"{"added_tokens_decoder": {"900": {"content": "<extra>", "special": true}}}"#);
    assert_eq!((added.vocab_size(), added.token_id("<extra>")), (901, Some(900)));
    assert_eq!(added.encode_with_special("<extra>").unwrap(), [900]);
    assert_eq!(added.token_bytes(850), b"", "no token has this id");
}

/// Gemma's published files name the tab both ways.
#[test]
fn a_byte_and_its_character_may_be_one_token() {
    let mut file: Json = serde_json::from_str(&read("gemma", "tokenizer.json")).unwrap();
    let tab = file["model"]["vocab"]["<0x09>"].clone();
    file["model"]["vocab"]["\t"] = tab.clone();
    let tokenizer = Tokenizer::from_hugging_face(&file.to_string(), None).unwrap();
    let ids = tokenizer.encode("a\tb").unwrap();
    assert!(ids.contains(&(tab.as_u64().unwrap() as u32)));
    assert_eq!(tokenizer.decode(&ids), "a\tb");
}

/// A word of 100,000 characters is no harder than as many short ones, and is cut as by the patterns that need no looking ahead.
#[test]
fn long_texts_of_folders_are_encoded_quickly() {
    for family in FAMILIES {
        let (folder, gguf) = (from_hugging_face(family), from_gguf(family));
        let is_byte_level = !["gemma", "llama2", "mistral", "phi3"].contains(&family);
        for unit in ["a", " ", "\n", "7", "😀", "!?", "\u{301}", "order "] {
            let text = unit.repeat(100_000 / unit.chars().count()) + "x";
            let started = Instant::now();
            let ids = folder.encode(&text).unwrap();
            assert!(started.elapsed().as_secs() < 10, "{family}: {unit:?} took {:?}", started.elapsed());
            assert!(!is_byte_level || ids == gguf.encode(&text).unwrap(), "{family}: {unit:?}");
        }
    }
}

#[test]
fn strange_patterns_come_to_an_end() {
    let text = "a".repeat(10_000) + "  x";
    for pattern in [r"(a*)*\1b", r"(?=(a+)+b)x", "", "(?=a)", r"\b"] {
        let change = ("/pre_tokenizer/pretokenizers/0/pattern", json!({ "Regex": pattern }));
        if let Ok(tokenizer) = Tokenizer::from_hugging_face(&changed(&[change]), None) {
            let started = Instant::now();
            let ids = tokenizer.encode(&text).unwrap();
            assert!(started.elapsed().as_secs() < 10, "{pattern:?} took {:?}", started.elapsed());
            assert_eq!(tokenizer.decode(&ids), text, "{pattern:?}");
        }
    }
}

proptest! {
    #[test]
    fn random_folders_never_panic(
        vocab in prop::collection::hash_map("[ab▁ <|>ĠÿĀ]{0,4}", 0..20_u32, 0..12),
        merges in prop::collection::vec(("[ab▁Ġ]{0,2}", "[ab▁Ġ]{0,2}"), 0..4),
        added in prop::collection::vec((0..24_u32, "[ab <|>▁]{0,4}", any::<[bool; 3]>()), 0..4),
        flags in any::<[bool; 4]>(),
        spaced in any::<bool>(),
        text in "[ab <|>ÿ\n]{0,12}",
    ) {
        let added = added.into_iter().map(|(id, content, [special, lstrip, rstrip])| {
            json!({ "id": id, "content": content, "special": special, "lstrip": lstrip, "rstrip": rstrip })
        });
        let [byte_fallback, fuse_unk, ignore_merges, unknown] = flags;
        let metaspace = json!({ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": unknown });
        let bytes = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true });
        let file = json!({
            "added_tokens": added.collect::<Vec<_>>(),
            "pre_tokenizer": if spaced { &metaspace } else { &bytes },
            "decoder": if spaced { json!({ "type": "Metaspace", "replacement": "▁" }) } else { bytes.clone() },
            "model": {
                "type": "BPE", "vocab": vocab, "merges": merges, "byte_fallback": byte_fallback,
                "fuse_unk": fuse_unk, "ignore_merges": ignore_merges,
                "unk_token": unknown.then_some("a"),
            },
        });
        if let Ok(tokenizer) = Tokenizer::from_hugging_face(&file.to_string(), None) {
            let ids = tokenizer.encode_with_special(&text).or_else(|_| tokenizer.encode(&text)).unwrap_or_default();
            prop_assert!(ids.iter().all(|id| (*id as usize) < tokenizer.vocab_size()));
            tokenizer.decode(&ids);
        }
    }
}
