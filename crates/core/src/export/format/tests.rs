//! Rows of every format for the same decisions, as text: a change shows as a difference.

use super::*;
use crate::aggregate::Rule;
use crate::export::{Ballots, PairTable, Requirements, decide};
use crate::schema::{Annotator, AnnotatorKind, Origin, Sample, Verdict, Vote, pairs};
use serde_json::{Value, json};

/// A sample of one pair, its prompt with a system message and a field of somebody else's.
fn sample(id: &str, replies: [&str; 2]) -> Sample {
    let sample = json!({
        "prompt": {
            "id": id,
            "messages": [
                {"role": "system", "content": "You are polite."},
                {"role": "user", "content": format!("Question {id}?"), "name": "unknown field"},
            ],
        },
        "responses": [{"id": "r1", "text": replies[0]}, {"id": "r2", "text": replies[1]}],
    });
    serde_json::from_value(sample).unwrap()
}

fn votes(sample: &Sample, verdict: Verdict) -> Vec<Vote> {
    let vote = |id: &str| {
        let pair = pairs(sample).next().unwrap();
        let annotator = Annotator { id: id.to_owned(), kind: AnnotatorKind::Human };
        let responses = [pair.first.id.clone(), pair.second.id.clone()];
        Vote::new(pair.id, sample.prompt.id.clone(), responses, annotator, verdict)
    };
    ["ann", "bob"].map(vote).into()
}

/// The rows of one pair on which people gave these verdicts.
fn rows(format: Format, verdicts: &[Verdict]) -> Vec<Value> {
    let sample = sample("q1", ["First.", "Second."]);
    let mut ballots = Ballots::default();
    for (vote, verdict) in votes(&sample, Verdict::Skip).into_iter().zip(verdicts) {
        ballots.add(&Vote { verdict: *verdict, ..vote });
    }
    let mut pairs =
        PairTable::new(Requirements { needs_turns: format.needs_turns(), ..Requirements::default() });
    pairs.add(&sample);
    let decisions = decide(ballots, &pairs, &Rule::default(), format.places());
    let rulings = decisions.second_reading().next(&sample).unwrap();
    let rows = rulings.iter().flat_map(|ruling| format.rows(ruling));
    rows.map(|row| serde_json::from_str(&row).unwrap()).collect()
}

/// The one row where the second response is better by two points.
fn better(format: Format) -> Value {
    let mut rows = rows(format, &[Verdict::Strength(2), Verdict::Strength(2)]);
    assert_eq!(rows.len(), 1, "{format:?}: {rows:?}");
    rows.remove(0)
}

fn conversation() -> Value {
    json!([{"role": "system", "content": "You are polite."}, {"role": "user", "content": "Question q1?"}])
}

fn said(text: &str) -> Value {
    json!({"role": "assistant", "content": text})
}

#[test]
fn pairs_are_written_as_each_trainer_reads_them() {
    let pair_id = pairs(&sample("q1", ["First.", "Second."])).next().unwrap().id;
    for format in [Format::TrlReward, Format::Openrlhf] {
        let expected = json!({
            "prompt": conversation(), "chosen": [said("Second.")], "rejected": [said("First.")],
            "margin": 2.0, "weight": 1.0, "pair_id": pair_id,
        });
        assert_eq!(better(format), expected);
    }
    let expected = json!({
        "messages": conversation(), "chosen": said("Second."), "rejected": said("First."),
        "margin": 2.0, "weight": 1.0, "pair_id": pair_id,
    });
    assert_eq!(better(Format::Axolotl), expected);
    let expected = json!({
        "conversations": [{"from": "human", "value": "Question q1?"}], "system": "You are polite.",
        "chosen": {"from": "gpt", "value": "Second."}, "rejected": {"from": "gpt", "value": "First."},
        "margin": 2.0, "weight": 1.0, "pair_id": pair_id,
    });
    assert_eq!(better(Format::LlamaFactory), expected);
    let expected = json!({
        "context": conversation(),
        "completions": [
            {"rank": 0, "completion": [said("Second.")]}, {"rank": 1, "completion": [said("First.")]},
        ],
        "margin": 2.0, "weight": 1.0, "pair_id": pair_id,
    });
    assert_eq!(better(Format::NemoRl), expected);
    let dpo = better(Format::TrlDpo);
    assert_eq!(dpo["chosen"], json!([said("Second.")]));
    assert_eq!(dpo["schema"], "tiebreak/preference/1");
}

