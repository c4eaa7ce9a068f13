use super::ranking::Candidate;
use super::*;
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::Extra;

fn plain() -> Sampling {
    Sampling {
        temperature: 1.0,
        top_p: 1.0,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens: 8,
        stop: Vec::new(),
        seed: 0,
        extra: Extra::new(),
    }
}

fn sample(logits: &[f32], sampling: &Sampling, seen: &[u32], uniform: f64) -> Result<Sampled> {
    super::sample(logits, Draw { sampling, seen: &seen.iter().copied().collect(), uniform })
}

/// Logits whose softmax is `probabilities`.
fn logits_of(probabilities: &[f64]) -> Vec<f32> {
    probabilities.iter().map(|p| libm::log(*p) as f32).collect()
}

/// The probabilities that a token is drawn by: (token, probability) of every kept token, likeliest first.
pub(super) fn distribution(logits: &[f32], sampling: &Sampling, seen: &BTreeSet<u32>) -> Vec<(u32, f64)> {
    let masses = masses(&penalised(logits, sampling, seen), sampling.temperature).unwrap();
    let kept = kept(&masses, sampling);
    let total: f64 = kept.iter().map(|candidate| f64::from(candidate.mass)).sum();
    kept.iter().map(|candidate| (candidate.token, f64::from(candidate.mass) / total)).collect()
}

/// What passes all filters, likeliest first.
fn kept(masses: &[f32], sampling: &Sampling) -> Vec<Candidate> {
    let least = least_likely(&Ranking::new(masses), sampling);
    let mut kept = sorted(masses);
    kept.retain(|candidate| least.is_none_or(|least| least.holds(candidate)));
    kept
}

/// All tokens that are possible, likeliest first.
fn sorted(masses: &[f32]) -> Vec<Candidate> {
    let mut all: Vec<Candidate> =
        (0..).zip(masses).map(|(token, mass)| Candidate { token, mass: *mass }).collect();
    all.retain(|candidate| candidate.mass > 0.0);
    all.sort_by(|a, b| b.mass.total_cmp(&a.mass).then(a.token.cmp(&b.token)));
    all
}

fn check_distribution(probabilities: &[f64], sampling: &Sampling, seen: &[u32], expected: &[(u32, f64)]) {
    let got = distribution(&logits_of(probabilities), sampling, &seen.iter().copied().collect());
    let tokens = |pairs: &[(u32, f64)]| pairs.iter().map(|pair| pair.0).collect::<Vec<_>>();
    assert_eq!(tokens(&got), tokens(expected), "{got:?}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got.1 - expected.1).abs() < 1e-6, "{got:?} instead of {expected:?}");
    }
}

#[test]
fn nothing_filtered_is_the_softmax() {
    check_distribution(&[0.5, 0.3, 0.2], &plain(), &[], &[(0, 0.5), (1, 0.3), (2, 0.2)]);
}

#[test]
fn temperature_one_half_squares_the_probabilities() {
    let sampling = Sampling { temperature: 0.5, ..plain() };
    check_distribution(
        &[0.5, 0.3, 0.2],
        &sampling,
        &[],
        &[(0, 0.25 / 0.38), (1, 0.09 / 0.38), (2, 0.04 / 0.38)],
    );
}

#[test]
fn temperature_two_takes_the_square_root() {
    let sampling = Sampling { temperature: 2.0, ..plain() };
    let total = 0.64f64.sqrt() + 0.32f64.sqrt() + 0.04f64.sqrt();
    check_distribution(
        &[0.04, 0.64, 0.32],
        &sampling,
        &[],
        &[(1, 0.8 / total), (2, 0.32f64.sqrt() / total), (0, 0.2 / total)],
    );
}

#[test]
fn top_k_renormalises() {
    let sampling = Sampling { top_k: Some(2), ..plain() };
    check_distribution(&[0.1, 0.4, 0.2, 0.3], &sampling, &[], &[(1, 4.0 / 7.0), (3, 3.0 / 7.0)]);
}

#[test]
fn top_p_keeps_the_token_that_crosses_it() {
    let sampling = Sampling { top_p: 0.6, ..plain() };
    check_distribution(&[0.1, 0.4, 0.2, 0.3], &sampling, &[], &[(1, 4.0 / 7.0), (3, 3.0 / 7.0)]);
    let sampling = Sampling { top_p: 0.01, ..plain() };
    check_distribution(&[0.1, 0.4, 0.2, 0.3], &sampling, &[], &[(1, 1.0)]);
}

