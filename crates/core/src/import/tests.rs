//! Each format by a file of rows and a file of what they say, in words that can be checked by eye.

use super::in_words::{import, in_words, is_whole, source};
use super::*;
use crate::schema::{AnnotatorKind, Extra, Message, Role, Verdict, Vote, response_id, to_line};
use serde_json::{Value, json};

/// Reads a file as `format`, and compares all it gives with the file of the expected words.
#[track_caller]
fn check(format: Format, [text, expected]: [&str; 2], settings: &Settings) {
    let all = import(text.as_bytes(), Some(format), settings);
    let words = in_words(&all);
    assert_eq!(words, expected, "{format} gives\n{words}");
    assert!(all.samples.iter().all(is_whole));
    assert!(all.votes.iter().all(is_whole));
    assert!(all.ratings.iter().all(is_whole));
    let n_left_out: u64 = all.report.left_out.values().sum();
    assert_eq!(n_left_out, all.problems.len() as u64, "{:?}", all.report);
}

macro_rules! case {
    ($name:literal, $end:literal) => {
        [
            include_str!(concat!("../../../../tests/cases/import/", $name, ".", $end)),
            include_str!(concat!("../../../../tests/cases/import/", $name, ".txt")),
        ]
    };
}

#[test]
fn rows_say_what_is_written_beside_them() {
    let plain = Settings::default();
    check(Format::Trl, case!("trl", "jsonl"), &plain);
    check(Format::Trl, case!("trl_own", "jsonl"), &plain);
    check(Format::HhRlhf, case!("hh_rlhf", "jsonl"), &plain);
    check(Format::HelpSteer, case!("helpsteer", "jsonl"), &plain);
    check(Format::HelpSteer3, case!("helpsteer3", "jsonl"), &plain);
    check(Format::LmArena, case!("lmarena", "jsonl"), &plain);
    check(Format::AlpacaEval, case!("alpaca_eval", "json"), &plain);
    check(Format::Argilla, case!("argilla", "json"), &plain);
    check(Format::LabelStudio, case!("label_studio", "json"), &plain);
    check(Format::Pairs, case!("pairs", "jsonl"), &plain);
    check(Format::Responses, case!("responses", "jsonl"), &plain);
}

/// Which format a row's fields tell.
#[track_caller]
fn check_told(row: Value, expected: Result<Format, &str>) {
    let Value::Object(fields) = row else { panic!("a row is an object") };
    match (Format::of(&fields, &Settings::default()), expected) {
        (found, Ok(format)) => assert_eq!(found, Ok(format)),
        (found, Err(part)) => {
            let message = found.unwrap_err().to_string();
            assert!(message.contains(part), "no `{part}` in {message}");
        }
    }
}

#[test]
fn the_fields_tell_the_format() {
    for (text, format) in [
        (case!("trl", "jsonl")[0], Format::Trl),
        (case!("trl_own", "jsonl")[0], Format::Trl),
        (case!("hh_rlhf", "jsonl")[0], Format::HhRlhf),
        (case!("helpsteer", "jsonl")[0], Format::HelpSteer),
        (case!("helpsteer3", "jsonl")[0], Format::HelpSteer3),
        (case!("lmarena", "jsonl")[0], Format::LmArena),
        (case!("alpaca_eval", "json")[0], Format::AlpacaEval),
        (case!("argilla", "json")[0], Format::Argilla),
        (case!("label_studio", "json")[0], Format::LabelStudio),
        (case!("pairs", "jsonl")[0], Format::Pairs),
        (case!("responses", "jsonl")[0], Format::Responses),
    ] {
        let first = Rows::new(text.as_bytes(), "f").unwrap().next().unwrap().unwrap();
        assert_eq!(Format::of(&first.record, &Settings::default()), Ok(format));
    }
    let both = json!({"prompt": "a", "chosen": "b", "rejected": "c", "responses": ["b", "c"]});
    check_told(both, Err("the fields fit `trl`, `responses`"));
    check_told(json!({"text": "a"}), Err("no known format has the fields `text`"));
    check_told(json!({}), Err("of an empty row"));
    check_told(
        json!({"schema": "tiebreak/sample/1", "prompt": "a", "responses": []}),
        Err("a record of Tiebreak already"),
    );
}

