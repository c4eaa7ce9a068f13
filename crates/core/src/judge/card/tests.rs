//! Cards of a few votes, by hand.

mod advice;
mod counts;
mod document;
mod measures;

use super::*;
use crate::report::Measure;
use crate::schema::{Annotator, JudgeEvidence, Prompt, Response, Side, Verdict, pairs, response_ids};
use crate::statistics::PredictionPowered;
use serde_json::json;

const JUDGE: &str = "judge:test";

/// Prompt `number` with two responses, the first of which is as many characters long as said.
fn sample(number: usize, lengths: [usize; 2], models: [Option<&str>; 2]) -> Sample {
    let prompt: Prompt = serde_json::from_value(
        json!({"id": format!("q{number}"), "messages": [{"role": "user", "content": number.to_string()}], "tags": []}),
    )
    .unwrap();
    let response = |place: usize| -> Response {
        let model = models[place].map(|name| json!({"name": name}));
        let text = ["x", "y"][place].repeat(lengths[place]);
        serde_json::from_value(json!({"id": format!("r{place}"), "text": text, "model": model})).unwrap()
    };
    Sample { prompt, responses: vec![response(0), response(1)], extra: Extra::new() }
}

fn samples(n: usize) -> Vec<Sample> {
    (0..n).map(|number| sample(number, [100, 20], [None, None])).collect()
}

fn vote(sample: &Sample, annotator: &str, verdict: Verdict) -> Vote {
    let kind = match annotator.split(' ').next() {
        Some("expert") => AnnotatorKind::Expert,
        Some(JUDGE) => AnnotatorKind::Judge,
        _ => AnnotatorKind::Human,
    };
    let pair = pairs(sample).next().unwrap();
    let responses = [pair.first.id.clone(), pair.second.id.clone()];
    Vote::new(
        pair.id,
        sample.prompt.id.clone(),
        responses,
        Annotator { id: annotator.to_owned(), kind },
        verdict,
    )
}

const FIRST: Verdict = Verdict::Strength(-1);
const SECOND: Verdict = Verdict::Strength(1);
const TIE: Verdict = Verdict::Strength(0);

fn judged(sample: &Sample, log_odds: f64) -> Vote {
    let verdict = Verdict::Strength(if log_odds > 0.0 { -1 } else { 1 });
    let evidence = JudgeEvidence { log_odds: Some(log_odds), ..JudgeEvidence::default() };
    Vote { judge: Some(Box::new(evidence)), ..vote(sample, JUDGE, verdict) }
}

fn card(samples: &[Sample], votes: &[Vote]) -> Card {
    let card = measure(samples, votes, JUDGE, CardSettings::default());
    assert_eq!(Card::read(card.to_json().as_bytes()), Ok(card.clone()), "numbers that JSON has not");
    assert!(!card.to_string().contains("NaN"), "{card}");
    card
}
