use super::*;
use crate::schema::Extra;
use crate::schema::{
    LikelihoodScore, Prompt, Record, Response, Role, Sample, pairs, read_prompts, read_records, to_line,
};

fn prompt() -> Prompt {
    read_prompts(&b"Where is my order?"[..], "p").into_records().remove(0)
}

#[test]
fn the_template_is_filled_once() {
    let template = Template::pairwise();
    assert_eq!(template.reference().version, "1.1.0");
    assert_eq!(template.reference().hash.len(), 64);
    let messages = template.ask_pair(&prompt(), "It is {reply_b}. {x} {", "No idea.");
    assert_eq!(messages.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::System, Role::User]);
    assert!(messages[0].content.starts_with("You compare") && messages[0].content.ends_with("A or B."));
    let expected = "The conversation:\n<conversation>\nWhere is my order?\n</conversation>\n\nReply A:\n<reply_a>\nIt is {reply_b}. {x} {\n</reply_a>\n\nReply B:\n<reply_b>\nNo idea.\n</reply_b>\n\nWhich reply is better? Answer with A or B only.";
    assert_eq!(messages[1].content, expected);
}

#[test]
fn a_longer_conversation_names_its_speakers() {
    let file = br#"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello!"},{"role":"user","content":"Refund?"}]}"#;
    let prompt = read_prompts(&file[..], "p").into_records().remove(0);
    let messages = Template::pairwise().ask_pair(&prompt, "a", "b");
    assert!(messages[1].content.contains("user: Hi\nassistant: Hello!\nuser: Refund?\n</conversation>"));
}

#[test]
fn a_template_says_what_it_lacks() {
    let check = |text: &str, part: &str| {
        let error = Template::parse("mine", text).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("`mine`"), "{error}");
    };
    check("[user]\nx", "tells no version");
    check("<!-- version: 1.0.0 -->\nx\n[user]\n", "before its first role");
    check("<!-- version: 1.0.0 -->\n[user]\n{conversation} {reply_a}", "no place for `{reply_b}`");
    let places = "{conversation} {reply_a} {reply_b}";
    check(&format!("<!-- version: 1.0.0 -->\n[system]\n{places}"), "under a line `[user]`");
    check(&format!("<!-- version: 1.0.0 -->\n[system]\n{places}\n[user]\n \n"), "under a line `[user]`");
    check("<!-- version: 1.0.0 -->\n", "under a line `[user]`");
}

#[test]
fn both_orders_are_averaged() {
    let check = |orders: [LabelLogprobs; 2], tie_band: f64, strength: i8, log_odds: f64, bias: f64| {
        let judgment = judge_label(orders[0], orders[1], tie_band);
        assert_eq!(judgment.verdict, Verdict::Strength(strength), "{orders:?}");
        assert_eq!(judgment.evidence.log_odds, Some(log_odds), "{orders:?}");
        assert_eq!(judgment.evidence.position_bias, Some(bias), "{orders:?}");
    };
    // The first is better in both orders: labelled A, then labelled B.
    check([[-0.5, -2.5], [-2.5, -0.5]], 0.1, -1, 2.0, 0.0);
    check([[-2.5, -0.5], [-0.5, -2.5]], 0.1, 1, -2.0, 0.0);
    // A judge that only likes what stands first says nothing.
    check([[-0.5, -2.5], [-0.5, -2.5]], 0.1, 0, 0.0, 2.0);
    // One that likes it a little, beside a preference.
    check([[-1.0, -1.5], [-1.0, -3.0]], 0.1, 1, -0.75, 1.25);
    // The band's edge is inside.
    check([[-1.0, -1.5], [-1.5, -1.0]], 0.5, 0, 0.5, 0.0);
    check([[-1.0, -1.5], [-1.5, -1.0]], 0.25, -1, 0.5, 0.0);
    let mass = judge_label([-1.0, -2.0], [-3.0, -1.0], 0.0).evidence.label_mass_by_order.unwrap();
    assert!((mass[0] - 0.503_214_724).abs() < 1e-9 && (mass[1] - 0.417_666_510).abs() < 1e-9, "{mass:?}");
}

#[test]
fn exchanging_the_responses_exchanges_the_verdict() {
    for orders in [[[-0.3, -1.4], [-0.2, -1.9]], [[-2.0, -0.2], [-0.7, -0.8]]] {
        let judged = judge_label(orders[0], orders[1], 0.1);
        let exchanged = judge_label(orders[1], orders[0], 0.1);
        assert_eq!(judged.evidence.log_odds.unwrap(), -exchanged.evidence.log_odds.unwrap());
        assert_eq!(judged.evidence.position_bias, exchanged.evidence.position_bias);
    }
}

fn score(conditional_nats: f64, unconditional_nats: f64, end_nats: f64) -> LikelihoodScore {
    LikelihoodScore { conditional_nats, unconditional_nats, end_nats, repetition: 0.0, reward_nats: None }
}

