//! Pairs and labelled replies as TRL takes them, and as OpenRLHF, axolotl, distilabel and others write nearly the same.
//!
//! `{"prompt", "chosen", "rejected"}`, each a text or messages; without `prompt` the common beginning of both is it, unless another field may hold the prompt.
//! `{"prompt", "completion", "label"}`, where `label` is true or false, becomes a rating of 0 or 1 on the criterion [`LABEL`].

use super::conversation::{is_same, messages, part, reply_messages};
use super::hh_rlhf;
use super::origin::Origin;
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Field, Part, Row, TIME, number};
use super::said::{Asked, Opinion, Reply, Said, Score, Who, refuse_no_pair};
use crate::schema::{Message, Role, Verdict};
use jiff::Timestamp;
use serde_json::Value;

/// The criterion of a reply's label.
pub const LABEL: &str = "label";

pub(super) const PROMPT: &[&str] = &["prompt", "messages", "conversations", "question"];
/// Fields with the scores of the chosen and of the rejected reply.
const SCORES: [[&str; 2]; 3] = [
    ["score_chosen", "score_rejected"],
    ["chosen_rating", "rejected_rating"],
    ["chosen_score", "rejected_score"],
];
/// Fields that may hold a prompt, or a part of one, under a name that tells too little.
const MAY_BE_PROMPT: [&str; 12] = [
    "instruction",
    "input",
    "query",
    "context",
    "history",
    "conversation",
    "dialogue",
    "document",
    "post",
    "source_text",
    "user",
    "request",
];
const MODELS: [&str; 2] = ["chosen_model", "rejected_model"];

pub(super) fn fits(row: &Row<'_>) -> bool {
    let has_pair = row.has(Part::Chosen, &["chosen"]) && row.has(Part::Rejected, &["rejected"]);
    (has_pair && !hh_rlhf::fits(row)) || is_labelled(row)
}

fn is_labelled(row: &Row<'_>) -> bool {
    row.has(Part::Prompt, PROMPT) && row.get("completion").is_some() && row.get("label").is_some()
}

pub(super) fn read(row: Row<'_>) -> Result<Said, Refusal> {
    if is_labelled(&row) { labelled(row) } else { pair(row) }
}

fn pair(mut row: Row<'_>) -> Result<Said, Refusal> {
    let (prompt, replies) = conversation(&mut row)?;
    let has_guessed_prompt = prompt.is_guessed;
    let mut asked = Asked::new(prompt.messages)?;
    let models = MODELS.map(|name| row.text(name));
    let [chosen, rejected] = replies.map(Reply::of_message);
    let [chosen_model, rejected_model] = models;
    let replies = [chosen.by(chosen_model), rejected.by(rejected_model)];
    refuse_no_pair(&replies)?;
    let origin = Origin::take(&mut row);
    asked.id = origin.prompt_id.or_else(|| row.text("prompt_id"));
    asked.category = origin.category.or_else(|| row.text("category"));
    let who = origin.who.unwrap_or_else(|| row.who(ANNOTATOR));
    let at = origin.decided_at.or_else(|| row.when(TIME));
    let scores = scores(&mut row, (&who, at));
    let opinion = Opinion::new(Verdict::Strength(-origin.strength.unwrap_or(1)), who, at);
    let (rest, left_out) = row.rest();
    Ok(Said {
        asked,
        replies: replies.into(),
        opinions: vec![opinion],
        scores,
        rest,
        left_out,
        has_guessed_prompt,
        ..Said::default()
    })
}

/// The conversation before both replies.
struct Before {
    messages: Vec<Message>,
    /// Whether it is only what two texts begin with.
    is_guessed: bool,
}

/// The prompt, and the chosen and the rejected reply.
fn conversation(row: &mut Row<'_>) -> Result<(Before, [Message; 2]), Refusal> {
    let given = row.take(Part::Prompt, PROMPT).map(|field| messages(&field, Reason::NoPrompt)).transpose()?;
    let system = row.text("system").map(|text| Message::new(Role::System, text));
    let chosen = row.need(Part::Chosen, &["chosen"], Reason::NoResponse)?;
    let rejected = row.need(Part::Rejected, &["rejected"], Reason::NoResponse)?;
    if let (None, Value::String(chosen), Value::String(rejected)) = (&given, &chosen.value, &rejected.value) {
        refuse_other_prompt(row)?;
        let (prompt, replies) = split_texts(chosen, rejected)?;
        let messages = system.into_iter().chain([prompt]).collect();
        return Ok((Before { messages, is_guessed: true }, replies));
    }
    let whole = |field: &Field| Ok(with_prompt(given.as_deref(), system.as_ref(), reply_messages(field)?));
    let (messages, replies) = part(whole(&chosen)?, whole(&rejected)?)?;
    Ok((Before { messages, is_guessed: false }, replies))
}

