//! Ratings that a judge gave to one reply.

use super::{NoVerdict, structured, thinking, trim};
use crate::judge::Rubric;
use std::collections::BTreeMap;

/// The rating of each criterion of `rubric`, in its order, from a JSON object at the end of the answer or from lines such as `clear: 4`.
///
/// A criterion that is missing, given twice or outside the scale leaves the whole answer without ratings.
pub fn read_ratings(answer: &str, rubric: &Rubric) -> Result<Vec<f64>, NoVerdict> {
    let text = thinking::after(answer)?;
    if text.is_empty() {
        return Err(NoVerdict::Empty);
    }
    let found = in_object(text).unwrap_or_else(|| in_lines(text));
    rubric
        .criteria
        .iter()
        .map(|criterion| match found.get(&key(criterion)).map(Vec::as_slice) {
            None | Some([]) => Err(super::kind_of(text)),
            Some([value]) if (rubric.scale[0]..=rubric.scale[1]).contains(value) => Ok(*value),
            Some([_]) => Err(NoVerdict::Unclear),
            Some(_) => Err(NoVerdict::Contradiction),
        })
        .collect()
}

/// What each criterion was given.
type Given = BTreeMap<String, Vec<f64>>;

fn key(name: &str) -> String {
    trim::plain(name).replace([' ', '-'], "_")
}

fn in_object(text: &str) -> Option<Given> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(structured::object(text)?).ok()?;
    // Some judges write {"clear": {"score": 4, "reason": "…"}}, and some put all scores one level deeper.
    let inner = object.values().find_map(|value| value.as_object()).filter(|_| object.len() == 1);
    let entries = inner.unwrap_or(&object).iter();
    Some(entries.filter_map(|(name, value)| Some((key(name), vec![number(value)?]))).collect())
}

fn number(value: &serde_json::Value) -> Option<f64> {
    match value {
        serde_json::Value::Number(number) => number.as_f64(),
        serde_json::Value::String(text) => score(text),
        serde_json::Value::Object(object) => {
            ["score", "rating", "value"].iter().find_map(|name| object.get(*name)?.as_f64())
        }
        _ => None,
    }
}

fn in_lines(text: &str) -> Given {
    let mut given = Given::new();
    for line in text.lines() {
        let line = trim::plain(line);
        let Some((name, value)) = trim::line_start(&line).split_once([':', '=']) else { continue };
        if let Some(value) = score(value) {
            given.entry(key(trim::wrapping(name))).or_default().push(value);
        }
    }
    given
}

/// `4`, `4/5`, `4 out of 5`, `**4**`, `4 - clear enough`; not `4.5.6`, `4-5`, `four`.
fn score(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "*_`\"".contains(c));
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let rest = rest.trim_start_matches(['*', '_']);
    let is_end = rest.is_empty() || rest.starts_with([' ', ',', ';', '(', '/']);
    if is_end { number.trim_end_matches('.').parse().ok() } else { None }
}
