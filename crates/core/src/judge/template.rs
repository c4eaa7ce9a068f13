//! The texts that judges are asked with, as data files.

use crate::schema::{Message, Role, TemplateReference, sha256_hex};

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The first line does not tell the version.
    #[error("template `{name}` tells no version: let its first line be `<!-- version: 1.0.0 -->`")]
    NoVersion {
        /// The template's name.
        name: String,
    },
    /// Text stands before the first role.
    #[error("template `{name}` has text before its first role: begin with a line `[system]` or `[user]`")]
    NoRole {
        /// The template's name.
        name: String,
    },
    /// A place that has to be there is not.
    #[error("template `{name}` has no place for `{{{place}}}`: write it where the text shall stand")]
    NoPlace {
        /// The template's name.
        name: String,
        /// The place's name.
        place: &'static str,
    },
}

/// A text with places such as `{reply_a}`, in sections that start with a line `[system]` or `[user]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    name: String,
    version: String,
    hash: String,
    messages: Vec<Message>,
}

impl Template {
    /// The template that is compiled in, for the label method.
    pub fn pairwise() -> Self {
        Self::parse("pairwise", include_str!("../../data/templates/pairwise.txt"))
            .expect("a test reads the template that is compiled in")
    }

    /// Reads a template for the label method.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateError> {
        let name = name.to_owned();
        let Some((version, body)) = crate::catalogue::split_version(text) else {
            return Err(TemplateError::NoVersion { name });
        };
        let mut messages: Vec<Message> = Vec::new();
        for line in body.lines() {
            match (line.trim_end(), messages.last_mut()) {
                ("[system]", _) => messages.push(Message::new(Role::System, "")),
                ("[user]", _) => messages.push(Message::new(Role::User, "")),
                (line, Some(message)) => {
                    message.content.push_str(line);
                    message.content.push('\n');
                }
                ("", None) => {}
                (_, None) => return Err(TemplateError::NoRole { name }),
            }
        }
        for message in &mut messages {
            message.content.truncate(message.content.trim_end().len());
        }
        for place in ["conversation", "reply_a", "reply_b"] {
            if !messages.iter().any(|message| message.content.contains(&format!("{{{place}}}"))) {
                return Err(TemplateError::NoPlace { name, place });
            }
        }
        Ok(Self { name, version: version.to_owned(), hash: sha256_hex(text.as_bytes()), messages })
    }

    /// What a vote stores of it.
    pub fn reference(&self) -> TemplateReference {
        TemplateReference { name: self.name.clone(), version: self.version.clone(), hash: self.hash.clone() }
    }

    /// The messages with each place filled.
    ///
    /// What is filled in is not looked at again: a reply that holds `{reply_b}` stays as it is.
    pub(super) fn fill(&self, values: &[(&str, &str)]) -> Vec<Message> {
        self.messages
            .iter()
            .map(|message| Message::new(message.role, fill(&message.content, values)))
            .collect()
    }
}

fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let place = &rest[open + 1..];
        let value = values
            .iter()
            .find(|(name, _)| place.strip_prefix(name).is_some_and(|after| after.starts_with('}')));
        match value {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &place[name.len() + 1..];
            }
            None => {
                filled.push('{');
                rest = place;
            }
        }
    }
    filled.push_str(rest);
    filled
}
