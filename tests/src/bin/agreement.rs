//! What the page has to compute as well: `agreement MODEL STUDY SAMPLES` prints draws, ids, orders, weights by age, preferences and greedy replies as JSON.

use serde_json::{Value, json};
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;
use tiebreak_core::catalogue;
use tiebreak_core::drift::weights::{Decay, weight_at};
use tiebreak_core::export::{Settings, export};
use tiebreak_core::plan::{Range, SamplingPlan, Spread};
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{
    Interaction, Message, Prompt, Sample, Weight, pair_id, prompt_id, read_records, response_ids, to_line,
    vote_id,
};
use tiebreak_core::study::{Answer, Choice, Session, Study, Timing};
use tiebreak_engine::{Device, Model, score};
use tiebreak_wasm::judging;
use tiebreak_wasm::views::Shown;

const ANNOTATORS: [&str; 4] = ["ann", "bo", "5f1e9c", "émile 李"];
const PROMPTS: usize = 20;
const TOKENS: usize = 48;
const WEIGHTS: u32 = 10_000;
/// So many showings of pairs are compared at least.
const SHOWN: usize = 10_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, study, samples] = arguments.as_slice() else {
        eprintln!("usage: agreement MODEL STUDY SAMPLES");
        return ExitCode::from(2);
    };
    match all(model, study, samples) {
        Ok(value) => {
            println!("{value}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}

fn all(model: &str, study: &str, samples: &str) -> Result<Value, Box<dyn Error>> {
    let study = std::fs::read(study)?;
    let samples = std::fs::read_to_string(samples)?;
    let records: Vec<Sample> = read_records(samples.as_bytes(), "samples").into_records();
    let model = Model::load(BufReader::new(File::open(model)?), &Device::Cpu)?;
    Ok(json!({
        "draws": draws(),
        "ids": ids(&records),
        "orders": orders(&study)?,
        "weights": weights(),
        "preferences": preferences(&study, &samples, &records)?,
        "judging": judging(&records)?,
        "greedy": greedy(&model)?,
    }))
}

fn draws() -> Vec<Value> {
    let plans = [
        SamplingPlan::default(),
        SamplingPlan {
            spread: Spread::Stratified,
            seed: 12,
            top_p: Range { low: 0.5, high: 1.0 },
            ..SamplingPlan::default()
        },
        SamplingPlan { n_responses: 5, seed: 9_007_199_254_740_991, ..SamplingPlan::default() },
    ];
    let mut draws = Vec::new();
    for plan in &plans {
        for prompt in ["a", "p0e7cb", "Wo ist 我的订单?"] {
            for index in 0..plan.n_responses {
                draws.push(json!({ "plan": plan, "prompt": prompt, "index": index, "sampling": plan.sampling(prompt, index) }));
            }
        }
    }
    draws
}

fn ids(samples: &[Sample]) -> Vec<Value> {
    let of_sample = |sample: &Sample| {
        let messages = &sample.prompt.messages;
        let texts: Vec<&str> = sample.responses.iter().map(|response| response.text.as_str()).collect();
        let pair = pair_id(messages, texts[0], texts[1]);
        let (prompt, responses) = (prompt_id(messages), response_ids(messages, &texts));
        json!({ "messages": messages, "texts": texts, "prompt": prompt, "responses": responses, "pair": pair })
    };
    samples.iter().filter(|sample| sample.responses.len() == 2).map(of_sample).collect()
}

fn orders(study: &[u8]) -> Result<Vec<Value>, Box<dyn Error>> {
    let (mut orders, mut n_shown) = (Vec::new(), 0);
    let others = (0..).map(|number| format!("annotator {number}"));
    for annotator in ANNOTATORS.map(str::to_owned).into_iter().chain(others) {
        if n_shown >= SHOWN {
            break;
        }
        let session = Session::new(Study::read(study)?, &annotator, None)?;
        let shown = Shown::all(&session);
        n_shown += shown.len();
        orders.push(json!({ "annotator": annotator, "slot": session.slot(), "shown": shown }));
    }
    Ok(orders)
}

/// Random ages up to 3000 days under random decays, two thirds of them half-lives: the rest compares and computes nothing.
fn weights() -> Vec<Value> {
    let random = ResponseRandom::new(20, "weights", 0);
    let case = |number: u32| {
        let uniform = |place: u32| random.uniform(Purpose::Resample, 2 * number + place);
        let (age_days, days) = (3000.0 * uniform(0), 0.5 + 2000.0 * uniform(1));
        let decay = match number % 6 {
            0 => Decay::Window { days },
            1 => Decay::Cut { age_days: days },
            _ => Decay::HalfLife { days },
        };
        let age_days = (!number.is_multiple_of(100)).then_some(age_days);
        json!({ "age_days": age_days, "decay": decay, "weight": weight_at(age_days, &decay) })
    };
    (0..WEIGHTS).map(case).collect()
}

/// Every annotator's votes on everything, some of them weighed.
fn preferences(study: &[u8], lines: &str, samples: &[Sample]) -> Result<Value, Box<dyn Error>> {
    let mut votes = Vec::new();
    for (voice, annotator) in ANNOTATORS.iter().enumerate() {
        let mut session = Session::new(Study::read(study)?, annotator, None)?;
        for turn in 0..session.progress().total {
            let strength = ((turn * 5 + voice * 3) % 7) as i8 - 3;
            let answer = Answer { choice: Choice::Strength(strength), reasons: Vec::new(), rationale: None };
            let shown_at_ms = 1_750_000_000_000 + 20_000 * turn as i64;
            let timing = Timing {
                shown_at_ms,
                decided_at_ms: shown_at_ms + 9_000,
                active_ms: 8_500,
                interaction: Interaction::default(),
            };
            let vote = session.vote(turn, &answer, &timing)?;
            session.accept(turn, vote);
        }
        votes.extend(session.votes().to_vec());
    }
    let weights: Vec<Weight> =
        votes.iter().enumerate().step_by(3).map(|(at, vote)| weight(vote_id(vote), at)).collect();
    let exported = export(samples, &votes, &Settings { weights: weights.clone(), ..Settings::default() });
    Ok(json!({
        "samples": lines,
        "votes": votes.iter().map(|vote| to_line(vote) + "\n").collect::<String>(),
        "weights": weights.iter().map(|weight| to_line(weight) + "\n").collect::<String>(),
        "lines": exported.preferences.iter().map(|row| to_line(row) + "\n").collect::<String>(),
        "report": exported.report,
    }))
}

/// Every template's questions about some pairs, and what every text with a known reading says as an answer.
fn judging(samples: &[Sample]) -> Result<Value, Box<dyn Error>> {
    let mut questions = Vec::new();
    for sample in samples.iter().take(5) {
        let texts = [sample.responses[0].text.as_str(), sample.responses[1].text.as_str()];
        let prompt = Prompt { reference_answer: Some("It depends.".to_owned()), ..sample.prompt.clone() };
        for template in judging::templates() {
            let name = template.reference.name;
            let asked = judging::questions(&name, &prompt, texts)?;
            questions.push(json!({ "template": name, "prompt": prompt, "texts": texts, "asked": asked }));
        }
    }
    let mut verdicts = Vec::new();
    for line in include_str!("../../cases/verdicts.jsonl").lines() {
        let case: Value = serde_json::from_str(line)?;
        let answers = [case["answer"].as_str().ok_or("a case has an answer")?, "[[B]]"];
        let heard = judging::verdict("reasoned", answers, [true, true])?;
        verdicts.push(json!({ "answers": answers, "heard": heard }));
    }
    Ok(json!({ "questions": questions, "verdicts": verdicts }))
}

fn weight(target: String, at: usize) -> Weight {
    Weight {
        target,
        weight: 1.0 / (1.0 + at as f64 / 7.0),
        reference_time: None,
        half_life_days: None,
        window_days: None,
        evidence: None,
        epoch: None,
        extra: Default::default(),
    }
}

fn greedy(model: &Model) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut replies = Vec::new();
    for prompt in catalogue::prompts().into_iter().take(PROMPTS) {
        let messages: Vec<Message> = prompt.messages;
        let reply = score::greedy(model, &messages, TOKENS)?;
        replies.push(json!({ "messages": messages, "most_tokens": TOKENS, "logits": reply.logits, "tokens": reply.tokens, "gaps": reply.gaps }));
    }
    Ok(replies)
}
