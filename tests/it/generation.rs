//! Sampling and scoring on the shipped model: what must not depend on how the work is done.

use crate::shipped;
use candle_core::quantized::GgmlDType;
use std::io::Cursor;
use std::ops::ControlFlow;
use tiebreak_core::schema::{Extra, FinishReason, Message, Role, Sampling};
use tiebreak_engine::generate::{Event, Generated, Generation, Job, Options, generate};
use tiebreak_engine::score::{ReplyScorer, label_logprobs, likelihood, likelihoods};
use tiebreak_engine::{Device, Model, ReadPrompt};
use tiebreak_kernels::{InstructionSet, Kernels};
use tiebreak_tests::random_model::{Shape, bytes};

fn model() -> Model {
    Model::load(Cursor::new(shipped::bytes()), &Device::Cpu).unwrap()
}

fn user(text: &str) -> Vec<Message> {
    vec![Message::new(Role::User, text)]
}

fn sampling(temperature: f64, max_tokens: u32) -> Sampling {
    Sampling {
        temperature,
        top_p: 0.95,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens,
        stop: Vec::new(),
        seed: 11,
        extra: Extra::new(),
    }
}

const PROMPTS: [&str; 6] = [
    "where is my order",
    "I was charged twice this month and nobody answers my mails. What is going on?",
    "cancel it",
    "How do I reset my password? The link in the e-mail does not work any more.",
    "I want to return the shoes",
    "Can I speak to a human",
];

fn jobs(temperature: f64, max_tokens: u32) -> Vec<Job> {
    PROMPTS
        .iter()
        .enumerate()
        .map(|(i, text)| Job {
            prompt_id: format!("prompt-{i}"),
            messages: user(text),
            sampling: vec![sampling(temperature, max_tokens); 1 + i % 3],
            thinking: false,
        })
        .collect()
}

/// Every prompt's responses, by prompt id.
fn answers(model: &Model, jobs: Vec<Job>, batch: usize) -> Vec<(String, Vec<Generated>)> {
    counted_answers(model, jobs, batch).0
}

