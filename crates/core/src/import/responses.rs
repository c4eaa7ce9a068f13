//! `{"prompt", "responses"}`: responses that nobody compared yet, or that were ranked or scored.

use super::conversation::{messages, reply_messages};
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Field, Part, Row, TIME, number};
use super::said::{Asked, Opinion, Reply, Said, Score, Who};
use crate::schema::{Extra, Message, Role, Verdict, response_id};
use jiff::Timestamp;
use serde_json::Value;

const PROMPT: &[&str] = &["prompt", "messages", "context", "instruction", "question"];
const RESPONSES: &[&str] = &["responses", "completions", "answers", "generations"];
const TEXT: [&str; 6] = ["text", "content", "response", "answer", "completion", "output"];
const SCORE: [&str; 3] = ["score", "rating", "overall_score"];

pub(super) fn fits(row: &Row<'_>) -> bool {
    row.has(Part::Prompt, PROMPT) && row.peek(Part::Responses, RESPONSES).is_some_and(Value::is_array)
}

/// A response is a text, or an object with one and possibly `model`, `rank` and `score`.
///
/// Ranks, the lowest the best, are votes on all pairs; equal ranks are ties.
pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let prompt = row.need(Part::Prompt, PROMPT, Reason::NoPrompt)?;
    let mut asked = Asked::new(messages(&prompt, Reason::NoPrompt)?)?;
    asked.id = row.text("prompt_id").or_else(|| row.text("id"));
    asked.category = row.text("category");
    let field = row.need(Part::Responses, RESPONSES, Reason::NoResponse)?;
    let Value::Array(list) = field.value else {
        return Err(Refusal::in_field(Reason::NoResponse, &field.name, "it is no list"));
    };
    let mut judged = Vec::new();
    for (place, value) in list.into_iter().enumerate() {
        let name = format!("{}[{place}]", field.name);
        match response(Field { name: name.clone(), value }) {
            Ok(response) if is_repeated(&response, &judged) => {
                let message = "its text is that of a response before it, so it is left out";
                row.doubts.push(Refusal::in_field(Reason::IdenticalResponses, &name, message));
            }
            Ok(response) => judged.push(response),
            Err(refusal) => row.doubts.push(refusal),
        }
    }
    if judged.is_empty() {
        return Err(Refusal::in_field(
            Reason::NoResponse,
            &field.name,
            "it holds no response that can be used",
        ));
    }
    let (who, at) = (row.who(ANNOTATOR), row.when(TIME));
    let opinions = opinions(&judged, &who, at);
    let scores = scores(&mut judged, &mut row, (&who, at));
    move_scores(&mut judged, &asked.messages, &mut row);
    let (rest, left_out) = row.rest();
    let replies = judged.into_iter().map(|judged| judged.reply).collect();
    Ok(Said { asked, replies, opinions, scores, rest, left_out, ..Said::default() })
}

/// A response, and what was said of it by itself.
struct Judged {
    reply: Reply,
    rank: Option<f64>,
}

fn is_repeated(response: &Judged, earlier: &[Judged]) -> bool {
    earlier.iter().any(|earlier| earlier.reply.text == response.reply.text)
}

fn response(field: Field) -> Result<Judged, Refusal> {
    let judged = match field.value {
        Value::String(text) => Judged { reply: Reply::new(text), rank: None },
        Value::Object(fields) => of_object(fields, &field.name)?,
        _ => {
            return Err(Refusal::in_field(
                Reason::NoResponse,
                &field.name,
                "it is neither a text nor an object",
            ));
        }
    };
    if judged.reply.text.trim().is_empty() {
        return Err(Refusal::in_field(
            Reason::EmptyResponse,
            &field.name,
            "it has no text, so it is left out",
        ));
    }
    Ok(judged)
}

fn of_object(mut fields: Extra, name: &str) -> Result<Judged, Refusal> {
    // The votes hold it; as a field of the response it would be taken for a property of the text.
    let rank = fields.remove("rank").as_ref().and_then(number);
    let Some(key) = TEXT.into_iter().find(|key| fields.get(*key).is_some_and(|value| !value.is_null()))
    else {
        return Err(Refusal::in_field(
            Reason::NoResponse,
            name,
            format!("it has none of the fields {}", TEXT.join(", ")),
        ));
    };
    let value = fields.remove(key).unwrap_or_default();
    let said = reply_messages(&Field { name: format!("{name}.{key}"), value })?;
    let text = match said.as_slice() {
        [only] if only.role == Role::Assistant => only.content.clone(),
        _ => {
            return Err(Refusal::in_field(
                Reason::NoResponse,
                name,
                "it is more than one reply of the assistant",
            ));
        }
    };
    let model = fields.get("model").and_then(Value::as_str).map(str::to_owned);
    if model.is_some() {
        fields.remove("model");
    }
    fields.retain(|key, value| !value.is_null() && key != "role");
    Ok(Judged { reply: Reply { text, model, extra: fields }, rank })
}

/// A vote on each pair of ranked responses.
fn opinions(judged: &[Judged], who: &Who, at: Option<Timestamp>) -> Vec<Opinion> {
    let ranked: Vec<(usize, f64)> =
        judged.iter().enumerate().filter_map(|(place, judged)| Some((place, judged.rank?))).collect();
    let mut opinions = Vec::new();
    for (i, (first, rank_a)) in ranked.iter().enumerate() {
        for (second, rank_b) in &ranked[i + 1..] {
            let strength = match rank_a.total_cmp(rank_b) {
                std::cmp::Ordering::Less => -1,
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Greater => 1,
            };
            let opinion = Opinion::new(Verdict::Strength(strength), who.clone(), at);
            opinions.push(Opinion { pair: [*first, *second], ..opinion });
        }
    }
    opinions
}

/// Moves scores without a scale to the row, by the responses' ids: as fields of a response they would be taken for properties of the text.
fn move_scores(judged: &mut [Judged], prompt: &[Message], row: &mut Row<'_>) {
    for name in SCORE {
        let scored = judged.iter_mut().filter_map(|judged| {
            let score = judged.reply.extra.remove(name)?;
            Some((response_id(prompt, &judged.reply.text, 0), score))
        });
        let scores: Extra = scored.collect();
        if !scores.is_empty() {
            row.keep(name, Value::Object(scores));
        }
    }
}

/// The scores of the responses, where their scale is known.
fn scores(judged: &mut [Judged], row: &mut Row<'_>, (who, at): (&Who, Option<Timestamp>)) -> Vec<Score> {
    let Some(scale) = row.settings.scale else { return Vec::new() };
    let mut scores = Vec::new();
    for (reply, judged) in judged.iter_mut().enumerate() {
        let extra = &mut judged.reply.extra;
        let Some(name) = SCORE.into_iter().find(|name| extra.get(*name).and_then(number).is_some()) else {
            continue;
        };
        let value = extra.remove(name).as_ref().and_then(number).unwrap_or_default();
        let criterion = "overall".to_owned();
        scores.push(Score { reply, criterion, value, scale, who: who.clone(), at });
    }
    scores
}
