//! Chat completions, as OpenAI defines them and vLLM, llama-server, Ollama and TGI speak them.

use super::super::address::Address;
use super::super::ask::{Answer, Ask, Finish, REFUSAL};
use super::super::key::Key;
use serde_json::{json, Map, Value};

pub fn headers(key: Option<&Key>) -> Vec<(&'static str, String)> {
    key.map(|key| ("authorization", format!("Bearer {}", key.reveal()))).into_iter().collect()
}

pub fn body(ask: &Ask, model: &str, address: &Address) -> Value {
    let messages: Vec<Value> =
        ask.messages.iter().map(|m| json!({"role": m.role.as_str(), "content": m.content})).collect();
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(model));
    set("messages", json!(messages));
    if let Some(temperature) = ask.temperature {
        set("temperature", json!(temperature));
    }
    set(most_tokens(address), json!(ask.max_tokens));
    let top_p = (ask.top_p < 1.0).then_some(ask.top_p);
    let stop = (!ask.stop.is_empty()).then_some(&ask.stop);
    let optional = [
        ("top_p", json!(top_p)),
        ("stop", json!(stop)),
        ("seed", json!(ask.seed)),
        ("top_k", json!(ask.extras.top_k)),
        ("min_p", json!(ask.extras.min_p)),
        ("repetition_penalty", json!(ask.extras.repetition_penalty)),
        ("logprobs", json!(ask.top_logprobs.map(|_| true))),
        ("top_logprobs", json!(ask.top_logprobs)),
    ];
    for (name, value) in optional.into_iter().filter(|(_, value)| !value.is_null()) {
        set(name, value);
    }
    Value::Object(body)
}

/// OpenAI's newer models know the newer name alone, and most other servers the older one alone.
fn most_tokens(address: &Address) -> &'static str {
    match address.host() == "openai.com" || address.host().ends_with(".openai.com") {
        true => "max_completion_tokens",
        false => "max_tokens",
    }
}

pub fn answer(body: &Value) -> Option<Answer> {
    let choice = body.get("choices")?.get(0)?;
    let message = choice.get("message")?;
    let refusal = message.get("refusal").and_then(Value::as_str);
    let finish = match choice.get("finish_reason").and_then(Value::as_str) {
        _ if refusal.is_some() => Finish::Other(REFUSAL.to_owned()),
        Some("stop" | "eos_token" | "stop_sequence") => Finish::Stop,
        Some("length") => Finish::Length,
        Some(other) => Finish::Other(other.to_owned()),
        None => Finish::Other("unknown".to_owned()),
    };
    let tokens = choice.pointer("/logprobs/content").and_then(Value::as_array);
    let usage = |name| body.get("usage").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    Some(Answer {
        text: text(message.get("content")).or(refusal.map(str::to_owned)).unwrap_or_default(),
        finish,
        first_token: tokens.and_then(|tokens| tokens.first()).and_then(first_token),
        mean_logprob_nats: tokens.and_then(|tokens| mean_logprob(tokens)),
        prompt_tokens: usage("prompt_tokens"),
        completion_tokens: usage("completion_tokens"),
        model: body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
        answered_at: None,
    })
}

/// A text, or parts that hold texts; none for a reply without one, which is a model that said nothing.
fn text(content: Option<&Value>) -> Option<String> {
    match content? {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            Some(parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect())
        }
        _ => None,
    }
}

fn first_token(token: &Value) -> Option<Vec<(String, f64)>> {
    let entry =
        |value: &Value| Some((value.get("token")?.as_str()?.to_owned(), value.get("logprob")?.as_f64()?));
    let likeliest: Vec<_> = token.get("top_logprobs")?.as_array()?.iter().filter_map(entry).collect();
    (!likeliest.is_empty()).then_some(likeliest)
}

fn mean_logprob(tokens: &[Value]) -> Option<f64> {
    let logprobs: Vec<f64> =
        tokens.iter().map(|token| token.get("logprob").and_then(Value::as_f64)).collect::<Option<_>>()?;
    (!logprobs.is_empty()).then(|| logprobs.iter().sum::<f64>() / logprobs.len() as f64)
}
