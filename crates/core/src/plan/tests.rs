use super::*;

#[test]
fn ranges_are_read_and_written() {
    let check = |text: &str, low: f64, high: f64, written: &str| {
        let range: Range = text.parse().unwrap();
        assert_eq!((range.low, range.high), (low, high), "{text}");
        assert_eq!(range.to_string(), written);
        let json = serde_json::to_string(&range).unwrap();
        assert_eq!(serde_json::from_str::<Range>(&json).unwrap(), range, "{json}");
    };
    check("0.7", 0.7, 0.7, "0.7");
    check("0.3..1.0", 0.3, 1.0, "0.3..1");
    check(" 0 .. 2 ", 0.0, 2.0, "0..2");
    check("0.5..0.5", 0.5, 0.5, "0.5");
    assert_eq!(serde_json::from_str::<Range>("1").unwrap(), Range::single(1.0));
    for (text, part) in [
        ("", "neither a number nor a range"),
        ("warm", "write 0.7 or 0.3..1.0"),
        ("0.3..", "`0.3..`"),
        ("NaN", "neither"),
        ("0..inf", "neither"),
        ("1..0.5", "the lower end first"),
    ] {
        let error = text.parse::<Range>().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_plan_beyond_its_bounds_says_what_to_do() {
    let check = |change: fn(&mut SamplingPlan), expected: &str| {
        let mut plan = SamplingPlan::default();
        assert_eq!(plan.check(), Ok(()));
        change(&mut plan);
        assert_eq!(plan.check().unwrap_err().to_string(), expected);
    };
    check(
        |plan| plan.temperature = Range { low: -0.1, high: 1.0 },
        "temperature is -0.1..1: give 0, or 0.0001 to 10",
    );
    check(
        |plan| plan.temperature = Range { low: 1.0, high: 0.5 },
        "the range 1..0.5 ends before it starts: write the lower end first",
    );
    check(
        |plan| plan.temperature = Range::single(f64::NAN),
        "temperature is NaN..NaN: give 0, or 0.0001 to 10",
    );
    check(
        |plan| plan.temperature = Range::single(0.00009),
        "temperature is 0.00009: give 0, or 0.0001 to 10",
    );
    check(
        |plan| plan.temperature = Range { low: 0.00009, high: 1.0 },
        "temperature is 0.00009..1: give 0, or 0.0001 to 10",
    );
    check(
        |plan| plan.temperature = Range { low: 0.0, high: 0.00009 },
        "temperature is 0..0.00009: give 0, or 0.0001 to 10",
    );
    check(|plan| plan.top_p = Range::single(0.0), "top_p is 0: give a number above 0, to 1");
    check(|plan| plan.top_k = Some(0), "top_k is 0: give at least 1, or leave it out to keep all tokens");
    check(|plan| plan.min_p = f64::NAN, "min_p is NaN: give 0 to 1");
    check(
        |plan| plan.repetition_penalty = 0.0,
        "repetition_penalty is 0: give 0.01 to 10; 1 changes nothing",
    );
    check(
        |plan| plan.repetition_penalty = 10.5,
        "repetition_penalty is 10.5: give 0.01 to 10; 1 changes nothing",
    );
    check(
        |plan| plan.repetition_penalty = f64::NAN,
        "repetition_penalty is NaN: give 0.01 to 10; 1 changes nothing",
    );
    check(|plan| plan.max_tokens = 0, "max_tokens is 0: give at least 1");
    check(|plan| plan.n_responses = 1, "n_responses is 1: give 2 to 1000: a pair needs two");
    check(
        |plan| plan.stop = vec![String::new()],
        "stop is empty: give a text: an empty one would end every response at once",
    );
}

#[test]
fn a_plan_at_its_bounds_is_fine() {
    for temperature in [Range::single(0.0), Range::single(0.0001), Range { low: 0.0, high: 10.0 }] {
        for repetition_penalty in [0.01, 1.0, 10.0] {
            let plan = SamplingPlan { temperature, repetition_penalty, ..SamplingPlan::default() };
            assert_eq!(plan.check(), Ok(()), "{temperature} {repetition_penalty}");
        }
    }
}

#[test]
fn temperatures_follow_the_published_recipe() {
    let plan = SamplingPlan::default();
    let draws: Vec<f64> = (0..4000).map(|i| plan.sampling(&format!("p{i}"), i % 2).temperature).collect();
    let mean = draws.iter().sum::<f64>() / draws.len() as f64;
    assert!((mean - 0.65).abs() < 0.01, "mean {mean}");
    assert!(draws.iter().all(|draw| (0.3..=1.0).contains(draw)));
    let low = draws.iter().filter(|draw| **draw < 0.475).count();
    assert!((900..1100).contains(&low), "{low} of 4000 in the lowest quarter");
    // Literal values hold the draws to what they were on every host.
    let temperatures: Vec<f64> = (0..3).map(|i| plan.sampling("billing-1", i).temperature).collect();
    assert_eq!(temperatures, [0.8527, 0.3137, 0.4577]);
    assert_eq!(plan.sampling("billing-1", 0).top_p, 0.95);
}

#[test]
fn stratified_responses_have_a_slice_each() {
    let plan = SamplingPlan {
        spread: Spread::Stratified,
        n_responses: 4,
        temperature: Range { low: 0.0, high: 1.0 },
        ..SamplingPlan::default()
    };
    let mut first_slices = [0; 4];
    for prompt in 0..400 {
        let slice = |i| (plan.sampling(&format!("p{prompt}"), i).temperature * 3.9999) as usize;
        let mut slices: Vec<usize> = (0..4).map(slice).collect();
        first_slices[slices[0]] += 1;
        slices.sort_unstable();
        assert_eq!(slices, [0, 1, 2, 3], "prompt {prompt}");
    }
    assert!(first_slices.iter().all(|&count| (60..140).contains(&count)), "{first_slices:?}");
}

#[test]
fn shards_cover_all_prompts_once() {
    let shards: Vec<Shard> = (1..=4).map(|i| format!("{i}/4").parse().unwrap()).collect();
    let mut sizes = [0; 4];
    for prompt in 0..1000 {
        let id = format!("p{prompt}");
        let holders: Vec<usize> = (0..4).filter(|&i| shards[i].contains(&id)).collect();
        assert_eq!(holders.len(), 1, "{id}");
        sizes[holders[0]] += 1;
    }
    assert!(sizes.iter().all(|&size| (200..300).contains(&size)), "{sizes:?}");
    assert!(Shard::default().contains("anything"));
    for text in ["0/4", "5/4", "1", "1/0", "a/b", "-1/4", ""] {
        assert!(text.parse::<Shard>().unwrap_err().to_string().contains("write 1/4"), "{text}");
    }
}

#[test]
fn plans_are_stored_and_compared() {
    let plan = SamplingPlan { top_k: Some(40), ..SamplingPlan::default() };
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<SamplingPlan>(&json).unwrap(), plan);
    assert_eq!(serde_json::from_str::<SamplingPlan>("{}").unwrap(), SamplingPlan::default());
    assert!(serde_json::from_str::<SamplingPlan>("{\"temprature\":1}").is_err());
    let other = SamplingPlan { seed: 7, temperature: Range::single(0.5), ..plan.clone() };
    assert_eq!(plan.differences(&other), ["seed: 0, not 7", "temperature: \"0.3..1\", not 0.5"]);
    assert_eq!(plan.differences(&plan), [""; 0]);
}
