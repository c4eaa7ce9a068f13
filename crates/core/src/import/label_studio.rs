//! Tasks of Label Studio's JSON export: data, annotations and predictions with pairwise results or choices.

use super::conversation::messages;
use super::pairs::{SIDES, of_value, reply};
use super::refusal::{Reason, Refusal};
use super::row::{Part, Row, Settings, name, number};
use super::said::{Asked, Opinion, Reply, Said, Who, refuse_no_pair};
use super::time::timestamp;
use crate::schema::{AnnotatorKind, Extra, Verdict};
use serde_json::Value;

/// An annotation that takes longer than a year has no length that means anything.
const LONGEST_SECS: f64 = 366.0 * 86_400.0;
const PROMPT: [&str; 4] = ["prompt", "instruction", "question", "text"];

pub(super) fn fits(row: &Row<'_>) -> bool {
    let has_list = |name: &str| row.get(name).is_some_and(Value::is_array);
    row.get("data").is_some_and(Value::is_object) && (has_list("annotations") || has_list("predictions"))
}

/// An annotation is a vote: the left or right of a `Pairwise` tag, a choice in words, or a skip where it was cancelled.
pub(super) fn read(mut row: Row<'_>) -> Result<Said, Refusal> {
    let Some(Value::Object(data)) = row.field("data") else {
        return Err(Refusal::in_field(Reason::NoPrompt, "data", "it is no object"));
    };
    let mut inner = Row::new(data, row.settings);
    let prompt = inner.need(Part::Prompt, &PROMPT, Reason::NoPrompt)?;
    let mut asked = Asked::new(messages(&prompt, Reason::NoPrompt)?)?;
    asked.category = inner.text("category");
    let (names, replies) = sides(&mut inner)?;
    refuse_no_pair(&replies)?;
    let mut opinions = Vec::new();
    for (list, kind) in [("annotations", None), ("predictions", Some(AnnotatorKind::Judge))] {
        let Some(Value::Array(items)) = row.field(list) else { continue };
        for (place, item) in items.into_iter().enumerate() {
            let place = format!("{list}[{place}]");
            let Value::Object(item) = item else { continue };
            match opinion(item, &names, kind, &mut row) {
                Ok(opinion) => opinions.push(opinion),
                Err(message) => row.doubts.push(Refusal::in_field(Reason::NoVerdict, &place, message)),
            }
        }
    }
    let (mut rest, left_out) = row.rest();
    let (unused, _) = inner.rest();
    if !unused.is_empty() {
        rest.insert("data".to_owned(), Value::Object(unused));
    }
    Ok(Said { asked, replies: replies.into(), opinions, rest, left_out, ..Said::default() })
}

/// The two texts that are compared.
fn sides(data: &mut Row<'_>) -> Result<([String; 2], [Reply; 2]), Refusal> {
    let both = |names: &[&str; 2]| data.has(Part::First, &names[..1]) && data.has(Part::Second, &names[1..]);
    let more = [["output_1", "output_2"], ["text1", "text2"], ["item1", "item2"]];
    let names = SIDES.into_iter().chain(more).find(both).unwrap_or(SIDES[6]);
    let first = data.need(Part::First, &names[..1], Reason::NoResponse)?;
    let second = data.need(Part::Second, &names[1..], Reason::NoResponse)?;
    let names = [first.name.clone(), second.name.clone()];
    Ok((names, [reply(&first)?, reply(&second)?]))
}