#[test]
fn everything_that_an_origin_can_have_is_declared() {
    let origin = Origin {
        pair: "p".to_owned(),
        prompt_id: "q".to_owned(),
        category: Some("orders".to_owned()),
        responses: ["r1", "r2"].map(str::to_owned),
        votes: 1,
        annotators: vec![Annotator { id: "ann".to_owned(), kind: AnnotatorKind::Human }],
        decided_at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        epoch: Some("1".to_owned()),
        guideline_version: Some("2".to_owned()),
    };
    let columns = Format::TrlDpo.columns().unwrap();
    let declared = columns.iter().find(|column| column.name == "origin").unwrap();
    assert!(fits(&serde_json::to_value(origin).unwrap(), declared.of));
}

/// Whether a value has the declared type, and every field that it has is declared.
fn fits(value: &Value, of: ColumnType) -> bool {
    match of {
        ColumnType::Text => value.is_string(),
        ColumnType::Number => value.is_f64(),
        ColumnType::Integer => value.is_i64(),
        ColumnType::Truth => value.is_boolean(),
        ColumnType::List(of) => value.as_array().is_some_and(|all| all.iter().all(|one| fits(one, *of))),
        ColumnType::Record(fields) => value.as_object().is_some_and(|object| {
            let is_known = |name: &String| fields.iter().any(|field| field.name == name);
            object.keys().all(is_known)
                && fields.iter().all(|field| {
                    object.get(field.name).map_or(field.is_optional, |value| fits(value, field.of))
                })
        }),
    }
}

#[test]
fn rows_have_the_columns_that_are_declared() {
    for format in Format::ALL {
        assert_eq!(format.columns().is_some(), format.shape() == Shape::Lines, "{format:?}");
        let Some(columns) = format.columns() else { continue };
        for mut row in rows(format, &[Verdict::Strength(2), Verdict::Strength(2)]) {
            let message = row.pointer_mut("/prompt/1").and_then(Value::as_object_mut);
            let other = message.and_then(|message| message.remove("name"));
            assert_eq!(other.is_some(), format.keeps_other_fields(), "{format:?}");
            assert!(fits(&row, ColumnType::Record(columns)), "{format:?}: {row}");
            row["unknown"] = json!(1);
            assert!(!fits(&row, ColumnType::Record(columns)), "{format:?}: {row}");
        }
    }
}

#[test]
fn unpaired_replies_are_wanted_or_not() {
    let labels = |verdicts: &[Verdict]| -> Vec<(String, bool)> {
        let label = |row: &Value| {
            assert_eq!(row["prompt"], conversation());
            let text = row["completion"][0]["content"].as_str().unwrap().to_owned();
            (text, row["label"].as_bool().unwrap())
        };
        rows(Format::TrlKto, verdicts).iter().map(label).collect()
    };
    let (first, second) = ("First.".to_owned(), "Second.".to_owned());
    assert_eq!(labels(&[Verdict::Strength(1)]), [(second.clone(), true), (first.clone(), false)]);
    assert_eq!(labels(&[Verdict::BothBad]), [(first, false), (second, false)]);
    assert_eq!(labels(&[Verdict::Strength(0)]), []);
}

