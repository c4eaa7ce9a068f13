//! Prompts as people have them: our records, looser JSON, or plain text with a prompt a line.

use super::lines::{Line, MAX_LINE_BYTES};
use super::parse::{check_schema, locate, parse_json, text};
use super::problem::Fault;
use super::reader::{Ids, Numbered, Read, Source};
use super::record::Record;
use super::{EdgeCase, Extra, Message, Prompt, Role, prompt_id};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::io::BufRead;

/// Reads prompts; the first line that is not blank tells the form.
///
/// Where it starts with `{`, every line is a JSON object with `messages` (role and content) or `prompt` (a text, or messages), and may have the other fields of a [`Prompt`].
/// Else every line is the text of a prompt; an object of that kind among them is a problem, since the first line alone may be the wrong one.
/// A prompt without an id gets a hash of its messages; the second of two prompts with one id is left out and is a problem.
pub fn read_prompts(reader: impl BufRead, file_name: &str) -> Read<Prompt> {
    let mut source = Source::new(reader, file_name, MAX_LINE_BYTES);
    let mut read = Read { records: Vec::new(), problems: Vec::new(), is_open: false };
    let mut ids = Ids::default();
    let mut form = None;
    while let Some(line) = source.next_line() {
        let line = match line {
            Ok(line) => line,
            Err(problem) => {
                read.problems.push(problem);
                continue;
            }
        };
        let form = *form.get_or_insert_with(|| Form::of(&line));
        let parsed = form.parse(&line.bytes).and_then(|prompt| ids.claim(&prompt.id, &line).map(|()| prompt));
        match parsed {
            Ok(record) => read.records.push(Numbered { line: line.number, record }),
            Err(faults) => {
                read.problems.extend(faults.into_iter().map(|fault| source.problem(&line, fault)));
            }
        }
        if form == Form::Array {
            break;
        }
    }
    read.is_open = source.is_open;
    read
}

/// The form of a file of prompts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A JSON object a line.
    Objects,
    /// One JSON array, which is not read: it could not be streamed.
    Array,
    /// A prompt a line.
    Text {
        /// The line that told so, from 1.
        told_by: u64,
    },
}

impl Form {
    fn of(first_line: &Line) -> Self {
        match first_line.bytes.trim_ascii_start() {
            [b'{', ..] => Self::Objects,
            [b'['] => Self::Array,
            [b'[', rest @ ..] if rest.trim_ascii_start().starts_with(b"{") => Self::Array,
            _ => Self::Text { told_by: first_line.number },
        }
    }

    fn parse(self, line: &[u8]) -> Result<Prompt, Vec<Fault>> {
        match self {
            Self::Objects => parse_object(line),
            Self::Text { told_by } => parse_text(line, told_by).map_err(|fault| vec![fault]),
            Self::Array => Err(vec![
                Fault::new(1, "the file is one JSON array")
                    .expected("JSON lines: an object a line, without brackets and commas around them"),
            ]),
        }
    }
}

fn parse_text(line: &[u8], told_by: u64) -> Result<Prompt, Fault> {
    // A text has no end of its own, so that a last line without a line end is a whole one.
    let text = text(line).map_err(|fault| Fault { incomplete: false, ..fault })?;
    if is_prompt_object(text) {
        let column = (text.len() - text.trim_start().len()) as u64 + 1;
        let message = format!(
            "the line is a JSON object, but the file was taken as plain text because of line {told_by}, which does not start with `{{`"
        );
        return Err(Fault::new(column, message).expected("JSON objects on all lines, or on none"));
    }
    let messages = vec![Message::new(Role::User, text)];
    Ok(Prompt {
        id: prompt_id(&messages),
        category: None,
        messages,
        tags: Vec::new(),
        edge_case: None,
        reference_answer: None,
        extra: Extra::new(),
    })
}

/// Whether a line of plain text is an object that the file would hold if it were JSON lines.
fn is_prompt_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
        && serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text).is_ok_and(|fields| {
            ["prompt", "messages", "schema"].iter().any(|name| fields.contains_key(*name))
        })
}

/// A prompt as other tools write it.
#[derive(Deserialize)]
struct LoosePrompt {
    #[serde(default)]
    id: Option<Id>,
    #[serde(default)]
    prompt: Option<Conversation>,
    #[serde(default)]
    messages: Option<Conversation>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    edge_case: Option<EdgeCase>,
    #[serde(default)]
    reference_answer: Option<String>,
    #[serde(flatten)]
    extra: Extra,
}

fn parse_object(line: &[u8]) -> Result<Prompt, Vec<Fault>> {
    let line = text(line).map_err(|fault| vec![fault])?;
    check_schema::<Prompt>(line).map_err(|fault| vec![fault])?;
    let loose: LoosePrompt = parse_json(line).map_err(|fault| vec![fault])?;
    let messages = match (loose.messages, loose.prompt) {
        (Some(Conversation(messages)), None) | (None, Some(Conversation(messages))) => messages,
        (Some(_), Some(_)) => {
            return Err(vec![
                Fault::new(1, "there are both `messages` and `prompt`").expected("one of them"),
            ]);
        }
        (None, None) => {
            return Err(vec![
                Fault::new(1, "there is neither `messages` nor `prompt`")
                    .expected("`\"messages\":[{\"role\":\"user\",\"content\":\"…\"}]` or `\"prompt\":\"…\"`"),
            ]);
        }
    };
    let mut prompt = Prompt {
        id: loose.id.map_or_else(|| prompt_id(&messages), |id| id.0),
        category: loose.category,
        messages,
        tags: loose.tags,
        edge_case: loose.edge_case,
        reference_answer: loose.reference_answer,
        extra: loose.extra,
    };
    prompt.extra.remove("schema");
    let findings = prompt.check();
    if findings.is_empty() { Ok(prompt) } else { Err(locate(line, findings)) }
}

/// An id, which others write as a number too.
struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;

        impl Visitor<'_> for IdVisitor {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
                Ok(Id(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }
        }

        deserializer.deserialize_any(IdVisitor)
    }
}

/// Messages, or one text that the customer wrote.
struct Conversation(Vec<Message>);

impl<'de> Deserialize<'de> for Conversation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ConversationVisitor;

        impl<'de> Visitor<'de> for ConversationVisitor {
            type Value = Conversation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of messages")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Conversation, E> {
                Ok(Conversation(vec![Message::new(Role::User, text)]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Conversation, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Conversation)
            }
        }

        deserializer.deserialize_any(ConversationVisitor)
    }
}
