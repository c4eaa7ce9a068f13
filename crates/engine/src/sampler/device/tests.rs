//! The GPU's kernel, compiled for the processor's threads, against the host's sampler.

use super::*;
use crate::sampler::LogNorm;
use crate::sampler::tests::distribution;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use tiebreak_core::random::{Purpose, ResponseRandom};

/// `cuda/on_threads.cpp` of the kernels, compiled.
struct OnThreads(TempDir);

impl OnThreads {
    /// None where there is no compiler, which tests/check.sh says.
    fn plain() -> Option<Self> {
        let has_compiler = Command::new("c++").arg("--version").output().is_ok();
        has_compiler.then(|| Self::compile(&[]).expect("the kernel compiles as C++20"))
    }

    /// One that ends with an error where two threads race; none where ThreadSanitizer does not work.
    fn watched() -> Option<Self> {
        let program = Self::compile(&["-fsanitize=thread"])?;
        program.command([1, 0, 1]).status().is_ok_and(|status| status.success()).then_some(program)
    }

    fn compile(options: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kernels/cuda/on_threads.cpp");
        let compiled = Command::new("c++")
            .args(["-std=c++20", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"])
            // A product and a sum are rounded one by one, as the GPU's are.
            .arg("-ffp-contract=off")
            .args(options)
            .arg(source)
            .arg("-o")
            .arg(folder.path().join("on_threads"))
            .status();
        compiled.is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    /// The program, told of threads, rows and tokens.
    fn command(&self, numbers: [usize; 3]) -> Command {
        let mut command = Command::new(self.0.path().join("on_threads"));
        command.args(numbers.map(|number| number.to_string()));
        command
    }

    /// What `n_threads` threads draw from each of `rows`.
    fn run(&self, n_threads: usize, rows: &[Case<'_>]) -> Vec<DeviceDrawn> {
        let mut program = self
            .command([n_threads, rows.len(), rows[0].logits.len()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let logits = rows.iter().flat_map(|row| row.logits).flat_map(|logit| logit.to_le_bytes());
        let draws = rows.iter().flat_map(|row| bytes(&draw_for_device(&row.draw()).unwrap()));
        let input: Vec<u8> = logits.chain(draws).collect();
        program.stdin.take().unwrap().write_all(&input).unwrap();
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let drawn: Vec<DeviceDrawn> = output.stdout.chunks_exact(16).map(drawn).collect();
        assert_eq!(drawn.len(), rows.len());
        drawn
    }
}

fn bytes(draw: &DeviceDraw) -> Vec<u8> {
    let wide = [draw.uniform.to_le_bytes(), draw.top_p.to_le_bytes(), draw.top_k.to_le_bytes()];
    [wide.concat(), [draw.temperature.to_le_bytes(), draw.min_p.to_le_bytes()].concat()].concat()
}

fn drawn(bytes: &[u8]) -> DeviceDrawn {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    DeviceDrawn {
        sum: u64::from(word(4)) << 32 | u64::from(word(0)),
        below_largest: f32::from_bits(word(8)),
        token: word(12),
    }
}

/// Nothing here has a repetition penalty.
static NOTHING_SEEN: BTreeSet<u32> = BTreeSet::new();

/// A row: its logits, and how a token is drawn from them.
struct Case<'a> {
    logits: &'a [f32],
    sampling: Sampling,
    uniform: f64,
}

impl Case<'_> {
    fn draw(&self) -> Draw<'_> {
        Draw { sampling: &self.sampling, seen: &NOTHING_SEEN, uniform: self.uniform }
    }

    /// Compares what the kernel drew with what the host draws.
    fn check(&self, drawn: DeviceDrawn, name: &str) {
        let Self { sampling, uniform, .. } = self;
        let (Ok(host), Ok(there)) = (sample(self.logits, self.draw()), sampled_by_device(drawn)) else {
            let is_impossible = LogNorm::of(self.logits).is_none();
            assert!(is_impossible && drawn.token().is_none(), "{name}: {drawn:?}");
            return;
        };
        let expected = LogNorm::of(self.logits).unwrap().logprob(self.logits[there.token as usize]);
        assert!((there.logprob_nats - expected).abs() < 1e-6, "{name}: {there:?}, {expected} nats");
        assert!(
            host.token == there.token || self.may_draw(there.token),
            "{name}: {there:?} instead of {host:?}, by {uniform} with {sampling:?}"
        );
    }

    /// Whether the uniform number lies within a token's part of the distribution, or so near that the last bits of a sum decide.
    fn may_draw(&self, token: u32) -> bool {
        let mut kept = distribution(self.logits, &self.sampling, &NOTHING_SEEN);
        let Sampling { top_k, top_p, min_p, .. } = self.sampling;
        if top_k.is_none() && top_p >= 1.0 && min_p <= 0.0 {
            kept.sort_unstable_by_key(|(token, _)| *token);
        }
        let mut end = 0.0;
        kept.into_iter().any(|(other, mass)| {
            let start = end;
            end += mass;
            other == token && (start - 1e-6..end + 1e-6).contains(&self.uniform)
        })
    }
}

/// Logits that are hard in one way each, for a vocabulary of any size.
fn hard_logits(vocabulary: usize) -> Vec<(&'static str, Vec<f32>)> {
    let random = ResponseRandom::new(5, "logits", vocabulary as u32);
    let uniform = |at: usize| random.uniform(Purpose::Token, at as u32) as f32;
    let of = |logit: &dyn Fn(usize) -> f32| (0..vocabulary).map(logit).collect::<Vec<f32>>();
    let is_last = |at: usize| at + 1 == vocabulary;
    vec![
        ("flat", of(&|_| 0.5)),
        ("spread", of(&|at| 16.0 * uniform(at) - 30.0)),
        ("ties", of(&|at| (8.0 * uniform(at)).floor())),
        ("of 16 bits", of(&|at| half::bf16::from_f32(20.0 * uniform(at) - 10.0).to_f32())),
        ("peaked", of(&|at| if is_last(at) { 40.0 } else { -uniform(at) })),
        ("next to each other", of(&|at| uniform(at) * 1e-7)),
        ("wide", of(&|at| f32::MAX * (2.0 * uniform(at) - 1.0))),
        ("one possible", of(&|at| if is_last(at) { -3.0 } else { f32::NEG_INFINITY })),
        ("zeros of both signs", of(&|at| if at % 2 == 0 { -0.0 } else { 0.0 })),
        ("not finite", of(&|at| [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0, 2.0][at % 5])),
        ("impossible", of(&|at| [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][at % 3])),
    ]
}

/// Every filter alone, all together, and each at its ends.
fn settings() -> Vec<Sampling> {
    let of = |temperature, top_k, top_p, min_p| Sampling {
        temperature,
        top_p,
        top_k,
        min_p,
        repetition_penalty: 1.0,
        max_tokens: 1,
        stop: Vec::new(),
        seed: 0,
        extra: Extra::new(),
    };
    vec![
        of(0.0, None, 1.0, 0.0),
        of(1.0, None, 1.0, 0.0),
        of(0.2, None, 1.0, 0.0),
        of(1.0, Some(1), 1.0, 0.0),
        of(1.0, Some(40), 1.0, 0.0),
        of(1.0, Some(u32::MAX), 1.0, 0.0),
        of(0.8, None, 0.9, 0.0),
        of(1.0, None, 0.999_999, 0.0),
        of(1.0, None, 1e-300, 0.0),
        of(1.0, None, 1.0, 0.05),
        of(1.5, None, 1.0, 1.0),
        of(1.0, None, 1.0, 1e-12),
        of(0.7, Some(50), 0.95, 0.02),
        of(10.0, Some(1000), 0.5, 1e-3),
    ]
}

/// One case for each setting, with uniform numbers at both ends and between them.
fn cases<'a>(logits: &'a [f32], settings: &[Sampling], seed: u64) -> Vec<Case<'a>> {
    let random = ResponseRandom::new(seed, "uniform", 0);
    let last = 1.0 - f64::EPSILON / 2.0;
    let case = |(at, sampling): (u32, &Sampling)| {
        let between = random.uniform(Purpose::Token, at);
        [0.0, between, last].map(|uniform| Case { logits, sampling: sampling.clone(), uniform })
    };
    (0..).zip(settings).flat_map(case).collect()
}

fn check(program: &OnThreads, vocabulary: usize, n_threads: usize, settings: &[Sampling]) {
    let hard = hard_logits(vocabulary);
    let cases: Vec<(&str, Case<'_>)> = hard
        .iter()
        .flat_map(|(name, logits)| {
            cases(logits, settings, vocabulary as u64).into_iter().map(|case| (*name, case))
        })
        .collect();
    let (names, cases): (Vec<&str>, Vec<Case<'_>>) = cases.into_iter().unzip();
    let drawn = program.run(n_threads, &cases);
    for ((name, case), drawn) in names.iter().zip(&cases).zip(drawn) {
        case.check(drawn, &format!("{name}, {vocabulary} tokens, {n_threads} threads"));
    }
}

#[test]
fn the_kernel_draws_what_the_host_draws() {
    let Some(program) = OnThreads::plain() else { return };
    for (vocabulary, n_threads) in [(1, 1), (2, 4), (31, 7), (31, 64), (1_500, 1), (1_500, 32)] {
        check(&program, vocabulary, n_threads, &settings());
    }
    // As large as they come, with no filter and with all of them.
    let few = [settings()[1].clone(), settings()[12].clone()];
    for (vocabulary, n_threads) in [(1_025, 256), (49_152, 8), (151_936, 4)] {
        check(&program, vocabulary, n_threads, &few);
    }
}

#[test]
fn threads_of_a_block_never_race() {
    let Some(program) = OnThreads::watched() else { return };
    check(&program, 300, 5, &settings());
}

#[test]
fn a_token_depends_on_its_row_alone() {
    let Some(program) = OnThreads::plain() else { return };
    let hard = hard_logits(700);
    let all: Vec<Case<'_>> = hard.iter().flat_map(|(_, logits)| cases(logits, &settings(), 9)).collect();
    let together = program.run(16, &all);
    for n_threads in [1, 13] {
        assert_eq!(program.run(n_threads, &all), together, "{n_threads} threads");
    }
    for (case, drawn) in all.chunks(1).zip(&together).step_by(29) {
        assert_eq!(program.run(3, case), [*drawn]);
    }
}

#[test]
fn the_host_draws_what_the_device_was_told_to() {
    for vocabulary in [1, 31, 1_500] {
        for (name, logits) in hard_logits(vocabulary) {
            for case in cases(&logits, &settings(), 11) {
                let told = sample_on_host(&logits, &draw_for_device(&case.draw()).unwrap());
                let own = sample(&logits, case.draw());
                assert_eq!(told.ok(), own.ok(), "{name}, {vocabulary} tokens, {:?}", case.sampling);
            }
        }
    }
}

#[test]
fn a_penalty_is_for_the_host() {
    let sampling = Sampling { repetition_penalty: 1.1, ..settings().remove(1) };
    let seen = BTreeSet::new();
    assert_eq!(draw_for_device(&Draw { sampling: &sampling, seen: &seen, uniform: 0.5 }), None);
}
