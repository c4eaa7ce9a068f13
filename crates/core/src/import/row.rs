//! One row of a foreign file, its fields taken one by one until the rest is what nobody knows.

use super::codes::Codes;
use super::refusal::{Reason, Refusal};
use super::said::Who;
use super::time::timestamp;
use crate::schema::{AnnotatorKind, Extra};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a field is to us, whatever a file calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The conversation so far.
    Prompt,
    /// The better response.
    Chosen,
    /// The worse response.
    Rejected,
    /// The response that stands first.
    First,
    /// The response that stands second.
    Second,
    /// A list of responses.
    Responses,
    /// Which response is better.
    Verdict,
    /// Who said so.
    Annotator,
    /// When that was said.
    Time,
}

/// What the user says of the files beside their format.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The fields' names, where they are not the usual ones; such a part has no other name then.
    pub names: BTreeMap<Part, String>,
    /// The lowest and the highest score, for formats that do not tell; scores of such stay plain fields without it.
    pub scale: Option<[f64; 2]>,
    /// What values of verdicts mean that are no words.
    pub codes: Option<Codes>,
    /// Of records that ask several questions the one whose answers are votes.
    pub question: Option<String>,
}

impl Settings {
    /// The user's name of a part.
    pub(super) fn name(&self, part: Part) -> Option<&str> {
        self.names.get(&part).map(String::as_str)
    }
}

/// Usual names of who annotated.
pub(super) const ANNOTATOR: &[&str] =
    &["annotator", "annotator_id", "annotator_name", "user_id", "worker_id", "judge"];
/// Usual names of the time of a judgment.
pub(super) const TIME: &[&str] =
    &["decided_at", "annotated_at", "tstamp", "timestamp", "created_at", "time", "date"];

/// A value and the name of the field it was taken from.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: String,
    pub value: Value,
}

/// A row; what was taken is gone from it.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    fields: Extra,
    pub settings: &'a Settings,
    /// What is wrong beside the row itself, which is kept.
    pub doubts: Vec<Refusal>,
}

impl<'a> Row<'a> {
    pub fn new(fields: Extra, settings: &'a Settings) -> Self {
        Self { fields, settings, doubts: Vec::new() }
    }

    /// The name of the field that holds a part: the user's, or the first of the usual ones that is there.
    fn name_of(&self, part: Part, usual: &[&str]) -> Option<String> {
        let is_there = |name: &str| self.fields.get(name).is_some_and(|value| !value.is_null());
        match self.settings.names.get(&part) {
            Some(name) => is_there(name).then(|| name.clone()),
            None => usual.iter().find(|name| is_there(name)).map(|name| (*name).to_owned()),
        }
    }

    /// Whether a part is there; `null` counts as absent.
    pub fn has(&self, part: Part, usual: &[&str]) -> bool {
        self.name_of(part, usual).is_some()
    }

    /// Whether all these fields are there under these very names, which tell a format whatever the user calls a part.
    pub fn holds(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.fields.get(*name).is_some_and(|value| !value.is_null()))
    }

    /// The value of a part, left in its place.
    pub fn peek(&self, part: Part, usual: &[&str]) -> Option<&Value> {
        self.fields.get(&self.name_of(part, usual)?)
    }

    /// The value of a field, left in its place.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    pub fn take(&mut self, part: Part, usual: &[&str]) -> Option<Field> {
        let name = self.name_of(part, usual)?;
        let value = self.fields.remove(&name)?;
        Some(Field { name, value })
    }

    /// Takes a part without which the row cannot be used.
    pub fn need(&mut self, part: Part, usual: &[&str], reason: Reason) -> Result<Field, Refusal> {
        self.take(part, usual).ok_or_else(|| {
            let names = match self.settings.names.get(&part) {
                Some(name) => format!("`{name}`"),
                None => usual.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "),
            };
            Refusal::new(reason, format!("there is no field {names}"))
        })
    }

    /// Takes a field that holds a text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.fields.get(name)? {
            Value::String(text) if !text.trim().is_empty() => {
                let text = text.clone();
                self.fields.remove(name);
                Some(text)
            }
            _ => None,
        }
    }

    /// Takes a field that holds a number, which a table writes as a text.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        let number = number(self.fields.get(name)?)?;
        self.fields.remove(name);
        Some(number)
    }

    /// Takes a field, whatever it holds.
    pub fn field(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    /// Puts a field there that is none of ours; of several values of one name the first stays.
    pub fn keep(&mut self, name: &str, value: Value) {
        self.fields.entry(name).or_insert(value);
    }

    /// Who the row says annotated.
    pub fn who(&mut self, usual: &[&str]) -> Who {
        let Some(field) = self.take(Part::Annotator, usual) else { return Who::Unnamed };
        match name(&field.value) {
            Some(id) => Who::Named { id, kind: None },
            None => {
                self.fields.insert(field.name, field.value);
                Who::Unnamed
            }
        }
    }

    /// When the row says that was; a time that cannot be read is told, and stays a plain field.
    pub fn when(&mut self, usual: &[&str]) -> Option<Timestamp> {
        let field = self.take(Part::Time, usual)?;
        let found = timestamp(&field.value);
        if found.is_none() {
            self.doubts.push(Refusal::in_field(
                Reason::UnreadableTime,
                &field.name,
                "it is no time of RFC 3339, no date and no time since 1970 in the years 2000 to 2099, so the row has none",
            ));
            self.fields.insert(field.name, field.value);
        }
        found
    }

    /// What was not taken.
    pub fn rest(self) -> (Extra, Vec<Refusal>) {
        let mut rest = self.fields;
        rest.retain(|name, value| !value.is_null() && name != "schema");
        (rest, self.doubts)
    }
}

/// A number, also one that stands in a text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// An annotator's name: a text, a number, or an object that has one.
pub(super) fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(object) => {
            ["email", "username", "id", "name"].iter().find_map(|key| name(object.get(*key)?))
        }
        _ => None,
    }
}

/// The kind that an annotator's name tells, as in `human:ann`, where it tells one.
pub(super) fn kind_of_name(name: &str) -> Option<AnnotatorKind> {
    match name.split_once(':')?.0 {
        "human" => Some(AnnotatorKind::Human),
        "expert" => Some(AnnotatorKind::Expert),
        "judge" => Some(AnnotatorKind::Judge),
        "constitution" => Some(AnnotatorKind::Constitution),
        _ => None,
    }
}
