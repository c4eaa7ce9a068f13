//! What a study must satisfy before a page works with it.

use super::document::{Study, StudyError};
use crate::schema::{Finding, Message, Verdict};
use std::collections::BTreeSet;

/// The largest study that is read.
pub const MOST_STUDY_BYTES: usize = 256 << 20;
/// The longest list of pairs.
const MOST_TURNS: usize = 100_000;
/// Turns of all lists together.
const MOST_TURNS_OF_ALL: usize = 5_000_000;

pub(super) fn read(bytes: &[u8]) -> Result<Study, StudyError> {
    if bytes.len() > MOST_STUDY_BYTES {
        return Err(StudyError::TooLarge { bytes: bytes.len(), most: MOST_STUDY_BYTES });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let study: Study = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.into_inner());
        StudyError::Unreadable(match schema_of(bytes) {
            Some(schema) if schema != Study::SCHEMA => wrong_schema(&schema),
            _ if inner.is_eof() => format!("the study breaks off at line {}: {inner}", inner.line()),
            _ if inner.is_syntax() => format!("the file is not JSON: {inner}"),
            _ => format!("the study's field `{path}`: {inner}"),
        })
    })?;
    deserializer
        .end()
        .map_err(|error| StudyError::Unreadable(format!("something follows the study: {error}")))?;
    if study.schema != Study::SCHEMA {
        return Err(StudyError::Unreadable(wrong_schema(&study.schema)));
    }
    match study_findings(&study) {
        findings if findings.is_empty() => Ok(study),
        findings => Err(StudyError::Invalid(findings)),
    }
}

fn schema_of(bytes: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Header {
        schema: String,
    }
    serde_json::from_slice::<Header>(bytes).ok().map(|header| header.schema)
}

fn wrong_schema(schema: &str) -> String {
    let schema: String = schema.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("this is `{schema}`; this page reads `{}`", Study::SCHEMA)
}

pub(super) fn study(study: &Study) -> Vec<Finding> {
    study_findings(study)
}

fn study_findings(study: &Study) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut require = |holds: bool, path: String, message: &str, expected: &str| {
        // The first hundred say enough about a broken file.
        if !holds && findings.len() < 100 {
            findings.push(Finding { path, message: message.to_owned(), expected: expected.to_owned() });
        }
    };
    for (text, path) in [
        (&study.id, "id"),
        (&study.order_key, "order_key"),
        (&study.guidelines.version, "guidelines.version"),
    ] {
        require(!text.trim().is_empty(), path.to_owned(), "the text is empty", "some text");
    }
    require(!study.items.is_empty(), "items".to_owned(), "there is no pair", "at least one pair");
    require(!study.lists.is_empty(), "lists".to_owned(), "there is no list", "at least one list of pairs");
    let mut ids = BTreeSet::new();
    for (i, item) in study.items.iter().enumerate() {
        let path = |part: &str| format!("items[{i}].{part}");
        require(!item.id.trim().is_empty(), path("id"), "the id is empty", "an id");
        require(ids.insert(item.id.as_str()), path("id"), "another pair has the same id", "an id of its own");
        require(has_text(&item.messages), path("messages"), "there is no text", "a conversation");
        require(
            item.responses[0] != item.responses[1],
            path("responses"),
            "both responses are the same",
            "two different texts",
        );
    }
    let mut total = 0usize;
    for (i, list) in study.lists.iter().enumerate() {
        let path = format!("lists[{i}]");
        total = total.saturating_add(list.len());
        require(list.len() <= MOST_TURNS, path.clone(), "the list is too long", "at most 100,000 places");
        let holds = list.iter().all(|place| *place < study.items.len());
        require(holds, path, "a place beyond the last pair", "places of `items`, from 0");
    }
    require(
        total <= MOST_TURNS_OF_ALL,
        "lists".to_owned(),
        "the lists are too long",
        "at most 5,000,000 places in all",
    );
    for (i, question) in study.qualification.questions.iter().enumerate() {
        let path = |part: &str| format!("qualification.questions[{i}].{part}");
        require(has_text(&question.messages), path("messages"), "there is no text", "a conversation");
        let holds = match question.verdict {
            Verdict::Strength(strength) => (-3..=3).contains(&strength),
            Verdict::BothBad | Verdict::Flag => true,
            Verdict::Skip | Verdict::Unparsed => false,
        };
        require(
            holds,
            path("verdict"),
            "no verdict that can be right",
            "a strength from -3 to 3, both_bad or flag",
        );
    }
    settings(study, &mut require);
    findings
}

fn settings(study: &Study, require: &mut impl FnMut(bool, String, &str, &str)) {
    let settings = &study.settings;
    let path = |part: &str| format!("settings.{part}");
    require(
        (0.0..=1.0).contains(&settings.pass_share),
        path("pass_share"),
        "the share is out of range",
        "a number from 0 to 1",
    );
    let minutes = settings.minutes.is_none_or(|minutes| minutes.is_finite() && minutes >= 0.0);
    require(minutes, path("minutes"), "the time is out of range", "a number of at least 0");
    let rate = settings.warnings.words_per_minute;
    require(
        rate.is_finite() && rate >= 0.0,
        path("warnings.words_per_minute"),
        "the rate is out of range",
        "a number of at least 0",
    );
    if let Some(url) = &settings.completion_url {
        require(
            is_https(url),
            path("completion_url"),
            "the address is not https",
            "an address that begins with https://",
        );
    }
    if let Some(delivery) = &settings.delivery {
        let holds = is_https(&delivery.url) || is_loopback(&delivery.url);
        require(
            holds,
            path("delivery.url"),
            "the address is not https",
            "an address that begins with https://",
        );
    }
}

fn has_text(messages: &[Message]) -> bool {
    messages.iter().any(|message| !message.content.trim().is_empty())
}

/// Whether an address is https with a host.
fn is_https(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| rest.chars().next().is_some_and(char::is_alphanumeric))
        && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether an address is on the page's own machine, for trying things.
fn is_loopback(url: &str) -> bool {
    ["http://127.0.0.1", "http://localhost"]
        .iter()
        .filter_map(|host| url.strip_prefix(host))
        .any(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}
