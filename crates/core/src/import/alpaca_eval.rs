//! Annotations of alpaca_eval: two outputs, and a preference from 1 (the first) to 2 (the second).

use super::conversation::messages;
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Part, Row, TIME, number};
use super::said::{Asked, Opinion, Reply, Said, refuse_no_pair};
use crate::schema::{AnnotatorKind, Verdict};
use serde_json::Value;

const PREFERENCE: &str = "preference";

pub(super) fn fits(row: &Row<'_>) -> bool {
    row.holds(&["instruction", "output_1", "output_2"]) && row.get(PREFERENCE).is_some()
}

pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let instruction = row.need(Part::Prompt, &["instruction"], Reason::NoPrompt)?;
    let category = row.text("category").or_else(|| row.text("dataset"));
    let asked = Asked { category, ..Asked::new(messages(&instruction, Reason::NoPrompt)?)? };
    let mut replies = Vec::new();
    for (part, name, model) in
        [(Part::First, "output_1", "generator_1"), (Part::Second, "output_2", "generator_2")]
    {
        let field = row.need(part, &[name], Reason::NoResponse)?;
        let Value::String(text) = field.value else {
            return Err(Refusal::in_field(Reason::NoResponse, &field.name, "it is no text"));
        };
        replies.push(Reply::new(text).by(row.text(model)));
    }
    let replies: [Reply; 2] = replies.try_into().expect("two fields were read");
    refuse_no_pair(&replies)?;
    let preference = row.take(Part::Verdict, &[PREFERENCE]).map_or(Value::Null, |field| field.value);
    let (verdict, confidence) = verdict(&preference).ok_or_else(|| {
        let message = format!("{preference} is no number from 1 to 2, and not 0 either");
        Refusal::in_field(Reason::NoVerdict, PREFERENCE, message)
    })?;
    let (who, at) = (row.who(ANNOTATOR), row.when(TIME));
    let opinion = Opinion { confidence, ..Opinion::new(verdict, who, at) };
    let (rest, left_out) = row.rest();
    let opinions = vec![opinion];
    // Its annotators are models unless somebody says otherwise.
    let usual_kind = Some(AnnotatorKind::Judge);
    Ok(Said { asked, replies: replies.into(), opinions, rest, left_out, usual_kind, ..Said::default() })
}

/// The verdict, and between 1 and 2 the probability of the side that it takes.
///
/// 1.5 is a draw, and so is the 0 of old files; none at all is an annotator's answer that held no verdict.
fn verdict(preference: &Value) -> Option<(Verdict, Option<f64>)> {
    if preference.is_null() {
        return Some((Verdict::Unparsed, None));
    }
    let value = number(preference).filter(|value| *value == 0.0 || (1.0..=2.0).contains(value))?;
    if value == 0.0 || value == 1.5 {
        return Some((Verdict::Strength(0), None));
    }
    let second = value - 1.0;
    let strength = if second < 0.5 { -1 } else { 1 };
    let confidence = (value.fract() != 0.0).then(|| second.max(1.0 - second));
    Some((Verdict::Strength(strength), confidence))
}
