use super::*;
use crate::schema::{
    Annotator, AnnotatorKind, Extra, FinishReason, Message, Prompt, Record, Response, Role, Verdict, pairs,
    read_prompts, read_records, response_ids, to_line, vote_id,
};
use proptest::prelude::*;

fn prompt(text: &str) -> Prompt {
    read_prompts(text.as_bytes(), "p").into_records().remove(0)
}

fn sample(prompt_text: &str, texts: &[&str]) -> Sample {
    let prompt = prompt(prompt_text);
    let ids = response_ids(&prompt.messages, texts);
    let response = |(id, text): (String, &&str)| -> Response {
        serde_json::from_value(serde_json::json!({"id": id, "text": text, "finish_reason": "stop"})).unwrap()
    };
    let responses = ids.into_iter().zip(texts).map(response).collect();
    Sample { prompt, responses, extra: Extra::new() }
}

/// A vote of `who` on the first pair; an id that starts with `e` is an expert's.
fn vote(sample: &Sample, who: &str, verdict: Verdict) -> Vote {
    let pair = pairs(sample).next().unwrap();
    let kind = if who.starts_with('e') { AnnotatorKind::Expert } else { AnnotatorKind::Human };
    let responses = [pair.first.id.clone(), pair.second.id.clone()];
    let annotator = Annotator { id: who.to_owned(), kind };
    let vote = Vote::new(pair.id, sample.prompt.id.clone(), responses, annotator, verdict);
    Vote { guideline_version: Some("1.0.0".to_owned()), ..vote }
}

fn at(mut vote: Vote, time: &str) -> Vote {
    vote.decided_at = Some(time.parse().unwrap());
    vote
}

/// The outcome of the one pair of a sample under verdicts of different annotators, with the row's margin.
fn check(verdicts: &[(&str, Verdict)], expected: PairOutcome, margin: Option<f64>) {
    let sample = sample("Where is it?", &["On its way.", "No idea."]);
    let votes: Vec<Vote> = verdicts.iter().map(|(who, verdict)| vote(&sample, who, *verdict)).collect();
    let export = export(std::slice::from_ref(&sample), &votes, &Settings::default());
    assert_eq!(export.report.pairs, [(expected, 1)].into(), "{verdicts:?}");
    assert_eq!(export.report.vote_count(), votes.len() as u64, "{verdicts:?}");
    assert_eq!(export.preferences.first().map(|row| row.margin), margin, "{verdicts:?}");
}

#[test]
fn votes_become_one_decision() {
    use PairOutcome::*;
    use Verdict::{BothBad as Bad, Skip as Pass, Strength};
    check(&[], NoVotes, None);
    check(&[("a", Strength(-3))], Exported, Some(3.0));
    check(&[("a", Strength(1))], Exported, Some(1.0));
    check(&[("a", Strength(-3)), ("b", Strength(1))], Exported, Some(3.0));
    check(&[("a", Strength(-3)), ("b", Strength(-2)), ("c", Strength(0))], Exported, Some(2.5));
    check(&[("a", Strength(0))], Tie, None);
    check(&[("a", Strength(0)), ("b", Strength(0))], Tie, None);
    check(&[("a", Strength(-2)), ("b", Strength(2))], VotesDisagreeEvenly, None);
    check(&[("a", Strength(-2)), ("b", Strength(1)), ("c", Strength(1))], VotesDisagreeEvenly, None);
    check(&[("a", Bad)], BothBad, None);
    check(&[("a", Bad), ("b", Strength(1))], BothBad, None);
    check(&[("a", Bad), ("b", Strength(1)), ("c", Strength(2))], Exported, Some(1.5));
    check(&[("a", Pass)], Skip, None);
    check(&[("a", Pass), ("b", Strength(2))], Exported, Some(2.0));
    check(&[("a", Verdict::Unparsed), ("b", Pass)], Unparsed, None);
    check(&[("a", Verdict::Flag), ("b", Strength(3)), ("c", Strength(3))], Flag, None);
    check(&[("e", Strength(1)), ("b", Strength(-3)), ("c", Verdict::Flag)], Exported, Some(1.0));
    check(&[("e", Pass), ("b", Strength(-3))], Exported, Some(3.0));
}

