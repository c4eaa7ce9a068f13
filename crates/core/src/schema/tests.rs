//! Each kind of bad line with the problem that it gives, and what must survive.

use super::*;
use std::io::{self, BufReader, Cursor};

const VOTE: &str = r#"{"schema":"tiebreak/vote/1","pair":"p1","prompt_id":"a","responses":["r1","r2"],"annotator":{"id":"ann-7","kind":"human"},"verdict":{"strength":-2}}"#;

fn sample_line() -> String {
    let response = |id: &str| {
        format!(
            r#"{{"id":"{id}","text":"Hello","sampling":{{"temperature":0.5,"top_p":0.9,"max_tokens":8,"seed":1}}}}"#
        )
    };
    format!(
        r#"{{"schema":"tiebreak/sample/1","prompt":{{"id":"a","messages":[{{"role":"user","content":"Hi"}}]}},"responses":[{},{}]}}"#,
        response("r1"),
        response("r2")
    )
}

/// The problems that a file gives, one a line of text.
fn problems<T: Record>(file: impl AsRef<[u8]>) -> Vec<String> {
    read_records::<T>(file.as_ref(), "f.jsonl").problems.iter().map(ToString::to_string).collect()
}

/// A line that is refused, with the text that stands at the column and with parts of the message.
fn check<T: Record>(line: &str, at: &str, parts: &[&str]) {
    let read = read_records::<T>(format!("{line}\n").as_bytes(), "f.jsonl");
    assert!(read.records.is_empty(), "{line} was accepted");
    let problem = &read.problems[0];
    let text = problem.to_string();
    assert!(text.starts_with("f.jsonl:1:"), "{text}");
    assert_eq!(problem.cut_at, None, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in `{text}`");
    }
    let column = problem.column as usize - 1;
    assert!(line.get(column..).is_some_and(|rest| rest.starts_with(at)), "{text} is not at `{at}`");
}

