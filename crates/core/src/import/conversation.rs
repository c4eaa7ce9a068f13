//! Conversations as other tools write them, and where two of them part.

use super::refusal::{Reason, Refusal};
use super::row::Field;
use crate::schema::{Extra, Message, Role};
use serde_json::Value;

/// The messages of a value: a text is the user's, a list or a single object has roles and contents.
pub(super) fn messages(field: &Field, reason: Reason) -> Result<Vec<Message>, Refusal> {
    read(&field.value, Role::User).map_err(|message| Refusal::in_field(reason, &field.name, message))
}

/// The messages of a response; a text is the assistant's.
pub(super) fn reply_messages(field: &Field) -> Result<Vec<Message>, Refusal> {
    read(&field.value, Role::Assistant)
        .map_err(|message| Refusal::in_field(Reason::NoResponse, &field.name, message))
}

fn read(value: &Value, speaker: Role) -> Result<Vec<Message>, String> {
    match value {
        Value::String(text) => Ok(vec![Message::new(speaker, text)]),
        Value::Object(fields) => Ok(vec![message(fields)?]),
        Value::Array(list) => list
            .iter()
            .map(|item| match item {
                Value::Object(fields) => message(fields),
                _ => Err("it is a list of something else than messages".to_owned()),
            })
            .collect(),
        _ => Err("it is neither a text nor a list of messages".to_owned()),
    }
}

/// A message by `role` and `content`, or by `from` and `value`.
fn message(fields: &Extra) -> Result<Message, String> {
    let mut extra = fields.clone();
    let mut take = |names: [&str; 2]| names.iter().find_map(|name| extra.remove(*name));
    let role = match take(["role", "from"]) {
        Some(Value::String(name)) => role(&name).ok_or_else(|| format!("the role `{name}` is not known"))?,
        _ => return Err("a message has no role".to_owned()),
    };
    let content = match take(["content", "value"]) {
        None | Some(Value::Null) => String::new(),
        Some(content) => text(content)?,
    };
    extra.retain(|_, value| !value.is_null());
    Ok(Message { extra, ..Message::new(role, content) })
}

/// A text, or a list of parts that are all text.
fn text(content: Value) -> Result<String, String> {
    match content {
        Value::String(text) => Ok(text),
        Value::Array(parts) => {
            let of_part = |part: Value| match (part.get("type"), part.get("text")) {
                (None, Some(Value::String(text))) => Ok(text.clone()),
                (Some(kind), Some(Value::String(text))) if kind == "text" => Ok(text.clone()),
                _ => Err("a message holds something else than text".to_owned()),
            };
            parts.into_iter().map(of_part).collect()
        }
        _ => Err("a message holds something else than text".to_owned()),
    }
}

fn role(name: &str) -> Option<Role> {
    Some(match name.to_lowercase().as_str() {
        "system" | "developer" => Role::System,
        "user" | "human" | "prompter" => Role::User,
        "assistant" | "gpt" | "model" | "bot" | "chatbot" => Role::Assistant,
        "tool" | "function" | "observation" => Role::Tool,
        _ => return None,
    })
}

/// The common prompt of two conversations, and the last reply of each.
///
/// The prompt is what both begin with, whole turns at a time; behind it each has to have one message of the assistant.
pub(super) fn part(
    first: Vec<Message>,
    second: Vec<Message>,
) -> Result<(Vec<Message>, [Message; 2]), Refusal> {
    let mut pair = [first, second];
    let last = pair.each_mut().map(Vec::pop);
    let [Some(first), Some(second)] = last else {
        return Err(Refusal::new(Reason::NoResponse, "a conversation has no message"));
    };
    let is_reply = |message: &Message| message.role == Role::Assistant;
    if !is_reply(&first) || !is_reply(&second) {
        return Err(Refusal::new(
            Reason::NoResponse,
            "a conversation does not end with a reply of the assistant",
        ));
    }
    let [prompt, other] = pair;
    if !is_same(&prompt, &other) {
        return Err(Refusal::new(
            Reason::PartEarly,
            "the two conversations differ before their last reply, so they are no two replies to one prompt",
        ));
    }
    Ok((prompt, [first, second]))
}

/// Whether two conversations are the same, in what is said and by whom.
pub(super) fn is_same(first: &[Message], second: &[Message]) -> bool {
    let same = |(a, b): (&Message, &Message)| a.role == b.role && a.content == b.content;
    first.len() == second.len() && first.iter().zip(second).all(same)
}
