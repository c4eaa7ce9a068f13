//! A verdict in a JSON object that an answer consists of or ends with.

use super::lines::announces_other;
use super::{Choice, Found, NoVerdict, label, marker, trim};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The fields that hold a verdict, in small letters.
const FIELDS: [&str; 14] = [
    "verdict",
    "final_verdict",
    "winner",
    "better",
    "better_reply",
    "better_response",
    "preference",
    "preferred",
    "preferred_response",
    "choice",
    "answer",
    "final_answer",
    "label",
    "decision",
];

/// The verdict of the JSON object at the end of `text`; none where there is no such object or no such field.
///
/// Several such fields, at any depth, have to say the same, and so has what is marked before the object.
pub fn read(text: &str) -> Found {
    let (before, json) = object(text)?;
    let verdicts = verdicts(json)?;
    let (first, others) = verdicts.split_first()?;
    let earlier = object(before).and_then(|(_, json)| self::verdicts(json)).unwrap_or_default();
    let marked = marker::choices(before).into_iter().map(Some);
    match first {
        _ if others.iter().chain(&earlier).any(|other| other != first) => Some(Err(NoVerdict::Contradiction)),
        _ if marked.into_iter().any(|other| other != *first) => Some(Err(NoVerdict::Contradiction)),
        Some(choice) => Some(Ok(*choice)),
        None => Some(Err(NoVerdict::Unclear)),
    }
}

/// What the verdict fields of an object say.
fn verdicts(json: &str) -> Option<Vec<Option<Choice>>> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let mut verdicts = Verdicts::default();
    reader.deserialize_any(&mut verdicts).ok()?;
    reader.end().ok()?;
    Some(verdicts.0)
}

/// The object that the text ends with, out of its fence, after the text before it.
///
/// One within a sentence, or after a line that announces something else than an answer, is a quotation.
pub fn object(text: &str) -> Option<(&str, &str)> {
    let text = trim::space(text);
    let text = text.strip_suffix("```").unwrap_or(text).trim_end();
    if !text.ends_with('}') {
        return None;
    }
    // The object begins at the first brace from which all that follows is one object.
    let mut starts = text.match_indices('{').map(|(at, _)| text.split_at(at)).take(MOST_BRACES);
    let (before, object) = starts.find(|(_, rest)| serde_json::from_str::<IgnoredAny>(rest).is_ok())?;
    let has_its_line =
        before.lines().next_back().is_none_or(|line| line.trim().is_empty()) || before.ends_with('\n');
    let announcing = before.lines().rev().find(|line| !line.trim().is_empty() && !line.starts_with("```"));
    (has_its_line && !announcing.is_some_and(announces_other)).then_some((before, object))
}

/// How many beginnings are tried, so that a text of braces costs no square of its length.
const MOST_BRACES: usize = 64;

/// What the verdict fields of a document say, with duplicates, which a map would lose; none for a field that says nothing clear.
#[derive(Default)]
struct Verdicts(Vec<Option<Choice>>);

impl<'de> Visitor<'de> for &mut Verdicts {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let key = key.trim().to_lowercase().replace([' ', '-'], "_");
            if FIELDS.contains(&key.as_str()) {
                let value: serde_json::Value = map.next_value()?;
                self.0.push(choice(&value));
            } else {
                map.next_value_seed(Deeper(self))?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Deeper(self))?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

struct Deeper<'a>(&'a mut Verdicts);

impl<'de> serde::de::DeserializeSeed<'de> for Deeper<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self.0)
    }
}

fn choice(value: &serde_json::Value) -> Option<Choice> {
    match value {
        serde_json::Value::String(text) => label::statement(text),
        serde_json::Value::Number(number) => label::statement(&number.to_string()),
        _ => None,
    }
}
