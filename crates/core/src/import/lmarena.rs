//! Battles of LMArena: two conversations, and which model won.

use super::conversation::{messages, part};
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Part, Row, TIME};
use super::said::{Asked, Opinion, Reply, Said, refuse_no_pair};
use super::words;
use crate::schema::AnnotatorKind;
use serde_json::Value;

const WINNER: &[&str] = &["winner"];

pub(super) fn fits(row: &Row<'_>) -> bool {
    row.holds(&["conversation_a", "conversation_b", "winner"])
}

/// `winner` is `model_a`, `model_b`, `tie` or `tie (bothbad)`; model A stood on the left.
pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let first = row.need(Part::First, &["conversation_a"], Reason::NoResponse)?;
    let second = row.need(Part::Second, &["conversation_b"], Reason::NoResponse)?;
    let winner = row.need(Part::Verdict, WINNER, Reason::NoVerdict)?;
    let (prompt, replies) =
        part(messages(&first, Reason::NoResponse)?, messages(&second, Reason::NoResponse)?)?;
    let [first, second] = replies.map(Reply::of_message);
    let replies = [first.by(row.text("model_a")), second.by(row.text("model_b"))];
    refuse_no_pair(&replies)?;
    let verdict = winner.value.as_str().and_then(words::verdict).ok_or_else(|| {
        let message = format!("{} is none of model_a, model_b, tie and tie (bothbad)", winner.value);
        Refusal::in_field(Reason::NoVerdict, &winner.name, message)
    })?;
    let usual_kind = row.get("judge").and_then(Value::as_str).map(kind_of_judge);
    let (who, at) = (row.who(ANNOTATOR), row.when(TIME));
    let asked = Asked { category: category(&mut row), ..Asked::new(prompt)? };
    let opinion = Opinion { shown_first: Some(0), ..Opinion::new(verdict, who, at) };
    let (rest, left_out) = row.rest();
    let opinions = vec![opinion];
    Ok(Said { asked, replies: replies.into(), opinions, rest, left_out, usual_kind, ..Said::default() })
}

/// `judge` is a person where it is named as LMArena and MT-bench name theirs, else a model.
fn kind_of_judge(name: &str) -> AnnotatorKind {
    let is_person = ["arena_user", "author", "expert", "human"].iter().any(|mark| name.starts_with(mark));
    if is_person { AnnotatorKind::Human } else { AnnotatorKind::Judge }
}

/// Newer files write an object of tags there, which stays a plain field.
fn category(row: &mut Row<'_>) -> Option<String> {
    row.get("category").is_some_and(Value::is_string).then(|| row.text("category"))?
}
