//! A judge that is measured against people, trusted where that is shown, and overruled by people elsewhere.

use super::Folder;
use serde_json::{Value, json};
use tiebreak_core::schema::{
    Annotator, AnnotatorKind, Prompt, Sample, Verdict, Vote, pairs, read_records, to_line,
};
use tiebreak_tests::scripted_server::{Call, Reply, ScriptedServer};

const N: usize = 160;

/// Of every fourth pair the judge is unsure, and of every eighth it is wrong as well.
fn is_unsure(i: usize) -> bool {
    i.is_multiple_of(4)
}

fn is_good_first(i: usize) -> bool {
    (i / 8).is_multiple_of(2)
}

fn samples() -> Vec<Sample> {
    let sample = |i: usize| {
        // Which one stands first tells nothing.
        let texts = if is_good_first(i) { ["good", "poor"] } else { ["poor", "good"] };
        let responses = json!([{"id": "r1", "text": texts[0]}, {"id": "r2", "text": texts[1]}]);
        Sample {
            prompt: prompt(i),
            responses: serde_json::from_value(responses).expect("two responses"),
            extra: Default::default(),
        }
    };
    (0..N).map(sample).collect()
}

fn prompt(i: usize) -> Prompt {
    serde_json::from_value(
        json!({"id": format!("q{i}"), "messages": [{"role": "user", "content": format!("Question {i}?")}]}),
    )
    .expect("a prompt")
}

/// Two people who find the good response better.
fn people(samples: &[Sample]) -> String {
    let vote = |sample: &Sample, who: &str| {
        let pair = pairs(sample).next().expect("a pair");
        let responses = [pair.first.id.clone(), pair.second.id.clone()];
        let annotator = Annotator { id: who.to_owned(), kind: AnnotatorKind::Human };
        let verdict = Verdict::Strength(if pair.first.text == "good" { -1 } else { 1 });
        to_line(&Vote::new(pair.id, sample.prompt.id.clone(), responses, annotator, verdict)) + "\n"
    };
    samples.iter().flat_map(|sample| ["anna", "ben"].map(|who| vote(sample, who))).collect()
}

/// Log-probabilities for A and B: sure of the good reply, but for the pairs above.
fn answer(call: &Call) -> Reply {
    let body: Value = serde_json::from_str(&call.body).expect("a request is JSON");
    let text =
        body["messages"].as_array().and_then(|all| all.last()).expect("a message")["content"].to_string();
    let (_, rest) = text.split_once("Question ").expect("the question is there");
    let i: usize = rest.split_once('?').expect("it ends").0.parse().expect("its number");
    let good_is_a = text.find("good") < text.find("poor");
    let size = if is_unsure(i) { 0.2 } else { 4.0 };
    let towards_good = if i.is_multiple_of(8) { -size } else { size };
    let a = if good_is_a { towards_good } else { -towards_good } / 2.0;
    let top = json!([{"token": "A", "logprob": a - 2.5}, {"token": "B", "logprob": -a - 2.5}]);
    let choice = json!({
        "index": 0,
        "finish_reason": "length",
        "message": {"role": "assistant", "content": "A"},
        "logprobs": {"content": [{"token": "A", "logprob": a - 2.5, "top_logprobs": top}]},
    });
    let body = json!({"object": "chat.completion", "model": "m", "choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 1}});
    Reply::new(200, body.to_string())
}

#[test]
fn a_card_keeps_what_people_would_say_and_sends_them_the_rest() {
    let folder = Folder::new();
    let samples = samples();
    folder.put("samples.jsonl", samples.iter().map(|sample| to_line(sample) + "\n").collect::<String>());
    folder.put("people.jsonl", people(&samples));
    let server = ScriptedServer::start(answer).expect("a port is free");
    let url = server.url();
    let judge = format!(
        "judge --samples samples.jsonl --endpoint {url} --model m --method label --cache answers.jsonl"
    );
    folder.run(&format!("{judge} --out all.jsonl")).check(0, &["160 votes"]);
    folder
        .run("calibrate --samples samples.jsonl --votes people.jsonl --votes all.jsonl --out card.json")
        .check(0, &[]);
    let trusted = format!("{judge} --out kept.jsonl --card card.json --escalate unsure.jsonl");
    folder.run(&trusted).check(0, &["120 verdicts kept by the card, and 40 pairs go to people"]);
    assert_eq!(server.n_calls(), 2 * N, "the answers were kept");
    for line in folder.sorted("kept.jsonl") {
        let vote: Value = serde_json::from_str(&line).unwrap();
        let i: usize = vote["prompt_id"].as_str().unwrap()[1..].parse().unwrap();
        assert_eq!(vote["verdict"]["strength"], if is_good_first(i) { -1 } else { 1 }, "{vote}");
        assert!(vote["confidence"].as_f64().unwrap() > 0.5);
    }
    let unsure = read_records::<Sample>(folder.text("unsure.jsonl").as_bytes(), "unsure").into_records();
    assert_eq!(unsure.len(), N / 4);
    for sample in &unsure {
        let i: usize = sample.prompt.id[1..].parse().unwrap();
        assert!(is_unsure(i) && sample.extra["judge_vote"]["judge"]["log_odds"].is_number());
    }
    folder.run(&trusted).check(0, &["finished already"]);
    folder.run("study --samples unsure.jsonl --out study.json").check(0, &[]);
    assert!(!folder.text("study.json").contains("judge_vote"), "people do not see what the judge said");
}

#[test]
fn a_card_holds_for_its_own_judge_alone() {
    let folder = Folder::new();
    let samples = samples();
    folder.put("samples.jsonl", samples.iter().map(|sample| to_line(sample) + "\n").collect::<String>());
    folder.put("people.jsonl", people(&samples));
    let server = ScriptedServer::start(answer).expect("a port is free");
    let judge = format!("judge --samples samples.jsonl --endpoint {} --model m --method label", server.url());
    folder.run(&format!("{judge} --out all.jsonl")).check(0, &[]);
    folder
        .run("calibrate --samples samples.jsonl --votes people.jsonl --votes all.jsonl --out card.json")
        .check(0, &[]);
    // Where the card says no, the threshold that it holds beside does not count.
    let mut card: Value = serde_json::from_str(&folder.text("card.json")).unwrap();
    assert_eq!(card["advice"]["use"], "label_above_threshold");
    card["advice"]["use"] = "nothing".into();
    folder.put("no.json", card.to_string());
    folder.run(&format!("{judge} --out none.jsonl --card no.json --escalate all-unsure.jsonl")).check(
        0,
        &[
            "every pair goes to people. May it label? No.",
            "0 verdicts kept by the card, and 160 pairs go to people",
        ],
    );
    let other = "judge --samples samples.jsonl --model model.gguf --method likelihood --out kept.jsonl --card card.json --escalate unsure.jsonl";
    folder.run(other).check(2, &["the card is that of `judge:label:m:", "holds for its own judge alone"]);
    assert!(!folder.path("kept.jsonl").exists() && !folder.path("unsure.jsonl").exists());
    folder.put("card.json", "{\"schema\": \"tiebreak/judge-card/9\"}");
    folder.run(other).check(2, &["card.json", "tiebreak/judge-card/9"]);
    let before = folder.text("all.jsonl");
    folder
        .run(&format!("{judge} --out all.jsonl --card card.json --escalate unsure.jsonl --force"))
        .check(2, &["tiebreak/judge-card/9"]);
    assert_eq!(folder.text("all.jsonl"), before, "nothing is deleted before the card is read");
    folder.run(&format!("{judge} --out kept.jsonl --card card.json")).check(2, &["--escalate"]);
}
