//! Ratings that a judge gave to one reply.

use super::{NoVerdict, structured, trim};
use crate::judge::Rubric;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeMap;

/// The rating of each criterion of `rubric`, in its order, from a JSON object at the end of the answer or from lines such as `clear: 4`.
///
/// A criterion that is missing, given twice or outside the scale leaves the whole answer without ratings.
pub fn read_ratings(answer: &str, rubric: &Rubric) -> Result<Vec<f64>, NoVerdict> {
    let text = super::after_reasoning(answer)?;
    let found = in_object(text, rubric).unwrap_or_else(|| in_lines(text, rubric));
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

fn in_object(text: &str, rubric: &Rubric) -> Option<Given> {
    let (_, json) = structured::object(text)?;
    let Entries(entries) = serde_json::from_str(json).ok()?;
    let given = given(&entries, rubric);
    match entries.as_slice() {
        // Some judges put all scores one level deeper.
        [(_, Node::Entries(Entries(inner)))] if given.is_empty() => Some(self::given(inner, rubric)),
        _ => Some(given),
    }
}

fn given(entries: &[(String, Node)], rubric: &Rubric) -> Given {
    let mut given = Given::new();
    for (name, node) in entries {
        if let Some(value) = number(node, rubric) {
            given.entry(key(name)).or_default().push(value);
        }
    }
    given
}

/// What stands in an object, as far as ratings are told by it.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Node {
    Number(f64),
    Text(String),
    Entries(Entries),
    Other(IgnoredAny),
}

/// An object's entries, with duplicates, which a map would lose.
struct Entries(Vec<(String, Node)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

/// `4`, `"4/5"`, `{"score": 4, "reason": "…"}`.
fn number(node: &Node, rubric: &Rubric) -> Option<f64> {
    match node {
        Node::Number(number) => Some(*number),
        Node::Text(text) => score(text, rubric),
        Node::Entries(Entries(entries)) => {
            let mut scores =
                entries.iter().filter(|(name, _)| ["score", "rating", "value"].contains(&name.as_str()));
            match (scores.next(), scores.next()) {
                (Some((_, Node::Number(number))), None) => Some(*number),
                _ => None,
            }
        }
        Node::Other(_) => None,
    }
}

fn in_lines(text: &str, rubric: &Rubric) -> Given {
    let mut given = Given::new();
    for line in text.lines() {
        let line = trim::plain(line);
        let Some((name, value)) = trim::line_start(&line).split_once([':', '=']) else { continue };
        if let Some(value) = score(value, rubric) {
            given.entry(key(trim::wrapping(name))).or_default().push(value);
        }
    }
    given
}

/// `4`, `4/5`, `4 out of 5`, `**4**`, `4 - clear enough`; not `4/10` on a scale to 5, `4-5`, `3 or 4`, `four`.
fn score(text: &str, rubric: &Rubric) -> Option<f64> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "*_`\"".contains(c));
    let (value, rest) = leading_number(text)?;
    let rest = rest.trim_start_matches(['*', '_', ' ']);
    let rest = match rest.strip_prefix('/').or_else(|| rest.strip_prefix("out of ")) {
        Some(rest) => {
            let (highest, rest) = leading_number(rest.trim_start())?;
            (highest == rubric.scale[1]).then_some(rest.trim_start_matches(['*', '_', ' ']))?
        }
        None => rest,
    };
    let is_remark = rest.starts_with(['(', '[', '-', '–', '—']) && !rest.contains(|c: char| c.is_numeric());
    (rest.is_empty() || is_remark).then_some(value)
}

/// The number that a text begins with, and what follows it.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    Some((number.trim_end_matches('.').parse().ok()?, rest))
}
