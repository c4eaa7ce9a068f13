//! Files that are whole, that are not, and any order of them.

use super::*;
use crate::schema::{
    Annotator, AnnotatorKind, Extra, Message, Prompt, Read, Role, Sample, Side, Verdict, Vote, read_records,
    response_ids, write_records,
};
use crate::study::{Answer, BuildSettings, Built, Choice, Gold, Parts, Session, Timing, build};
use jiff::Timestamp;
use proptest::prelude::*;

const DAY_MS: i64 = 86_400_000;
/// 2026-01-01.
const START_MS: i64 = 1_767_225_600_000;

fn now() -> Timestamp {
    Timestamp::from_millisecond(START_MS + 30 * DAY_MS).unwrap()
}

fn sample(id: &str, texts: &[&str]) -> Sample {
    let messages = vec![Message::new(Role::User, format!("question {id}"))];
    let ids = response_ids(&messages, texts);
    let response = |(id, text): (String, &&str)| {
        serde_json::from_value(serde_json::json!({"id": id, "text": text})).unwrap()
    };
    let responses = ids.into_iter().zip(texts).map(response).collect();
    let prompt = Prompt {
        id: id.to_owned(),
        category: None,
        messages,
        tags: Vec::new(),
        edge_case: None,
        reference_answer: None,
        extra: Extra::new(),
    };
    Sample { prompt, responses, extra: Extra::new() }
}

/// A study of twelve pairs, two of them with a known verdict, in one list for everybody.
fn study() -> Built {
    let samples: Vec<Sample> = (0..12)
        .map(|i| {
            sample(&format!("n{i}"), &[&format!("a good answer {i}"), &format!("poor reply {i} indeed")])
        })
        .collect();
    let mut parts = Parts::default();
    parts.guidelines.version = "1.0.0".to_owned();
    parts.gold = samples[..2]
        .iter()
        .map(|sample| {
            let pair = crate::schema::pairs(sample).next().unwrap();
            Gold { pair: pair.id, verdict: Verdict::Strength(-1) }
        })
        .collect();
    let settings = BuildSettings {
        pairs_per_annotator: 14,
        check_share: 0.15,
        repeat_share: 0.15,
        slots: Some(1),
        ..BuildSettings::default()
    };
    build(&samples, &parts, &settings)
}

/// Answers the next `n` turns, a minute each.
fn work(session: &mut Session, n: usize, strength: i8) {
    for _ in 0..n {
        let turn = session.next_turn().unwrap();
        answer(session, turn, strength);
    }
}

fn answer(session: &mut Session, turn: usize, strength: i8) {
    // Different answers never come at the same time.
    let shown_at_ms = START_MS + 60_000 * session.votes().len() as i64 + i64::from(strength);
    let timing = Timing {
        shown_at_ms,
        decided_at_ms: shown_at_ms + 9000,
        active_ms: 8000,
        interaction: Default::default(),
    };
    let answer = Answer { choice: Choice::Strength(strength), reasons: Vec::new(), rationale: None };
    let vote = session.vote(turn, &answer, &timing).unwrap();
    session.accept(turn, vote);
}

/// All votes of one annotator on the study.
fn votes_of(built: &Built, annotator: &str) -> Vec<Vote> {
    let mut session = Session::new(built.study.clone(), annotator, None).unwrap();
    let n = session.progress().total;
    work(&mut session, n, 2);
    session.votes().to_vec()
}

fn file(votes: &[Vote]) -> Read<Vote> {
    let mut bytes = Vec::new();
    write_records(&mut bytes, votes).unwrap();
    read_records(bytes.as_slice(), "votes.jsonl")
}

fn merge(built: &Built, files: &[&[Vote]]) -> MergedVotes {
    let expected = Expected::default().study(&built.study, Some(&built.key));
    merge_votes(files.iter().map(|votes| file(votes)).collect(), expected, now())
}

/// What was found, and how often.
fn found(report: &Report) -> Vec<(Concern, u64)> {
    report.concerns.iter().map(|(concern, tally)| (*concern, tally.count)).collect()
}

#[track_caller]
fn check(built: &Built, votes: &[Vote], expected: &[(Concern, u64)]) {
    let report = merge(built, &[votes]).report;
    assert_eq!(found(&report), expected, "{report}");
}