#[test]
fn the_better_response_is_chosen_in_either_order() {
    let sample = sample("Where is it?", &["On its way.", "No idea."]);
    let pair = pairs(&sample).next().unwrap();
    for (strength, chosen, rejected) in [(-2, pair.first, pair.second), (2, pair.second, pair.first)] {
        let votes = [at(vote(&sample, "a", Verdict::Strength(strength)), "2026-01-02T03:04:05Z")];
        let export = export(std::slice::from_ref(&sample), &votes, &Settings::default());
        let row = &export.preferences[0];
        assert_eq!(row.chosen, [Message::new(Role::Assistant, &*chosen.text)]);
        assert_eq!(row.rejected, [Message::new(Role::Assistant, &*rejected.text)]);
        assert_eq!(row.prompt, sample.prompt.messages);
        assert_eq!(row.origin.responses, [chosen.id.clone(), rejected.id.clone()]);
        assert_eq!((row.origin.votes, row.weight), (1, 1.0));
        assert_eq!(row.origin.decided_at, votes[0].decided_at);
        assert_eq!(row.origin.guideline_version.as_deref(), Some("1.0.0"));
        assert_eq!(row.check(), []);
        assert_eq!(&read_records::<Preference>(to_line(row).as_bytes(), "f").into_records()[0], row);
    }
}

#[test]
fn texts_that_are_no_pair_are_left_out() {
    let check = |texts: [&str; 2], settings: &Settings, expected: PairOutcome, note: Option<Note>| {
        let mut sample = sample("Where is it?", &texts);
        sample.responses[1].finish_reason = Some(FinishReason::Length);
        let votes = [vote(&sample, "a", Verdict::Strength(1))];
        let report = export(&[sample], &votes, settings).report;
        assert_eq!(report.pairs, [(expected, 1)].into(), "{texts:?}");
        assert_eq!(report.notes.contains_key(&Note::OnePrefixesTheOther), note.is_some(), "{texts:?}");
        let exported = expected == PairOutcome::Exported;
        let heading = if exported { VoteOutcome::Counted } else { VoteOutcome::PairLeftOut };
        assert_eq!(report.votes, [(heading, 1)].into(), "{texts:?}");
        assert_eq!(report.notes.contains_key(&Note::CutOffKept), exported);
    };
    let keep = Settings::default();
    check(["a", "a"], &keep, PairOutcome::IdenticalResponses, None);
    check(["a", "a \n"], &keep, PairOutcome::IdenticalResponses, None);
    check(["a", ""], &keep, PairOutcome::EmptyResponse, None);
    check([" ", "\n"], &keep, PairOutcome::EmptyResponse, None);
    check(["a", "b"], &keep, PairOutcome::Exported, None);
    check(["Sorry", "Sorry, we will look."], &keep, PairOutcome::Exported, Some(Note::OnePrefixesTheOther));
    check(["a", "b"], &Settings { drop_cut_off: true, ..keep }, PairOutcome::CutOff, None);
}

#[test]
fn an_annotator_has_one_voice() {
    let sample = sample("Where is it?", &["On its way.", "No idea."]);
    let early = at(vote(&sample, "a", Verdict::Strength(-3)), "2026-01-01T00:00:00Z");
    let late = at(vote(&sample, "a", Verdict::Strength(2)), "2026-01-02T00:00:00Z");
    for votes in
        [vec![early.clone(), late.clone(), late.clone()], vec![late.clone(), late.clone(), early.clone()]]
    {
        let export = export(std::slice::from_ref(&sample), &votes, &Settings::default());
        let expected =
            [(VoteOutcome::Counted, 1), (VoteOutcome::Superseded, 1), (VoteOutcome::Duplicated, 1)];
        assert_eq!(export.report.votes, expected.into());
        assert_eq!(export.preferences[0].margin, 2.0);
    }
}

#[test]
fn votes_find_their_pair_by_content() {
    // The same texts under other ids, in an order that is turned round.
    let one = sample("Where is it?", &["On its way.", "No idea."]);
    let mut other = one.clone();
    let pair = pairs(&one).next().unwrap();
    for response in &mut other.responses {
        response.id = if response.id == pair.first.id { "z".to_owned() } else { "y".to_owned() };
    }
    let votes = [vote(&one, "a", Verdict::Strength(-2)), vote(&other, "b", Verdict::Strength(3))];
    let export_both = export(&[one.clone(), other], &votes, &Settings::default());
    let expected = [(PairOutcome::Exported, 1), (PairOutcome::DuplicatePair, 1)];
    assert_eq!(export_both.report.pairs, expected.into());
    assert_eq!((export_both.preferences[0].margin, export_both.preferences[0].origin.votes), (2.5, 2));
    let export_one = export(&[one], &votes, &Settings::default());
    let expected = [(VoteOutcome::Counted, 1), (VoteOutcome::UnknownPair, 1)];
    assert_eq!(export_one.report.votes, expected.into());
}

