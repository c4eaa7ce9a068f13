//! Rows that attend together, as on a GPU, against rows that attend alone.

use super::*;
use crate::gguf::GgufFile;
use std::fs::File;

/// A decoder whose rows attend alone, and one whose rows attend together in `precision`.
fn both(model: &str, precision: Precision) -> [CandleDecoder; 2] {
    let path = format!("{}/../../tests/models/{model}.gguf", env!("CARGO_MANIFEST_DIR"));
    let load = |precision| {
        let mut file = GgufFile::read(File::open(&path).unwrap()).unwrap();
        let mut config = Config::from_gguf(file.metadata()).unwrap();
        config.read_rotation_factors(&mut file).unwrap();
        let weights = Weights::load_in(precision, &mut file, &config, &Device::Cpu).unwrap();
        (Arc::new(config), Arc::new(weights), Device::Cpu)
    };
    let (config, weights, device) = load(Precision::Full);
    let alone = CandleDecoder::new(config, weights, device);
    let (config, weights, device) = load(precision);
    [alone, CandleDecoder::side_by_side(config, weights, device)]
}

/// The root of the mean square difference, of that of what is expected.
fn distance(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let squares = |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|x| f64::from(x).powi(2)).sum::<f64>();
    let difference = squares(&mut found.iter().zip(expected).map(|(a, b)| a - b));
    (difference / squares(&mut expected.iter().copied())).sqrt()
}

fn tokens(n: usize) -> Vec<u32> {
    (0..n as u32).map(|token| token * 7 % 90 + 3).collect()
}

/// Rows of different lengths that begin, end, are read on and are continued in between, further than any window and than the first capacity; returns all logits.
fn come_and_go(decoder: &mut CandleDecoder) -> Vec<f32> {
    let mut logits = Vec::new();
    let mut rows: Vec<(SequenceId, u32)> = Vec::new();
    for round in 1..40u32 {
        let prompt = decoder.open(None).unwrap();
        logits.extend(decoder.extend(prompt, &tokens(round as usize * 2), Wanted::Last).unwrap());
        rows.push((decoder.open(Some(prompt)).unwrap(), round));
        decoder.close(prompt);
        logits.extend(decoder.step(&rows).unwrap());
        if round % 3 == 0 {
            decoder.close(rows.remove(rows.len() / 2).0);
        }
        if round % 5 == 0 {
            let (read_on, continued) = (rows[0].0, rows[1].0);
            logits.extend(decoder.extend(read_on, &tokens(3), Wanted::All).unwrap());
            let child = decoder.open(Some(continued)).unwrap();
            logits.extend(decoder.step(&[(child, 5), (read_on, 6)]).unwrap());
            assert!(decoder.step(&[(continued, 5)]).is_err(), "a sequence with a child does not grow");
            decoder.close(child);
        }
        // Nearly all end at once, so that slots are laid out for few again.
        if round == 30 {
            rows.drain(2..).for_each(|(id, _)| decoder.close(id));
        }
    }
    logits
}

#[test]
fn rows_attend_together_as_they_attend_alone() {
    for model in ["llama", "qwen3", "gemma2", "gemma3", "phi3", "granite", "olmo2"] {
        let [expected, found] = both(model, Precision::Full).map(|mut decoder| come_and_go(&mut decoder));
        let distance = distance(&found, &expected);
        assert!(distance < 1e-5, "{model}: {distance:e}");
    }
}

/// BF16 has 8 binary digits.
#[test]
fn half_precision_is_near() {
    for model in ["llama", "qwen3", "gemma2", "gemma3", "phi3", "granite", "olmo2"] {
        let [expected, found] = both(model, Precision::Half).map(|mut decoder| come_and_go(&mut decoder));
        let distance = distance(&found, &expected);
        assert!(distance > 0.0 && distance < 0.05, "{model}: {distance:e}");
    }
}
