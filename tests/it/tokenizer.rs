//! The shipped model's tokenizer against llama.cpp's, on texts that tokenizers get wrong.

use serde_json::Value;
use std::io::Cursor;
use tiebreak_engine::chat::ChatTemplate;
use tiebreak_engine::gguf::GgufFile;
use tiebreak_engine::tokenizer::Tokenizer;

/// `tests/tools/tokenizer_ids.mjs` wrote the ids, and writes them again when the model gets another vocabulary.
#[test]
fn ids_are_those_of_llama_cpp() {
    let file = GgufFile::read(Cursor::new(crate::shipped::bytes())).expect("the shipped model is sound");
    let tokenizer = Tokenizer::from_gguf(file.metadata()).expect("and so is its vocabulary");
    for line in include_str!("../cases/tokenizer_shipped.jsonl").lines() {
        let case = serde_json::from_str::<Value>(line).expect("the case is JSON");
        let text = case["text"].as_str().expect("a text");
        let ids = tokenizer.encode(text).expect("all bytes have tokens");
        assert_eq!(Value::from(ids.clone()), case["ids"], "{text:?}");
        assert_eq!(tokenizer.decode(&ids), text);
    }
}

#[test]
fn the_template_ends_a_reply_with_a_token_that_stops_generation() {
    let file = GgufFile::read(Cursor::new(crate::shipped::bytes())).expect("the shipped model is sound");
    let tokenizer = Tokenizer::from_gguf(file.metadata()).expect("and so is its vocabulary");
    let template = ChatTemplate::from_gguf(file.metadata()).expect("and its template");
    let reply = template.encode_reply(&tokenizer, "We are on it.").expect("plain text");
    assert_eq!(reply.tokens, tokenizer.encode("We are on it.").expect("plain text"));
    assert!(reply.end.is_some_and(|end| tokenizer.stop_tokens().contains(&end)));
    let context = template.encode_without_prompt(&tokenizer).expect("the template has a prompt for replies");
    assert_eq!(tokenizer.token_text(context[0]), Some("<|im_start|>"));
}
