//! Cards of a few votes, by hand.

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

#[test]
fn a_judge_that_says_nothing_may_label_nothing() {
    let samples = samples(100);
    let check = |n_read: usize, expected: Use| {
        let mut votes: Vec<Vote> = samples.iter().map(|sample| vote(sample, "ann", FIRST)).collect();
        votes.extend(samples.iter().enumerate().map(|(place, sample)| match place < n_read {
            true => judged(sample, 1.0),
            false => vote(sample, JUDGE, Verdict::Unparsed),
        }));
        let card = card(&samples, &votes);
        assert_eq!(card.advice.usage, expected, "{}", card.advice.reason);
    };
    check(0, Use::Nothing);
    check(49, Use::Nothing);
    check(50, Use::CannotTell);
}

#[test]
fn an_abstention_is_no_answer_that_cannot_be_read() {
    let samples = samples(10);
    let verdicts = [
        Verdict::Skip,
        Verdict::Skip,
        Verdict::Flag,
        Verdict::Unparsed,
        TIE,
        FIRST,
        FIRST,
        FIRST,
        FIRST,
        FIRST,
    ];
    let votes: Vec<Vote> = samples
        .iter()
        .zip(verdicts)
        .flat_map(|(sample, verdict)| [vote(sample, "ann", FIRST), vote(sample, JUDGE, verdict)])
        .collect();
    let card = card(&samples, &votes);
    let counts = &card.counts;
    assert_eq!(
        (counts.compared, counts.judge_tied, counts.judge_abstained, counts.judge_silent),
        (5, 1, 3, 1)
    );
    let count = |measure: &Measure<Share>| measure.value().map(|share| (share.count, share.total));
    assert_eq!((count(&card.abstained), count(&card.unparsed)), (Some((3, 10)), Some((1, 10))));
    let unbroken = |card: &Card| card.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    let text = unbroken(&card);
    assert!(text.contains("none on 1, abstains on 3, and gives nothing that can be read on 1."), "{text}");
    let advice =
        measure(&samples, &votes[..8], JUDGE, CardSettings { min_pairs: 1, ..CardSettings::default() });
    assert_eq!(advice.advice.usage, Use::Nothing);
    assert!(advice.advice.reason.contains("abstains on 3 and says nothing that can be read on 1"));
    let mut older: serde_json::Value = serde_json::from_str(&card.to_json()).unwrap();
    older.as_object_mut().unwrap().remove("abstained");
    older["counts"].as_object_mut().unwrap().remove("judge_abstained");
    let older = Card::read(older.to_string().as_bytes()).unwrap();
    assert!(unbroken(&older).contains("before abstentions were counted"), "{older}");
}