#[test]
fn wrong_types_are_named_with_their_path() {
    let check_vote = |from: &str, to: &str, at: &str, parts: &[&str]| {
        check::<Vote>(&VOTE.replace(from, to), at, parts);
    };
    check_vote("-2", "\"x\"", "\"x\"", &["field `verdict.strength`", "invalid type", "(expected i8)"]);
    check_vote("-2", "300", "300", &["field `verdict.strength`", "invalid value"]);
    check_vote("human", "alien", "\"alien\"", &["annotator.kind", "unknown variant `alien`", "`human`"]);
    check_vote(r#""pair":"p1","#, "", "}", &["missing field `pair`"]);
    check_vote(r#""pair":"p1""#, r#""pair":"p1","pair":"p2""#, "\"", &["duplicate field `pair`"]);
    let twice = r#""pair":"p1","schema":"tiebreak/sample/1","schema":"tiebreak/vote/1""#;
    check_vote(r#""pair":"p1""#, twice, "\"", &["duplicate field `schema`"]);
    let check_sample = |from: &str, to: &str, at: &str, parts: &[&str]| {
        check::<Sample>(&sample_line().replacen(from, to, 1), at, parts);
    };
    check_sample("0.5", "true", "true,\"top_p", &["responses[0].sampling.temperature"]);
    check_sample("0.5", "1e999", "9,\"top_p", &["number out of range"]);
    check_sample("\"Hello\"", "null", "null", &["responses[0].text", "expected a string"]);
}

#[test]
fn values_out_of_bounds_are_named_with_their_column() {
    check::<Vote>(
        &VOTE.replace("-2", "-4"),
        "-4}",
        &["verdict.strength", "(expected a whole number from -3 to 3)"],
    );
    check::<Vote>(&VOTE.replace("r2", "r1"), "[\"r1", &["ascending"]);
    check::<Vote>(&VOTE.replace("\"p1\"", "\" \""), "\" \"", &["field `pair`: the id is empty"]);
    check::<Sample>(
        &sample_line().replacen("0.5", "-0.1", 1),
        "-0.1",
        &["responses[0].sampling.temperature", "0 to 10"],
    );
    check::<Sample>(&sample_line().replacen("0.9", "0", 1), "0,", &["top_p", "above 0"]);
    check::<Sample>(
        &sample_line().replace("r2", "r1"),
        "\"r1\"",
        &["responses[1].id", "two responses have the id `r1`"],
    );
    check::<Sample>(
        &sample_line().replace("\"Hi\"", "\"  \""),
        "\"  \"",
        &["prompt.messages[0].content", "empty"],
    );
    check::<Sample>(&sample_line().replace("user", "assistant"), "\"assistant\"", &["waits for a reply"]);
    let one = sample_line();
    let one = format!("{}]}}", &one[..one.rfind(",{\"id\":\"r2\"").unwrap()]);
    check::<Sample>(&one, "[{\"id\":\"r1", &["a sample with 1 responses", "two or more"]);
    let no_messages = sample_line().replace(r#"{"role":"user","content":"Hi"}"#, "");
    check::<Sample>(&no_messages, "[]", &["prompt.messages", "at least one"]);
    let weight = r#"{"schema":"tiebreak/weight/1","target":"p1","weight":-1}"#;
    check::<Weight>(weight, "-1", &["field `weight`"]);
    let rating = r#"{"schema":"tiebreak/rating/1","response":"r1","annotator":{"id":"a","kind":"expert"},"criterion":"tone","value":6,"scale_low":1,"scale_high":5}"#;
    check::<Rating>(rating, "6", &["field `value`", "from 1 to 5"]);
}

#[test]
fn other_schemas_are_refused_by_name() {
    check::<Vote>(
        &VOTE.replace("vote/1", "vote/2"),
        "\"tiebreak/vote/2\"",
        &["version `tiebreak/vote/2`", "(expected `tiebreak/vote/1`)"],
    );
    check::<Vote>(&sample_line(), "\"tiebreak/sample/1\"", &["another kind, `tiebreak/sample/1`"]);
    check::<Vote>(&VOTE.replace("tiebreak/vote/1", "acme"), "\"acme\"", &["schema `acme` is not known"]);
    check::<Vote>(&VOTE.replace(r#""schema":"tiebreak/vote/1","#, ""), "{", &["no field `schema`"]);
    check::<Vote>(&VOTE.replace("\"tiebreak/vote/1\"", "3"), "3,\"pair", &["field `schema`", "invalid type"]);
    check::<Vote>("[1]", "[1]", &["no JSON object"]);
    check::<Vote>("hello", "hello", &["no JSON object"]);
    check::<Vote>("{\"schema\" \"x\"}", "\"x\"", &["not JSON: expected `:`"]);
    check::<Vote>(&format!("{VOTE} x"), "x", &["trailing characters"]);
}

#[test]
fn files_of_any_make_are_read() {
    let file = format!("\u{feff}{VOTE}\r\n\r\n  \n{VOTE}\n\u{feff}{VOTE}");
    let read = read_records::<Vote>(file.as_bytes(), "f");
    assert_eq!(read.problems, []);
    assert_eq!(read.records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 4, 5]);
    assert!(read.is_open);
    assert!(!read_records::<Vote>(format!("{VOTE}\n").as_bytes(), "f").is_open);
    assert_eq!(read_records::<Vote>(&b""[..], "f").records.len(), 0);
}

#[test]
fn a_file_tells_what_it_holds_and_a_reader_where_a_record_begins() {
    let file = format!("\n{{\"schema\":\"else\"}}\nno record\n{}\n{}\n", sample_line(), sample_line());
    assert_eq!(first_record_name(file.as_bytes()), Some("sample"));
    assert_eq!(first_record_name(&b"{\"schema\":\"tiebreak/vote/9\"}"[..]), Some("vote"));
    assert_eq!(first_record_name(&b"no record\n{}\n"[..]), None);
    let mut reader = Reader::<_, Sample>::new(file.as_bytes(), "x.jsonl");
    let mut n_found = 0;
    while let Some(item) = reader.next() {
        let Ok(found) = item else { continue };
        let rest = &file.as_bytes()[reader.offset() as usize..];
        let again = Reader::<_, Sample>::new(rest, "x.jsonl").next().unwrap().unwrap();
        assert_eq!(again.record, found.record);
        n_found += 1;
    }
    assert_eq!(n_found, 2);
}

#[test]
fn a_bad_line_costs_only_itself() {
    let mut file = format!("{VOTE}\n").into_bytes();
    file.extend(b"{\"schema\":\"\xff\"}\n");
    file.extend(format!("{VOTE}\n\0\0\0\n{VOTE}\n").into_bytes());
    let read = read_records::<Vote>(file.as_slice(), "f.jsonl");
    assert_eq!(read.records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 3, 5]);
    assert_eq!(
        problems::<Vote>(&file),
        [
            "f.jsonl:2:12: the line is not valid UTF-8 (expected text in UTF-8)",
            "f.jsonl:4:1: the line holds zero bytes (expected text in UTF-8)",
        ]
    );
}

#[test]
fn all_that_is_wrong_with_a_line_is_told() {
    let line = VOTE.replace("-2", "9").replace("\"p1\"", "\"\"");
    assert_eq!(problems::<Vote>(line).len(), 2);
}

#[test]
fn a_last_line_that_breaks_off_can_be_cut_away() {
    let line = VOTE.replace("ann-7", "ann-é\\u00e9\\ud83d\\ude00");
    for cut in 1..line.len() {
        let mut file = format!("{VOTE}\n").into_bytes();
        file.extend(&line.as_bytes()[..cut]);
        let read = read_records::<Vote>(file.as_slice(), "f");
        assert_eq!(read.cut_at(), Some(VOTE.len() as u64 + 1), "{}", read.problems[0]);
        assert!(read.problems[0].message.starts_with("the last line breaks off"));
        assert_eq!(read.records.len(), 1);
        // With a line end it is not the writer's cut, and nothing may be thrown away.
        file.push(b'\n');
        assert_eq!(read_records::<Vote>(file.as_slice(), "f").cut_at(), None);
    }
    let mut zeros = format!("{VOTE}\n").into_bytes();
    zeros.extend([0; 100]);
    assert_eq!(read_records::<Vote>(zeros.as_slice(), "f").cut_at(), Some(VOTE.len() as u64 + 1));
}

#[test]
fn deep_nesting_is_a_problem_and_no_overflow() {
    for open in ["[", "{\"a\":"] {
        let deep = format!("{},\"x\":{}", &VOTE[..VOTE.len() - 1], open.repeat(200_000));
        assert!(problems::<Vote>(&deep)[0].contains("breaks off"));
        let closed =
            format!("{},\"x\":{}{}}}\n", &VOTE[..VOTE.len() - 1], "[".repeat(200_000), "]".repeat(200_000));
        assert!(problems::<Vote>(&closed)[0].contains("recursion limit exceeded"));
    }
}

#[test]
fn a_line_without_end_takes_no_memory() {
    let endless = io::Read::take(io::repeat(b'x'), 50_000_000);
    let file = io::Read::chain(endless, Cursor::new(format!("\n{VOTE}\n")));
    let items: Vec<_> = Reader::<_, Vote>::with_max_line_bytes(BufReader::new(file), "f", 1000).collect();
    assert_eq!(items.len(), 2);
    let problem = items[0].as_ref().unwrap_err();
    assert_eq!(
        problem.to_string(),
        "f:1:1: the line is too long to be read (expected at most 1000 bytes a line)"
    );
    assert_eq!(items[1].as_ref().unwrap().line, 2);
}

#[test]
fn a_reader_that_fails_is_a_problem() {
    struct Failing;
    impl io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let file = io::Read::chain(Cursor::new(format!("{VOTE}\n")), Failing);
    let read = read_records::<Vote>(BufReader::with_capacity(7, file), "f");
    assert_eq!(read.records.len(), 1);
    assert_eq!(read.problems[0].to_string(), "f:2:1: the file cannot be read any further: the disk is gone");
}

#[test]
fn messages_command_no_terminal_and_stay_short() {
    let line = VOTE.replace("human", &format!("\\u001b[2J{}", "x".repeat(5000)));
    let text = &problems::<Vote>(line)[0];
    assert!(!text.contains('\u{1b}') && text.len() < 1000, "{text}");
}

#[test]
fn unknown_fields_survive() {
    let line = sample_line()
        .replacen("\"text\"", r#""z":[{"y":null},1.5,"é"],"text""#, 1)
        .replacen("\"role\"", r#""name":"n","role""#, 1)
        .replacen("\"top_p\"", r#""mirostat":{"tau":5},"top_p""#, 1)
        .replacen("\"responses\"", r#""batch":18446744073709551615,"responses""#, 1);
    let read = read_records::<Sample>(line.as_bytes(), "f");
    assert_eq!(read.problems, []);
    let written = to_line(&read.records[0].record);
    assert!(written.starts_with("{\"schema\":\"tiebreak/sample/1\","));
    let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    // Defaults are written out, so what was there is compared, not all.
    fn contains(all: &serde_json::Value, part: &serde_json::Value) -> bool {
        use serde_json::Value::{Array, Object};
        match (all, part) {
            (Object(all), Object(part)) => {
                part.iter().all(|(key, part)| all.get(key).is_some_and(|all| contains(all, part)))
            }
            (Array(all), Array(part)) => {
                all.len() == part.len() && all.iter().zip(part).all(|(all, part)| contains(all, part))
            }
            (all, part) => all == part,
        }
    }
    assert!(contains(&value(&written), &value(&line)), "{written}");
    assert_eq!(read_records::<Sample>(written.as_bytes(), "f").records[0].record, read.records[0].record);
}

#[test]
fn a_record_has_one_schema() {
    let mut vote = read_records::<Vote>(VOTE.as_bytes(), "f").into_records().remove(0);
    assert!(vote.extra.is_empty());
    vote.extra.insert("schema".to_owned(), "other".into());
    assert_eq!(to_line(&vote).matches("schema").count(), 1);
    let mut file = Vec::new();
    write_records(&mut file, [&vote, &vote]).unwrap();
    vote.extra.clear();
    assert_eq!(read_records::<Vote>(file.as_slice(), "f").into_records(), [vote.clone(), vote]);
}

#[test]
fn prompts_are_read_in_every_form() {
    let check = |file: &str, expected: &[(&str, &str)]| {
        let read = read_prompts(file.as_bytes(), "p");
        assert_eq!(read.problems, [], "{file}");
        let texts: Vec<_> = read
            .records
            .iter()
            .map(|numbered| {
                (numbered.record.id.as_str(), numbered.record.messages.last().unwrap().content.as_str())
            })
            .collect();
        assert_eq!(texts, expected, "{file}");
    };
    let where_id = prompt_id(&[Message::new(Role::User, "Where is it?")]);
    check("Where is it?\n", &[(&where_id, "Where is it?")]);
    check("\u{feff}Where is it?\r\n\r\n", &[(&where_id, "Where is it?")]);
    check(r#"{"prompt":"Where is it?"}"#, &[(&where_id, "Where is it?")]);
    check(r#"{"messages":[{"role":"user","content":"Where is it?"}]}"#, &[(&where_id, "Where is it?")]);
    check(
        r#"{"prompt":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}],"id":7}"#,
        &[("7", "Hi")],
    );
    check(
        r#"{"schema":"tiebreak/prompt/1","id":"a","messages":[{"role":"user","content":"Hi"}]}"#,
        &[("a", "Hi")],
    );
    check(
        "[sic] {order}\n{no} JSON",
        &[
            (&prompt_id(&[Message::new(Role::User, "[sic] {order}")]), "[sic] {order}"),
            (&prompt_id(&[Message::new(Role::User, "{no} JSON")]), "{no} JSON"),
        ],
    );
    check("", &[]);
    check(
        &"x".repeat(100_000),
        &[(&prompt_id(&[Message::new(Role::User, "x".repeat(100_000))]), &"x".repeat(100_000))],
    );
}

#[test]
fn bad_prompts_are_problems() {
    let check = |file: &[u8], expected: &[&str]| {
        let read = read_prompts(file, "p");
        let problems: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, part) in problems.iter().zip(expected) {
            assert!(problem.contains(part), "`{part}` is not in `{problem}`");
        }
    };
    check(b"Hi\nWho?\nHi\n", &["p:3:1: the id `q"]);
    check(
        b"{\"id\":\"a\",\"prompt\":\"x\"}\n{\"prompt\":\"y\",\"id\":\"a\"}\n",
        &["p:2:20: the id `a` is that of line 1 already"],
    );
    check(
        b"{\"prompt\":\"\"}\n{}\n{\"prompt\":\"x\",\"messages\":[]}\n{\"prompt\":7}\nplain\n",
        &[
            "the text is empty",
            "neither `messages` nor `prompt`",
            "both `messages` and `prompt`",
            "expected a text or a list of messages",
            "no JSON object",
        ],
    );
    check(b"[{\"prompt\":\"x\"},\n{\"prompt\":\"y\"}]\n", &["one JSON array"]);
    check(sample_line().as_bytes(), &["another kind, `tiebreak/sample/1`"]);
    check(b"\xff\xfe\nHi\n", &["p:1:1: the line is not valid UTF-8"]);
    let as_text = |at: &str, line: u32| {
        format!(
            "{at}: the line is a JSON object, but the file was taken as plain text because of line {line},"
        )
    };
    // A heading or a damaged first line must not turn objects into texts.
    check(
        b"\nprompts\n{\"prompt\":\"x\"}\n {\"messages\":[],\"id\":1}\n{order} where?\n{\"a\":1}\n",
        &[&as_text("p:3:1", 2), &as_text("p:4:2", 2)],
    );
    check(b"\"prompt\":\"x\"}\n{\"schema\":\"tiebreak/prompt/1\",\"id\":\"a\"}", &[&as_text("p:2:1", 1)]);
    check(b"\xff\n{\"prompt\":\"x\"}\n", &["p:1:1: the line is not valid UTF-8", &as_text("p:2:1", 1)]);
    check(b"{\"prompt\":\"Hi\"}\n{\"prom", &["p:2:6: the last line breaks off"]);
}

#[test]
fn ids_are_the_same_everywhere() {
    let messages = [Message::new(Role::User, "Where is my order?")];
    assert_eq!(prompt_id(&messages), "qfa05e4c6a1046edf");
    assert_eq!(response_id(&messages, "It is on its way.", 0), "r025f578ef96e7bfc");
    assert_eq!(response_id(&messages, "It is on its way.", 1), "r025f578ef96e7bfc-2");
    assert_eq!(pair_id(&messages, "It is on its way.", "No idea."), "p11b9c613ca476752");
    assert_eq!(pair_id(&messages, "No idea.", "It is on its way."), "p11b9c613ca476752");
    assert_ne!(pair_id(&messages, "ab", "c"), pair_id(&messages, "a", "bc"));
    assert_eq!(response_ids(&messages, &["a", "b", "a", "a"])[3], response_id(&messages, "a", 2));
    let vote = read_records::<Vote>(VOTE.as_bytes(), "f").into_records().remove(0);
    assert_eq!(vote_id(&vote), "v2515ea3269dfd12b");
}

#[test]
fn pairs_stand_in_canonical_order() {
    let mut sample = read_records::<Sample>(sample_line().as_bytes(), "f").into_records().remove(0);
    let mut third = sample.responses[0].clone();
    third.id = "r0".to_owned();
    sample.responses.push(third);
    let ids: Vec<_> = pairs(&sample).map(|pair| (pair.first.id.as_str(), pair.second.id.as_str())).collect();
    assert_eq!(ids, [("r0", "r1"), ("r0", "r2"), ("r1", "r2")]);
}