fn opinion(
    mut item: Extra,
    names: &[String; 2],
    kind: Option<AnnotatorKind>,
    row: &mut Row<'_>,
) -> Result<Opinion, String> {
    let settings = row.settings;
    let results = match item.remove("result") {
        Some(Value::Array(results)) => results,
        _ => Vec::new(),
    };
    let was_cancelled = item.get("was_cancelled") == Some(&Value::Bool(true));
    let Read { verdict, left, unused } = match was_cancelled {
        true => Read { verdict: Verdict::Skip, left: None, unused: results },
        false => read_results(results, names, settings)?,
    };
    if !unused.is_empty() {
        item.insert("result".to_owned(), Value::Array(unused));
    }
    let annotator = settings.name(Part::Annotator).into_iter().chain(["completed_by", "model_version"]);
    let id = annotator.into_iter().find_map(|key| name(item.get(key)?));
    let time = settings.name(Part::Time).unwrap_or("created_at");
    let at = item.get(time).and_then(|value| {
        let found = timestamp(value);
        if found.is_none() {
            row.doubts.push(Refusal::in_field(Reason::UnreadableTime, time, format!("{value} is no time")));
        }
        found
    });
    let seconds =
        item.get("lead_time").and_then(number).filter(|seconds| (0.0..=LONGEST_SECS).contains(seconds));
    if at.is_some() {
        item.remove(time);
    }
    if seconds.is_some() {
        item.remove("lead_time");
    }
    item.retain(|key, value| {
        !value.is_null() && !["completed_by", "model_version", "was_cancelled"].contains(&&**key)
    });
    let who = match id {
        Some(id) => Who::Named { id, kind },
        None => Who::Unnamed,
    };
    Ok(Opinion {
        shown_first: left.filter(|_| kind.is_none()),
        active_ms: seconds.map(|seconds| (seconds * 1e3) as u64),
        extra: item,
        ..Opinion::new(verdict, who, at)
    })
}

/// What an annotation's results say.
struct Read {
    verdict: Verdict,
    /// Which text stood on the left, 0 or 1, where a `Pairwise` tag tells it.
    left: Option<usize>,
    /// The results that say something else.
    unused: Vec<Value>,
}

/// One selected side, one choice in words, or both of one mind; of several controls the user's question tells which.
fn read_results(results: Vec<Value>, names: &[String; 2], settings: &Settings) -> Result<Read, String> {
    let (mut sides, mut choices, mut left, mut unused) = (Vec::new(), Vec::new(), None, Vec::new());
    for result in results {
        let control = result.get("from_name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if settings.question.as_ref().is_some_and(|question| *question != control) {
            unused.push(result);
            continue;
        }
        let kind = result.get("type").and_then(Value::as_str);
        let value = result.get("value");
        if kind == Some("pairwise") {
            let turned = stands_turned(&result, names);
            left = Some(usize::from(turned));
            sides.extend(value.and_then(|value| selected(value, turned)).map(|side| (control, side)));
        } else if let Some(verdict) = value.and_then(|value| choice(value, names, settings)) {
            choices.push((control, verdict));
        } else {
            unused.push(result);
        }
    }
    if let Some(several) = [&sides, &choices].into_iter().find(|found| found.len() > 1) {
        let controls: Vec<String> = several.iter().map(|(control, _)| format!("`{control}`")).collect();
        let controls = controls.join(", ");
        return Err(format!(
            "the controls {controls} each say which text is better, so it is left out; name the one with --question"
        ));
    }
    let first = |found: &[(String, Verdict)]| found.first().map(|(_, verdict)| *verdict);
    let verdict = match (first(&sides), first(&choices)) {
        (Some(side), Some(words)) if contradicts(side, words) => {
            return Err("its choice contradicts the side that was selected, so it is left out".to_owned());
        }
        (_, Some(words)) => words,
        (Some(side), None) => side,
        (None, None) => return Err("it says nothing of which text is better, so it is left out".to_owned()),
    };
    Ok(Read { verdict, left, unused })
}

/// Whether the tag names the second text first, so that it stood on the left.
fn stands_turned(result: &Value, names: &[String; 2]) -> bool {
    let tags = result.get("to_name").and_then(Value::as_str).unwrap_or_default();
    tags.split_once(',').is_some_and(|(left, right)| left.trim() == names[1] && right.trim() == names[0])
}

fn selected(value: &Value, turned: bool) -> Option<Verdict> {
    let is_left = match value.get("selected")?.as_str()? {
        "left" => true,
        "right" => false,
        _ => return None,
    };
    Some(Verdict::Strength(if is_left != turned { -1 } else { 1 }))
}

fn choice(value: &Value, names: &[String; 2], settings: &Settings) -> Option<Verdict> {
    match value.get("choices")?.as_array()?.as_slice() {
        [only] => of_value(only, names, settings),
        _ => None,
    }
}

fn contradicts(side: Verdict, words: Verdict) -> bool {
    matches!((side, words), (Verdict::Strength(side), Verdict::Strength(words)) if side.signum() * words.signum() < 0)
}
