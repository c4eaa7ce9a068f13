//! Records of Argilla 1 and 2: fields, people's responses to questions, and suggestions by agents.

use super::conversation::messages;
use super::pairs::{SIDES, of_value, reply};
use super::refusal::{Reason, Refusal};
use super::row::{Part, Row, Settings, TIME, kind_of_name, name, number};
use super::said::{Asked, Opinion, Reply, Said, Who, refuse_no_pair};
use super::time::timestamp;
use crate::schema::{AnnotatorKind, Extra, Verdict};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const PROMPT: [&str; 4] = ["prompt", "instruction", "question", "chat"];

pub(super) fn fits(row: &Row<'_>) -> bool {
    let answers = |name: &str| row.get(name).is_some_and(|value| value.is_object() || value.is_array());
    row.get("fields").is_some_and(Value::is_object) && (answers("responses") || answers("suggestions"))
}

/// Each answer to a question with a choice or a ranking is a vote, where there is one such question or the user names it; answers of other kinds stay plain fields.
pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let Some(Value::Object(fields)) = row.field("fields") else {
        return Err(Refusal::in_field(Reason::NoPrompt, "fields", "it is no object"));
    };
    let mut inner = Row::new(fields, row.settings);
    let prompt = inner.need(Part::Prompt, &PROMPT, Reason::NoPrompt)?;
    let mut asked = Asked::new(messages(&prompt, Reason::NoPrompt)?)?;
    let (names, replies) = sides(&mut inner)?;
    refuse_no_pair(&replies)?;
    if let Some(Value::Object(metadata)) = row.get("metadata") {
        asked.category = metadata.get("category").and_then(Value::as_str).map(str::to_owned);
    }
    let at = row.when(TIME);
    let mut answers = Vec::new();
    for (list, kind) in [("responses", None), ("suggestions", Some(AnnotatorKind::Judge))] {
        if let Some(value) = row.field(list) {
            answers.extend(answers_of(value, (list, kind), &mut row.doubts));
        }
    }
    let opinions = opinions(answers, &names, at, &mut row);
    let (mut rest, left_out) = row.rest();
    let (unused, _) = inner.rest();
    if !unused.is_empty() {
        rest.insert("fields".to_owned(), Value::Object(unused));
    }
    Ok(Said { asked, replies: replies.into(), opinions, rest, left_out, ..Said::default() })
}

/// The two fields that are compared: of a usual pair of names, or named by the user.
fn sides(fields: &mut Row<'_>) -> Result<([String; 2], [Reply; 2]), Refusal> {
    let both =
        |names: &[&str; 2]| fields.has(Part::First, &names[..1]) && fields.has(Part::Second, &names[1..]);
    let more = [["chosen", "rejected"], ["generation_1", "generation_2"], ["reply_1", "reply_2"]];
    let names = SIDES.into_iter().chain(more).find(both).unwrap_or(SIDES[0]);
    let first = fields.need(Part::First, &names[..1], Reason::NoResponse)?;
    let second = fields.need(Part::Second, &names[1..], Reason::NoResponse)?;
    let names = [first.name.clone(), second.name.clone()];
    Ok((names, [reply(&first)?, reply(&second)?]))
}

/// What somebody answered to one question.
struct Answer {
    list: &'static str,
    question: String,
    value: Value,
    /// What else is known of it.
    fields: Extra,
    kind: Option<AnnotatorKind>,
}

