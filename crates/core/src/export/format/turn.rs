//! Messages with their role and content, and nothing else that came with them.

use crate::schema::{Message, Response, Role};
use serde::Serialize;

/// One message.
#[derive(Serialize)]
pub(super) struct Turn<'a> {
    role: &'a str,
    content: &'a str,
}

/// A conversation.
pub(super) fn turns(messages: &[Message]) -> Vec<Turn<'_>> {
    messages.iter().map(|message| Turn { role: message.role.as_str(), content: &message.content }).collect()
}

/// A response as the message that it is.
pub(super) fn reply(response: &Response) -> Turn<'_> {
    Turn { role: Role::Assistant.as_str(), content: &response.text }
}

/// A conversation as one text: a single message of the user as it is, others after the names of their roles.
pub(super) fn as_text(messages: &[Message]) -> String {
    match messages {
        [only] if only.role == Role::User => only.content.clone(),
        all => {
            let line = |message: &Message| format!("{}: {}", message.role.as_str(), message.content);
            all.iter().map(line).collect::<Vec<_>>().join("\n\n")
        }
    }
}