/// After top-k the kept 0.4, 0.3 and 0.2 are 4/9, 3/9 and 2/9, so that top-p 0.75 keeps two of them; of the whole distribution it would keep three.
#[test]
fn top_p_counts_what_top_k_left() {
    let sampling = Sampling { top_k: Some(3), top_p: 0.75, ..plain() };
    check_distribution(&[0.1, 0.4, 0.2, 0.3], &sampling, &[], &[(1, 4.0 / 7.0), (3, 3.0 / 7.0)]);
}

#[test]
fn min_p_is_relative_to_the_likeliest() {
    let sampling = Sampling { min_p: 0.4, ..plain() };
    check_distribution(&[0.5, 0.3, 0.15, 0.05], &sampling, &[], &[(0, 0.625), (1, 0.375)]);
}

/// Logits ln 4 and -ln 4 of two seen tokens become half and double with a penalty of 2: factors 2 and 1/16.
#[test]
fn the_penalty_divides_positive_and_multiplies_negative_logits() {
    let logits = [libm::log(4.0) as f32, -(libm::log(4.0) as f32), 0.0];
    let sampling = Sampling { repetition_penalty: 2.0, ..plain() };
    let got = distribution(&logits, &sampling, &BTreeSet::from([0, 1]));
    let total = 2.0 + 1.0 + 1.0 / 16.0;
    for (got, expected) in got.iter().zip([(0, 2.0 / total), (2, 1.0 / total), (1, 0.0625 / total)]) {
        assert_eq!(got.0, expected.0);
        assert!((got.1 - expected.1).abs() < 1e-6);
    }
}

#[test]
fn ties_go_to_the_smaller_id() {
    let sampling = Sampling { top_k: Some(2), ..plain() };
    check_distribution(&[0.25, 0.25, 0.25, 0.25], &sampling, &[], &[(0, 0.5), (1, 0.5)]);
    let greedy = Sampling { temperature: 0.0, ..plain() };
    assert_eq!(sample(&[1.0, 3.0, 3.0], &greedy, &[], 0.9).unwrap().token, 1);
}

