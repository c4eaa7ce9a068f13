//! `{"chosen", "rejected"}` as transcripts, `\n\nHuman: …\n\nAssistant: …`, as hh-rlhf writes them.

use super::conversation::part;
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Field, Part, Row, TIME};
use super::said::{Asked, Opinion, Reply, Said, refuse_no_pair};
use crate::schema::{Message, Role, Verdict};
use serde_json::Value;

const SPEAKERS: [(&str, Role); 2] = [("\n\nHuman:", Role::User), ("\n\nAssistant:", Role::Assistant)];

pub(super) fn fits(row: &Row<'_>) -> bool {
    [(Part::Chosen, "chosen"), (Part::Rejected, "rejected")]
        .iter()
        .all(|(part, name)| row.peek(*part, &[name]).and_then(Value::as_str).is_some_and(is_transcript))
}

pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let chosen = row.need(Part::Chosen, &["chosen"], Reason::NoResponse)?;
    let rejected = row.need(Part::Rejected, &["rejected"], Reason::NoResponse)?;
    let (prompt, replies) = part(transcript(&chosen)?, transcript(&rejected)?)?;
    let replies = replies.map(Reply::of_message);
    refuse_no_pair(&replies)?;
    let opinion = Opinion::new(Verdict::Strength(-1), row.who(ANNOTATOR), row.when(TIME));
    let (rest, left_out) = row.rest();
    Ok(Said {
        asked: Asked::new(prompt)?,
        replies: replies.into(),
        opinions: vec![opinion],
        rest,
        left_out,
        ..Said::default()
    })
}

fn is_transcript(text: &str) -> bool {
    turn(&format!("\n\n{}", text.trim_start())).is_some_and(|(role, _)| role == Role::User)
}

fn transcript(field: &Field) -> Result<Vec<Message>, Refusal> {
    let Some(text) = field.value.as_str().filter(|text| is_transcript(text)) else {
        let message = "it is no transcript that begins with `Human:`";
        return Err(Refusal::in_field(Reason::NoResponse, &field.name, message));
    };
    Ok(turns(text))
}

/// The turns of a transcript; the blank after a speaker's name is none of the text, and all else is.
fn turns(text: &str) -> Vec<Message> {
    let text = format!("\n\n{}", text.trim_start());
    let mut rest = text.as_str();
    let mut messages = Vec::new();
    while let Some((role, after)) = turn(rest) {
        let end = SPEAKERS.iter().filter_map(|(mark, _)| after.find(mark)).min().unwrap_or(after.len());
        let said = &after[..end];
        messages.push(Message::new(role, said.strip_prefix(' ').unwrap_or(said)));
        rest = &after[end..];
    }
    messages
}

/// Who speaks at the beginning of `text`, and what follows the name.
fn turn(text: &str) -> Option<(Role, &str)> {
    SPEAKERS.iter().find_map(|(mark, role)| Some((*role, text.strip_prefix(mark)?)))
}
