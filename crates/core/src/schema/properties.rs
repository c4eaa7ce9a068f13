//! What must hold for any input: no panic, and no loss on a round trip.

use super::*;
use proptest::prelude::*;
use proptest::string::string_regex;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), string_regex("[a-z {}\"\\\\\n\u{feff}é😀]{1,40}").unwrap()]
}

fn extra() -> impl Strategy<Value = Extra> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e300..1e300f64).prop_map(Into::into),
        text().prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("x_[a-z]{1,8}", value, 0..3).prop_map(|map| map.into_iter().collect())
}

prop_compose! {
    fn prompt()(id in "[a-z0-9é-]{1,12}", content in text(), reference_answer in prop::option::of(text()), tags in prop::collection::vec(text(), 0..3), extra in extra(), inner in extra()) -> Prompt {
        let message = Message { extra: inner, ..Message::new(Role::User, format!("{content}.")) };
        Prompt { id, category: None, messages: vec![message], tags, edge_case: None, reference_answer, extra }
    }
}

prop_compose! {
    fn response()(text in text(), tokens in prop::option::of(any::<u32>()), temperature in 0.0..10.0, seed in any::<u64>(), nats in prop::option::of(-50.0..0.0), extra in extra(), inner in extra()) -> Response {
        let sampling = Sampling {
            temperature, top_p: 0.95, top_k: None, min_p: 0.0, repetition_penalty: 1.0,
            max_tokens: 256, stop: vec![text.clone()], seed, extra: inner,
        };
        Response {
            id: String::new(), text: text.clone(), tokens, finish_reason: Some(FinishReason::Length),
            thinking: tokens.map(|_| text.clone()), thinking_tokens: tokens, mean_logprob_nats: nats,
            sampling: Some(sampling), model: None, runtime: Some(Runtime::NativeCpu), created_at: None,
            kernels: None, revision: None, extra,
        }
    }
}

prop_compose! {
    fn sample()(prompt in prompt(), mut responses in prop::collection::vec(response(), 2..4), extra in extra()) -> Sample {
        for (i, response) in responses.iter_mut().enumerate() {
            response.id = format!("r{i}");
        }
        Sample { prompt, responses, extra }
    }
}

prop_compose! {
    fn vote()(id in "[a-z]{1,8}", strength in -3..=3i8, rationale in prop::option::of(text()), confidence in prop::option::of(0.0..=1.0), time in prop::option::of(0..4_000_000_000i64), odds in prop::option::of(any::<[f32; 2]>()), extra in extra()) -> Vote {
        let finite = odds.map(|odds| odds.map(f64::from)).filter(|odds| odds.iter().all(|x| x.is_finite()));
        let annotator = Annotator { id, kind: AnnotatorKind::Judge };
        let responses = ["r1".to_owned(), "r2".to_owned()];
        Vote {
            shown_first: Some(Side::Second),
            rationale,
            confidence,
            decided_at: time.map(|time| jiff::Timestamp::from_second(time).unwrap()),
            judge: Some(Box::new(JudgeEvidence { log_odds_by_order: finite, ..JudgeEvidence::default() })),
            extra,
            ..Vote::new("p1".to_owned(), "a".to_owned(), responses, annotator, Verdict::Strength(strength))
        }
    }
}

fn round_trip<T: Record + PartialEq + std::fmt::Debug>(record: &T) -> Result<(), TestCaseError> {
    let line = to_line(record);
    prop_assert!(!line.contains('\n'));
    let read = read_records::<T>(line.as_bytes(), "f");
    prop_assert_eq!(&read.problems, &[]);
    prop_assert_eq!(&read.records[0].record, record);
    Ok(())
}

/// Reads bytes as everything they could be.
fn read_all(bytes: &[u8]) {
    read_prompts(bytes, "f");
    read_records::<Prompt>(bytes, "f");
    read_records::<Sample>(bytes, "f");
    read_records::<Vote>(bytes, "f");
    read_records::<Rating>(bytes, "f");
    read_records::<Weight>(bytes, "f");
    read_records::<Preference>(bytes, "f");
}

proptest! {
    #[test]
    fn records_survive_a_round_trip(sample in sample(), vote in vote()) {
        round_trip(&sample)?;
        round_trip(&sample.prompt)?;
        round_trip(&vote)?;
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn no_mutation_panics(sample in sample(), vote in vote(), at in any::<[prop::sample::Index; 4]>(), with in any::<[u8; 4]>(), cut in any::<prop::sample::Index>()) {
        for line in [to_line(&sample), to_line(&sample.prompt), to_line(&vote)] {
            let mut bytes = line.into_bytes();
            for (at, with) in at.iter().zip(with) {
                let at = at.index(bytes.len());
                bytes[at] = with;
            }
            read_all(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            read_all(&bytes);
        }
    }

    #[test]
    fn any_cut_is_told_and_costs_one_line(sample in sample(), cut in any::<prop::sample::Index>()) {
        let line = to_line(&sample);
        let mut bytes = format!("{line}\n{line}").into_bytes();
        bytes.truncate(line.len() + 2 + cut.index(line.len() - 1));
        let read = read_records::<Sample>(bytes.as_slice(), "f");
        prop_assert_eq!(read.records.len(), 1);
        prop_assert_eq!(read.cut_at(), Some(line.len() as u64 + 1));
    }
}