/// An error where a field may be the prompt, so that what both texts begin with is a part of the replies.
fn refuse_other_prompt(row: &Row<'_>) -> Result<(), Refusal> {
    match MAY_BE_PROMPT.iter().find(|name| row.holds(&[name])) {
        None => Ok(()),
        Some(name) => Err(Refusal::new(
            Reason::NoPrompt,
            format!(
                "there is no field `prompt`, and `{name}` may be it; name the prompt's field with --prompt-field"
            ),
        )),
    }
}

/// The whole conversation that `reply` ends; many files repeat the prompt in it.
fn with_prompt(given: Option<&[Message]>, system: Option<&Message>, reply: Vec<Message>) -> Vec<Message> {
    let given = given.unwrap_or_default();
    let is_repeated = reply.len() > given.len()
        && (is_same(&reply[..given.len()], given) || (given.len() == 1 && holds(&reply, &given[0])));
    let beginning = if is_repeated { &[] } else { given };
    let first = beginning.first().or(reply.first());
    let system = system.filter(|_| first.is_none_or(|message| message.role != Role::System));
    system.into_iter().chain(beginning).cloned().chain(reply).collect()
}

/// Whether the last but the reply, or an earlier turn, says what the prompt says.
fn holds(conversation: &[Message], prompt: &Message) -> bool {
    let before = &conversation[..conversation.len() - 1];
    before.iter().any(|message| message.role == prompt.role && message.content == prompt.content)
}

/// The prompt that two texts without one share, up to the last blank before they differ.
///
/// The blank belongs to the replies, as trainers have it.
fn split_texts(chosen: &str, rejected: &str) -> Result<(Message, [Message; 2]), Refusal> {
    if chosen == rejected {
        let message = "both responses have the same text, so the row is left out";
        return Err(Refusal::new(Reason::IdenticalResponses, message));
    }
    let pairs = chosen.char_indices().zip(rejected.chars());
    let shared =
        pairs.take_while(|((_, a), b)| a == b).map(|((at, c), _)| at + c.len_utf8()).last().unwrap_or(0);
    let end = chosen[..shared].rfind(char::is_whitespace).unwrap_or(0);
    if chosen[..end].trim().is_empty() {
        let message =
            "there is no prompt, and both texts begin differently; name its field with --prompt-field";
        return Err(Refusal::new(Reason::NoPrompt, message));
    }
    let reply = |text: &str| Message::new(Role::Assistant, &text[end..]);
    Ok((Message::new(Role::User, &chosen[..end]), [reply(chosen), reply(rejected)]))
}

/// The scores of both replies, where their scale is known; else they stay plain fields.
fn scores(row: &mut Row<'_>, (who, at): (&Who, Option<Timestamp>)) -> Vec<Score> {
    let Some(scale) = row.settings.scale else { return Vec::new() };
    let score = |row: &mut Row<'_>, reply: usize, name: &str| {
        let value = row.number(name)?;
        Some(Score { reply, criterion: "overall".to_owned(), value, scale, who: who.clone(), at })
    };
    let names = SCORES.iter().flat_map(|names| names.iter().enumerate());
    names.filter_map(|(reply, name)| score(row, reply, name)).collect()
}

fn labelled(mut row: Row<'_>) -> Result<Said, Refusal> {
    let prompt = row.need(Part::Prompt, PROMPT, Reason::NoPrompt)?;
    let prompt = messages(&prompt, Reason::NoPrompt)?;
    let completion =
        Field { name: "completion".to_owned(), value: row.field("completion").unwrap_or_default() };
    let label = match row.field("label") {
        Some(Value::Bool(label)) => f64::from(u8::from(label)),
        other => other.as_ref().and_then(label).ok_or_else(|| {
            Refusal::in_field(Reason::NoScore, "label", "it is neither true nor false, and neither 1 nor 0")
        })?,
    };
    let mut whole = with_prompt(Some(&prompt), None, reply_messages(&completion)?);
    let reply = whole.pop().filter(|message| message.role == Role::Assistant).ok_or_else(|| {
        Refusal::in_field(Reason::NoResponse, "completion", "it does not end with a reply of the assistant")
    })?;
    if reply.content.trim().is_empty() {
        return Err(Refusal::in_field(Reason::EmptyResponse, "completion", "it has no text"));
    }
    let mut asked = Asked::new(whole)?;
    asked.id = row.text("prompt_id");
    asked.category = row.text("category");
    let (who, at) = (row.who(ANNOTATOR), row.when(TIME));
    let score = Score { reply: 0, criterion: LABEL.to_owned(), value: label, scale: [0.0, 1.0], who, at };
    let (rest, left_out) = row.rest();
    Ok(Said {
        asked,
        replies: vec![Reply::of_message(reply)],
        scores: vec![score],
        rest,
        left_out,
        ..Said::default()
    })
}

/// A label as tables write it.
fn label(value: &Value) -> Option<f64> {
    match value.as_str().map(str::to_lowercase).as_deref() {
        Some("true") => Some(1.0),
        Some("false") => Some(0.0),
        _ => number(value).filter(|label| [0.0, 1.0].contains(label)),
    }
}
