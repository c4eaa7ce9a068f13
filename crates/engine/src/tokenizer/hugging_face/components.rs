//! The parts of a `tokenizer.json`, each told by its `type`.
//!
//! Parts that are not listed here are refused by name: they belong to other kinds of tokenizers, and some of them stop the program where a file is broken.

use super::super::pipeline::{Prefix, PrefixPlace, Spelling};
use super::bad;
use crate::{EngineError, Result};
use serde_json::Value;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;

const NORMALIZERS: [&str; 10] =
    ["Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Prepend", "Replace", "Sequence", "Strip", "StripAccents"];
const PRE_TOKENIZERS: [&str; 8] =
    ["ByteLevel", "Digits", "Metaspace", "Punctuation", "Sequence", "Split", "Whitespace", "WhitespaceSplit"];
const SPACE: &str = "▁";

/// The normaliser without the space that it puts before every text, and that space.
pub(super) fn normalizer(part: Option<Value>) -> Result<(Option<NormalizerWrapper>, Option<Prefix>)> {
    let Some(part) = present(part) else {
        return Ok((None, None));
    };
    let mut steps = flatten(part, "normalizers");
    check(&steps, "normalizer", &NORMALIZERS, "Lowercase, NFC, NFD, NFKC, NFKD, Prepend, Replace, Strip")?;
    steps.iter().try_for_each(refuse_empty_matches)?;
    let count = steps.len();
    steps.retain(|step| !(kind(step) == "Prepend" && step["prepend"] == SPACE));
    let prepends = steps.len() < count;
    let prefix = prepends.then_some(Prefix { place: PrefixPlace::EveryStretch, unless_spaced: false });
    Ok((build(steps, "normalizers")?, prefix))
}

/// The pre-tokenizer without the space that it puts before texts, and that space.
pub(super) fn pre_tokenizer(part: Option<Value>) -> Result<(Option<PreTokenizerWrapper>, Option<Prefix>)> {
    let Some(part) = present(part) else {
        return Ok((None, None));
    };
    let mut steps = flatten(part, "pretokenizers");
    check(
        &steps,
        "pre-tokenizer",
        &PRE_TOKENIZERS,
        "ByteLevel, Digits, Metaspace, Punctuation, Split, Whitespace",
    )?;
    let mut prefix = None;
    for step in steps.iter_mut().filter(|step| kind(step) == "Metaspace") {
        let place = match (step["prepend_scheme"].as_str(), step["add_prefix_space"].as_bool()) {
            (Some("never"), _) | (None, Some(false)) => PrefixPlace::Nowhere,
            (Some("first"), _) => PrefixPlace::Start,
            _ => PrefixPlace::EveryStretch,
        };
        if step["replacement"] == SPACE {
            prefix = Some(Prefix { place, unless_spaced: true });
            step["prepend_scheme"] = "never".into();
            step["add_prefix_space"] = Value::Null;
        }
    }
    Ok((build(steps, "pretokenizers")?, prefix))
}

/// How the decoder turns tokens' names into text.
pub(super) fn spelling(part: Option<&Value>) -> Result<Spelling> {
    let steps = flatten(part.cloned().unwrap_or_default(), "decoders");
    let kinds = steps.iter().map(kind).collect::<Vec<_>>();
    let unsupported = || EngineError::Unsupported {
        what: "decoder",
        name: if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") },
        supported: "ByteLevel, Metaspace, or Replace with ByteFallback, Fuse and Strip",
    };
    let replaces = |step: &Value| step["pattern"]["String"] == SPACE && step["content"] == " ";
    match kinds.as_slice() {
        ["ByteLevel"] => Ok(Spelling::ByteLevel),
        ["Metaspace"] => Ok(Spelling::Spaced { strips: steps[0]["prepend_scheme"] != "never" }),
        ["Replace", rest @ ..] if replaces(&steps[0]) => match rest {
            [] | ["ByteFallback"] | ["ByteFallback", "Fuse"] | ["Fuse"] => {
                Ok(Spelling::Spaced { strips: false })
            }
            ["ByteFallback", "Fuse", "Strip"] if steps[3]["content"] == " " && steps[3]["stop"] == 0 => {
                match steps[3]["start"].as_u64() {
                    Some(0) => Ok(Spelling::Spaced { strips: false }),
                    Some(1) => Ok(Spelling::Spaced { strips: true }),
                    _ => Err(unsupported()),
                }
            }
            _ => Err(unsupported()),
        },
        _ => Err(unsupported()),
    }
}

/// Whether a sequence begins with the token `bos`.
pub(super) fn begins_with(part: Option<&Value>, bos: Option<&str>) -> bool {
    let steps = flatten(part.cloned().unwrap_or_default(), "processors");
    let template = steps.iter().find(|step| kind(step) == "TemplateProcessing");
    let first = template.and_then(|template| template["single"][0]["SpecialToken"]["id"].as_str());
    first.is_some() && first == bos
}

/// The crate stops the program where a replaced pattern matches no character, which a regular expression may do.
fn refuse_empty_matches(step: &Value) -> Result<()> {
    let replaces_text = step["pattern"]["String"].as_str().is_some_and(|text| !text.is_empty());
    if kind(step) != "Replace" || replaces_text {
        return Ok(());
    }
    let name = format!("Replace of {}", step["pattern"]);
    Err(EngineError::Unsupported { what: "normalizer", name, supported: "Replace of a text" })
}

fn present(part: Option<Value>) -> Option<Value> {
    part.filter(|part| !part.is_null())
}

/// The steps of a sequence, or the one part that there is.
fn flatten(part: Value, list: &str) -> Vec<Value> {
    match part {
        Value::Null => Vec::new(),
        Value::Object(mut object) if object.get("type") == Some(&"Sequence".into()) => {
            let Some(Value::Array(steps)) = object.remove(list) else {
                return vec![Value::Object(object)];
            };
            steps.into_iter().flat_map(|step| flatten(step, list)).collect()
        }
        other => vec![other],
    }
}

fn kind(part: &Value) -> &str {
    part["type"].as_str().unwrap_or("unnamed")
}

fn check(steps: &[Value], what: &'static str, known: &[&str], supported: &'static str) -> Result<()> {
    match steps.iter().map(kind).find(|kind| !known.contains(kind)) {
        Some(name) => Err(EngineError::Unsupported { what, name: name.to_owned(), supported }),
        None => Ok(()),
    }
}

fn build<T: serde::de::DeserializeOwned>(steps: Vec<Value>, list: &str) -> Result<Option<T>> {
    if steps.is_empty() {
        return Ok(None);
    }
    let sequence = serde_json::json!({ "type": "Sequence", list: steps });
    serde_json::from_value(sequence).map(Some).map_err(|error| bad(format!("{list}: {error}")))
}
