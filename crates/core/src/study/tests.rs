//! Studies from samples, sessions through them, and documents that are not what they say.

use super::*;
use crate::blind::check_chain;
use crate::schema::{
    Extra, Message, Prompt, Role as Speaker, Sample, Side, Verdict, Vote, pairs, response_ids,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn sample(name: &str, texts: &[&str]) -> Sample {
    let messages = vec![Message::new(Speaker::User, format!("question {name}"))];
    let ids = response_ids(&messages, texts);
    let response = |(id, text): (String, &&str)| {
        serde_json::from_value(
            serde_json::json!({"id": id, "text": text, "finish_reason": "stop", "model": {"name": "secret"}}),
        )
        .unwrap()
    };
    let responses = ids.into_iter().zip(texts).map(response).collect();
    let prompt = Prompt {
        id: name.to_owned(),
        category: None,
        messages,
        tags: Vec::new(),
        edge_case: None,
        reference_answer: None,
        extra: Extra::new(),
    };
    Sample { prompt, responses, extra: Extra::new() }
}

fn samples(n: usize) -> Vec<Sample> {
    (0..n)
        .map(|i| sample(&format!("n{i}"), &[&format!("good answer {i}"), &format!("poor reply {i} indeed")]))
        .collect()
}

fn parts() -> Parts {
    let mut parts = Parts::default();
    parts.guidelines.version = "1.0.0".to_owned();
    parts
}

fn session(n: usize, annotator: &str, change: impl FnOnce(&mut Parts)) -> Session {
    let mut parts = parts();
    change(&mut parts);
    let built =
        build(&samples(n), &parts, &BuildSettings { pairs_per_annotator: 10, ..BuildSettings::default() });
    assert_eq!(built.study.check(), []);
    Session::new(built.study, annotator, None).unwrap()
}

fn answer(choice: Choice) -> Answer {
    Answer { choice, reasons: Vec::new(), rationale: None }
}

fn timing(at: i64) -> Timing {
    Timing { shown_at_ms: at, decided_at_ms: at + 900, active_ms: 800, interaction: Default::default() }
}

fn give(session: &mut Session, turn: usize, choice: Choice) -> Vote {
    let vote = session.vote(turn, &answer(choice), &timing(1_700_000_000_000 + turn as i64)).unwrap();
    session.accept(turn, vote.clone());
    vote
}

#[test]
fn a_study_says_nothing_about_models_ids_and_roles() {
    let samples = samples(30);
    let gold = pairs(&samples[4]).next().unwrap();
    let mut parts = parts();
    parts.gold = vec![Gold { pair: gold.id.clone(), verdict: Verdict::Strength(-3) }];
    parts.anchors.insert(pairs(&samples[7]).next().unwrap().id);
    let built = build(&samples, &parts, &BuildSettings::default());
    let text = built.study.to_json();
    for secret in ["secret", "gold", "anchor", "\"n4\"", &gold.id, &gold.first.id] {
        assert!(!text.contains(secret), "the study holds {secret}");
    }
    assert_eq!(built.study.key_sha256, built.key.sha256());
    let roles: Vec<Role> = built.key.items.iter().map(|item| item.role).collect();
    let count = |role| roles.iter().filter(|other| **other == role).count();
    assert_eq!((count(Role::Gold), count(Role::Anchor), count(Role::Ordinary)), (1, 1, 28));
    for (item, key) in built.study.items.iter().zip(&built.key.items) {
        assert_eq!(item.id, key.id);
        let sample = samples.iter().find(|sample| sample.prompt.id == key.prompt_id).unwrap();
        for (text, id) in item.responses.iter().zip(&key.responses) {
            assert_eq!(sample.responses.iter().find(|response| response.id == *id).unwrap().text, *text);
        }
    }
    assert_eq!(Study::read(text.as_bytes()).unwrap(), built.study);
    assert_eq!(built.study.id, built.study.content_id());
}

#[test]
fn gold_follows_the_study_s_order_of_responses() {
    // Ids of other tools: their order is not that of the hashes.
    for ids in [["a", "b"], ["b", "a"]] {
        let mut sample = sample("n", &["good answer", "poor reply"]);
        sample.responses[0].id = ids[0].to_owned();
        sample.responses[1].id = ids[1].to_owned();
        let pair = pairs(&sample).next().unwrap();
        let good_is_first = pair.first.text == "good answer";
        let mut parts = parts();
        let verdict = Verdict::Strength(if good_is_first { -2 } else { 2 });
        parts.gold = vec![Gold { pair: pair.id.clone(), verdict }];
        let built = build(&[sample.clone()], &parts, &BuildSettings::default());
        let expected = if built.study.items[0].responses[0] == "good answer" { -2 } else { 2 };
        assert_eq!(built.key.items[0].gold, Some(Verdict::Strength(expected)));
    }
}

#[test]
fn what_is_left_out_is_counted_and_what_is_not_dropped_is_marked() {
    let mut all = samples(3);
    all.push(all[0].clone());
    all.push(sample("same", &["Yes, we do.", "yes we do"]));
    all.push(sample("mail", &["Write to a@example.org", "No idea, sorry."]));
    let built = build(&all, &parts(), &BuildSettings::default());
    let expected = [
        (LeftOut::Duplicate, 1),
        (LeftOut::Screened(crate::screen::Concern::Identical), 1),
        (LeftOut::Screened(crate::screen::Concern::Email), 1),
    ];
    assert_eq!(built.left_out, BTreeMap::from(expected));
    assert_eq!(built.study.items.len(), 3);

    let settings = BuildSettings { drop: Default::default(), ..BuildSettings::default() };
    let built = build(&all, &parts(), &settings);
    let marks: Vec<&str> =
        built.study.items.iter().flat_map(|item| &item.marks).map(String::as_str).collect();
    assert_eq!(built.study.items.len(), 5);
    assert_eq!((marks.len(), marks.contains(&"email"), marks.contains(&"identical")), (2, true, true));
}

#[test]
fn every_pair_gets_its_annotations() {
    let settings = BuildSettings { pairs_per_annotator: 20, ..BuildSettings::default() };
    let built = build(&samples(100), &parts(), &settings);
    let mut counts = BTreeMap::new();
    for list in &built.study.lists {
        let different: std::collections::BTreeSet<_> = list.iter().collect();
        assert_eq!((list.len(), different.len()), (20, 18), "a tenth comes twice");
        different.into_iter().for_each(|item| *counts.entry(*item).or_insert(0) += 1);
    }
    assert!(counts.len() == 100 && counts.values().all(|count| (3..=4).contains(count)), "{counts:?}");
}

#[test]
fn a_vote_is_stored_in_canonical_order_whatever_the_screen_shows() {
    let mut session = session(40, "ann", |_| {});
    let mut sides = BTreeMap::new();
    for turn in 0..session.progress().total {
        let shown = session.shown(turn).unwrap();
        let good_stands_first = shown.texts[0].starts_with("good");
        let (first, canonical) = (shown.first, shown.item.responses.clone());
        let choice = Choice::Strength(if good_stands_first { -2 } else { 2 });
        let vote = give(&mut session, turn, choice);
        let expected = if canonical[0].starts_with("good") { -2 } else { 2 };
        assert_eq!(vote.verdict, Verdict::Strength(expected));
        assert_eq!(vote.shown_first, Some(first));
        assert_eq!(Session::choice_of(&vote), Some(choice));
        assert_eq!(crate::schema::Record::check(&vote), []);
        *sides.entry(first).or_insert(0) += 1;
    }
    assert!(sides[&Side::First] > 0 && sides[&Side::Second] > 0);
    assert_eq!(session.next_turn(), None);
}

#[test]
fn a_session_goes_on_where_it_stopped_and_changes_are_kept() {
    let mut session = session(40, "ann", |parts| parts.settings.completion_code = Some("C1".to_owned()));
    for turn in 0..4 {
        give(&mut session, turn, Choice::Strength(-1));
    }
    give(&mut session, 2, Choice::BothBad);
    assert_eq!((session.progress().done, session.votes().len(), session.next_turn()), (4, 5, Some(4)));
    assert_eq!(session.vote_on(2).unwrap().verdict, Verdict::BothBad);

    let read = crate::schema::read_records::<Vote>(session.to_lines().as_bytes(), "votes.jsonl");
    assert_eq!(read.problems, []);
    let stored: Vec<Vote> = read.into_records();
    let mut again = Session::new(session.study().clone(), "ann", None).unwrap();
    assert_eq!(again.restore(stored.clone()).unwrap(), []);
    assert_eq!(again.restore(stored).unwrap(), [], "twice is once");
    assert_eq!((again.votes(), again.next_turn()), (session.votes(), Some(4)));
    assert_eq!(again.vote_on(2).unwrap().verdict, Verdict::BothBad);
    assert_eq!(again.completion(), None);
    while let Some(turn) = again.next_turn() {
        give(&mut again, turn, Choice::Strength(0));
    }
    assert_eq!(check_chain(again.votes()), []);
    let code = again.completion().unwrap().code;
    assert_eq!(code, format!("C1-{}", &again.last_receipt()[..12]));
}

#[test]
fn votes_of_others_are_refused() {
    let mut ann = session(20, "ann", |_| {});
    let vote = give(&mut ann, 0, Choice::Strength(1));
    let mut bob = Session::new(ann.study().clone(), "bob", None).unwrap();
    assert!(matches!(bob.restore(vec![vote]), Err(SessionError::ForeignVote { .. })));
    assert_eq!(bob.votes(), []);
}

#[test]
fn answers_that_the_study_does_not_take_are_refused() {
    let session = session(20, "ann", |parts| {
        parts.settings.scale = Scale::Forced;
        parts.settings.require_reason = true;
        parts.settings.min_rationale_chars = 5;
    });
    let take = |choice, reasons: &[&str], rationale: Option<&str>| {
        let answer = Answer {
            choice,
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
            rationale: rationale.map(str::to_owned),
        };
        session.vote(0, &answer, &timing(0)).map(|_| ())
    };
    assert_eq!(
        take(Choice::Strength(0), &["true"], Some("equal")),
        Err(SessionError::NotOnScale { strength: 0 })
    );
    assert_eq!(take(Choice::Strength(1), &[], Some("because")), Err(SessionError::ReasonMissing));
    let short = SessionError::RationaleTooShort { given: 3, least: 5 };
    assert_eq!(take(Choice::Strength(1), &["true"], Some(" abc ")), Err(short));
    assert_eq!(take(Choice::Strength(1), &["true"], Some("enough")), Ok(()));
    assert_eq!(take(Choice::Skip, &[], None), Err(SessionError::ReasonMissing));
    assert_eq!(take(Choice::Skip, &["I do not know the language"], None), Ok(()));
    assert_eq!(session.vote(99, &answer(Choice::BothBad), &timing(0)), Err(SessionError::ReasonMissing));
}

#[test]
fn slots_come_from_the_link_or_from_the_annotator() {
    let study = session(60, "ann", |_| {}).study().clone();
    let slots = study.lists.len();
    assert!(slots > 3);
    assert_eq!(Session::new(study.clone(), "ann", Some(2)).unwrap().slot(), 2);
    let wrong = SessionError::NoSuchSlot { slot: 0, slots };
    assert_eq!(Session::new(study.clone(), "ann", Some(0)).unwrap_err(), wrong);
    assert_eq!(Session::new(study.clone(), "  ", None).unwrap_err(), SessionError::NoAnnotator);
    let same = Session::new(study.clone(), "ann", None).unwrap().slot();
    assert_eq!(Session::new(study, "ann", None).unwrap().slot(), same);
}

#[test]
fn runs_for_one_side_of_the_screen_are_counted() {
    let mut session = session(60, "ann", |_| {});
    for turn in 0..3 {
        give(&mut session, turn, Choice::Strength(-2));
    }
    assert_eq!(session.same_side_run(), 3);
    give(&mut session, 3, Choice::Strength(1));
    assert_eq!(session.same_side_run(), 1);
    give(&mut session, 4, Choice::Strength(0));
    assert_eq!(session.same_side_run(), 0);
}

#[track_caller]
fn refused(change: impl FnOnce(&mut serde_json::Value), expected: &str) {
    let study = session(5, "ann", |_| {}).study().clone();
    let mut value = serde_json::to_value(&study).unwrap();
    change(&mut value);
    let error = Study::read(value.to_string().as_bytes()).expect_err(expected).to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn broken_studies_are_refused_with_a_sentence() {
    refused(|study| study["schema"] = "tiebreak/study/9".into(), "this is `tiebreak/study/9`");
    refused(|study| study["items"][0]["responses"] = serde_json::json!(["one"]), "items[0].responses");
    refused(|study| study["items"][1]["id"] = study["items"][0]["id"].clone(), "items[1].id");
    refused(
        |study| study["items"][0]["responses"] = serde_json::json!(["a", "a"]),
        "both responses are the same",
    );
    refused(|study| study["lists"][0][0] = 99.into(), "beyond the last pair");
    refused(|study| study["items"] = serde_json::json!([]), "there is no pair");
    refused(|study| study["settings"]["completion_url"] = "javascript:alert(1)".into(), "not https");
    refused(|study| study["settings"]["completion_url"] = "http://example.org".into(), "not https");
    refused(
        |study| study["settings"]["delivery"] = serde_json::json!({"url": "http://localhost.example.org"}),
        "not https",
    );
    refused(|study| study["settings"]["pass_share"] = 1.5.into(), "pass_share");
    refused(|study| study["settings"]["colour"] = 1.into(), "settings.colour");
    let text = session(5, "ann", |_| {}).study().to_json();
    let cut = Study::read(&text.as_bytes()[..text.len() / 2]).unwrap_err().to_string();
    assert!(cut.contains("breaks off"), "{cut}");
    assert!(Study::read(b"").unwrap_err().to_string().contains("breaks off"));
    assert!(Study::read(b"<html>").unwrap_err().to_string().contains("not JSON"));
    assert!(Study::read(&[0xff, 0xfe]).is_err());
    let twice = format!("{text}{text}");
    assert!(Study::read(twice.as_bytes()).unwrap_err().to_string().contains("something follows"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Study::read(&bytes);
    }

    #[test]
    fn no_cut_or_changed_study_makes_a_session_panic(at in 0usize..4000, byte in any::<u8>()) {
        let mut bytes = session(6, "ann", |_| {}).study().to_json().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(study) = Study::read(&bytes)
            && let Ok(mut session) = Session::new(study, "ann", None)
        {
            while let Some(turn) = session.next_turn() {
                give(&mut session, turn, Choice::BothBad);
            }
        }
    }
}
