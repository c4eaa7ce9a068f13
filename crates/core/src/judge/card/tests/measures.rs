//! What is measured: how often a judge is right, what the order is to it, and whom it prefers.

use super::*;

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
