//! Which votes count, and as what.

use super::*;

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
