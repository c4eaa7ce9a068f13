//! Measures the engine, decoding with sampling (temperature 0.8, top-p 0.95).
//!
//! `bench-engine NAME FILE [NAME FILE]...` prints medians of tokens a second, then one line of JSON; all rows continue one prompt of 64 tokens.
//! `bench-engine --load FILE` prints in one line of JSON how long loading takes, and the most memory that the process ever had over what packed weights take.
//! `bench-engine --round FILE LOGITS` measures each figure that `tests/benches/native.sh` compares once, prints one line of JSON, and writes the logits after 40 tokens to LOGITS, in 32 bits, little-endian.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;
use std::time::Instant;
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{Extra, Sampling};
use tiebreak_engine::decoder::{Decoder, SequenceId, Wanted};
use tiebreak_engine::sampler::{self, Draw};
use tiebreak_engine::{Device, Model, Result};

const PROMPT: usize = 64;
const PREFILL: usize = 512;
const STEPS: usize = 48;
/// What the rows of a round hold when half their steps are done, and how much of that they share.
const CONTEXTS: [(usize, usize); 2] = [(128, 64), (384, 256)];
const ROUND_STEPS: usize = 16;
const COMPARED: usize = 40;
/// Of each figure at most this many rounds, and none is begun after this many seconds: a slow model is
/// measured less often, and the whole ends within minutes. One round before them warms up.
const MAX_ROUNDS: usize = 5;
const MAX_SECS: f64 = 15.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [flag, path, logits] if flag == "--round" => round(path, logits),
        [flag, path] if flag == "--load" => load(path),
        [] => Err("usage: bench-engine NAME FILE [NAME FILE]..., --load FILE or --round FILE LOGITS".into()),
        pairs if pairs.len().is_multiple_of(2) => all(pairs),
        _ => Err("a file wants a name before it".into()),
    };
    match done {
        Ok(figures) => {
            print(&serde_json::Value::Object(figures).to_string());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

type Outcome = std::result::Result<serde_json::Map<String, serde_json::Value>, Box<dyn std::error::Error>>;

fn all(pairs: &[String]) -> Outcome {
    let mut figures = serde_json::Map::new();
    for pair in pairs.chunks(2) {
        let measured = measure(&pair[0], &pair[1]).map_err(|error| format!("{}: {error}", pair[1]))?;
        let keyed = |(key, value): (String, f64)| (format!("{}_{key}", pair[0]), value.round().into());
        figures.extend(measured.into_iter().map(keyed));
    }
    Ok(figures)
}

fn load(path: &str) -> Outcome {
    let start = Instant::now();
    let model = Model::load(BufReader::new(File::open(path)?), &Device::Cpu)?;
    let secs = start.elapsed().as_secs_f64();
    let (file_bytes, weight_bytes) = (std::fs::metadata(path)?.len() as f64, model.weight_memory() as f64);
    let figures = [
        ("load_s", secs),
        ("load_gb_per_s", file_bytes / secs / 1e9),
        ("peak_mb", peak_bytes()? / 1e6),
        ("peak_over_weights", peak_bytes()? / weight_bytes),
    ];
    Ok(figures.map(|(name, figure)| (name.to_owned(), figure.into())).into_iter().collect())
}

/// The most memory that the process had at once, as Linux tells.
fn peak_bytes() -> std::result::Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim_end_matches("kB").trim().parse::<f64>()? * 1024.0)
}

fn round(path: &str, logits_path: &str) -> Outcome {
    let model = Model::load(BufReader::new(File::open(path)?), &Device::Cpu)?;
    let mut decoder = model.decoder();
    let sequence = decoder.open(None)?;
    let logits = decoder.extend(sequence, &tokens(&model, COMPARED), Wanted::Last)?;
    std::fs::write(logits_path, logits.iter().flat_map(|logit| logit.to_le_bytes()).collect::<Vec<u8>>())?;
    let mut figures = serde_json::Map::new();
    figures.insert("prefill".to_owned(), prefill(&model)?.into());
    for (context, shared) in CONTEXTS {
        for rows in [1, 8, 32] {
            let own = context - shared - ROUND_STEPS / 2;
            let rate = decode(&model, rows, &Lengths { shared, own, steps: ROUND_STEPS })?;
            figures.insert(format!("decode_{rows}_rows_at_{context}"), rate.into());
        }
    }
    Ok(figures)
}