#[test]
fn fields_go_by_the_names_that_are_given() {
    let names = [
        (Part::Prompt, "q"),
        (Part::Chosen, "good"),
        (Part::Rejected, "bad"),
        (Part::Annotator, "who"),
        (Part::Time, "when"),
    ];
    let names = names.into_iter().map(|(part, name)| (part, name.to_owned())).collect();
    let settings = Settings { names, scale: Some([0.0, 10.0]), ..Settings::default() };
    let row = r#"{"q":"Hi?","good":"A.","bad":"B.","who":"ann","when":1714566600000,"score_chosen":11,"score_rejected":"3"}"#;
    let all = import(row.as_bytes(), None, &settings);
    assert_eq!(all.votes[0].annotator.id, "ann");
    assert_eq!(all.votes[0].decided_at, "2024-05-01T12:30:00Z".parse().ok());
    assert_eq!(all.ratings.iter().map(|rating| rating.value).collect::<Vec<_>>(), [3.0]);
    assert_eq!(all.report.left_out, [(Reason::NoScore, 1)].into());
    let parts = [(Part::Prompt, "q"), (Part::First, "left"), (Part::Second, "right"), (Part::Verdict, "won")];
    let names = parts.into_iter().map(|(part, name)| (part, name.to_owned())).collect();
    let of_parts = Settings { names, ..Settings::default() };
    let all = import(br#"{"q":"Hi?","left":"A.","right":"B.","won":"left"}"#, None, &of_parts);
    assert_eq!(all.votes.len(), 1, "the names of two sides and a verdict tell `pairs` alone");
    let usual = import(br#"{"q":"Hi?","chosen":"A.","rejected":"B."}"#, Some(Format::Trl), &settings);
    assert_eq!(usual.problems[0].message, "there is no field `good`");
}

/// What the votes prefer and the problems say, for values of one field of verdicts.
fn by_codes(values: &[Value], codes: Option<&str>) -> (Vec<String>, Vec<String>) {
    let settings = Settings {
        names: [(Part::Verdict, "preference_strength".to_owned())].into(),
        codes: codes.map(|codes| codes.parse().unwrap()),
        ..Settings::default()
    };
    let row = |value: &Value| {
        let row =
            json!({"prompt": "Hi?", "response_1": "A.", "response_2": "B.", "preference_strength": value});
        row.to_string() + "\n"
    };
    let all = import(values.iter().map(row).collect::<String>().as_bytes(), Some(Format::Pairs), &settings);
    let first = response_id(&[Message::new(Role::User, "Hi?")], "A.", 0);
    let preferred = |vote: &Vote| match vote.verdict {
        Verdict::Strength(0) => "tie".to_owned(),
        Verdict::Strength(strength) => {
            let is_first = (strength < 0) == (vote.responses[0] == first);
            format!("{}{}", if is_first { "A" } else { "B" }, strength.abs())
        }
        other => format!("{other:?}"),
    };
    let problems = all.problems.iter().map(|problem| problem.message.clone()).collect();
    (all.votes.iter().map(preferred).collect(), problems)
}

#[test]
fn a_number_takes_no_side_until_the_user_says_which() {
    let scale: Vec<Value> = (-3..=3).map(Value::from).collect();
    let (votes, problems) = by_codes(&scale, None);
    assert!(votes.is_empty(), "{votes:?}");
    assert!(problems.iter().all(|message| message.contains("--codes")), "{problems:?}");
    assert_eq!(by_codes(&scale, Some("strength")).0, ["A3", "A2", "A1", "tie", "B1", "B2", "B3"]);
    assert_eq!(by_codes(&scale, Some("reversed-strength")).0, ["B3", "B2", "B1", "tie", "A1", "A2", "A3"]);
    let binary = [json!(0), json!("1"), json!(true)];
    assert!(by_codes(&binary, None).0.is_empty());
    let (votes, problems) = by_codes(&binary, Some("0,1"));
    assert_eq!((votes, problems.len()), (vec!["A1".to_owned(), "B1".to_owned()], 1));
    assert_eq!(by_codes(&[json!("response_2"), json!("tie")], Some("0,1")).0, ["B1", "tie"]);
}

/// A vote of a named annotator, with the names of all fields that records have.
#[test]
fn fields_that_records_have_themselves_are_renamed_and_kept() {
    let mut row = json!({"prompt": "Hi?", "chosen": "A.", "rejected": "B."});
    for name in known::VOTE {
        row[*name] = json!("mine");
    }
    let all = import(row.to_string().as_bytes(), Some(Format::Trl), &Settings::default());
    assert_eq!(all.votes.len(), 1, "{:?}", all.problems);
    assert!(is_whole(&all.votes[0]));
    assert_eq!(all.votes[0].extra["source_pair"], "mine");
    let response =
        known::RESPONSE.iter().chain(["text"].iter()).map(|name| ((*name).to_owned(), json!("mine")));
    let row = json!({"prompt": "Hi?", "responses": [Extra::from_iter(response), "B."], "schema": "x"});
    let all = import(row.to_string().as_bytes(), Some(Format::Responses), &Settings::default());
    assert!(is_whole(&all.samples[0]));
    assert_eq!(all.samples[0].responses[0].extra["source_id"], "mine");
    let row = json!({"prompt": "Hi?", "response": "A.", "helpfulness": 1, "value": 2, "scale_low": 3});
    let all = import(row.to_string().as_bytes(), Some(Format::HelpSteer), &Settings::default());
    assert!(is_whole(&all.ratings[0]));
    assert_eq!(all.ratings[0].extra["source_value"], 2);
}

#[test]
fn of_several_questions_the_named_one_votes() {
    let named = |question: &str| Settings { question: Some(question.to_owned()), ..Settings::default() };
    let voters = |text: &str, format, question| -> Vec<(String, Verdict)> {
        let votes = import(text.as_bytes(), Some(format), &named(question)).votes;
        votes.into_iter().map(|vote| (vote.annotator.id, vote.verdict)).collect()
    };
    let task = r#"{"data":{"prompt":"Hi?","answer1":"A.","answer2":"B."},"annotations":[{"completed_by":9,"result":[{"from_name":"helpful","type":"choices","value":{"choices":["A"]}},{"from_name":"honest","type":"choices","value":{"choices":["B"]}}]}]}"#;
    let [helpful, honest] = ["helpful", "honest"].map(|name| voters(task, Format::LabelStudio, name));
    assert_eq!((helpful.len(), honest.len()), (1, 1));
    assert_ne!(helpful, honest);
    let record = r#"{"fields":{"prompt":"Hi?","response_a":"A.","response_b":"B."},"responses":{"helpful":[{"value":"A","user_id":"u"}],"honest":[{"value":"B","user_id":"u"}]}}"#;
    let [helpful, honest] = ["helpful", "honest"].map(|name| voters(record, Format::Argilla, name));
    assert_eq!((helpful.len(), honest.len()), (1, 1));
    assert_ne!(helpful, honest);
}

#[test]
fn the_users_names_hold_inside_records_and_missing_ones_are_known() {
    let names = [(Part::Annotator, "updated_by"), (Part::Time, "updated_at"), (Part::Verdict, "nosuch")];
    let names = names.map(|(part, name)| (part, name.to_owned())).into();
    let settings = Settings { names, ..Settings::default() };
    let task = r#"{"data":{"prompt":"Hi?","answer1":"A.","answer2":"B."},"annotations":[{"completed_by":9,"updated_by":7,"created_at":"2024-05-01","updated_at":"2024-06-01","result":[{"type":"choices","value":{"choices":["A"]}}]}]}"#;
    let Value::Object(fields) = serde_json::from_str(task).unwrap() else { panic!("a row is an object") };
    let mut gatherer = Gatherer::default();
    let said = Format::LabelStudio.read(fields, &settings).unwrap();
    let vote = gatherer.take(said, &source(), 1).votes.remove(0);
    assert_eq!((vote.annotator.id.as_str(), vote.decided_at), ("7", "2024-06-01T00:00:00Z".parse().ok()));
    assert_eq!(gatherer.missing_names(&settings), ["nosuch"]);
}

#[test]
fn a_prompt_is_guessed_only_where_no_field_may_be_it() {
    let row = |more: Value| {
        let mut row = json!({"chosen": "The answer is 4", "rejected": "The answer is 5"});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        import(row.to_string().as_bytes(), Some(Format::Trl), &Settings::default())
    };
    for name in ["instruction", "input", "query", "context"] {
        let all = row(json!({name: "What is 2+2?"}));
        assert!(all.votes.is_empty() && all.problems[0].message.contains(name), "{:?}", all.problems);
        assert!(all.problems[0].message.contains("--prompt-field"), "{:?}", all.problems);
    }
    let all = row(json!({"system": "Be brief."}));
    assert_eq!(all.samples[0].prompt.messages[0], Message::new(Role::System, "Be brief."));
    assert_eq!(all.report.guessed_prompts, 1);
    assert!(all.report.to_string().contains("1  without a prompt"), "{}", all.report);
}

#[test]
fn scores_have_the_rows_time_and_are_no_property_of_a_text() {
    let scaled = Settings { scale: Some([0.0, 10.0]), ..Settings::default() };
    let row = r#"{"prompt":"Hi?","chosen":"A.","rejected":"B.","score_chosen":3,"date":"2024-05-01"}"#;
    let all = import(row.as_bytes(), Some(Format::Trl), &scaled);
    assert_eq!(all.ratings[0].decided_at, "2024-05-01T00:00:00Z".parse().ok());
    let row = r#"{"prompt":"Hi?","responses":[{"text":"A.","score":4,"words":1},{"text":"B.","rating":2}]}"#;
    let all = import(row.as_bytes(), Some(Format::Responses), &Settings::default());
    let fields = all.samples[0].responses.iter().flat_map(|response| response.extra.keys());
    assert_eq!(fields.collect::<Vec<_>>(), ["words"]);
    let [a, b] = ["A.", "B."].map(|text| response_id(&[Message::new(Role::User, "Hi?")], text, 0));
    assert_eq!(all.samples[0].extra["score"], json!({a: 4}));
    assert_eq!(all.samples[0].extra["rating"], json!({b: 2}));
}

#[test]
fn models_that_judge_are_no_people_unless_the_user_says_so() {
    let kind = |format: Format, row: Value, given: Option<AnnotatorKind>| {
        let Value::Object(fields) = row else { panic!("a row is an object") };
        let said = format.read(fields, &Settings::default()).unwrap();
        let source = RowSource { kind: given, ..source() };
        Gatherer::default().take(said, &source, 1).votes[0].annotator.kind
    };
    let turns =
        |reply: &str| json!([{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": reply}]);
    let battle = |judge: &str| json!({"conversation_a": turns("A."), "conversation_b": turns("B."), "winner": "model_a", "judge": judge});
    let eval = json!({"instruction": "Hi?", "output_1": "A.", "output_2": "B.", "preference": 1, "annotator": "gpt-4"});
    assert_eq!(kind(Format::AlpacaEval, eval.clone(), None), AnnotatorKind::Judge);
    assert_eq!(kind(Format::AlpacaEval, eval, Some(AnnotatorKind::Human)), AnnotatorKind::Human);
    assert_eq!(kind(Format::LmArena, battle("gpt-4"), None), AnnotatorKind::Judge);
    assert_eq!(kind(Format::LmArena, battle("arena_user_9"), None), AnnotatorKind::Human);
}

#[test]
fn what_is_released_is_forgotten_and_told() {
    let source = source();
    let mut gatherer = Gatherer::default();
    let take = |gatherer: &mut Gatherer, chosen: &str, number: u64| {
        let row = json!({"prompt": "Hi?", "chosen": chosen, "rejected": "No.", "number": number});
        let Value::Object(fields) = row else { panic!("a row is an object") };
        let said = Format::Trl.read(fields, &Settings::default()).unwrap();
        gatherer.take(said, &source, 1).votes.remove(0)
    };
    let first = take(&mut gatherer, "Hello.", 1);
    take(&mut gatherer, "Hey.", 2);
    assert_eq!(gatherer.text_bytes(), 16);
    assert_eq!(gatherer.release().0[0].responses.len(), 3);
    assert_eq!(gatherer.text_bytes(), 0);
    let again = take(&mut gatherer, "Hello.", 3);
    assert_eq!((again.pair, again.prompt_id), (first.pair, first.prompt_id));
    assert_eq!(again.annotator.id, "import:old.jsonl-1a2b3c4d#2");
    assert_eq!(gatherer.release().0.len(), 1);
    assert_eq!((gatherer.report().samples, gatherer.report().split_prompts), (2, 1));
    take(&mut gatherer, "Hello.", 4);
    assert_eq!(gatherer.release().0.len(), 1);
    assert_eq!((gatherer.report().samples, gatherer.report().split_prompts), (3, 1));
}

/// The annotators of nameless rows of several files, whose names and contents are given.
fn voices(files: &[(&str, &str)]) -> (Vec<String>, ImportReport) {
    let (mut gatherer, mut voices) = (Gatherer::default(), Vec::new());
    for (name, text) in files {
        let content = content_digits(text.as_bytes());
        let source = RowSource { file: (*name).to_owned(), content, ..source() };
        for row in Rows::new(text.as_bytes(), name).unwrap() {
            let said = Format::Trl.read(row.unwrap().record, &Settings::default()).unwrap();
            let votes = gatherer.take(said, &source, 1).votes;
            voices.extend(votes.into_iter().map(|vote| vote.annotator.id));
        }
    }
    (voices, gatherer.report().clone())
}

#[test]
fn a_nameless_voice_is_its_files_and_a_row_has_it_once() {
    let row = |prompt: &str| format!("{{\"prompt\":\"{prompt}\",\"chosen\":\"A.\",\"rejected\":\"B.\"}}\n");
    let [old, new] = [row("Hi?") + &row("Ho?"), row("Hi?") + &row("Who?")];
    let (of_years, report) = voices(&[("2024/train.jsonl", &old), ("2025/train.jsonl", &new)]);
    assert_eq!(of_years[0], of_years[1]);
    assert_eq!(of_years[2], of_years[3]);
    assert_ne!(of_years[0], of_years[2], "files of one name with other rows have another voice");
    assert_eq!(report.left_out, [].into());
    let (once, _) = voices(&[("2024/train.jsonl", &old)]);
    let (twice, report) = voices(&[("2024/train.jsonl", &old), ("copy/train.jsonl", &old)]);
    assert_eq!(twice, once, "a file read twice is one voice");
    assert_eq!((report.rows, &report.left_out), (4, &[(Reason::Repeated, 2)].into()));
    let (repeated, report) = voices(&[("a.jsonl", &(row("Hi?") + &row("Hi?")))]);
    assert_eq!((repeated.len(), &report.left_out), (1, &[(Reason::Repeated, 1)].into()));
}

#[test]
fn what_is_exported_comes_back() {
    let all = import(case!("pairs", "jsonl")[0].as_bytes(), Some(Format::Pairs), &Settings::default());
    let exported = crate::export::export(&all.samples, &all.votes, &Default::default()).preferences;
    assert!(exported.len() >= 2, "{exported:?}");
    let file: String = exported.iter().map(|row| to_line(row) + "\n").collect();
    let back = import(file.as_bytes(), None, &Settings::default());
    let again = crate::export::export(&back.samples, &back.votes, &Default::default()).preferences;
    assert_eq!(again.len(), exported.len());
    for (again, row) in again.iter().zip(&exported) {
        assert_eq!(
            (&again.prompt, &again.chosen, &again.rejected),
            (&row.prompt, &row.chosen, &row.rejected)
        );
        assert_eq!((&again.origin.pair, &again.origin.prompt_id), (&row.origin.pair, &row.origin.prompt_id));
        assert_eq!((again.weight, again.origin.decided_at), (row.weight, row.origin.decided_at));
    }
}

#[test]
fn a_list_over_several_lines_is_read_element_by_element() {
    let lines = |text: &str| -> Vec<Result<u64, u64>> {
        let rows = Rows::new(text.as_bytes(), "f").unwrap();
        rows.map(|row| row.map(|row| row.line).map_err(|problem| problem.line)).collect()
    };
    assert_eq!(lines("[{\"a\":\"]}\\\"\"},\n{\"b\":[1,{}]}\n]"), [Ok(1), Ok(2)]);
    assert_eq!(lines("\u{feff}[\n\n{\"a\":1}]\n"), [Ok(3)]);
    assert_eq!(lines("[1, {\"a\":2}, nul"), [Err(1), Ok(1), Err(1)]);
    assert_eq!(lines("[{\"a\":1}"), [Ok(1), Err(1)]);
    assert_eq!(lines("{\n\"a\":1\n}\n{\"b\":2}"), [Ok(1), Ok(4)]);
    assert_eq!(lines("{\"a\":1}\n\n{\"b\""), [Ok(1), Err(3)]);
    assert_eq!(lines("[{\"a\":1}]\n[{\"a\":2},{\"a\":3}]\n"), [Ok(1), Ok(2), Ok(2)]);
    assert_eq!(lines("[{\"a\":1}]\n,{\"b\":1} rest\n"), [Ok(1), Ok(2), Err(2)]);
    assert_eq!(lines("{\"a\":1,\"a\":2}\n"), [Err(1)]);
    assert_eq!(lines("[]"), []);
    assert_eq!(lines(""), []);
}