#[test]
fn whole_files_are_clean_and_duplicates_go() {
    let built = study();
    let (ann, bob) = (votes_of(&built, "ann"), votes_of(&built, "bob"));
    let merged = merge(&built, &[&bob[..5], &ann, &bob, &ann[3..7]]);
    assert!(merged.report.is_clean(), "{}", merged.report);
    let counts = &merged.report.counts;
    let n = (ann.len() + bob.len()) as u64;
    assert_eq!((counts.read, counts.kept, counts.duplicates, counts.revised), (n + 9, n, 9, 0));
    assert_eq!((counts.annotators, counts.subjects), (2, 12));
    assert_eq!(merged.votes, [ann, bob].concat());
}

#[test]
fn of_revised_votes_the_last_counts_and_the_others_stay() {
    let built = study();
    let mut session = Session::new(built.study.clone(), "ann", None).unwrap();
    let n = session.progress().total;
    work(&mut session, n, 2);
    answer(&mut session, 3, -1);
    let merged = merge(&built, &[session.votes()]);
    assert!(merged.report.is_clean(), "{}", merged.report);
    assert_eq!((merged.votes.len(), merged.report.counts.revised), (n + 1, 1));
    assert_eq!(merged.standings[3], Standing::Revised);
    assert_eq!(merged.current().count(), n);
    assert_eq!(merged.current().last(), session.votes().last());
}

#[test]
fn whatever_is_wrong_is_named_and_counted() {
    use Concern::*;
    let built = study();
    let votes = votes_of(&built, "ann");
    let with = |change: &dyn Fn(&mut Vec<Vote>)| {
        let mut votes = votes.clone();
        change(&mut votes);
        votes
    };
    let flip =
        |side: Option<Side>| side.map(|side| if side == Side::First { Side::Second } else { Side::First });
    check(&built, &with(&|votes| votes[4].verdict = Verdict::BothBad), &[(BrokenReceipt, 1)]);
    check(&built, &with(&|votes| votes[4].receipt = None), &[(MissingReceipt, 1), (BrokenReceipt, 1)]);
    check(&built, &with(&|votes| drop(votes.remove(4))), &[(MissingPair, 1), (BrokenReceipt, 1)]);
    let turned = with(&|votes| votes[4].shown_first = flip(votes[4].shown_first));
    check(&built, &turned, &[(WrongOrder, 1), (BrokenReceipt, 1)]);
    let moved = with(&|votes| votes[4].pair = "p0".to_owned());
    check(&built, &moved, &[(UnknownItem, 1), (UnknownPair, 1), (MissingPair, 1), (BrokenReceipt, 1)]);
    let late = with(&|votes| votes[4].decided_at = Timestamp::from_millisecond(START_MS + 40 * DAY_MS).ok());
    check(&built, &late, &[(BrokenReceipt, 1), (Future, 1), (ClockJump, 1)]);
    let unset = with(&|votes| {
        votes[4].shown_at = Timestamp::from_millisecond(100).ok();
        votes[4].decided_at = Timestamp::from_millisecond(20_000).ok();
    });
    check(&built, &unset, &[(BrokenReceipt, 1), (ClockNotSet, 1), (ClockJump, 1)]);
    let same_time = with(&|votes| votes[4].decided_at = votes[3].decided_at);
    check(&built, &same_time, &[(BrokenReceipt, 1), (ClockJump, 1), (EqualTimes, 1)]);
    check(&built, &with(&|votes| votes[4].decided_at = None), &[(BrokenReceipt, 1), (NoTime, 1)]);
    // The last vote left out breaks no chain; what is missed is its pair, unless it was a repeat.
    let first: Vec<Vote> = votes.iter().filter(|vote| vote.number == Some(1)).cloned().collect();
    let report = merge(&built, &[&first]).report;
    assert_eq!(report.count(MissingPair) + report.count(GoldUnanswered), 11, "{report}");
}

#[test]
fn work_in_two_places_is_a_branch_and_its_last_words_conflict() {
    let built = study();
    let mut home = Session::new(built.study.clone(), "ann", None).unwrap();
    work(&mut home, 5, 2);
    let mut away = home.clone();
    let left = home.progress().total - 5;
    work(&mut home, left, 2);
    // A revision moves the numbers, so that the same showing has different ones at home and away.
    answer(&mut away, 2, -3);
    work(&mut away, 1, 1);
    let merged = merge(&built, &[home.votes(), away.votes()]);
    assert_eq!(
        found(&merged.report),
        [(Concern::BranchedReceipts, 1), (Concern::Conflict, 1)],
        "{}",
        merged.report
    );
}