fn print(line: &str) {
    use std::io::Write;
    let written = writeln!(std::io::stdout(), "{line}");
    drop(written);
}

type Figures = Vec<(String, f64)>;

/// Medians of tokens a second, each shown as soon as it stands.
fn measure(name: &str, path: &str) -> std::result::Result<Figures, Box<dyn std::error::Error>> {
    let model = Model::load(BufReader::new(File::open(path)?), &Device::Cpu)?;
    let mut measured = Vec::new();
    let mut note = |key: String, rate: f64| {
        print(&format!("{name:>16}  {key:<28} {rate:>9.0}"));
        measured.push((key, rate));
    };
    note("prefill_512_tokens_per_s".to_owned(), median(|| prefill(&model))?);
    for rows in [1, 8, 32] {
        note(
            format!("decode_{rows}_rows_tokens_per_s"),
            median(|| decode(&model, rows, &Lengths { shared: PROMPT, own: 0, steps: STEPS }))?,
        );
    }
    Ok(measured)
}

fn median(mut run: impl FnMut() -> Result<f64>) -> Result<f64> {
    let start = Instant::now();
    run()?;
    let mut rates = vec![run()?];
    while rates.len() < MAX_ROUNDS && start.elapsed().as_secs_f64() < MAX_SECS {
        rates.push(run()?);
    }
    rates.sort_by(f64::total_cmp);
    Ok(rates[rates.len() / 2])
}

fn tokens(model: &Model, n: usize) -> Vec<u32> {
    let vocab = model.info().vocab_size;
    (0..n).map(|i| ((i * 7_919 + 31) % vocab) as u32).collect()
}

fn prefill(model: &Model) -> Result<f64> {
    let tokens = tokens(model, PREFILL);
    let mut decoder = model.decoder();
    let sequence = decoder.open(None)?;
    let start = Instant::now();
    decoder.extend(sequence, &tokens, Wanted::Last)?;
    Ok(PREFILL as f64 / start.elapsed().as_secs_f64())
}

/// How many tokens all rows have in common, how many each has of its own, and how many more are sampled and timed.
struct Lengths {
    shared: usize,
    own: usize,
    steps: usize,
}

/// A row's sequence, its last token and its place.
struct Row {
    sequence: SequenceId,
    token: u32,
    index: u32,
}

fn decode(model: &Model, n_rows: usize, lengths: &Lengths) -> Result<f64> {
    let sampling = Sampling {
        temperature: 0.8,
        top_p: 0.95,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens: lengths.steps as u32,
        stop: Vec::new(),
        seed: 0,
        extra: Extra::new(),
    };
    let vocab = model.info().vocab_size;
    let mut decoder = model.decoder();
    let mut rows = open(model, &mut *decoder, n_rows, lengths)?;
    let start = Instant::now();
    for step in 0..lengths.steps as u32 {
        let inputs: Vec<_> = rows.iter().map(|row| (row.sequence, row.token)).collect();
        let logits = decoder.step(&inputs)?;
        let mut parts: Vec<_> =
            rows.iter_mut().zip(logits.chunks_exact(vocab)).map(|part| (part, Ok(()))).collect();
        let sample = |((row, logits), result): &mut ((&mut Row, &[f32]), Result<()>)| {
            let uniform = ResponseRandom::new(0, "bench", row.index).uniform(Purpose::Token, step);
            let draw = Draw { sampling: &sampling, seen: &BTreeSet::new(), uniform };
            *result = sampler::sample(logits, draw).map(|sampled| row.token = sampled.token);
        };
        match decoder.team() {
            Some(team) => team.each(&mut parts, sample),
            None => parts.iter_mut().for_each(sample),
        }
        parts.into_iter().try_for_each(|(_, result)| result)?;
    }
    Ok((n_rows * lengths.steps) as f64 / start.elapsed().as_secs_f64())
}

/// Rows that have read what they share and what is their own.
fn open(model: &Model, decoder: &mut dyn Decoder, n_rows: usize, lengths: &Lengths) -> Result<Vec<Row>> {
    let prompt = decoder.open(None)?;
    decoder.extend(prompt, &tokens(model, lengths.shared), Wanted::Last)?;
    (0..n_rows as u32)
        .map(|index| {
            let sequence = decoder.open(Some(prompt))?;
            if lengths.own > 0 {
                decoder.extend(sequence, &tokens(model, lengths.own), Wanted::Last)?;
            }
            Ok(Row { sequence, token: index, index })
        })
        .collect()
}