#[test]
fn weights_are_means_scaled_to_one() {
    let samples = [sample("One?", &["a", "b"]), sample("Two?", &["a", "b"]), sample("Three?", &["a", "b"])];
    let votes: Vec<Vote> = ["a", "b"]
        .iter()
        .flat_map(|who| samples.iter().map(|sample| vote(sample, who, Verdict::Strength(1))))
        .collect();
    let weight = |target: String, weight: f64| -> Weight {
        serde_json::from_value(serde_json::json!({"target": target, "weight": weight, "epoch": "2"})).unwrap()
    };
    let weights = vec![
        // The first pair: one vote weighs 0.5, the other 1. The second: 0.25. The third: nothing.
        weight(vote_id(&votes[0]), 0.5),
        weight(votes[1].pair.clone(), 0.25),
        weight(votes[2].pair.clone(), 0.0),
        weight("elsewhere".to_owned(), 1.0),
    ];
    let export = export(&samples, &votes, &Settings { weights, ..Settings::default() });
    assert_eq!(export.preferences.iter().map(|row| row.weight).collect::<Vec<_>>(), [1.5, 0.5]);
    assert_eq!(export.preferences[1].origin.epoch.as_deref(), Some("2"));
    assert_eq!(export.report.pairs, [(PairOutcome::Exported, 2), (PairOutcome::WeightZero, 1)].into());
    assert_eq!(export.report.votes, [(VoteOutcome::Counted, 4), (VoteOutcome::PairLeftOut, 2)].into());
    assert_eq!(export.report.notes, [(Note::UnknownWeight, 1)].into());
}

