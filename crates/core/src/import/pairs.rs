//! `{"prompt", "response_a", "response_b", "winner"}`, the plain form of a comparison, as tables have it.

use super::conversation::{messages, reply_messages};
use super::helpsteer::strength;
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Field, Part, Row, TIME, number};
use super::said::{Asked, Opinion, Reply, Said, refuse_no_pair};
use super::words;
use crate::schema::{Message, Role, Verdict};
use serde_json::Value;

const PROMPT: &[&str] = &["prompt", "question", "messages"];
/// Names of two responses that go together.
pub(super) const SIDES: [[&str; 2]; 9] = [
    ["response_a", "response_b"],
    ["response_A", "response_B"],
    ["response_1", "response_2"],
    ["response1", "response2"],
    ["answer_a", "answer_b"],
    ["answer_1", "answer_2"],
    ["answer1", "answer2"],
    ["completion_a", "completion_b"],
    ["first", "second"],
];
/// Verdicts in words, or as 1 and 2.
const WORDS: [&str; 6] = ["winner", "preference", "preferred", "verdict", "choice", "label"];
/// Verdicts as numbers from −3 to 3, negative for the first.
const STRENGTHS: [&str; 2] = ["strength", "overall_preference"];

pub(super) fn fits(row: &Row<'_>) -> bool {
    let has = |part, side: usize| SIDES.iter().any(|names| row.has(part, &names[side..=side]));
    let verdict: Vec<&str> = WORDS.into_iter().chain(STRENGTHS).collect();
    row.has(Part::Prompt, PROMPT)
        && has(Part::First, 0)
        && has(Part::Second, 1)
        && row.has(Part::Verdict, &verdict)
}

pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let prompt = row.need(Part::Prompt, PROMPT, Reason::NoPrompt)?;
    let mut prompt = messages(&prompt, Reason::NoPrompt)?;
    if let Some(system) = row.text("system") {
        prompt.insert(0, Message::new(Role::System, system));
    }
    let mut asked = Asked::new(prompt)?;
    asked.id = row.text("prompt_id");
    asked.category = row.text("category");
    let (names, replies) = sides(&mut row)?;
    let models = [["model_a", "model_b"], ["model_1", "model_2"]]
        .into_iter()
        .find(|models| models.iter().all(|name| row.get(name).is_some_and(Value::is_string)));
    let [first, second] = replies;
    let by = |row: &mut Row<'_>, side: usize| models.and_then(|names| row.text(names[side]));
    let replies = [first.by(by(&mut row, 0)), second.by(by(&mut row, 1))];
    refuse_no_pair(&replies)?;
    let verdict = verdict(&mut row, &names)?;
    let opinion = Opinion::new(verdict, row.who(ANNOTATOR), row.when(TIME));
    let opinion = Opinion { rationale: row.text("rationale"), ..opinion };
    let (rest, left_out) = row.rest();
    Ok(Said { asked, replies: replies.into(), opinions: vec![opinion], rest, left_out, ..Said::default() })
}

/// Both responses, and how their fields are called.
fn sides(row: &mut Row<'_>) -> Result<([String; 2], [Reply; 2]), Refusal> {
    let usual = |row: &Row<'_>| {
        SIDES
            .into_iter()
            .find(|names| row.has(Part::First, &names[..1]) && row.has(Part::Second, &names[1..]))
    };
    let names = usual(row).unwrap_or(SIDES[0]);
    let first = row.need(Part::First, &names[..1], Reason::NoResponse)?;
    let second = row.need(Part::Second, &names[1..], Reason::NoResponse)?;
    let names = [first.name.clone(), second.name.clone()];
    Ok((names, [reply(&first)?, reply(&second)?]))
}

/// A response of one message.
pub(super) fn reply(field: &Field) -> Result<Reply, Refusal> {
    let mut said = reply_messages(field)?;
    match said.pop() {
        Some(only) if said.is_empty() && only.role == Role::Assistant => Ok(Reply::of_message(only)),
        _ => {
            Err(Refusal::in_field(Reason::NoResponse, &field.name, "it is no single reply of the assistant"))
        }
    }
}

/// The verdict in words, as the name of a response's field, or as a strength.
fn verdict(row: &mut Row<'_>, names: &[String; 2]) -> Result<Verdict, Refusal> {
    let known: Vec<&str> = STRENGTHS.into_iter().chain(WORDS).collect();
    let field = row.need(Part::Verdict, &known, Reason::NoVerdict)?;
    let found = if STRENGTHS.contains(&field.name.as_str()) {
        strength(Some(&field.value)).map(Verdict::Strength)
    } else {
        of_value(&field.value, names)
    };
    found.ok_or_else(|| {
        let message = format!(
            "{} is no verdict; known are a, b, 1, 2, first, second, tie, both_bad, skip",
            field.value
        );
        Refusal::in_field(Reason::NoVerdict, &field.name, message)
    })
}

/// What a value says of the responses that stand in the fields `names`.
pub(super) fn of_value(value: &Value, names: &[String; 2]) -> Option<Verdict> {
    let text = match value {
        Value::String(_) | Value::Number(_) => match number(value) {
            // Tables write 1 as 1.0 where some cell of the column is empty.
            Some(number) => number.to_string(),
            None => value.as_str()?.trim().to_owned(),
        },
        _ => return None,
    };
    match names.iter().position(|name| *name == text) {
        Some(0) => Some(Verdict::Strength(-1)),
        Some(_) => Some(Verdict::Strength(1)),
        None => words::verdict(&text),
    }
}
