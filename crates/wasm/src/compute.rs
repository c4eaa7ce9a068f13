//! What the core and the engine compute, for scripts without an interface.
//!
//! Ids, orders, draws and weights are the same as on the command line, bit for bit; a model's numbers differ in their last places.

use crate::browser::{error, from_js, to_js};
use crate::judging;
use crate::views::{GreedyReply, Identities, Preferences, Shown};
use std::io::Cursor;
use tiebreak_core::drift::weights::{self, Decay};
use tiebreak_core::export::{Settings, export};
use tiebreak_core::plan::SamplingPlan;
use tiebreak_core::schema::{
    Message, Prompt, Record, Sample, Vote, Weight, pair_id, prompt_id, read_records, response_ids, to_line,
};
use tiebreak_core::study::{Session, Study};
use tiebreak_engine::{Device, Model, score};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The settings that a plan draws for a response, from 0, to the prompt with this id; what the plan does not say has its default.
#[wasm_bindgen]
pub fn sampling(plan: JsValue, prompt_id: &str, response_index: u32) -> Result<JsValue, JsValue> {
    let plan: SamplingPlan = from_js(&plan)?;
    plan.check().map_err(|problem| error("request", problem))?;
    to_js(&plan.sampling(prompt_id, response_index))
}

/// The ids of a prompt, of responses to it, and of every pair of them.
#[wasm_bindgen]
pub fn identities(messages: JsValue, texts: Vec<String>) -> Result<JsValue, JsValue> {
    let messages: Vec<Message> = from_js(&messages)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let pairs = (0..texts.len())
        .flat_map(|a| (a + 1..texts.len()).map(move |b| (a, b)))
        .map(|(a, b)| pair_id(&messages, texts[a], texts[b]))
        .collect();
    to_js(&Identities { prompt: prompt_id(&messages), responses: response_ids(&messages, &texts), pairs })
}

/// The pairs of an annotator in the order in which they are shown, and which response stands first.
#[wasm_bindgen]
pub fn order(study: &[u8], annotator: &str, slot: Option<u32>) -> Result<JsValue, JsValue> {
    let study = Study::read(study).map_err(|problem| error("study", problem))?;
    let session = Session::new(study, annotator, slot).map_err(|problem| error("session", problem))?;
    to_js(&Shown::all(&session))
}

/// Preferences from samples and votes, all as JSON lines; weights are optional.
///
/// Throws `request` with the first line that cannot be read.
#[wasm_bindgen]
pub fn preferences(samples: &str, votes: &str, weights: Option<String>) -> Result<JsValue, JsValue> {
    let samples: Vec<Sample> = records(samples, "samples")?;
    let votes: Vec<Vote> = records(votes, "votes")?;
    let weights: Vec<Weight> = records(&weights.unwrap_or_default(), "weights")?;
    let exported = export(&samples, &votes, &Settings { weights, ..Settings::default() });
    let lines = exported.preferences.iter().map(|preference| to_line(preference) + "\n").collect();
    to_js(&Preferences { lines, report: &exported.report })
}

/// What an answer of an age in days counts, 0 to 1, as `tiebreak drift` weighs it; without an age it counts in full.
#[wasm_bindgen]
pub fn weight_at(age_days: Option<f64>, decay: JsValue) -> Result<f64, JsValue> {
    let decay: Decay = from_js(&decay)?;
    Ok(weights::weight_at(age_days, &decay))
}

fn records<T: Record>(text: &str, name: &str) -> Result<Vec<T>, JsValue> {
    let read = read_records::<T>(text.as_bytes(), name);
    match read.problems.first() {
        Some(problem) => Err(error("request", problem)),
        None => Ok(read.into_records()),
    }
}

/// The texts that judges are asked with.
#[wasm_bindgen]
pub fn judge_templates() -> Result<JsValue, JsValue> {
    to_js(&judging::templates())
}

/// What a model is asked about two texts, in both orders; the template is a built-in name, or a template's text.
#[wasm_bindgen]
pub fn judge_questions(
    template: &str,
    prompt: JsValue,
    first: &str,
    second: &str,
) -> Result<JsValue, JsValue> {
    let prompt: Prompt = from_js(&prompt)?;
    let questions = judging::questions(template, &prompt, [first, second]);
    to_js(&questions.map_err(|problem| error("request", problem))?)
}

/// What the two answers come to; one that did not end by itself holds no verdict.
#[wasm_bindgen]
pub fn judge_verdict(
    template: &str,
    first: &str,
    second: &str,
    first_is_whole: bool,
    second_is_whole: bool,
) -> Result<JsValue, JsValue> {
    let verdict = judging::verdict(template, [first, second], [first_is_whole, second_is_whole]);
    to_js(&verdict.map_err(|problem| error("request", problem))?)
}

/// The logits after a prompt, and the likeliest reply token by token: what implementations are compared by.
///
/// The model is read anew each time; to sample and to judge there is the worker.
#[wasm_bindgen]
pub fn greedy(model: Vec<u8>, messages: JsValue, most_tokens: usize) -> Result<JsValue, JsValue> {
    let messages: Vec<Message> = from_js(&messages)?;
    let failed = |problem| error("model", problem);
    let model = Model::load(Cursor::new(model), &Device::Cpu).map_err(failed)?;
    let reply = score::greedy(&model, &messages, most_tokens).map_err(failed)?;
    to_js(&GreedyReply { logits: &reply.logits, tokens: &reply.tokens, gaps: &reply.gaps })
}
