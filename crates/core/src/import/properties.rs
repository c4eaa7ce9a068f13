//! What must hold for any row: no panic, and records that can be read again.

use super::in_words::{import, is_whole};
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const FILE: &[u8] = include_bytes!("../../../../tests/cases/import/label_studio.json");

/// Any value, with a leaning to what rows are made of.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z ]{0,6}",
        Just("\n\nHuman: a\n\nAssistant: b".to_owned()),
        Just("model_a".to_owned()),
        any::<String>()
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-4..5i64).prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        text.prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "role",
        "content",
        "from",
        "value",
        "type",
        "text",
        "rank",
        "score",
        "selected",
        "choices",
        "result",
        "agent",
        "user_id",
        "completed_by",
        "created_at",
        "prompt",
        "response_a",
        "response_b",
        "answer1",
        "answer2",
        "q",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..5).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

/// The fields that the formats look at first.
const FIELDS: [&str; 30] = [
    "prompt",
    "chosen",
    "rejected",
    "completion",
    "label",
    "system",
    "context",
    "response1",
    "response2",
    "overall_preference",
    "individual_preference",
    "conversation_a",
    "conversation_b",
    "winner",
    "instruction",
    "output_1",
    "output_2",
    "preference",
    "fields",
    "responses",
    "suggestions",
    "data",
    "annotations",
    "predictions",
    "response_a",
    "response_b",
    "annotator",
    "timestamp",
    "response",
    "helpfulness",
];

proptest! {
    #[test]
    fn no_row_panics_and_what_is_made_of_it_is_whole(row in prop::collection::btree_map(prop::sample::select(FIELDS.to_vec()), value(), 0..14), scaled in any::<bool>()) {
        let settings = Settings { scale: scaled.then_some([0.0, 5.0]), ..Settings::default() };
        let line = json!(row).to_string();
        for format in Format::ALL {
            let all = import(line.as_bytes(), Some(format), &settings);
            prop_assert!(all.samples.iter().all(is_whole));
            prop_assert!(all.votes.iter().all(is_whole));
            prop_assert!(all.ratings.iter().all(is_whole));
            prop_assert_eq!(all.report.left_out.values().sum::<u64>(), all.problems.len() as u64);
        }
        import(line.as_bytes(), None, &settings);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
        import(&bytes, None, &Settings::default());
        import(&FILE[..cut.index(FILE.len())], None, &Settings::default());
    }
}