/// Twenty prompts with as many responses each, all of whose pairs say the same thing as one.
#[test]
fn pairs_of_one_prompt_say_no_more_than_they_do() {
    let samples: Vec<Sample> = (0..20)
        .map(|number| {
            let mut one = sample(number, [100, 20], [Some("a"), Some("b")]);
            for (place, length) in [60, 180].into_iter().enumerate() {
                let mut response = one.responses[place].clone();
                response.id = format!("r{}", place + 2);
                response.text = format!("{}{}", ["p", "q"][place], "z".repeat(length));
                one.responses.push(response);
            }
            one
        })
        .collect();
    // By prompt: whether the judge is right, whether its orders agree, whether it can be read, what standing first is worth.
    let votes = |n_pairs: usize| -> Vec<Vote> {
        let of_sample = |(number, sample): (usize, &Sample)| {
            let of_pair = |pair: crate::schema::Pair<'_>| {
                let responses = [pair.first.id.clone(), pair.second.id.clone()];
                let by = |id: &str, kind, verdict| {
                    let annotator = Annotator { id: id.to_owned(), kind };
                    let (pair, prompt) = (pair.id.clone(), sample.prompt.id.clone());
                    Vote::new(pair, prompt, responses.clone(), annotator, verdict)
                };
                let judge = match number % 5 {
                    0 => SECOND,
                    1 => Verdict::Unparsed,
                    _ => FIRST,
                };
                let position = if number.is_multiple_of(3) { 2.0 } else { -0.5 };
                let evidence = JudgeEvidence {
                    log_odds: Some(if number.is_multiple_of(5) { -1.0 } else { 1.0 }),
                    log_odds_by_order: Some([1.0 + position, 1.0 - position]),
                    position_bias: Some(position),
                    ..JudgeEvidence::default()
                };
                let person =
                    Vote { shown_first: Some(Side::First), ..by("ann", AnnotatorKind::Human, FIRST) };
                let judge =
                    Vote { judge: Some(Box::new(evidence)), ..by(JUDGE, AnnotatorKind::Judge, judge) };
                if number % 2 == 0 { vec![person, judge] } else { vec![judge] }
            };
            pairs(sample).take(n_pairs).flat_map(of_pair).collect::<Vec<_>>()
        };
        samples.iter().enumerate().flat_map(of_sample).collect()
    };
    let [one, all] = [1, 6].map(|n_pairs| card(&samples, &votes(n_pairs)));
    let shares = |card: &Card| {
        [
            card.accuracy.value().copied(),
            card.concordance.value().map(|found| found.percent),
            card.unparsed.value().copied(),
            card.position.consistency.value().copied(),
            card.position.first_among_inconsistent.value().copied(),
        ]
    };
    for (place, (one, all)) in shares(&one).into_iter().zip(shares(&all)).enumerate() {
        let (one, all) = (one.unwrap(), all.unwrap());
        assert_eq!(6 * one.total, all.total, "{place}");
        let width = |share: Share| share.high - share.low;
        assert!(width(all) > 0.95 * width(one), "{place}: {one:?} {all:?}");
    }
    assert_eq!(one.position.inconsistent_p_value, all.position.inconsistent_p_value);
    let summary = |n_pairs: usize| {
        let votes = votes(n_pairs);
        let bias = |vote: &'_ Vote| Some((vote.judge.as_ref()?.position_bias?, vote.prompt_id.clone()));
        let biases: Vec<(f64, String)> = votes.iter().filter_map(bias).collect();
        position_summary(biases.iter().map(|(bias, prompt)| (*bias, prompt.as_str()))).unwrap()
    };
    assert_eq!((summary(1).votes, summary(6).votes), (20, 120));
    assert_eq!(summary(6).bias.as_ref(), all.position.bias_nats.value());
    assert!(
        (summary(6).mean_nats - 0.375).abs() < 1e-12 && (summary(6).mean_size_nats - 1.025).abs() < 1e-12
    );
    assert!((summary(6).bias.unwrap().low - summary(1).bias.unwrap().low).abs() < 1e-9);
    assert_eq!(position_summary([]), None);
}

#[test]
fn every_verdict_counts_where_it_belongs() {
    let samples = samples(9);
    let rows = [
        // What people say, and what the judge says.
        (vec![FIRST, FIRST, SECOND], FIRST),
        (vec![FIRST], SECOND),
        (vec![SECOND], TIE),
        (vec![SECOND], Verdict::BothBad),
        (vec![FIRST, Verdict::Skip, Verdict::Flag], Verdict::Unparsed),
        (vec![TIE, Verdict::BothBad, FIRST], FIRST),
        (vec![FIRST, SECOND], FIRST),
        (vec![Verdict::Skip], FIRST),
    ];
    let mut votes = vec![vote(&samples[8], "person 0", FIRST)];
    for (sample, (people, judge)) in samples.iter().zip(&rows) {
        votes.extend(people.iter().enumerate().map(|(i, v)| vote(sample, &format!("person {i}"), *v)));
        votes.push(vote(sample, JUDGE, *judge));
    }
    let elsewhere = sample(99, [3, 4], [None, None]);
    votes.push(vote(&elsewhere, JUDGE, FIRST));
    let card = card(&samples, &votes);
    let expected = Counts {
        people: 3,
        experts: 0,
        by_construction: 0,
        prompts: 7,
        pairs: 7,
        people_decided: 5,
        people_tied: 1,
        people_split: 1,
        compared: 2,
        judge_tied: 2,
        judge_abstained: 0,
        judge_silent: 1,
        judge_only: 1,
        people_only: 1,
        unknown: 1,
    };
    assert_eq!(card.counts, expected);
    let accuracy = card.accuracy.value().unwrap();
    assert_eq!((accuracy.count, accuracy.total), (1, 2));
    let unparsed = card.unparsed.value().unwrap();
    assert_eq!((unparsed.count, unparsed.total), (1, 8));
    // Five decided pairs less the silent one, and the tie, on which the judge says first.
    assert_eq!(card.concordance.value().unwrap().percent.total, 5);
    let longest = card.baselines.value().unwrap().longest;
    assert_eq!((longest.count, longest.total), (2, 2), "the first is the longer one");
    assert_eq!((card.advice.usage, card.advice.more_pairs), (Use::CannotTell, 98));
    assert!(card.advice.reason.ends_with("an answer needs 100: 98 more."), "{}", card.advice.reason);
}