#[test]
fn likelihood_follows_its_formula() {
    let settings = LikelihoodSettings {
        unconditional_weight: 1.0,
        end_weight: 0.5,
        repetition_weight: 2.0,
        reward_weight: 0.25,
        tie_band: 0.25,
    };
    let check = |first: LikelihoodScore, second: LikelihoodScore, strength: i8, log_odds: f64| {
        let judgment = judge_likelihood(first.clone(), second.clone(), &settings);
        assert_eq!(judgment.verdict, Verdict::Strength(strength));
        assert_eq!(judgment.evidence.log_odds, Some(log_odds));
        assert_eq!(judgment.evidence.likelihood, Some([first, second]));
        assert_eq!(judgment.evidence.position_bias, None);
    };
    // 2 - 0.5 * 1 = 1.5 against 1 - 0.5 * 2 = 0.
    check(score(-1.0, -3.0, -1.0), score(-2.0, -3.0, -2.0), -1, 1.5);
    // Common words do not win: the same gain from the prompt.
    check(score(-0.5, -1.0, -0.0), score(-3.0, -3.5, -0.0), 0, 0.0);
    // A response that breaks off loses by its end alone.
    check(score(-1.0, -2.0, -8.0), score(-1.0, -2.0, 0.0), 1, -4.0);
    check(score(-1.0, -2.25, 0.0), score(-1.0, -2.0, 0.0), 0, 0.25);
    // A response that turns in circles loses by that alone.
    let repetitive = LikelihoodScore { repetition: 0.5, ..score(-1.0, -2.0, 0.0) };
    check(repetitive, score(-1.0, -2.0, 0.0), 1, -1.0);
    // A response that does not fit loses by that alone: 0.25 * (-0.5 - -8).
    let fits = |nats| LikelihoodScore { reward_nats: Some(nats), ..score(-1.0, -2.0, 0.0) };
    check(fits(-0.5), fits(-8.0), -1, 1.875);
    // With half of the likelihood without the prompt taken away, unlikely language costs something: -1 + 1 = 0 and -3 + 2 = -1.
    let settings = LikelihoodSettings { unconditional_weight: 0.5, ..settings };
    assert_eq!(settings.score(&score(-1.0, -2.0, 0.0)), 0.0);
    assert_eq!(settings.score(&score(-3.0, -4.0, 0.0)), -1.0);
}

#[test]
fn votes_tell_whether_a_reward_head_took_part() {
    let settings = LikelihoodSettings::default();
    let without = score(-1.0, -2.0, 0.0);
    let with = LikelihoodScore { reward_nats: Some(-0.5), ..without.clone() };
    let weight = |one: &LikelihoodScore, other: &LikelihoodScore| {
        judge_likelihood(one.clone(), other.clone(), &settings).evidence.reward_weight
    };
    assert_eq!(weight(&with, &with), Some(settings.reward_weight));
    assert_eq!(weight(&without, &without), None);
    assert!(!serde_json::to_string(&without).unwrap().contains("reward"), "as before there was a head");
    for (first, second) in [(&with, &without), (&without, &with)] {
        let judgment = judge_likelihood(first.clone(), second.clone(), &settings);
        assert_eq!(judgment.verdict, Verdict::Unparsed);
        assert!(judgment.evidence.raw_text.unwrap().contains("only one of the two"));
    }
}

#[test]
fn repetition_is_the_share_of_runs_that_stood_there_before() {
    for (text, expected) in [
        ("", 0.0),
        ("one two", 0.0),
        ("We are open. Come in.", 0.0),
        ("Sign in now. Sign in now. sign in now.", 4.0 / 7.0),
        ("no no no no no no", 0.75),
    ] {
        assert_eq!(repetition(text), expected, "{text}");
    }
}

#[test]
fn numbers_that_are_none_give_no_label() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let settings = LikelihoodSettings::default();
        let rewarded = |nats| LikelihoodScore { reward_nats: Some(nats), ..score(-1.0, -1.0, -1.0) };
        for judgment in [
            judge_label([bad, -1.0], [-1.0, -2.0], 0.1),
            judge_label([-1.0, -2.0], [-1.0, bad], 0.1),
            judge_label([bad, bad], [-1.0, -2.0], 0.1),
            judge_label([-1.0, -2.0], [-1.0, -2.0], bad),
            judge_label([5.0, -2.0], [-1.0, -2.0], 0.1),
            judge_label([-1.0, -2.0], [-0.1, -0.5], 0.1),
            judge_likelihood(score(bad, -1.0, -1.0), score(-1.0, -1.0, -1.0), &settings),
            judge_likelihood(score(-1.0, -1.0, -1.0), score(-1.0, bad, -1.0), &settings),
            judge_likelihood(score(-1.0, -1.0, bad), score(-1.0, -1.0, bad), &settings),
            judge_likelihood(rewarded(bad), rewarded(-1.0), &settings),
        ] {
            assert_eq!(judgment.verdict, Verdict::Unparsed);
            assert_eq!(judgment.evidence.log_odds, None);
            assert!(judgment.evidence.raw_text.is_some());
        }
    }
}

