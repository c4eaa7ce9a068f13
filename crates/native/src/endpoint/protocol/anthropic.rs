//! Anthropic's messages.

use super::super::ask::{Answer, Ask, Finish};
use super::super::key::Key;
use serde_json::{json, Map, Value};
use tiebreak_core::schema::{Message, Role};

/// The version of the protocol that is spoken here.
const VERSION: &str = "2023-06-01";

pub fn headers(key: Option<&Key>) -> Vec<(&'static str, String)> {
    let key = key.map(|key| ("x-api-key", key.reveal().to_owned()));
    [("anthropic-version", VERSION.to_owned())].into_iter().chain(key).collect()
}

pub fn cannot_carry(ask: &Ask) -> Option<&'static str> {
    if ask.temperature.is_some_and(|temperature| temperature > 1.0) {
        return Some("a temperature above 1; give --temperature 0..1 or a part of it");
    }
    if ask.extras.min_p.is_some() {
        return Some("min_p; leave --min-p out");
    }
    if ask.extras.repetition_penalty.is_some() {
        return Some("a repetition penalty; leave --repetition-penalty out");
    }
    ask.top_logprobs.is_some().then_some("log-probabilities; ask for words instead")
}

pub fn body(ask: &Ask, model: &str) -> Value {
    let (system, others): (Vec<&Message>, Vec<&Message>) =
        ask.messages.iter().partition(|message| message.role == Role::System);
    let system = system.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n\n");
    let messages: Vec<Value> =
        others.iter().map(|m| json!({"role": role(m.role), "content": m.content})).collect();
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(model));
    set("max_tokens", json!(ask.max_tokens));
    set("messages", json!(messages));
    if let Some(temperature) = ask.temperature {
        set("temperature", json!(temperature));
    }
    if !system.is_empty() {
        set("system", json!(system));
    }
    // Newer models refuse temperature and nucleus mass together, so the mass goes only where it changes something.
    if ask.top_p < 1.0 {
        set("top_p", json!(ask.top_p));
    }
    if !ask.stop.is_empty() {
        set("stop_sequences", json!(ask.stop));
    }
    if let Some(top_k) = ask.extras.top_k {
        set("top_k", json!(top_k));
    }
    Value::Object(body)
}

/// The protocol has two roles; a tool's output comes to the model from outside, as a user's words do.
fn role(role: Role) -> &'static str {
    match role {
        Role::Assistant => "assistant",
        Role::System | Role::User | Role::Tool => "user",
    }
}

pub fn answer(body: &Value) -> Option<Answer> {
    let parts = body.get("content")?.as_array()?;
    let text = |part: &Value| match part.get("type")?.as_str()? {
        "text" => part.get("text")?.as_str().map(str::to_owned),
        _ => None,
    };
    let finish = match body.get("stop_reason").and_then(Value::as_str) {
        Some("end_turn" | "stop_sequence") => Finish::Stop,
        Some("max_tokens") => Finish::Length,
        Some(other) => Finish::Other(other.to_owned()),
        None => Finish::Other("unknown".to_owned()),
    };
    let usage = |name| body.get("usage").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    Some(Answer {
        text: parts.iter().filter_map(text).collect(),
        finish,
        first_token: None,
        mean_logprob_nats: None,
        prompt_tokens: usage("input_tokens"),
        completion_tokens: usage("output_tokens"),
        model: body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
        answered_at: None,
    })
}