/// The same, and how many responses were in flight at once.
fn counted_answers(model: &Model, jobs: Vec<Job>, batch: usize) -> (Vec<(String, Vec<Generated>)>, usize) {
    let (mut answers, mut most_rows) = (Vec::new(), 0);
    generate(model, jobs, &Options { batch }, |event| {
        match event {
            Event::Completed(completed) => answers.push((completed.prompt_id, completed.responses)),
            Event::Failed { prompt_id, error } => panic!("{prompt_id}: {error}"),
            Event::Step { rows_in_flight, .. } => most_rows = most_rows.max(rows_in_flight),
            Event::Halved { .. } => {}
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    answers.sort_by(|a, b| a.0.cmp(&b.0));
    (answers, most_rows)
}

/// 48 responses to six prompts, enough to fill the largest batch.
fn many_jobs() -> Vec<Job> {
    let sampling = vec![sampling(0.9, 12); 8];
    jobs(0.9, 12).into_iter().map(|job| Job { sampling: sampling.clone(), ..job }).collect()
}

/// All batches up to the largest, each of which is filled, give the responses that come one after another by one thread.
fn check_batches(load: impl Fn() -> Model, sets: &[Kernels], threads: &[usize]) {
    let alone = answers(&load().computed_by(Kernels::detect(), 1), many_jobs(), 1);
    assert_eq!(alone.iter().map(|(_, responses)| responses.len()).sum::<usize>(), 48);
    for kernels in sets {
        for threads in threads {
            let model = load().computed_by(*kernels, *threads);
            for batch in [1, 3, 8, 32, 40] {
                let (found, most_rows) = counted_answers(&model, many_jobs(), batch);
                let what = format!("batch {batch}, {threads} threads, {kernels:?}");
                assert_eq!(most_rows, batch, "{what}: the batch was not full");
                assert!(found == alone, "{what}");
            }
        }
    }
}

#[test]
fn the_batch_does_not_change_a_response() {
    check_batches(model, &[Kernels::detect()], &[2]);
}

/// Of a model so small that plain Rust computes it at once.
#[test]
fn batch_threads_and_instructions_do_not_change_a_response() {
    let sets: Vec<Kernels> = InstructionSet::ALL.into_iter().filter_map(Kernels::of).collect();
    for kind in [GgmlDType::Q8_0, GgmlDType::Q4_0] {
        let tiny = Shape::tiny("llama", kind);
        let file =
            bytes(&Shape { width: 64, feed_forward: 128, heads: 2, kv_heads: 1, head_width: 32, ..tiny });
        check_batches(|| Model::load(Cursor::new(&file), &Device::Cpu).unwrap(), &sets, &[1, 2, 4]);
    }
}

#[test]
fn the_order_of_jobs_does_not_change_a_response() {
    let model = model();
    let mut shuffled = jobs(0.9, 24);
    shuffled.reverse();
    assert_eq!(answers(&model, shuffled, 4), answers(&model, jobs(0.9, 24), 1));
}

#[test]
fn responses_to_one_prompt_differ_and_are_scored() {
    let model = model();
    for (_, responses) in answers(&model, jobs(1.0, 24), 8) {
        for (i, response) in responses.iter().enumerate() {
            assert!(response.mean_logprob_nats.is_some_and(|mean| (-10.0..0.0).contains(&mean)));
            assert!(!response.text.is_empty() && !response.text.contains("<|"));
            assert!(responses[..i].iter().all(|other| other.text != response.text));
        }
    }
}

/// What sampling says of its tokens' log-probabilities is what scoring the text finds.
#[test]
fn sampled_and_scored_log_probabilities_agree() {
    let model = model();
    let messages = user(PROMPTS[0]);
    let job = Job {
        prompt_id: "p".into(),
        messages: messages.clone(),
        sampling: vec![sampling(0.0, 400)],
        thinking: false,
    };
    let response = answers(&model, vec![job], 1).remove(0).1.remove(0);
    assert_eq!(response.finish_reason, FinishReason::Stop);
    let score = likelihood(&model, &messages, &response.text).unwrap();
    let n = f64::from(response.tokens);
    let mean = (score.conditional_nats * (n - 1.0) + score.end_nats) / n;
    let told = response.mean_logprob_nats.unwrap();
    assert!((mean - told).abs() < 1e-3, "{mean} and {told}");
}

#[test]
fn a_stop_string_ends_a_response_and_is_not_part_of_it() {
    let model = model();
    let job = |stop: Vec<String>| Job {
        prompt_id: "p".into(),
        messages: user(PROMPTS[0]),
        sampling: vec![Sampling { stop, ..sampling(0.0, 60) }],
        thinking: false,
    };
    let free = answers(&model, vec![job(Vec::new())], 1).remove(0).1.remove(0);
    let middle: String = free.text.chars().skip(20).take(6).collect();
    let stopped = answers(&model, vec![job(vec![middle.clone()])], 1).remove(0).1.remove(0);
    assert_eq!(stopped.finish_reason, FinishReason::Stop);
    assert_eq!(stopped.text, free.text[..free.text.find(&middle).unwrap()]);
    assert!(stopped.tokens < free.tokens);
}

#[test]
fn a_prompt_that_does_not_fit_fails_alone() {
    let model = model();
    let long = Job {
        prompt_id: "long".into(),
        messages: user(&"where is my order ".repeat(6_000)),
        sampling: vec![sampling(0.5, 5)],
        thinking: false,
    };
    let none = Job { prompt_id: "none".into(), messages: user("hi"), sampling: Vec::new(), thinking: false };
    let good = Job {
        prompt_id: "good".into(),
        messages: user("hi"),
        sampling: vec![sampling(0.5, 5)],
        thinking: false,
    };
    let (mut failed, mut completed) = (Vec::new(), Vec::new());
    generate(&model, [long, none, good], &Options { batch: 2 }, |event| {
        match event {
            Event::Completed(done) => completed.push(done.prompt_id),
            Event::Failed { prompt_id, error } => failed.push(format!("{prompt_id}: {error}")),
            Event::Step { .. } | Event::Halved { .. } => {}
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(completed, ["good"]);
    assert!(failed[0].starts_with("long: ") && failed[0].contains("context"), "{failed:?}");
    assert!(failed[1].starts_with("none: "));
}

#[test]
fn a_break_stops_at_once() {
    let model = model();
    let mut events = 0;
    generate(&model, jobs(0.9, 24), &Options { batch: 2 }, |_| {
        events += 1;
        if events == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(events, 5);
}

/// All events of a generation, and the prompt that it read last.
fn run(mut generation: Generation<'_, std::vec::IntoIter<Job>>) -> (Vec<Generated>, u64, Option<ReadPrompt>) {
    let (mut responses, mut prefilled) = (Vec::new(), 0);
    while let Some(events) = generation.advance().unwrap() {
        for event in events {
            match event {
                Event::Completed(completed) => responses.extend(completed.responses),
                Event::Failed { error, .. } => panic!("{error}"),
                Event::Step { prefilled_tokens, .. } => prefilled += prefilled_tokens,
                Event::Halved { .. } => {}
            }
        }
    }
    (responses, prefilled, generation.into_last_prompt())
}

#[test]
fn a_prompt_that_is_read_is_not_read_again() {
    let (model, options) = (model(), Options { batch: 2 });
    let job = |prompt: usize| jobs(0.9, 12).swap_remove(prompt);
    let begun = |jobs: Vec<Job>| Generation::new(&model, jobs.into_iter(), &options).unwrap();
    let (alone, n_tokens, prompt) = run(begun(vec![job(1)]));
    let prompt = prompt.unwrap();
    assert_eq!(prompt.n_read() as u64, n_tokens);

    // A second time in one run, in a run of its own, and to be judged.
    let one = Options { batch: 1 };
    let (twice, prefilled, _) = run(Generation::new(&model, vec![job(1), job(1)].into_iter(), &one).unwrap());
    assert_eq!((twice, prefilled), ([alone.clone(), alone.clone()].concat(), n_tokens));
    let after = Generation::after(&model, vec![job(1)].into_iter(), &options, prompt).unwrap();
    let (again, prefilled, prompt) = run(after);
    assert_eq!((again, prefilled), (alone, 0));
    let messages = job(1).messages;
    let mut scorer = ReplyScorer::after(&model, &messages, prompt.unwrap()).unwrap();
    assert_eq!(scorer.score("I am sorry.").unwrap(), likelihood(&model, &messages, "I am sorry.").unwrap());

    // One that is not asked for, or not read to its end, changes nothing.
    let (expected, n_tokens, _) = run(begun(vec![job(0)]));
    let unread = ReadPrompt::begin(&model, model.encode_chat(&job(0).messages).unwrap()).unwrap();
    for prompt in [scorer.into_prompt(), unread] {
        let after = Generation::after(&model, vec![job(0)].into_iter(), &options, prompt).unwrap();
        let (found, prefilled, _) = run(after);
        assert_eq!((&found, prefilled), (&expected, n_tokens));
    }
}

#[test]
fn responses_go_on_while_a_prompt_is_read() {
    let model = model();
    let job = |id: &str, text: &str| Job {
        prompt_id: id.into(),
        messages: user(text),
        sampling: vec![Sampling { top_p: 1.0, ..sampling(5.0, 40) }],
        thinking: false,
    };
    let jobs = vec![job("short", "where is my order"), job("long", &"a ".repeat(400))];
    let mut steps = Vec::new();
    generate(&model, jobs, &Options { batch: 2 }, |event| {
        if let Event::Step { rows_in_flight: 1, new_tokens, prefilled_tokens } = event {
            steps.push((new_tokens, prefilled_tokens > 0));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let n_pieces = steps.iter().filter(|(_, is_prompt)| *is_prompt).count();
    assert!(n_pieces > 5, "{steps:?}");
    // Half of the batch is free: it may read two pieces between two steps, and no three.
    assert!(steps.windows(3).all(|three| three.iter().any(|(_, is_prompt)| !is_prompt)), "{steps:?}");
}

#[test]
fn a_full_context_ends_a_response() {
    let model = model();
    let job = Job {
        prompt_id: "p".into(),
        messages: user(&"a ".repeat(990)),
        sampling: vec![Sampling { top_p: 1.0, ..sampling(5.0, 5_000) }],
        thinking: false,
    };
    let prompt_tokens = model.encode_chat(&job.messages).unwrap().len();
    let response = answers(&model, vec![job], 1).remove(0).1.remove(0);
    assert!(prompt_tokens + response.tokens as usize <= model.info().context_length);
}

/// What prompts share is no part of the result; in single precision, where no rounding to 8 bits makes a last bit count.
#[test]
fn label_log_probabilities_are_those_of_a_prompt_alone() {
    let file = bytes(&Shape::tiny("llama", GgmlDType::F32));
    let model = Model::load(Cursor::new(file), &Device::Cpu).unwrap();
    let prompts: Vec<_> = PROMPTS.iter().map(|text| user(&format!("Answer A or B. {text}"))).collect();
    let labels = ["A", "B", "I am sorry"];
    let together = label_logprobs(&model, &prompts, &labels).unwrap();
    for (prompt, row) in prompts.iter().zip(&together) {
        let alone = label_logprobs(&model, std::slice::from_ref(prompt), &labels).unwrap();
        for (a, b) in row.iter().zip(&alone[0]) {
            assert!((a - b).abs() < 1e-4, "{a} and {b}");
            assert!(*a < 0.0);
        }
    }
}

#[test]
fn a_fitting_reply_is_likelier_with_its_prompt() {
    let model = model();
    // The likeliest replies to two prompts are what the model itself tells apart.
    let reply = |text: &str| {
        let job = Job {
            prompt_id: "p".into(),
            messages: user(text),
            sampling: vec![sampling(0.0, 120)],
            thinking: false,
        };
        answers(&model, vec![job], 1).remove(0).1.remove(0).text
    };
    let messages = user(PROMPTS[3]);
    let (fitting, other) = (reply(PROMPTS[3]), reply(PROMPTS[1]));
    assert_ne!(fitting, other);
    let long = "word ".repeat(5000);
    let mut scores = likelihoods(&model, &messages, &[&fitting, &long, &other]).unwrap();
    let refused = scores.remove(1).unwrap_err().to_string();
    let n_tokens = refused.split(' ').next().and_then(|number| number.parse().ok());
    assert!(n_tokens.is_some_and(|n: usize| n > 5000), "the whole length is told: {refused}");
    let scores: Vec<_> = scores.into_iter().map(Result::unwrap).collect();
    let gain = |i: usize| scores[i].conditional_nats - scores[i].unconditional_nats;
    assert!(gain(0) > gain(1), "{scores:?}");
    assert_eq!(scores[1], likelihood(&model, &messages, &other).unwrap());
    let cut =
        likelihood(&model, &messages, "You can reset your password on the sign-in page. Choose \"Forgot")
            .unwrap();
    assert!(cut.end_nats < scores[0].end_nats - 2.0, "{cut:?} and {scores:?}");
    assert_eq!(likelihood(&model, &messages, "").unwrap().conditional_nats, 0.0);
}

/// Candle's products of the same weights round other numbers to 8 bits.
#[test]
fn scores_are_nearly_those_of_candle() {
    let candle =
        Model::load(Cursor::new(shipped::bytes()), &Device::Candle(candle_core::Device::Cpu)).unwrap();
    let model = model();
    for text in [
        "You can reset your password on the sign-in page. Choose \"Forgot password\" and open the link in the e-mail.",
        "Your parcel is on its way. You can follow it with the tracking link in the e-mail that we sent you.",
    ] {
        let messages = user("I forgot my password, how can I get a new one?");
        let [ours, theirs] = [&model, &candle].map(|model| likelihood(model, &messages, text).unwrap());
        let apart =
            |one: f64, other: f64, most: f64| assert!((one - other).abs() < most, "{ours:?} and {theirs:?}");
        apart(ours.conditional_nats, theirs.conditional_nats, 0.05);
        apart(ours.unconditional_nats, theirs.unconditional_nats, 0.05);
        apart(ours.end_nats, theirs.end_nats, 0.3);
    }
}