#[test]
fn the_same_number_twice_is_a_conflict() {
    let built = study();
    let mut home = Session::new(built.study.clone(), "ann", None).unwrap();
    work(&mut home, 5, 2);
    let mut away = home.clone();
    let left = home.progress().total - 5;
    work(&mut home, left, 2);
    work(&mut away, 1, -2);
    let merged = merge(&built, &[home.votes(), away.votes()]);
    assert_eq!(
        found(&merged.report),
        [(Concern::BranchedReceipts, 1), (Concern::Conflict, 1)],
        "{}",
        merged.report
    );
}

#[test]
fn other_studies_and_wrong_documents_are_named() {
    use Concern::*;
    let mut built = study();
    let mut other =
        build(&[sample("else", &["yes", "no, sorry"])], &Parts::default(), &BuildSettings::default());
    other.study.guidelines.version = "2".to_owned();
    other.study.id = other.study.content_id();
    let mut votes = votes_of(&built, "ann");
    votes.extend(votes_of(&other, "ann"));
    check(&built, &votes, &[(SeveralStudies, 2), (OtherStudy, 2), (UnknownPair, 2)]);

    built.key.seed += 1;
    built.study.settings.title.push('!');
    let report = merge(&built, &[&votes_of(&built, "ann")]).report;
    assert_eq!(found(&report), [(StudyChanged, 1), (KeyMismatch, 1)], "{report}");
}

#[test]
fn who_met_no_gold_is_named() {
    let built = study();
    let gold: Vec<&String> =
        built.key.items.iter().filter(|item| item.gold.is_some()).map(|item| &item.pair).collect();
    let mut votes = votes_of(&built, "ann");
    votes.retain(|vote| !gold.contains(&&vote.pair));
    let report = merge(&built, &[&votes, &votes_of(&built, "bob")]).report;
    assert_eq!(report.count(Concern::NoGold), 1, "{report}");
    assert_eq!(report.concerns[&Concern::NoGold].examples, ["ann".to_owned()].into());
}

#[test]
fn lines_that_cannot_be_read_are_counted_beside_the_rest() {
    let built = study();
    let mut bytes = Vec::new();
    write_records(&mut bytes, &votes_of(&built, "ann")).unwrap();
    bytes.extend_from_slice(b"{\"schema\":\"tiebreak/vote/9\"}\n{\"schema\":\"tiebreak/vote/1\",\"pa");
    let expected = Expected::default().study(&built.study, None);
    let merged = merge_votes(vec![read_records(bytes.as_slice(), "v.jsonl")], expected, now());
    assert_eq!(found(&merged.report), [(Concern::Unreadable, 2)], "{}", merged.report);
    assert!(merged.report.to_string().contains("v.jsonl:16:"), "{}", merged.report);
}

fn judge_vote(pair: usize, judge: u8, strength: i8, time: Option<i64>) -> Vote {
    let annotator = Annotator { id: format!("judge {judge}"), kind: AnnotatorKind::Judge };
    let responses = ["r1".to_owned(), "r2".to_owned()];
    let vote =
        Vote::new(format!("p{pair}"), "q".to_owned(), responses, annotator, Verdict::Strength(strength));
    Vote { decided_at: time.map(|day| Timestamp::from_millisecond(START_MS + day * DAY_MS).unwrap()), ..vote }
}

#[test]
fn shares_are_joined_and_missing_ones_are_named() {
    use Concern::*;
    let ids: Vec<String> = (0..40).rev().map(|i| format!("n{i}")).collect();
    let samples: Vec<Sample> = ids.iter().map(|id| sample(id, &["yes", "no"])).collect();
    let shard = |index| crate::plan::Shard { index, count: 3 };
    let part = |index| -> Vec<Sample> {
        samples.iter().filter(|sample| shard(index).contains(&sample.prompt.id)).cloned().collect()
    };
    let file = |samples: Vec<Sample>| {
        let mut bytes = Vec::new();
        write_records(&mut bytes, &samples).unwrap();
        read_records::<Sample>(bytes.as_slice(), "s.jsonl")
    };
    let expected = ExpectedSamples { prompts: ids, shards: Some(3) };
    let merged = merge_samples([3, 1, 2, 1].map(|index| file(part(index))).into(), &expected);
    assert!(merged.report.is_clean(), "{}", merged.report);
    assert_eq!(merged.samples, samples);

    let mut short = part(2);
    short.pop();
    let report = merge_samples(vec![file(part(1)), file(short)], &expected).report;
    let missing = part(3).len() as u64 + 1;
    assert_eq!(
        found(&report),
        [(MissingPrompt, missing), (MissingShard, 1), (IncompleteShard, 1)],
        "{report}"
    );

    let mut other = part(1);
    other[0].responses[0].text = "maybe".to_owned();
    other[1].prompt.messages[0].content = "else".to_owned();
    other[2].prompt.id = "elsewhere".to_owned();
    let report = merge_samples(vec![file(samples.clone()), file(other)], &expected).report;
    let expected =
        [(SeveralSamples, 2), (ConflictingPrompt, 1), (ConflictingResponse, 1), (UnknownPrompt, 1)];
    assert_eq!(found(&report), expected, "{report}");
}