#[test]
fn the_report_is_readable() {
    let sample = sample("Where is it?", &["Sorry", "Sorry!", "No."]);
    let votes = [vote(&sample, "a", Verdict::Strength(1)), vote(&sample, "b", Verdict::Skip)];
    let report = export(&[sample], &votes, &Settings::default()).report.to_string();
    let expected = "pairs      3\n           1  exported\n           2  left out: no votes\nvotes      2\n           1  behind a row\n           1  skip";
    assert!(report.starts_with(expected), "{report}");
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        5 => (-3..=3i8).prop_map(Verdict::Strength),
        1 => Just(Verdict::BothBad),
        1 => Just(Verdict::Skip),
        1 => Just(Verdict::Flag),
        1 => Just(Verdict::Unparsed),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost(
        texts in prop::collection::vec(prop::collection::vec("[ab ]{0,2}", 2..5), 1..4),
        ballots in prop::collection::vec((0..6usize, 0..8usize, "[abe]", verdict(), prop::option::of(0..3i64)), 0..30),
        drop_cut_off in any::<bool>(),
    ) {
        let samples: Vec<Sample> = texts
            .iter()
            .enumerate()
            .map(|(i, texts)| sample(&format!("Prompt {}?", i % 2), &texts.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        let votes: Vec<Vote> = ballots
            .into_iter()
            .map(|(sample, pair, who, verdict, time)| {
                let sample = &samples[sample % samples.len()];
                let mut vote = vote(sample, &who, verdict);
                match pairs(sample).nth(pair) {
                    Some(pair) => {
                        vote.responses = [pair.first.id.clone(), pair.second.id.clone()];
                        vote.pair = pair.id;
                    }
                    None => vote.pair = "p-unknown".to_owned(),
                }
                vote.decided_at = time.map(|time| jiff::Timestamp::from_second(time).unwrap());
                vote
            })
            .collect();
        let settings = Settings { drop_cut_off, ..Settings::default() };
        let export = export(&samples, &votes, &settings);
        let pair_count: usize = samples.iter().map(|sample| pairs(sample).count()).sum();
        prop_assert_eq!(export.report.pair_count(), pair_count as u64);
        prop_assert_eq!(export.report.vote_count(), votes.len() as u64);
        prop_assert_eq!(export.report.exported(), export.preferences.len() as u64);
        let behind: u32 = export.preferences.iter().map(|row| row.origin.votes).sum();
        prop_assert_eq!(export.report.votes.get(&VoteOutcome::Counted).copied().unwrap_or(0), u64::from(behind));
        for row in &export.preferences {
            prop_assert_eq!(row.check(), []);
            prop_assert!(row.chosen[0].content.trim() != row.rejected[0].content.trim());
        }
    }
}

#[test]
fn a_study_s_votes_find_their_pairs_whatever_ids_the_samples_have() {
    use crate::study::{Answer, BuildSettings, Choice, Parts, Session, Timing, build};
    for ids in [["a", "b"], ["b", "a"]] {
        let mut sample = sample("q", &["A fine answer.", "A poor one."]);
        for (response, id) in sample.responses.iter_mut().zip(ids) {
            response.id = id.to_owned();
        }
        let mut parts = Parts::default();
        parts.guidelines.version = "1.0.0".to_owned();
        let samples = [sample];
        let study = build(&samples, &parts, &BuildSettings::default()).study;
        let session = Session::new(study, "ann", None).unwrap();
        let fine_is_first = session.shown(0).unwrap().texts[0].starts_with("A fine");
        let choice = Choice::Strength(if fine_is_first { -2 } else { 2 });
        let answer = Answer { choice, reasons: Vec::new(), rationale: None };
        let timing =
            Timing { shown_at_ms: 0, decided_at_ms: 1, active_ms: 1, interaction: Default::default() };
        let vote = session.vote(0, &answer, &timing).unwrap();
        let rows = export(&samples, &[vote], &Settings::default()).preferences;
        assert_eq!(
            (rows.len(), rows[0].chosen[0].content.as_str(), rows[0].margin),
            (1, "A fine answer.", 2.0)
        );
    }
}

#[test]
fn a_revision_that_loses_makes_no_row() {
    let other = sample("x", &["y"]);
    let mut sample = sample("Where is it?", &["On its way.", "No idea.", "No idea, sorry."]);
    let parents: Vec<String> = sample.responses.iter().map(|response| response.id.clone()).collect();
    for (index, parent) in [(1, 0), (2, 1)] {
        let revision = serde_json::json!({
            "parent": parents[parent], "principle": "p", "critique": "c", "round": index,
        });
        sample.responses[index].revision = Some(serde_json::from_value(revision).unwrap());
    }
    let export_where = |newer_wins: bool| {
        let place = |id: &str| parents.iter().position(|parent| parent == id).unwrap();
        let votes: Vec<Vote> = pairs(&sample)
            .map(|pair| {
                let first_is_newer = place(&pair.first.id) > place(&pair.second.id);
                let strength = if first_is_newer == newer_wins { -1 } else { 1 };
                let annotator = Annotator { id: "j".to_owned(), kind: AnnotatorKind::Constitution };
                let responses = [pair.first.id.clone(), pair.second.id.clone()];
                Vote::new(
                    pair.id,
                    sample.prompt.id.clone(),
                    responses,
                    annotator,
                    Verdict::Strength(strength),
                )
            })
            .collect();
        export(std::slice::from_ref(&sample), &votes, &Settings::default()).report.pairs
    };
    assert_eq!(export_where(true), [(PairOutcome::Exported, 3)].into());
    assert_eq!(export_where(false), [(PairOutcome::RevisionLost, 3)].into());
    // In a circle of parents each would be made of the other.
    sample.responses[0].revision = sample.responses[2].revision.clone();
    sample.responses[0].revision.as_mut().unwrap().parent = parents[2].clone();
    assert!(sample.descends(&sample.responses[0], &sample.responses[1]));
    assert!(!sample.descends(&sample.responses[0], &other.responses[0]));
}

/// Decisions on samples and votes that are taken one by one.
fn decisions(samples: &[Sample], votes: &[Vote], requirements: Requirements, places: Places) -> Decisions {
    let mut table = PairTable::new(requirements);
    samples.iter().for_each(|sample| table.add(sample));
    let mut ballots = Ballots::default();
    for vote in votes {
        ballots.add(vote);
    }
    decide(ballots, &table, &Rule::default(), places)
}

#[test]
fn the_order_of_votes_changes_nothing() {
    let samples = [sample("One?", &["a", "b", "c"]), sample("Two?", &["a", "b"])];
    let mut votes: Vec<Vote> = Vec::new();
    for (i, sample) in samples.iter().enumerate() {
        for (j, who) in ["a", "b", "c", "e", "f"].iter().enumerate() {
            let strength = (i as i8 * 3 + j as i8) % 7 - 3;
            let day = |day: usize| format!("2026-01-{day:02}T00:00:00Z");
            votes.push(at(vote(sample, who, Verdict::Strength(strength)), &day(j + 1)));
            votes.push(at(vote(sample, who, Verdict::Strength(-strength)), &day(j + 9)));
        }
    }
    let expected = export(&samples, &votes, &Settings::default());
    assert!(!expected.preferences.is_empty());
    votes.reverse();
    assert_eq!(export(&samples, &votes, &Settings::default()), expected);
    votes.rotate_left(7);
    assert_eq!(export(&samples, &votes, &Settings::default()), expected);
}

#[test]
fn pairs_without_a_better_response_go_where_they_have_a_place() {
    let [tie, bad] = ["Tie?", "Bad?"].map(|text| sample(text, &["On its way.", "No idea."]));
    let votes = [vote(&tie, "a", Verdict::Strength(0)), vote(&bad, "a", Verdict::BothBad)];
    let samples = [tie, bad];
    for (places, n_out, counted) in [
        (Places::default(), 0, 0),
        (Places { both_bad: true, ..Places::default() }, 1, 1),
        (Places { ties: true, both_bad: true, ..Places::default() }, 2, 2),
    ] {
        let decisions = decisions(&samples, &votes, Requirements::default(), places);
        let report = decisions.report();
        assert_eq!((report.n_out(), report.exported()), (n_out, 0));
        assert_eq!(report.votes.get(&VoteOutcome::Counted).copied().unwrap_or(0), counted);
        assert_eq!(report.n_left_out(PairOutcome::BothBad), u64::from(!places.both_bad));
        let mut reading = decisions.second_reading();
        let rulings: Vec<Ruling<'_>> =
            samples.iter().flat_map(|sample| reading.next(sample).unwrap()).collect();
        assert_eq!(rulings.len() as u64, n_out);
        assert!(rulings.iter().all(|ruling| ruling.weight == 1.0 && ruling.preference().is_none()));
        assert!(reading.is_at_end());
    }
}

#[test]
fn samples_that_changed_between_the_readings_are_found() {
    let samples = [sample("One?", &["a", "b"]), sample("Two?", &["a", "b"])];
    let votes = [vote(&samples[0], "a", Verdict::Strength(1))];
    let decisions = decisions(&samples, &votes, Requirements::default(), Places::default());
    let mut reading = decisions.second_reading();
    assert_eq!(reading.next(&samples[0]).unwrap().len(), 1);
    assert!(!reading.is_at_end());
    assert!(reading.next(&samples[0]).is_none());
    assert!(decisions.second_reading().next(&sample("One?", &["a", "c"])).is_none());
}

#[test]
fn requirements_leave_out_and_notes_count() {
    let near = [
        "The repair of this lamp costs nothing within two years after you bought it here.",
        "The repair of this lamp costs nothing within two years after you bought it there.",
    ];
    let check = |sample: &Sample, requirements: Requirements, expected: PairOutcome, note: Option<Note>| {
        let votes = [vote(sample, "a", Verdict::Strength(1))];
        let decisions = decisions(std::slice::from_ref(sample), &votes, requirements, Places::default());
        assert_eq!(decisions.report().pairs, [(expected, 1)].into(), "{requirements:?}");
        assert_eq!(decisions.report().notes, note.map(|note| (note, 1)).into_iter().collect());
    };
    let none = Requirements::default();
    let alike = sample("How much?", &near);
    check(&alike, none, PairOutcome::Exported, Some(Note::NearIdenticalKept));
    let drop = Requirements { drop_near_identical: true, ..none };
    check(&alike, drop, PairOutcome::NearIdentical, None);
    check(&sample("How much?", &["a", "b"]), drop, PairOutcome::Exported, None);

    let long = sample("How much?", &["one two", "one two three four five"]);
    let most = |n| Requirements { max_tokens: Some(n), ..none };
    check(&long, most(5), PairOutcome::OverLong, None);
    let estimated = [(Note::OnePrefixesTheOther, 1), (Note::TokensEstimated, 1)];
    let votes = [vote(&long, "a", Verdict::Strength(1))];
    let decided = decisions(std::slice::from_ref(&long), &votes, most(6), Places::default());
    assert_eq!(decided.report().notes, estimated.into());

    let mut roles = sample("How much?", &["a", "b"]);
    roles.prompt.messages.push(Message::new(Role::User, "Well?"));
    let ids = response_ids(&roles.prompt.messages, &["a", "b"]);
    roles.responses.iter_mut().zip(ids).for_each(|(response, id)| response.id = id);
    check(&roles, none, PairOutcome::Exported, Some(Note::WrongRolesKept));
    check(&roles, Requirements { needs_turns: true, ..none }, PairOutcome::WrongRoles, None);
}
