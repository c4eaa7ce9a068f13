//! Every family against the logits that its makers' code computed from a tiny model of it (`tests/models`).

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use tiebreak_engine::Unquantized;
use tiebreak_engine::config::{Config, HuggingFaceConfig};
use tiebreak_engine::decoder::{CandleDecoder, CpuWeights, Decoder, Precision, Wanted, Weights, cpu_decoder};
use tiebreak_engine::gguf::GgufFile;
use tiebreak_engine::safetensors::Safetensors;
use tiebreak_engine::source::TensorSource;
use tiebreak_kernels::{Kernels, Team};

const MODELS: [&str; 20] = [
    "llama",
    "mistral",
    "mixtral",
    "qwen2",
    "qwen2_moe",
    "qwen3",
    "qwen3_moe",
    "gemma",
    "gemma2",
    "gemma3",
    "phi3",
    "phi4-mini",
    "smollm3",
    "granite",
    "granitemoe",
    "granite4",
    "olmo2",
    "olmo3",
    "olmoe",
    "glm4",
];
/// What GGUF cannot say.
const FOLDERS_ONLY: [&str; 1] = ["qwen3_moe-mixed"];
const QUANTIZED: [&str; 3] = ["llama", "gemma3", "qwen3_moe"];

#[derive(Deserialize)]
struct Expected {
    sequences: Vec<Sequence>,
    /// What a GGUF file gives that cannot say all that the folder says.
    #[serde(default)]
    gguf: Vec<Sequence>,
    #[serde(default)]
    q8_0: Vec<Sequence>,
}

#[derive(Deserialize)]
struct Sequence {
    tokens: Vec<u32>,
    /// By position.
    logits: BTreeMap<usize, Vec<f32>>,
    greedy: Vec<u32>,
    #[serde(default)]
    logits_behind_greedy: Vec<f32>,
}

fn folders() -> impl Iterator<Item = &'static str> {
    MODELS.into_iter().chain(FOLDERS_ONLY)
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

fn expected(model: &str) -> Expected {
    serde_json::from_str(&text(&format!("{model}/expected.json"))).unwrap()
}

fn folder(model: &str) -> (Config, Safetensors<File>) {
    let said = HuggingFaceConfig::parse(&text(&format!("{model}/config.json"))).unwrap();
    let config = said.config().unwrap();
    let mut files: Vec<PathBuf> =
        fs::read_dir(path(model)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "safetensors"));
    files.sort();
    let files = files.into_iter().map(|file| File::open(file).unwrap()).collect();
    let tensors = Safetensors::read(files, &config, said.is_tied()).unwrap();
    (config, tensors)
}

fn gguf(model: &str) -> (Config, GgufFile<File>) {
    let mut file = GgufFile::read(File::open(path(&format!("{model}.gguf"))).unwrap()).unwrap();
    let mut config = Config::from_gguf(file.metadata()).unwrap();
    config.read_rotation_factors(&mut file).unwrap();
    (config, file)
}

fn candle((config, mut source): (Config, impl TensorSource)) -> Box<dyn Decoder> {
    let device = candle_core::Device::Cpu;
    let weights = Weights::load(&mut source, &config, &device).unwrap();
    Box::new(CandleDecoder::new(Arc::new(config), Arc::new(weights), device))
}

/// As a GPU computes, but on the processor.
fn side_by_side((config, mut source): (Config, impl TensorSource), precision: Precision) -> Box<dyn Decoder> {
    let device = candle_core::Device::Cpu;
    let weights = Weights::load_in(precision, &mut source, &config, &device).unwrap();
    Box::new(CandleDecoder::side_by_side(Arc::new(config), Arc::new(weights), device))
}

fn cpu(model: (Config, impl TensorSource), unquantized: Unquantized) -> Box<dyn Decoder> {
    on_threads(1, model, unquantized)
}

fn on_threads(
    threads: usize,
    (config, mut source): (Config, impl TensorSource),
    unquantized: Unquantized,
) -> Box<dyn Decoder> {
    let weights = CpuWeights::load(&mut source, &config, unquantized, &mut Team::new(threads)).unwrap();
    cpu_decoder(Arc::new(config), Arc::new(weights), Kernels::detect(), threads)
}

/// How far logits may be from the expected ones.
#[derive(Clone, Copy)]
enum Within {
    /// Each by so much.
    Each(f32),
    /// The squares of all differences together, of the squares.
    Squares(f64),
}

fn assert_near(found: &[f32], expected: &[f32], within: Within, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let differences = found.iter().zip(expected).map(|(found, expected)| found - expected);
    let most = differences.clone().fold(0.0f32, |most, difference| most.max(difference.abs()));
    let squares =
        |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|number| f64::from(number).powi(2)).sum::<f64>();
    let share = squares(&mut differences.clone()) / squares(&mut expected.iter().copied());
    match within {
        Within::Each(bound) => assert!(most < bound, "{what}: {most}, {share:e} of the squares"),
        Within::Squares(bound) => assert!(share < bound, "{what}: {most}, {share:e} of the squares"),
    }
}