/// Logits of 50,000 tokens: of models that are sure and of such that are not, some of which rule many tokens out, and of tokens that are equally likely, all or many.
fn vocabularies() -> [(&'static str, Vec<f32>); 6] {
    let random = ResponseRandom::new(3, "logits", 50_000);
    let spread = |width: f64| -> Vec<f32> {
        (0..50_000).map(|i| ((random.uniform(Purpose::Token, i) - 0.5) * width) as f32).collect()
    };
    let ruled_out = |(i, logit)| if i % 3 == 0 { f32::NEG_INFINITY } else { logit };
    [
        ("narrow", spread(0.5)),
        ("ordinary", spread(30.0)),
        ("wide", spread(400.0)),
        ("ruled out", spread(12.0).into_iter().enumerate().map(ruled_out).collect()),
        ("flat", spread(0.0)),
        ("ties", spread(20.0).into_iter().map(f32::round).collect()),
    ]
}

/// Every filter alone, each after the others, and none.
fn filters() -> Vec<Sampling> {
    let mut filters = vec![plain()];
    for top_p in [0.1, 0.5, 0.95, 0.999] {
        filters.push(Sampling { top_p, ..plain() });
        filters.push(Sampling { top_p, min_p: 0.001, temperature: 0.8, ..plain() });
        for top_k in [1, 40, 5_000] {
            filters.push(Sampling { top_p, top_k: Some(top_k), min_p: 0.001, temperature: 1.3, ..plain() });
        }
    }
    filters.push(Sampling { top_k: Some(49_999), ..plain() });
    filters.push(Sampling { min_p: 0.2, ..plain() });
    filters
}

/// The filters on sorted tokens, written the long way.
fn filtered(mut all: Vec<Candidate>, sampling: &Sampling) -> Vec<Candidate> {
    if let Some(k) = sampling.top_k {
        all.truncate(k as usize);
    }
    if sampling.top_p < 1.0 {
        let wanted = sampling.top_p * running_sums(&all).last().unwrap();
        let crossing = running_sums(&all).iter().position(|sum| *sum >= wanted).unwrap();
        all.truncate(crossing + 1);
    }
    let least = f64::from(all[0].mass) * sampling.min_p;
    all.retain(|candidate| f64::from(candidate.mass) >= least);
    all
}

fn running_sums(candidates: &[Candidate]) -> Vec<f64> {
    let mut sum = 0.0;
    let with_own = |candidate: &Candidate| {
        sum += f64::from(candidate.mass);
        sum
    };
    candidates.iter().map(with_own).collect()
}

#[test]
fn what_is_kept_and_drawn_is_what_a_full_sort_keeps_and_finds() {
    let random = ResponseRandom::new(4, "draws", 0);
    let uniforms: Vec<f64> = [0.0, 0.5, 0.9, 1.0 - f64::EPSILON / 2.0]
        .into_iter()
        .chain((0..40).map(|i| random.uniform(Purpose::Token, i)))
        .collect();
    for (name, logits) in vocabularies() {
        for sampling in filters() {
            let masses = masses(&logits, sampling.temperature).unwrap();
            let mut expected = filtered(sorted(&masses), &sampling);
            let tokens = |candidates: &[Candidate]| -> Vec<u32> {
                candidates.iter().map(|candidate| candidate.token).collect()
            };
            assert!(tokens(&kept(&masses, &sampling)) == tokens(&expected), "{name}: {sampling:?}");
            if sampling == plain() {
                expected.sort_by_key(|candidate| candidate.token);
            }
            let sums = running_sums(&expected);
            for uniform in &uniforms {
                let target = uniform * sums.last().unwrap();
                let at = sums.iter().position(|sum| *sum > target).unwrap();
                let drawn = draw(&masses, &sampling, *uniform);
                assert_eq!(drawn, Some(expected[at].token), "{name}: {sampling:?}, {uniform}");
            }
        }
    }
}

/// A mass is the exponential of how far a logit lies below the largest, in units of the temperature.
#[test]
fn masses_are_exponentials() {
    for (name, logits) in vocabularies() {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for temperature in [0.3, 1.0, 4.0] {
            for (logit, mass) in logits.iter().zip(masses(&logits, temperature).unwrap()) {
                let exact = libm::exp(f64::from(logit - largest) / temperature);
                let error = (f64::from(mass) - exact).abs();
                assert!(error <= 2e-5 * exact + 1e-37, "{name}: {mass} instead of {exact}");
            }
        }
    }
}

#[test]
fn draws_follow_the_distribution() {
    let logits = logits_of(&[0.1, 0.4, 0.2, 0.3]);
    let sampling = Sampling { top_p: 0.85, ..plain() };
    let random = ResponseRandom::new(1, "draws", 0);
    let n = 30_000;
    let mut counts = [0f64; 4];
    for i in 0..n {
        let token = sample(&logits, &sampling, &[], random.uniform(Purpose::Token, i)).unwrap().token;
        counts[token as usize] += 1.0;
    }
    for (count, expected) in counts.iter().zip([0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0]) {
        assert!((count / f64::from(n) - expected).abs() < 0.01, "{counts:?}");
    }
}

#[test]
fn the_logprob_is_the_models_own() {
    let sampling = Sampling { temperature: 0.3, top_k: Some(1), ..plain() };
    let sampled = sample(&logits_of(&[0.2, 0.7, 0.1]), &sampling, &[1], 0.5).unwrap();
    assert_eq!(sampled.token, 1);
    assert!((sampled.logprob_nats - libm::log(0.7)).abs() < 1e-6);
}

#[test]
fn what_is_not_finite_is_never_drawn() {
    let logits = [f32::NAN, 1.0, f32::NEG_INFINITY, f32::INFINITY];
    for uniform in [0.0, 0.5, 0.999_999] {
        assert_eq!(sample(&logits, &plain(), &[], uniform).unwrap().token, 1);
    }
    assert!(sample(&[f32::NAN; 3], &plain(), &[], 0.5).is_err());
    for temperature in [1e-50, 1e-9, 1e-4] {
        let tiny = Sampling { temperature, ..plain() };
        assert_eq!(sample(&[1e30, 3e30, 2e30], &tiny, &[], 0.99).unwrap().token, 1);
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let bad = [
        (Sampling { temperature: -1.0, ..plain() }, "temperature"),
        (Sampling { temperature: f64::NAN, ..plain() }, "temperature"),
        (Sampling { top_p: 0.0, ..plain() }, "top_p"),
        (Sampling { top_p: 1.1, ..plain() }, "top_p"),
        (Sampling { top_k: Some(0), ..plain() }, "top_k"),
        (Sampling { min_p: 2.0, ..plain() }, "min_p"),
        (Sampling { repetition_penalty: 0.0, ..plain() }, "repetition_penalty"),
        (Sampling { max_tokens: 0, ..plain() }, "max_tokens"),
    ];
    for (sampling, name) in bad {
        assert!(check(&sampling).unwrap_err().to_string().starts_with(name));
    }
    check(&plain()).unwrap();
}
