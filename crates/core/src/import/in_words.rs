//! What rows became, in words: for tests, which compare them with what people wrote down.

use super::*;
use crate::schema::{
    Annotator, Extra, Message, Problem, Rating, Record, Response, Sample, Side, Verdict, Vote, read_records,
    to_line,
};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// All that a file gives.
#[derive(Default)]
pub struct Imported {
    pub samples: Vec<Sample>,
    pub votes: Vec<Vote>,
    pub ratings: Vec<Rating>,
    pub problems: Vec<Problem>,
    pub report: ImportReport,
}

pub fn source() -> RowSource {
    RowSource {
        file: "data/old.jsonl".to_owned(),
        content: "1a2b3c4d".to_owned(),
        annotator: None,
        kind: None,
    }
}

pub fn import(text: &[u8], format: Option<Format>, settings: &Settings) -> Imported {
    let (source, mut gatherer, mut all) = (source(), Gatherer::default(), Imported::default());
    for row in Rows::new(text, &source.file).unwrap() {
        let row = match row {
            Ok(row) => row,
            Err(problem) => {
                gatherer.unreadable();
                all.problems.push(problem);
                continue;
            }
        };
        let format = format.or_else(|| Format::of(&row.record, settings).ok());
        match format.map(|format| format.read(row.record, settings)) {
            Some(Ok(said)) => {
                let made = gatherer.take(said, &source, row.line);
                all.votes.extend(made.votes);
                all.ratings.extend(made.ratings);
                all.problems.extend(made.problems);
            }
            Some(Err(refusal)) => all.problems.push(gatherer.refuse(&refusal, &source, row.line)),
            None => {}
        }
    }
    let (samples, problems) = gatherer.release();
    all.samples = samples;
    all.problems.extend(problems);
    all.report = gatherer.report().clone();
    all
}

/// The records in words: what is better than what, by whom, when.
pub fn in_words(all: &Imported) -> String {
    let mut lines: Vec<String> = all.samples.iter().map(sample_in_words).collect();
    lines.extend(all.votes.iter().map(|vote| vote_in_words(vote, &all.samples)));
    lines.extend(all.ratings.iter().map(|rating| rating_in_words(rating, &all.samples)));
    lines.extend(
        all.problems.iter().map(|problem| format!("problem at {}: {}", problem.line, problem.message)),
    );
    lines.join("\n") + "\n"
}

fn sample_in_words(sample: &Sample) -> String {
    let said = |message: &Message| format!("{}: {:?}", message.role.as_str(), message.content);
    let response = |response: &Response| {
        let model = response.model.as_ref().map(|model| format!(" by {}", model.name)).unwrap_or_default();
        format!("{:?}{model}{}", response.text, extra(&response.extra))
    };
    let prompt: Vec<String> = sample.prompt.messages.iter().map(said).collect();
    let responses: Vec<String> = sample.responses.iter().map(response).collect();
    let id = if sample.prompt.id.len() == 17 { "by content" } else { &sample.prompt.id };
    let category = sample.prompt.category.as_deref().unwrap_or("-");
    format!(
        "sample {id}, {category}: {}\n  {}{}",
        prompt.join(" | "),
        responses.join("\n  "),
        extra(&sample.extra)
    )
}

fn vote_in_words(vote: &Vote, samples: &[Sample]) -> String {
    let [first, second] = vote.responses.clone().map(|id| text_of(&vote.prompt_id, &id, samples));
    let said = match vote.verdict {
        Verdict::Strength(strength) if strength < 0 => {
            format!("{first:?} beats {second:?} by {}", -strength)
        }
        Verdict::Strength(strength) if strength > 0 => {
            format!("{second:?} beats {first:?} by {strength}")
        }
        other => {
            let (low, high) = if first < second { (first, second) } else { (second, first) };
            format!("{other:?} {low:?} {high:?}")
        }
    };
    let mut line = format!("vote of {}: {said}", annotator(&vote.annotator, vote.decided_at));
    if let Some(side) = vote.shown_first {
        let shown = &vote.responses[usize::from(side == Side::Second)];
        line += &format!(", first on screen {:?}", text_of(&vote.prompt_id, shown, samples));
    }
    for (name, value) in [
        ("because", vote.rationale.as_ref().map(|text| format!("{text:?}"))),
        ("confident", vote.confidence.map(|confidence| confidence.to_string())),
        ("after ms", vote.active_ms.map(|ms| ms.to_string())),
    ] {
        line += &value.map(|value| format!(", {name} {value}")).unwrap_or_default();
    }
    line + &extra(&vote.extra)
}

fn rating_in_words(rating: &Rating, samples: &[Sample]) -> String {
    let prompt_id = rating.prompt_id.as_deref().unwrap_or_default();
    format!(
        "rating of {}: {} {} of {}..{} for {:?}{}",
        annotator(&rating.annotator, rating.decided_at),
        rating.criterion,
        rating.value,
        rating.scale_low,
        rating.scale_high,
        text_of(prompt_id, &rating.response, samples),
        extra(&rating.extra)
    )
}

fn annotator(annotator: &Annotator, at: Option<Timestamp>) -> String {
    let at = at.map_or("no time".to_owned(), |time| time.to_string());
    format!("{} ({:?}, {at})", annotator.id, annotator.kind)
}

fn text_of(prompt_id: &str, response: &str, samples: &[Sample]) -> String {
    let of_prompt = samples.iter().filter(|sample| sample.prompt.id == prompt_id);
    let mut responses = of_prompt.flat_map(|sample| &sample.responses);
    responses
        .find(|found| found.id == response)
        .map_or("(in no sample)".to_owned(), |found| found.text.clone())
}

/// Sorted, since the order of fields depends on what else is built.
fn extra(fields: &Extra) -> String {
    let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
    let fields: Vec<String> = sorted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if fields.is_empty() { String::new() } else { format!(" + {}", fields.join(" ")) }
}

/// Whether a record is read as it was written.
pub fn is_whole<T: Record + PartialEq>(record: &T) -> bool {
    let read = read_records::<T>(to_line(record).as_bytes(), "f");
    read.problems.is_empty() && read.records[0].record == *record
}
