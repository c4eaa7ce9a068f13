//! Records of Argilla 2: fields, people's responses to questions, and suggestions by agents.

use super::conversation::messages;
use super::pairs::{SIDES, of_value, reply};
use super::refusal::{Reason, Refusal};
use super::row::{Part, Row, TIME, kind_of_name, name, number};
use super::said::{Asked, Opinion, Reply, Said, Who, refuse_no_pair};
use crate::schema::{AnnotatorKind, Extra, Verdict};
use jiff::Timestamp;
use serde_json::Value;

const PROMPT: [&str; 4] = ["prompt", "instruction", "question", "chat"];

pub(super) fn fits(row: &Row<'_>) -> bool {
    let holds = |name: &str| row.get(name).is_some_and(Value::is_object);
    holds("fields") && (holds("responses") || holds("suggestions"))
}

/// Each answer to a question with a choice or a ranking is a vote; answers of other kinds stay plain fields.
pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let Some(Value::Object(fields)) = row.field("fields") else {
        return Err(Refusal::in_field(Reason::NoPrompt, "fields", "it is no object"));
    };
    let mut inner = Row::new(fields, row.settings);
    let prompt = inner.need(Part::Prompt, &PROMPT, Reason::NoPrompt)?;
    let mut asked = Asked::new(messages(&prompt, Reason::NoPrompt)?)?;
    let (names, replies) = sides(&mut inner)?;
    refuse_no_pair(&replies)?;
    if let Some(Value::Object(metadata)) = row.get("metadata") {
        asked.category = metadata.get("category").and_then(Value::as_str).map(str::to_owned);
    }
    let at = row.when(TIME);
    let mut opinions = Vec::new();
    let mut was_asked = false;
    for (list, kind) in [("responses", None), ("suggestions", Some(AnnotatorKind::Judge))] {
        let Some(Value::Object(questions)) = row.field(list) else { continue };
        was_asked |= !questions.is_empty();
        for (question, answers) in questions {
            take_answers(
                Question { list, name: &question, kind, at, names: &names },
                answers,
                &mut row,
                &mut opinions,
            );
        }
    }
    if was_asked && opinions.is_empty() {
        let message = "none of its answers tells which of the two is better, so the row has no vote";
        row.doubts.push(Refusal::new(Reason::NoVerdict, message));
    }
    let (mut rest, left_out) = row.rest();
    let (unused, _) = inner.rest();
    if !unused.is_empty() {
        rest.insert("fields".to_owned(), Value::Object(unused));
    }
    Ok(Said { asked, replies: replies.into(), opinions, rest, left_out, ..Said::default() })
}

/// The two fields that are compared: of a usual pair of names, or named by the user.
fn sides(fields: &mut Row<'_>) -> Result<([String; 2], [Reply; 2]), Refusal> {
    let both =
        |names: &[&str; 2]| fields.has(Part::First, &names[..1]) && fields.has(Part::Second, &names[1..]);
    let more = [["chosen", "rejected"], ["generation_1", "generation_2"], ["reply_1", "reply_2"]];
    let names = SIDES.into_iter().chain(more).find(both).unwrap_or(SIDES[0]);
    let first = fields.need(Part::First, &names[..1], Reason::NoResponse)?;
    let second = fields.need(Part::Second, &names[1..], Reason::NoResponse)?;
    let names = [first.name.clone(), second.name.clone()];
    Ok((names, [reply(&first)?, reply(&second)?]))
}

/// A question, and what is known of its answers.
struct Question<'a> {
    list: &'a str,
    name: &'a str,
    kind: Option<AnnotatorKind>,
    at: Option<Timestamp>,
    names: &'a [String; 2],
}

/// Turns the answers to one question into opinions; what says nothing of the pair stays a field of the row.
fn take_answers(question: Question<'_>, answers: Value, row: &mut Row<'_>, opinions: &mut Vec<Opinion>) {
    let answers = match answers {
        Value::Array(list) => list,
        single => vec![single],
    };
    for answer in answers {
        let Value::Object(mut answer) = answer else { continue };
        let Some(value) = answer.remove("value") else { continue };
        match ranked(&value, question.names).or_else(|| of_value(&value, question.names)) {
            Some(verdict) if !value.is_number() => opinions.push(opinion(verdict, answer, &question)),
            _ => row.keep(&format!("{}.{}", question.list, question.name), value),
        }
    }
}

/// The verdict of `[{"value", "rank"}]`, the lowest rank the best.
fn ranked(value: &Value, names: &[String; 2]) -> Option<Verdict> {
    let list = value.as_array()?;
    let rank_of = |name: &String| {
        let entry = list.iter().find(|entry| entry.get("value").and_then(Value::as_str) == Some(name))?;
        number(entry.get("rank")?)
    };
    let (first, second) = (rank_of(&names[0])?, rank_of(&names[1])?);
    Some(Verdict::Strength(match first.total_cmp(&second) {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    }))
}

fn opinion(verdict: Verdict, mut answer: Extra, question: &Question<'_>) -> Opinion {
    let id = ["user_id", "agent"].into_iter().find_map(|key| name(&answer.remove(key)?));
    let confidence = answer.get("score").and_then(number).filter(|score| (0.0..=1.0).contains(score));
    if confidence.is_some() {
        answer.remove("score");
    }
    answer.retain(|_, value| !value.is_null());
    // One person may answer several questions on a pair, which are several votes.
    answer.insert("question".to_owned(), question.name.into());
    let who = match id {
        Some(id) => Who::Named { kind: kind_of_name(&id).or(question.kind), id },
        None => Who::Unnamed,
    };
    Opinion { confidence, extra: answer, ..Opinion::new(verdict, who, question.at) }
}
