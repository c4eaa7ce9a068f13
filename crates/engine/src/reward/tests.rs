use super::tower::cosine;
use super::*;
use crate::gguf::{List, Value};

#[test]
fn a_text_becomes_its_words_and_their_beginnings() {
    let same = |one: &str, other: &str| assert_eq!(features(one), features(other), "{one:?}, {other:?}");
    same("Where's ORDER 48213?", "wheres order 7");
    same("can’t", "can't");
    same("order-number", "order, number");
    for (text, n) in [("", 0), (" ?!\n", 0), ("order", 1), ("orders", 2), ("grüße", 1), ("Größen an", 3)]
    {
        assert_eq!(features(text).len(), n, "{text}");
    }
    let (refund, refunded) = (features("refund"), features("refunded"));
    assert_eq!(refund[0], refunded[0], "the first five letters are shared");
    assert_ne!(refund[1], refunded[1]);
    // FNV-1a of "<order", computed by hand: the reading of words is part of the file's format.
    assert_eq!(features("order"), [0xc316_5f7d]);
}

/// Rows of two numbers for `refund`, `parcel` and `hello`, whose stems are `refun`, `parce` and themselves.
fn head() -> RewardHead {
    let table = |rows: [[i8; 2]; 3]| {
        let words = ["refun", "parce", "hello"];
        let mut rows: Vec<(u32, [i8; 2])> = words.iter().map(|word| features(word)[0]).zip(rows).collect();
        rows.sort_unstable();
        let numbers = rows.iter().flat_map(|(_, row)| *row).collect();
        Tower::new(rows.iter().map(|(feature, _)| *feature).collect(), numbers, 2).unwrap()
    };
    RewardHead {
        prompt: table([[4, 0], [0, 3], [0, 0]]),
        reply: table([[5, 0], [0, 2], [-1, 0]]),
        slope: 2.0,
        offset: -1.0,
    }
}

#[test]
fn rewards_follow_their_formula() {
    let head = head();
    let user = |text: &str| Message::new(Role::User, text);
    let refund = head.read_prompt(&[user("My refund!")]);
    let both = head.read_prompt(&[user("the refund"), user("and my parcel")]);
    let nothing = head.read_prompt(&[user("Salut")]);
    for (context, reply, cosine) in [
        (&refund, "Your refunds were sent.", 1.0),
        (&refund, "Your parcel was sent.", 0.0),
        (&refund, "Hello", -1.0),
        // (4, 3) and (5, 2): 26 / (5 √29).
        (&both, "refund parcel", 26.0 / (5.0 * 29.0_f64.sqrt())),
        (&refund, "", 0.0),
        (&nothing, "refund", 0.0),
    ] {
        let found = context.cosine(reply);
        assert!((found - cosine).abs() < 1e-12, "{reply}: {found} and not {cosine}");
        let expected = -(1.0 + (1.0 - 2.0 * cosine).exp()).ln();
        let found = context.reward_nats(reply);
        assert!((found - expected).abs() < 1e-12, "{reply}: {found} and not {expected}");
    }
}

#[test]
fn only_what_the_user_wrote_counts() {
    let head = head();
    let message = Message::new;
    let alone = head.read_prompt(&[message(Role::User, "refund")]);
    let among = head.read_prompt(&[
        message(Role::System, "hello"),
        message(Role::User, "refund"),
        message(Role::Assistant, "parcel"),
    ]);
    assert_eq!(alone.cosine("refund parcel"), among.cosine("refund parcel"));
}

#[test]
fn extreme_numbers_stay_finite() {
    assert_eq!(log_sigmoid(1e6), 0.0);
    assert_eq!(log_sigmoid(-1e6), -1e6);
    assert_eq!(cosine(&vec![1e-300, 0.0], &vec![0.0, 0.0]), 0.0);
}

