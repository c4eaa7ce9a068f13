//! Measures the engine: `bench-engine NAME FILE [NAME FILE]...` prints tokens a second, then one line of JSON.
//!
//! Decoding includes sampling (temperature 0.8, top-p 0.95); all rows continue one prompt of 64 tokens.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;
use std::time::Instant;
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{Extra, Sampling};
use tiebreak_engine::decoder::Wanted;
use tiebreak_engine::{Device, Model, Result, sampler};

const PROMPT: usize = 64;
const PREFILL: usize = 512;
const STEPS: usize = 48;
/// Of each figure at most this many rounds, and none is begun after this many seconds: a slow model is
/// measured less often, and the whole ends within minutes. One round before them warms up.
const MAX_ROUNDS: usize = 5;
const MAX_SECS: f64 = 15.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() || !arguments.len().is_multiple_of(2) {
        eprintln!("usage: bench-engine NAME FILE [NAME FILE]...");
        return ExitCode::from(2);
    }
    let mut figures = serde_json::Map::new();
    for pair in arguments.chunks(2) {
        match measure(&pair[0], &pair[1]) {
            Ok(measured) => {
                for (key, value) in measured {
                    figures.insert(format!("{}_{key}", pair[0]), value.round().into());
                }
            }
            Err(error) => {
                eprintln!("error: {}: {error}", pair[1]);
                return ExitCode::from(2);
            }
        }
    }
    print(&serde_json::Value::Object(figures).to_string());
    ExitCode::SUCCESS
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
        note(format!("decode_{rows}_rows_tokens_per_s"), median(|| decode(&model, rows))?);
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
    let vocab = model.config().vocab_size;
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

fn decode(model: &Model, n_rows: usize) -> Result<f64> {
    let sampling = Sampling {
        temperature: 0.8,
        top_p: 0.95,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens: STEPS as u32,
        stop: Vec::new(),
        seed: 0,
        extra: Extra::new(),
    };
    let vocab = model.config().vocab_size;
    let mut decoder = model.decoder();
    let prompt = decoder.open(None)?;
    decoder.extend(prompt, &tokens(model, PROMPT), Wanted::Last)?;
    let mut rows =
        (0..n_rows as u32).map(|i| Ok((decoder.open(Some(prompt))?, i))).collect::<Result<Vec<_>>>()?;
    let start = Instant::now();
    for step in 0..STEPS as u32 {
        let logits = decoder.step(&rows)?;
        for (i, (row, logits)) in rows.iter_mut().zip(logits.chunks_exact(vocab)).enumerate() {
            let uniform = ResponseRandom::new(0, "bench", i as u32).uniform(Purpose::Token, step);
            row.1 = sampler::sample(logits, &sampling, &BTreeSet::new(), uniform)?.token;
        }
    }
    Ok((n_rows * STEPS) as f64 / start.elapsed().as_secs_f64())
}
