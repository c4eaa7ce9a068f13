use super::*;
use crate::endpoint::{Extras, Finish};
use serde_json::json;
use tiebreak_core::schema::{Message, Role};

fn ask() -> Ask {
    Ask {
        messages: vec![Message::new(Role::System, "Be kind."), Message::new(Role::User, "Hi")],
        temperature: Some(0.5),
        top_p: 1.0,
        max_tokens: 9,
        seed: None,
        stop: vec![],
        top_logprobs: None,
        extras: Extras::default(),
    }
}

#[track_caller]
fn check_body(protocol: Protocol, endpoint: &str, ask: &Ask, expected: Value) {
    assert_eq!(protocol.body(ask, "m", &Address::parse(endpoint).unwrap()), expected);
}

#[test]
fn a_body_holds_what_is_set_and_no_more() {
    let messages = json!([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]);
    check_body(
        Protocol::OpenAi,
        "http://127.0.0.1:8000",
        &ask(),
        json!({"model": "m", "messages": messages, "temperature": 0.5, "max_tokens": 9}),
    );
    check_body(
        Protocol::OpenAi,
        "https://api.openai.com",
        &ask(),
        json!({"model": "m", "messages": messages, "temperature": 0.5, "max_completion_tokens": 9}),
    );
    let extras = Extras { top_k: Some(40), min_p: Some(0.1), repetition_penalty: Some(1.1) };
    let full =
        Ask { top_p: 0.9, seed: Some(7), stop: vec!["x".to_owned()], top_logprobs: Some(5), extras, ..ask() };
    check_body(
        Protocol::OpenAi,
        "http://node17:8000",
        &full,
        json!({
            "model": "m", "messages": messages, "temperature": 0.5, "max_tokens": 9, "top_p": 0.9, "seed": 7,
            "stop": ["x"], "logprobs": true, "top_logprobs": 5, "top_k": 40, "min_p": 0.1, "repetition_penalty": 1.1,
        }),
    );
}

#[test]
fn anthropic_has_its_own_names_and_no_seed() {
    let extras = Extras { top_k: Some(40), ..Extras::default() };
    let full = Ask { top_p: 0.9, seed: Some(7), stop: vec!["x".to_owned()], extras, ..ask() };
    check_body(
        Protocol::Anthropic,
        "https://api.anthropic.com",
        &full,
        json!({
            "model": "m", "system": "Be kind.", "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "stop_sequences": ["x"], "top_k": 40,
        }),
    );
    let refused = [
        Ask { temperature: Some(1.2), ..ask() },
        Ask { top_logprobs: Some(1), ..ask() },
        Ask { extras: Extras { min_p: Some(0.1), ..Extras::default() }, ..ask() },
    ];
    assert!(refused.iter().all(|ask| Protocol::Anthropic.cannot_carry(ask).is_some()));
    assert_eq!(Protocol::Anthropic.cannot_carry(&ask()), None);
}

#[test]
fn the_protocol_is_told_from_the_host_unless_it_is_typed() {
    let choose = |typed, endpoint| Protocol::choose(typed, &Address::parse(endpoint).unwrap());
    assert_eq!(choose(None, "https://api.anthropic.com"), Protocol::Anthropic);
    assert_eq!(choose(None, "https://anthropic.com.example.org"), Protocol::OpenAi);
    assert_eq!(choose(Some(ProtocolChoice::Anthropic), "http://127.0.0.1"), Protocol::Anthropic);
    assert_eq!(choose(Some(ProtocolChoice::Openai), "https://api.anthropic.com"), Protocol::OpenAi);
}

#[track_caller]
fn check_answer(protocol: Protocol, body: Value, text: &str, finish: Finish) -> Answer {
    let answer = protocol.read(&body.to_string()).unwrap();
    assert_eq!((answer.text.as_str(), &answer.finish), (text, &finish), "{body}");
    answer
}

#[test]
fn answers_are_read_in_their_forms() {
    let openai = |message: Value, finish: Value| json!({"model": "m", "choices": [{"message": message, "finish_reason": finish}]});
    let check = |message, finish: &str, text, expected| {
        check_answer(Protocol::OpenAi, openai(message, json!(finish)), text, expected);
    };
    check(json!({"content": "Hi"}), "stop", "Hi", Finish::Stop);
    check(json!({"content": "Hi"}), "length", "Hi", Finish::Length);
    check(json!({"content": ""}), "stop", "", Finish::Stop);
    check(
        json!({"content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]}),
        "stop",
        "Hi",
        Finish::Stop,
    );
    check(json!({"content": null, "refusal": "No."}), "stop", "No.", Finish::Other("refusal".to_owned()));
    check(json!({"content": "Hi"}), "content_filter", "Hi", Finish::Other("content_filter".to_owned()));
    let anthropic = json!({
        "model": "m", "stop_reason": "max_tokens", "usage": {"input_tokens": 4, "output_tokens": 2},
        "content": [{"type": "thinking", "thinking": "?"}, {"type": "text", "text": "Hi"}],
    });
    let answer = check_answer(Protocol::Anthropic, anthropic, "Hi", Finish::Length);
    assert_eq!((answer.prompt_tokens, answer.completion_tokens), (Some(4), Some(2)));
}

#[test]
fn log_probabilities_are_read_where_they_are_offered() {
    let tokens = json!([
        {"token": "A", "logprob": -0.5, "top_logprobs": [{"token": "A", "logprob": -0.5}, {"token": "B", "logprob": -1.0}]},
        {"token": ".", "logprob": -0.1, "top_logprobs": []},
    ]);
    let body = |tokens: &Value| json!({"choices": [{"message": {"content": "A."}, "logprobs": {"content": tokens}, "finish_reason": "stop"}]});
    let answer = check_answer(Protocol::OpenAi, body(&tokens), "A.", Finish::Stop);
    assert_eq!(answer.first_token, Some(vec![("A".to_owned(), -0.5), ("B".to_owned(), -1.0)]));
    assert_eq!(answer.mean_logprob_nats, Some(-0.3));
    let answer = check_answer(Protocol::OpenAi, body(&json!([])), "A.", Finish::Stop);
    assert_eq!((answer.first_token, answer.mean_logprob_nats), (None, None));
}

#[track_caller]
fn check_error(protocol: Protocol, body: &str, class: &str, says: &str) {
    let error = protocol.read(body).unwrap_err();
    assert_eq!(error.class(), class, "{body}");
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn what_is_no_answer_is_told_from_one_that_breaks_off() {
    for protocol in [Protocol::OpenAi, Protocol::Anthropic] {
        check_error(protocol, "", "cut off", "after 0 bytes");
        check_error(protocol, "{\"choices\": [{\"mess", "cut off", "after 19 bytes");
        check_error(protocol, "<!doctype html>", "not understood", "no JSON");
        check_error(protocol, "[]", "not understood", "--protocol");
        check_error(protocol, "{\"error\": {\"message\": \"no memory\"}}", "not understood", "no memory");
        check_error(
            protocol,
            "{\"error\": {\"code\": 429, \"message\": \"slow down\"}}",
            "rate limited",
            "slow down",
        );
        check_error(protocol, "{\"error\": {\"code\": 7}}", "not understood", "no reply");
    }
}