/// The metadata of [`head`], with one key's value in place of its own; none takes the key away.
fn metadata(changed: &str, value: Option<Value>) -> Metadata {
    let head = head();
    let integers = |list: Vec<i64>| Value::List(List::Integers(list));
    let features = |tower: &Tower| integers(tower.features().iter().map(|one| i64::from(*one)).collect());
    let rows = |tower: &Tower| integers(tower.rows().iter().map(|one| i64::from(*one)).collect());
    let mut entries = vec![
        (keys::VERSION, Value::Integer(1)),
        (keys::WIDTH, Value::Integer(2)),
        (keys::SLOPE, Value::Float(2.0)),
        (keys::OFFSET, Value::Float(-1.0)),
        (keys::PROMPT_FEATURES, features(&head.prompt)),
        (keys::PROMPT_ROWS, rows(&head.prompt)),
        (keys::REPLY_FEATURES, features(&head.reply)),
        (keys::REPLY_ROWS, rows(&head.reply)),
    ];
    entries.retain(|(key, _)| *key != changed);
    entries.extend(value.map(|value| (changed, value)));
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[test]
fn a_head_is_read_where_a_file_has_one() {
    assert_eq!(RewardHead::from_gguf(&metadata("another.key", None)).unwrap(), Some(head()));
    assert_eq!(RewardHead::from_gguf(&metadata(keys::VERSION, None)).unwrap(), None);
}

#[test]
fn a_broken_head_is_an_error_that_names_the_key() {
    let integers = |list: &[i64]| Some(Value::List(List::Integers(list.to_vec())));
    for (key, value, problem) in [
        (
            keys::VERSION,
            Some(Value::Integer(2)),
            "version of the reward head `2` is not supported; supported: 1",
        ),
        (keys::VERSION, Some(Value::Bool(true)), "`tiebreak.reward.version` is the truth value true"),
        (keys::WIDTH, None, "`tiebreak.reward.width` is absent"),
        (keys::WIDTH, Some(Value::Integer(0)), "prompt.rows` holds 6 numbers; expected 3 rows of 0"),
        (keys::WIDTH, Some(Value::Integer(3)), "prompt.rows` holds 6 numbers; expected 3 rows of 3"),
        (keys::WIDTH, Some(Value::Integer(i128::from(u64::MAX))), "expected 3 rows of 18446744073709551615"),
        (keys::SLOPE, Some(Value::Float(f64::NAN)), "`tiebreak.reward.slope` is the number NaN"),
        (keys::OFFSET, Some(Value::Float(f64::INFINITY)), "`tiebreak.reward.offset` is the number inf"),
        (keys::OFFSET, Some(Value::Text("0".into())), "`tiebreak.reward.offset` is a text"),
        (keys::PROMPT_FEATURES, integers(&[1, 2, 2]), "prompt.features` is not in ascending order"),
        (keys::PROMPT_FEATURES, integers(&[3, 2, 1]), "prompt.features` is not in ascending order"),
        (keys::PROMPT_FEATURES, integers(&[1, 2, 1 << 32]), "prompt.features` holds a number of more than"),
        (keys::PROMPT_FEATURES, integers(&[-1, 2, 3]), "prompt.features` holds a number of more than"),
        (keys::REPLY_FEATURES, integers(&[1, 2]), "reply.rows` holds 6 numbers; expected 2 rows of 2"),
        (keys::REPLY_FEATURES, Some(Value::List(List::Nested)), "reply.features` is a list of lists"),
        (keys::REPLY_ROWS, None, "`tiebreak.reward.reply.rows` is absent"),
        (keys::REPLY_ROWS, integers(&[0, 0, 0, 0, 0, 128]), "reply.rows` holds a number outside"),
        (keys::REPLY_ROWS, Some(Value::List(List::Floats(vec![0.0; 6]))), "reply.rows` is a list of numbers"),
    ] {
        let error = RewardHead::from_gguf(&metadata(key, value)).unwrap_err().to_string();
        assert!(error.contains(problem), "{key}: {error}");
    }
}