#[test]
fn experts_overrule_and_the_latest_vote_counts() {
    let samples = samples(1);
    let at = |second: i64, vote: Vote| Vote { decided_at: jiff::Timestamp::from_second(second).ok(), ..vote };
    let votes = [
        vote(&samples[0], "person 0", SECOND),
        vote(&samples[0], "person 1", SECOND),
        at(2, vote(&samples[0], "expert 0", FIRST)),
        at(1, vote(&samples[0], "expert 0", SECOND)),
        vote(&samples[0], JUDGE, FIRST),
        vote(&samples[0], "another judge", FIRST),
    ];
    let mut votes = votes.to_vec();
    votes[5].annotator.kind = AnnotatorKind::Judge;
    let card = card(&samples, &votes);
    assert_eq!((card.counts.people, card.counts.experts), (1, 1));
    assert_eq!(card.accuracy.value().unwrap().count, 1);
    assert_eq!(judges(&votes), ["another judge", JUDGE]);
}

#[test]
fn a_judge_is_measured_by_whoever_its_reference_is() {
    let samples = samples(2);
    let check = |annotators: [&str; 2], reference: Reference, told: [&str; 2]| {
        let reference_votes = annotators.iter().zip(&samples).map(|(id, sample)| {
            let mut vote = vote(sample, id, FIRST);
            if !id.starts_with("person") {
                vote.annotator.kind = AnnotatorKind::Expert;
            }
            vote
        });
        let judged = samples.iter().map(|sample| vote(sample, JUDGE, FIRST));
        let card = card(&samples, &reference_votes.chain(judged).collect::<Vec<_>>());
        assert_eq!(card.reference(), reference, "{annotators:?}");
        assert_eq!(Card::read(card.to_json().as_bytes()).unwrap().reference(), reference);
        let text = card.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [&format!("{} and the judge both take a side", told[0]), told[1]] {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
    };
    check(["person 0", "person 1"], Reference::People, ["People", "right, by people's majority"]);
    check(["expert 0", "expert 0"], Reference::Experts, ["Experts", "right, by experts' majority"]);
    check(
        ["expert 0", "person 0"],
        Reference::ExpertsAndPeople,
        ["Experts and people", "by experts' and people's majority"],
    );
    check(
        [BY_CONSTRUCTION; 2],
        Reference::KnownAnswers,
        ["The known answers", "right, by the known answers"],
    );
}

#[test]
fn a_vote_by_other_ids_is_turned_to_the_samples_order() {
    // A study knows texts by ids made of them, and their order may be the other one.
    let samples = samples(12);
    let mut n_turned = 0;
    let mut votes = Vec::new();
    for sample in &samples {
        let texts = [sample.responses[0].text.as_str(), sample.responses[1].text.as_str()];
        let mut ids = response_ids(&sample.prompt.messages, &texts);
        let is_turned = ids[1] < ids[0];
        n_turned += usize::from(is_turned);
        ids.sort();
        let preferred = if is_turned { SECOND } else { FIRST };
        let shown_first = Some(if is_turned { Side::Second } else { Side::First });
        let person = vote(sample, "person 0", preferred);
        votes.push(Vote { responses: [ids[0].clone(), ids[1].clone()], shown_first, ..person });
        votes.push(judged(sample, 1.0));
    }
    assert!(0 < n_turned && n_turned < 12);
    let card = card(&samples, &votes);
    assert_eq!(card.accuracy.value().unwrap().count, 12);
    assert_eq!(card.position.people_first.value().unwrap().count, 12);
}

#[test]
fn a_judge_may_turn_too() {
    let samples = samples(12);
    let mut votes = Vec::new();
    for sample in &samples {
        let texts = [sample.responses[0].text.as_str(), sample.responses[1].text.as_str()];
        let mut ids = response_ids(&sample.prompt.messages, &texts);
        let sign = if ids[1] < ids[0] { -1.0 } else { 1.0 };
        ids.sort();
        votes.push(vote(sample, "person 0", FIRST));
        // It finds the first better by 1 where that stands first, and by 0.5 where it stands second.
        let by_order = if sign > 0.0 { [1.0, 0.5] } else { [-0.5, -1.0] };
        let evidence = JudgeEvidence {
            log_odds: Some(0.75 * sign),
            log_odds_by_order: Some(by_order),
            position_bias: Some(0.25),
            ..JudgeEvidence::default()
        };
        let verdict = if sign > 0.0 { FIRST } else { SECOND };
        votes.push(Vote {
            responses: [ids[0].clone(), ids[1].clone()],
            judge: Some(Box::new(evidence)),
            ..vote(sample, JUDGE, verdict)
        });
    }
    let card = card(&samples, &votes);
    assert_eq!(card.accuracy.value().unwrap().count, 12);
    assert_eq!(card.position.consistency.value().unwrap().count, 12);
    let judge_first = card.position.judge_first.value().unwrap();
    assert_eq!((judge_first.count, judge_first.total), (12, 24));
    assert_eq!(card.position.bias_nats.value().unwrap().value, 0.25);
}

#[test]
fn verdicts_in_words_have_an_order_too() {
    let samples = samples(4);
    let orders = [[FIRST, FIRST], [FIRST, SECOND], [SECOND, FIRST], [FIRST, TIE]];
    let votes: Vec<Vote> = samples
        .iter()
        .zip(orders)
        .map(|(sample, both)| {
            let evidence = JudgeEvidence { verdict_by_order: Some(both), ..JudgeEvidence::default() };
            Vote {
                judge: Some(Box::new(evidence)),
                ..vote(sample, JUDGE, if both[0] == both[1] { both[0] } else { TIE })
            }
        })
        .collect();
    let position = card(&samples, &votes).position;
    let counts = |measure: &Measure<Share>| measure.value().map(|share| (share.count, share.total));
    assert_eq!(counts(&position.consistency), Some((1, 3)));
    assert_eq!(counts(&position.first_among_inconsistent), Some((1, 2)));
    // First and second; twice the one shown first; twice the other; the first.
    assert_eq!(counts(&position.judge_first), Some((4, 7)));
    assert_eq!(position.inconsistent_p_value, Some(1.0));
    assert!(matches!(position.bias_nats, Measure::CannotTell(_)));
}

#[test]
fn people_are_left_out_in_turn() {
    let samples = samples(2);
    let mut votes = Vec::new();
    for (sample, people) in samples.iter().zip([[FIRST, FIRST, SECOND], [SECOND, SECOND, SECOND]]) {
        votes.extend(people.iter().enumerate().map(|(i, v)| vote(sample, &format!("person {i}"), *v)));
        votes.push(vote(sample, JUDGE, FIRST));
    }
    let found = *card(&samples, &votes).left_one_out.value().unwrap();
    // On the first pair only the third person has others with a majority; she differs, the judge does not.
    assert_eq!((found.comparisons, found.people.value, found.judge.value), (4, 0.75, 0.25));
    assert_eq!(found.difference.unwrap().value, -0.5);
}

#[test]
fn nothing_and_all_alike_are_told_as_such() {
    let empty = card(&[], &[]);
    assert_eq!((empty.counts.pairs, empty.advice.usage, empty.advice.more_pairs), (0, Use::CannotTell, 100));
    assert!(matches!(empty.accuracy, Measure::CannotTell(_)));
    let samples = samples(150);
    let one_way: Vec<Vote> =
        samples.iter().flat_map(|sample| [vote(sample, "person 0", FIRST), judged(sample, 2.0)]).collect();
    let card = card(&samples, &one_way);
    assert_eq!(card.accuracy.value().unwrap().share, 1.0);
    assert_eq!(card.concordance.value().unwrap().kappa, None, "chance explains it as well");
    assert!(matches!(card.length.coefficient, Measure::CannotTell(_)));
    assert_eq!(card.advice.usage, Use::Nothing, "the longest answer is as good: {}", card.advice.reason);
}

/// A judge that is right where it is sure and guesses where it is not, on pairs whose lengths say nothing.
fn half_sure(n: usize) -> (Vec<Sample>, Vec<Vote>) {
    let samples: Vec<Sample> =
        (0..n).map(|i| sample(i, if i % 3 == 0 { [90, 20] } else { [20, 90] }, [None, None])).collect();
    let votes = samples.iter().enumerate().flat_map(|(i, sample)| {
        let is_first = (i / 2) % 2 == 0;
        let is_sure = i % 8 < 5;
        let is_right = is_sure || i % 16 < 8;
        let size = if is_sure { 4.0 } else { 0.25 };
        let people = if is_first { FIRST } else { SECOND };
        let log_odds = if is_first == is_right { size } else { -size };
        [vote(sample, "person 0", people), vote(sample, "person 1", people), judged(sample, log_odds)]
    });
    let votes = votes.collect();
    (samples, votes)
}

#[test]
fn what_it_is_sure_of_is_kept() {
    let (samples, votes) = half_sure(320);
    let card = card(&samples, &votes);
    assert_eq!(card.advice.usage, Use::LabelAboveThreshold, "{}", card.advice.reason);
    let threshold = *card.escalation.threshold.value().unwrap();
    assert_eq!(card.escalation.kept.value().unwrap().count, 200, "{:?}", card.escalation);
    let apply = |log_odds: f64| card.apply(&judged(&samples[0], log_odds));
    let Decision::Keep { probability } = apply(-4.0) else { panic!("{:?}", card.escalation) };
    assert!(probability >= threshold && probability < 1.0);
    assert_eq!(apply(4.0), apply(-4.0));
    assert_eq!(apply(0.25), Decision::Escalate);
    let sure = judged(&samples[0], 4.0);
    let escalated = [
        Vote { verdict: TIE, ..sure.clone() },
        Vote { verdict: Verdict::Unparsed, ..sure.clone() },
        Vote { verdict: Verdict::BothBad, ..sure.clone() },
        Vote { verdict: SECOND, ..sure.clone() },
        Vote { judge: None, ..sure.clone() },
        Vote { annotator: Annotator { id: "another".to_owned(), kind: AnnotatorKind::Judge }, ..sure },
    ];
    for vote in escalated {
        assert_eq!(card.apply(&vote), Decision::Escalate, "{vote:?}");
    }
}

#[test]
fn verdicts_in_words_are_kept_together_or_not_at_all() {
    let (samples, mut votes) = half_sure(320);
    for vote in &mut votes {
        vote.judge = None;
    }
    let all = card(&samples, &votes);
    assert!(matches!(all.calibration, Measure::CannotTell(_)));
    assert_eq!(all.escalation.threshold.value(), None, "it is wrong too often");
    // Without the pairs on which it guesses.
    let sure: Vec<Vote> =
        votes.chunks(3).enumerate().filter(|(i, _)| i % 8 < 5).flat_map(|(_, v)| v.to_vec()).collect();
    let card = card(&samples, &sure);
    let Decision::Keep { probability } = card.apply(&sure[2]) else { panic!("{:?}", card.escalation) };
    assert_eq!(Some(probability), card.escalation.confidence_of_words);
}

#[test]
fn families_and_win_rates_come_from_the_models_names() {
    let mut samples = Vec::new();
    let mut votes = Vec::new();
    for i in 0..200 {
        let models = if i % 2 == 0 { ["acme/Judge-7B", "other-1"] } else { ["other-1", "acme/Judge-7B"] };
        let lengths = if i % 3 == 0 { [60, 50] } else { [50, 60] };
        samples.push(sample(i, lengths, models.map(Some)));
        let sample = samples.last().unwrap();
        let own_first = i % 2 == 0;
        // The judge prefers its own family on four pairs of five, people on every other.
        let judge = if own_first == (i % 5 != 0) { 1.0 } else { -1.0 };
        if i < 160 {
            let people = if own_first == ((i / 2) % 2 == 0) { FIRST } else { SECOND };
            votes.push(vote(sample, "person 0", people));
        }
        let mut judged = judged(sample, judge);
        judged.judge.as_mut().unwrap().model =
            serde_json::from_value(json!({"name": "Acme/judge-70b"})).unwrap();
        votes.push(judged);
    }
    let found = card(&samples, &votes);
    let contrast = found.self_preference.value().unwrap();
    assert!(contrast.difference.low > 0.5 && contrast.people.contains(0.0), "{contrast:?}");
    let [rate] = found.win_rates.as_slice() else { panic!("{:?}", found.win_rates) };
    assert_eq!((rate.model.as_str(), rate.against.as_str()), ("acme/Judge-7B", "other-1"));
    assert_eq!((rate.labelled, rate.unlabelled), (160, 40));
    assert_eq!(rate.people.value().unwrap().value, 0.5);
    let PredictionPowered { mean, lambda } = rate.combined.value().unwrap();
    assert!(mean.contains(0.5) && (0.0..=1.0).contains(lambda));
    let nameless = samples.iter().map(|s| sample(s.prompt.id[1..].parse().unwrap(), [60, 50], [None, None]));
    let nameless: Vec<Sample> = nameless.collect();
    let told = measure(&nameless, &votes, JUDGE, CardSettings::default());
    assert!(matches!(told.self_preference, Measure::CannotTell(_)) && told.win_rates.is_empty());
}

#[test]
fn another_version_is_refused_by_name() {
    let card = card(&[], &[]);
    let other = card.to_json().replace("judge-card/1", "judge-card/2");
    let error = Card::read(other.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("tiebreak/judge-card/2") && error.contains("tiebreak calibrate"), "{error}");
    let error = Card::read(b"{\"schema\": \"tiebreak/judge-card/1\"}").unwrap_err().to_string();
    assert!(error.contains("missing field `judge`"), "{error}");
    assert!(Card::read(b"").is_err() && Card::read(b"[]").is_err());
    let mut unknown: serde_json::Value = serde_json::from_str(&card.to_json()).unwrap();
    unknown["later"] = json!(1);
    let read = Card::read(unknown.to_string().as_bytes()).unwrap();
    assert_eq!(read.extra["later"], 1);
    assert!(read.to_json().contains("\"later\": 1"));
}

/// Three people and a judge on 200 pairs; `person_errs` and `judge_errs` say who leaves the truth where.
fn beside_people(
    n_with_others: usize,
    person_errs: impl Fn(usize, usize) -> bool,
    judge_errs: impl Fn(usize) -> bool,
) -> Card {
    // The longer one is the better one in half of the pairs, so that length is no rule.
    let samples: Vec<Sample> =
        (0..200).map(|i| sample(i, if i % 4 < 2 { [100, 20] } else { [20, 100] }, [None, None])).collect();
    let side = |is_first: bool| if is_first { FIRST } else { SECOND };
    let votes: Vec<Vote> = samples
        .iter()
        .enumerate()
        .flat_map(|(i, sample)| {
            let truth = i % 2 == 0;
            let n_people = if i < n_with_others { 3 } else { 1 };
            let people = (0..n_people).map(|who| side(truth != person_errs(i, who)));
            let people = people.enumerate().map(|(who, v)| vote(sample, &format!("person {who}"), v));
            let log_odds = if truth != judge_errs(i) { 2.0 } else { -2.0 };
            people.chain([judged(sample, log_odds)]).collect::<Vec<_>>()
        })
        .collect();
    card(&samples, &votes)
}

#[test]
fn a_judge_may_label_only_where_it_is_shown_to_be_as_good_as_a_person() {
    let errs = |i: usize, who: usize| (7 * i + 11 * who).is_multiple_of(13);
    let good = beside_people(200, errs, |i| i % 40 == 3);
    assert_eq!(good.advice.usage, Use::Label, "{}", good.advice.reason);
    // As good, but people were hardly ever compared with each other.
    let few = beside_people(3, errs, |i| i % 40 == 3);
    assert_ne!(few.advice.usage, Use::Label, "{}", few.advice.reason);
    assert!(few.advice.reason.contains("it takes 100"), "{}", few.advice.reason);
    // Better than length, and behind people.
    let behind = beside_people(200, errs, |i| i % 5 == 3);
    assert_ne!(behind.advice.usage, Use::Label, "{}", behind.advice.reason);
    assert!(behind.advice.reason.contains("does not show it"), "{}", behind.advice.reason);
}