#[test]
fn a_response_without_text_gives_no_label() {
    let settings = LikelihoodSettings::default();
    // The end of an empty response has a probability even so.
    let (empty, text) = (score(0.0, 0.0, -6.0), score(-1.2, -0.5, -0.1));
    assert!(settings.score(&empty) > settings.score(&text), "the formula alone would prefer it");
    for (first, second, part) in [
        (&empty, &text, "the first response has no text"),
        (&text, &empty, "the second response has no text"),
        (&empty, &empty, "both responses have no text"),
    ] {
        let judgment = judge_likelihood(first.clone(), second.clone(), &settings);
        assert_eq!(judgment.verdict, Verdict::Unparsed);
        assert_eq!(judgment.evidence.log_odds, None);
        assert!(judgment.evidence.raw_text.unwrap().contains(part), "{part}");
    }
    let sure = judge_likelihood(score(0.0, -0.5, -0.1), text, &settings);
    assert_eq!(sure.verdict, Verdict::Strength(-1), "one mean of 0 is no empty text");
}

#[test]
fn a_model_that_does_not_answer_gives_no_label() {
    // Logarithms of probabilities of A and B that differ by a factor of e.
    let logprobs = |mass: f64| [libm::log(mass / 1.3679), libm::log(mass / 1.3679) - 1.0];
    let check = |masses: [f64; 2], verdict: Verdict, raw_text: Option<&str>| {
        let [a, b] = logprobs(masses[1]);
        let judgment = judge_label(logprobs(masses[0]), [b, a], 0.1);
        assert_eq!(judgment.verdict, verdict, "{masses:?}");
        assert_eq!(judgment.evidence.raw_text.as_deref(), raw_text, "{masses:?}");
        assert!((judgment.evidence.log_odds.unwrap() - 1.0).abs() < 1e-9);
        let kept = judgment.evidence.label_mass_by_order.unwrap();
        assert!(kept.iter().zip(masses).all(|(kept, mass)| (kept / mass - 1.0).abs() < 1e-3), "{kept:?}");
    };
    check(
        [0.0005, 0.0005],
        Verdict::Unparsed,
        Some("the labels hold 0.05 % and 0.05 % of the probability, and a verdict needs 5 % in both orders"),
    );
    check(
        [0.9, 0.04],
        Verdict::Unparsed,
        Some("the labels hold 90.00 % and 4.00 % of the probability, and a verdict needs 5 % in both orders"),
    );
    check(
        [0.04, 0.9],
        Verdict::Unparsed,
        Some("the labels hold 4.00 % and 90.00 % of the probability, and a verdict needs 5 % in both orders"),
    );
    check([0.06, 0.06], Verdict::Strength(-1), None);
}

#[test]
fn votes_are_signed_and_readable() {
    let response = |id: &str, text: &str| -> Response {
        serde_json::from_value(serde_json::json!({"id": id, "text": text})).unwrap()
    };
    let sample = Sample {
        prompt: prompt(),
        responses: vec![response("r2", "b"), response("r1", "a")],
        extra: Extra::new(),
    };
    let pair = pairs(&sample).next().unwrap();
    let model = ModelReference {
        name: "Demo:v1".to_owned(),
        sha256: Some("0123456789abcdef".to_owned()),
        quantization: None,
        extra: Extra::new(),
    };
    let likelihood = Judge::new(Method::Likelihood, model.clone());
    let label =
        Judge::new(Method::Label(Template::pairwise().reference()), ModelReference { sha256: None, ..model });
    assert_eq!(likelihood.annotator().id, "judge:likelihood:Demo-v1:0123456789ab");
    assert_eq!(label.annotator().id, "judge:label:Demo-v1:unknown:pairwise@1.1.0");
    for (judge, judgment) in [
        (
            likelihood,
            judge_likelihood(
                score(-1.0, -3.0, -1.0),
                score(f64::NAN, 0.0, 0.0),
                &LikelihoodSettings::default(),
            ),
        ),
        (label.clone(), judge_label([-1.0, -2.0], [-3.0, -0.5], 0.1)),
        (label, judge_label([-8.0, -9.0], [-9.0, -8.0], 0.1)),
    ] {
        let vote = judge.vote(&sample.prompt.id, &pair, judgment, None);
        assert_eq!(vote.responses, ["r1", "r2"]);
        assert_eq!(vote.check(), []);
        let read = read_records::<Vote>(to_line(&vote).as_bytes(), "v");
        assert_eq!(read.problems, []);
        assert_eq!(read.records[0].record, vote);
    }
}