/// The second of three is better than the first and worse than the third.
#[test]
fn a_reply_that_wins_and_loses_is_counted() {
    let mut sample = sample("q1", ["First.", "Second."]);
    sample.responses.push(serde_json::from_value(json!({"id": "r3", "text": "Third."})).unwrap());
    let (mut ballots, mut table) = (Ballots::default(), PairTable::default());
    for pair in pairs(&sample) {
        let annotator = Annotator { id: "ann".to_owned(), kind: AnnotatorKind::Human };
        let responses = [pair.first.id.clone(), pair.second.id.clone()];
        let prompt = sample.prompt.id.clone();
        ballots.add(&Vote::new(pair.id, prompt, responses, annotator, Verdict::Strength(1)));
    }
    table.add(&sample);
    let decisions = decide(ballots, &table, &Rule::default(), Format::TrlKto.places());
    let rulings = decisions.second_reading().next(&sample).unwrap();
    assert_eq!(rulings.len(), 3);
    assert_eq!(Format::TrlKto.n_contradicted(&rulings), 1);
    assert_eq!(Format::TrlKto.n_contradicted(&rulings[..1]), 0);
    assert_eq!(Format::TrlDpo.n_contradicted(&rulings), 0);
}

#[test]
fn projects_show_what_was_decided_and_what_was_not() {
    let argilla = |verdicts: &[Verdict]| {
        let rows = rows(Format::Argilla, verdicts);
        assert_eq!(rows.len(), 1);
        rows[0]["suggestions"]["preference"]["value"].clone()
    };
    let label_studio = |verdicts: &[Verdict]| {
        let rows = rows(Format::LabelStudio, verdicts);
        assert_eq!(rows.len(), 1);
        rows[0]["predictions"][0]["result"][0]["value"].clone()
    };
    let strength = Verdict::Strength;
    for (verdicts, value, result) in [
        (vec![strength(-1)], json!("response_a"), json!({"selected": "left"})),
        (vec![strength(3)], json!("response_b"), json!({"selected": "right"})),
        (vec![strength(0)], json!("tie"), json!({"choices": ["tie"]})),
        (vec![Verdict::BothBad], json!("both_bad"), json!({"choices": ["both_bad"]})),
        (vec![strength(-2), strength(2)], Value::Null, Value::Null),
    ] {
        assert_eq!((argilla(&verdicts), label_studio(&verdicts)), (value, result), "{verdicts:?}");
    }
    assert_eq!(rows(Format::Argilla, &[Verdict::Skip]), [] as [Value; 0]);
}

#[test]
fn only_what_a_format_has_a_place_for_goes_out() {
    for format in Format::ALL {
        assert_eq!(rows(format, &[Verdict::Flag]), [] as [Value; 0], "{format:?}");
        let n_ties = rows(format, &[Verdict::Strength(0)]).len();
        assert_eq!(n_ties, usize::from(format.is_project()), "{format:?}");
        let n_bad = rows(format, &[Verdict::BothBad]).len();
        let expected = if format == Format::TrlKto { 2 } else { usize::from(format.is_project()) };
        assert_eq!(n_bad, expected, "{format:?}");
    }
}

#[test]
fn side_files_name_what_the_rows_hold() {
    let info: Value =
        serde_json::from_str(&Format::LlamaFactory.side_files("shop", true)[0].content).unwrap();
    assert_eq!(info["shop"]["file_name"], Format::LlamaFactory.file_name("train", FileFormat::Json));
    assert_eq!(info["shop_test"]["file_name"], Format::LlamaFactory.file_name("test", FileFormat::Json));
    let row = better(Format::LlamaFactory);
    for column in info["shop"]["columns"].as_object().unwrap().values() {
        assert!(row.get(column.as_str().unwrap()).is_some(), "{column}");
    }
    let settings: Value =
        serde_json::from_str(&Format::Argilla.side_files("shop", false)[1].content).unwrap();
    let record = better(Format::Argilla);
    for field in settings["fields"].as_array().unwrap() {
        assert!(record["fields"][field["name"].as_str().unwrap()].is_string(), "{field}");
    }
    let config = &Format::LabelStudio.side_files("shop", false)[0].content;
    for variable in ["$prompt", "$answer1", "$answer2"] {
        assert!(config.contains(variable));
        assert!(better(Format::LabelStudio)["data"][&variable[1..]].is_string());
    }
}