proptest! {
    /// However records are spread over files, and also when the result is merged again, the bytes are the same.
    #[test]
    fn merging_in_any_order_and_twice_gives_the_same_bytes(
        judged in prop::collection::vec((0..4usize, 0..3u8, -1..2i8, prop::option::of(0..3i64)), 0..20),
        homes in prop::collection::vec((1..14usize, prop::option::of((0..5usize, -3..4i8))), 1..4),
        shuffle in prop::collection::vec(any::<u32>(), 80),
        n_files in 1..5usize,
    ) {
        let built = study();
        let mut votes: Vec<Vote> =
            judged.into_iter().map(|(pair, judge, strength, time)| judge_vote(pair, judge, strength, time)).collect();
        // The same person on several devices, who may have revised a vote on each.
        for (n, revision) in homes {
            let mut session = Session::new(built.study.clone(), "ann", None).unwrap();
            work(&mut session, n, 2);
            if let Some((turn, strength)) = revision {
                answer(&mut session, turn.min(n - 1), strength);
            }
            votes.extend(session.votes().to_vec());
        }
        let bytes = |merged: &MergedVotes| {
            let mut bytes = Vec::new();
            write_records(&mut bytes, &merged.votes).unwrap();
            bytes
        };
        let whole = merge(&built, &[&votes]);
        let mut keyed: Vec<(u32, Vote)> = shuffle.iter().cycle().copied().zip(votes).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Vote> = keyed.into_iter().map(|(_, vote)| vote).collect();
        let files: Vec<&[Vote]> = shuffled.chunks(shuffled.len().div_ceil(n_files).max(1)).collect();
        let split = merge(&built, &files);
        prop_assert_eq!(bytes(&whole), bytes(&split));
        prop_assert_eq!(&whole, &split);
        let again = merge(&built, &[&whole.votes, files[0]]);
        prop_assert_eq!(bytes(&whole), bytes(&again));
        prop_assert_eq!(&whole.standings, &again.standings);
        prop_assert_eq!(&whole.report.concerns, &again.report.concerns);
    }

    #[test]
    fn shares_in_any_order_and_twice_give_the_same_bytes(
        drawn in prop::collection::vec((0..6usize, "[ab]", "[ab]"), 1..20),
        n_files in 1..4usize,
        knows_prompts in any::<bool>(),
    ) {
        let samples: Vec<Sample> =
            drawn.iter().map(|(id, a, b)| sample(&format!("n{id}"), &[a, b, "end"])).collect();
        let prompts = if knows_prompts { vec!["n4".to_owned(), "n1".to_owned()] } else { Vec::new() };
        let expected = ExpectedSamples { prompts, shards: Some(2) };
        let file = |samples: &[Sample]| {
            let mut bytes = Vec::new();
            write_records(&mut bytes, samples).unwrap();
            read_records::<Sample>(bytes.as_slice(), "s.jsonl")
        };
        let whole = merge_samples(vec![file(&samples)], &expected);
        let reversed: Vec<Sample> = samples.iter().rev().cloned().collect();
        let files = reversed.chunks(samples.len().div_ceil(n_files)).map(file).collect();
        prop_assert_eq!(&whole, &merge_samples(files, &expected));
        let again = merge_samples(vec![file(&whole.samples), file(&samples)], &expected);
        prop_assert_eq!(&whole.samples, &again.samples);
        prop_assert_eq!(&whole.report.concerns, &again.report.concerns);
    }
}
