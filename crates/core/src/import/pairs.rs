//! `{"prompt", "response_a", "response_b", "winner"}`, the plain form of a comparison, as tables have it.

use super::conversation::{messages, reply_messages};
use super::helpsteer::strength;
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Field, Part, Row, Settings, TIME, number};
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
/// Verdicts in words.
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

/// The verdict in words, as the name of a response's field, as a strength, or as the user's codes have it.
fn verdict(row: &mut Row<'_>, names: &[String; 2]) -> Result<Verdict, Refusal> {
    let known: Vec<&str> = STRENGTHS.into_iter().chain(WORDS).collect();
    let Field { name, value } = row.need(Part::Verdict, &known, Reason::NoVerdict)?;
    let is_scale = row.settings.codes.is_none() && STRENGTHS.contains(&name.as_str());
    let found = match is_scale {
        true => strength(Some(&value)).map(Verdict::Strength),
        false => of_value(&value, names, row.settings),
    };
    found.ok_or_else(|| {
        Refusal::in_field(Reason::NoVerdict, &name, no_verdict(&value, is_scale, row.settings))
    })
}

/// Why a value is no verdict, and what decides.
fn no_verdict(value: &Value, is_scale: bool, settings: &Settings) -> String {
    if is_scale {
        return format!("{value} is no whole number from -3 to 3; say with --codes what values mean");
    }
    let is_coded = number(value).is_some() || value.is_boolean();
    match &settings.codes {
        None if is_coded => format!(
            "{value} alone does not tell which response is better; say what values mean with --codes FIRST,SECOND,TIE, such as 1,2 or 0,1,2, or with --codes strength"
        ),
        None => format!(
            "{value} is no verdict; known are a, b, first, second, tie, both_bad, skip, and others with --codes"
        ),
        Some(_) => format!("{value} is no verdict, and none of --codes"),
    }
}

/// What a value says of the responses that stand in the fields `names`; of a number only the user's codes tell it.
pub(super) fn of_value(value: &Value, names: &[String; 2], settings: &Settings) -> Option<Verdict> {
    if let Some(verdict) = settings.codes.as_ref().and_then(|codes| codes.verdict(value)) {
        return Some(verdict);
    }
    let text = value.as_str()?.trim();
    match names.iter().position(|name| name == text) {
        Some(0) => Some(Verdict::Strength(-1)),
        Some(_) => Some(Verdict::Strength(1)),
        None => words::verdict(text),
    }
}