/// Reads each sequence at once and after half of it, then decodes all of them side by side, each further than the window.
fn check(mut decoder: Box<dyn Decoder>, sequences: &[Sequence], within: Within, what: &str) {
    assert!(!sequences.is_empty(), "{what}");
    let mut rows = Vec::new();
    for Sequence { tokens, logits, .. } in sequences {
        let what = format!("{what}, {} tokens", tokens.len());
        let whole = decoder.open(None).unwrap();
        let found = decoder.extend(whole, tokens, Wanted::All).unwrap();
        let width = found.len() / tokens.len();
        for (position, expected) in logits {
            assert_near(
                &found[position * width..][..width],
                expected,
                within,
                &format!("{what}, {position}"),
            );
        }
        decoder.close(whole);
        let first = decoder.open(None).unwrap();
        decoder.extend(first, &tokens[..tokens.len() / 2], Wanted::Last).unwrap();
        let second = decoder.open(Some(first)).unwrap();
        let found = decoder.extend(second, &tokens[tokens.len() / 2..], Wanted::Last).unwrap();
        assert_near(&found, &logits[&(tokens.len() - 1)], within, &format!("{what}, in two parts"));
        rows.push((second, found));
    }
    for step in 0..sequences[0].greedy.len() {
        let mut inputs = Vec::new();
        for ((sequence, logits), expected) in rows.iter().zip(sequences) {
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap() as u32;
            assert_eq!(best, expected.greedy[step], "{what}, {} tokens, step {step}", expected.tokens.len());
            inputs.push((*sequence, best));
        }
        let logits = decoder.step(&inputs).unwrap();
        let width = logits.len() / rows.len();
        rows.iter_mut().zip(logits.chunks_exact(width)).for_each(|((_, own), new)| *own = new.to_vec());
    }
    for ((_, logits), expected) in rows.iter().zip(sequences) {
        if !expected.logits_behind_greedy.is_empty() {
            assert_near(logits, &expected.logits_behind_greedy, within, &format!("{what}, behind greedy"));
        }
    }
}

#[test]
fn folders_give_what_their_makers_code_gives() {
    for model in folders() {
        let Expected { sequences, .. } = expected(model);
        check(candle(folder(model)), &sequences, Within::Each(1e-3), &format!("{model} by candle"));
        let kept = cpu(folder(model), Unquantized::Kept);
        check(kept, &sequences, Within::Each(1e-3), &format!("{model} by kernels"));
    }
}

/// What a GPU computes is checked where there is none: rows that attend together.
#[test]
fn rows_side_by_side_give_what_their_makers_code_gives() {
    for model in folders() {
        let decoder = side_by_side(folder(model), Precision::Full);
        check(decoder, &expected(model).sequences, Within::Each(1e-3), &format!("{model} side by side"));
    }
}

/// BF16 has 8 binary digits.
#[test]
fn half_precision_is_near() {
    for model in folders() {
        let Expected { sequences, .. } = expected(model);
        let mut decoder = side_by_side(folder(model), Precision::Half);
        for Sequence { tokens, logits, .. } in &sequences {
            let sequence = decoder.open(None).unwrap();
            let (last, before) = tokens.split_last().unwrap();
            decoder.extend(sequence, before, Wanted::Last).unwrap();
            let found = decoder.step(&[(sequence, *last)]).unwrap();
            let within = Within::Squares(5e-3);
            assert_near(&found, &logits[&before.len()], within, &format!("{model} in half precision"));
        }
    }
}

#[test]
fn files_give_what_folders_give() {
    for model in MODELS {
        let Expected { sequences, gguf: of_file, .. } = expected(model);
        let sequences = if of_file.is_empty() { sequences } else { of_file };
        check(candle(gguf(model)), &sequences, Within::Each(5e-3), &format!("{model}.gguf by candle"));
        let kept = cpu(gguf(model), Unquantized::Kept);
        check(kept, &sequences, Within::Each(5e-3), &format!("{model}.gguf by kernels"));
    }
    for model in QUANTIZED {
        let quantized = format!("{model}-q8_0");
        let cpu = cpu(gguf(&quantized), Unquantized::Kept);
        // The expected logits are those of inputs that are not rounded to 8 bits.
        check(cpu, &expected(model).q8_0, Within::Squares(5e-3), &quantized);
    }
}

/// transformers 5 writes some of it in other words.
#[test]
fn both_forms_of_a_configuration_say_the_same() {
    for model in folders() {
        let read = |name: &str| {
            HuggingFaceConfig::parse(&text(&format!("{model}/{name}"))).unwrap().config().unwrap()
        };
        assert_eq!(read("config.json"), read("config-5.json"), "{model}");
    }
}

/// Rows that choose the same experts are multiplied together, which changes no bit of any.
#[test]
fn rows_of_experts_have_the_bits_that_they_have_alone() {
    for model in ["mixtral", "qwen2_moe", "qwen3_moe-mixed", "olmoe", "granitemoe"] {
        for (unquantized, threads) in
            [(Unquantized::Kept, 1), (Unquantized::Kept, 2), (Unquantized::Rounded, 3)]
        {
            let mut together = on_threads(threads, folder(model), unquantized);
            let mut alone = cpu(folder(model), unquantized);
            let Expected { sequences, .. } = expected(model);
            let (mut rows, mut expected) = (Vec::new(), Vec::new());
            for Sequence { tokens, greedy, .. } in &sequences {
                let id = together.open(None).unwrap();
                let at_once = together.extend(id, tokens, Wanted::Last).unwrap();
                rows.push((id, greedy[0]));
                let id = alone.open(None).unwrap();
                let mut one_by_one = Vec::new();
                for token in tokens {
                    one_by_one = alone.step(&[(id, *token)]).unwrap();
                }
                assert_eq!(at_once, one_by_one, "{model} on {threads} threads");
                expected.extend(alone.step(&[(id, greedy[0])]).unwrap());
            }
            assert_eq!(together.step(&rows).unwrap(), expected, "{model} on {threads} threads");
        }
    }
}