/// The answers by question, as Argilla 2 has them, or by person, as Argilla 1 has them; what is neither is told.
fn answers_of(
    value: Value,
    (list, kind): (&'static str, Option<AnnotatorKind>),
    doubts: &mut Vec<Refusal>,
) -> Vec<Answer> {
    let mut told = |place: &str, why: String| doubts.push(Refusal::in_field(Reason::NoVerdict, place, why));
    let mut found = Vec::new();
    match value {
        Value::Object(questions) => questions.into_iter().for_each(|(question, given)| match given {
            Value::Array(several) => {
                found.extend(several.into_iter().map(|answer| (question.clone(), answer)));
            }
            single => found.push((question, single)),
        }),
        Value::Array(items) => items.into_iter().enumerate().for_each(|(place, item)| match of_item(item) {
            Ok(answers) => found.extend(answers),
            Err(why) => told(&format!("{list}[{place}]"), why),
        }),
        _ => told(list, "it is neither an object nor a list, so it is left out".to_owned()),
    }
    let answer = |(question, answer): (String, Value)| {
        let mut fields = match answer {
            Value::Object(fields) => fields,
            value => Extra::from_iter([("value".to_owned(), value)]),
        };
        Some(Answer { list, question, value: fields.remove("value")?, fields, kind })
    };
    found.into_iter().filter_map(answer).collect()
}

/// One item of Argilla 1: what a person answered to all questions, or a suggestion for one.
fn of_item(item: Value) -> Result<Vec<(String, Value)>, String> {
    let Value::Object(mut item) = item else { return Err("it is no object, so it is left out".to_owned()) };
    let status = item.remove("status").as_ref().and_then(Value::as_str).map(str::to_owned);
    if let Some(status) = status.filter(|status| status != "submitted") {
        return Err(format!("its status is `{status}`, so it is left out"));
    }
    if let Some(Value::Object(values)) = item.remove("values") {
        let answer = |(question, value)| {
            let mut answer = item.clone();
            match value {
                Value::Object(fields) => answer.extend(fields),
                value => drop(answer.insert("value".to_owned(), value)),
            }
            (question, Value::Object(answer))
        };
        return Ok(values.into_iter().map(answer).collect());
    }
    match item.remove("question_name") {
        Some(Value::String(question)) => Ok(vec![(question, Value::Object(item))]),
        _ => Err("it has neither `values` nor `question_name`, so it is left out".to_owned()),
    }
}

/// The answers that say which of the two is better; all others stay fields of the row.
fn opinions(
    answers: Vec<Answer>,
    names: &[String; 2],
    at: Option<Timestamp>,
    row: &mut Row<'_>,
) -> Vec<Opinion> {
    let settings = row.settings;
    let verdict = |answer: &Answer| {
        let is_asked = settings.question.as_ref().is_none_or(|question| *question == answer.question);
        let value = &answer.value;
        is_asked.then(|| ranked(value, names).or_else(|| of_value(value, names, settings)))?
    };
    let verdicts: Vec<Option<Verdict>> = answers.iter().map(verdict).collect();
    let telling = answers.iter().zip(&verdicts).filter(|(_, verdict)| verdict.is_some());
    let questions: BTreeSet<String> = telling.map(|(answer, _)| format!("`{}`", answer.question)).collect();
    if let Some(message) = no_one_question(&questions).filter(|_| !answers.is_empty()) {
        row.doubts.push(Refusal::new(Reason::NoVerdict, message));
    }
    let (mut opinions, mut unused) = (Vec::new(), BTreeMap::<String, Vec<Value>>::new());
    for (answer, verdict) in answers.into_iter().zip(verdicts) {
        match verdict {
            Some(verdict) if questions.len() == 1 => opinions.push(opinion(verdict, answer, at, settings)),
            _ => unused.entry(format!("{}.{}", answer.list, answer.question)).or_default().push(answer.value),
        }
    }
    for (name, mut values) in unused {
        let value = if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
        row.keep(&name, value);
    }
    opinions
}

/// What is wrong where not exactly one question tells which is better: a person has one vote on a pair.
fn no_one_question(telling: &BTreeSet<String>) -> Option<String> {
    match telling.len() {
        0 => Some("none of its answers tells which of the two is better, so the row has no vote".to_owned()),
        1 => None,
        _ => {
            let names = telling.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            Some(format!(
                "the questions {names} each tell which is better, so the row has no vote; name the one with --question"
            ))
        }
    }
}

/// The verdict of `[{"value", "rank"}]`, the lowest rank the best.
fn ranked(value: &Value, names: &[String; 2]) -> Option<Verdict> {
    let list = value.as_array()?;
    let rank_of = |name: &String| {
        let entry = list.iter().find(|entry| entry.get("value").and_then(Value::as_str) == Some(name))?;
        number(entry.get("rank")?)
    };
    let (first, second) = (rank_of(&names[0])?, rank_of(&names[1])?);
    Some(Verdict::Strength(match first.total_cmp(&second) {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    }))
}

fn opinion(verdict: Verdict, answer: Answer, at: Option<Timestamp>, settings: &Settings) -> Opinion {
    let Answer { question, mut fields, kind, .. } = answer;
    let annotator = settings.name(Part::Annotator).into_iter().chain(["user_id", "agent"]);
    let id = annotator.into_iter().find_map(|key| name(&fields.remove(key)?));
    let confidence = fields.get("score").and_then(number).filter(|score| (0.0..=1.0).contains(score));
    if confidence.is_some() {
        fields.remove("score");
    }
    fields.retain(|_, value| !value.is_null());
    fields.insert("question".to_owned(), question.into());
    let who = match id {
        Some(id) => Who::Named { kind: kind_of_name(&id).or(kind), id },
        None => Who::Unnamed,
    };
    let own_time = settings.name(Part::Time).and_then(|key| timestamp(fields.get(key)?));
    Opinion { confidence, extra: fields, ..Opinion::new(verdict, who, own_time.or(at)) }
}
