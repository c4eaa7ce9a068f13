//! A chat template, by what it makes of a greeting.

use tiebreak_core::schema::{Message, Role};
use tiebreak_engine::chat::{ChatTemplate, Prompting};
use tiebreak_engine::Result;

const GREETING: &str = "Hello";

/// What the template makes of a greeting, up to where the reply begins, or why it makes nothing.
pub fn shown(template: Result<ChatTemplate>) -> String {
    let greeting = [Message::new(Role::User, GREETING)];
    match template.and_then(|template| template.render(&greeting, Prompting::REPLY)) {
        Ok(text) => format!("a greeting reads {text:?}"),
        Err(error) => error.to_string(),
    }
}
