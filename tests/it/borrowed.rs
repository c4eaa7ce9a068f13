//! The families of candle-transformers against the logits that transformers computed from tiny models of them (`tests/borrowed`).

use candle_core::{DType, Device};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use tiebreak_engine::config::HuggingFaceConfig;
use tiebreak_engine::decoder::{BorrowedConfig, BorrowedDecoder, BorrowedModel, Decoder, Wanted};
use tiebreak_engine::safetensors::Shards;
use tiebreak_tests::tiny_weights::safetensors;

const MODELS: [&str; 12] = [
    "deepseek_v2",
    "deepseek_v2_yarn",
    "gpt_bigcode",
    "helium",
    "lfm2",
    "mamba",
    "mamba2",
    "olmo",
    "phi",
    "recurrent_gemma",
    "stablelm",
    "starcoder2",
];
const WITHIN: f32 = 1e-3;

/// A file of `tests/borrowed`.
#[derive(Deserialize)]
struct Fixture {
    config: Value,
    norms: f64,
    tensors: BTreeMap<String, Vec<usize>>,
    sequences: Vec<Sequence>,
}

#[derive(Deserialize)]
struct Sequence {
    tokens: Vec<u32>,
    /// By position.
    logits: BTreeMap<usize, Vec<f32>>,
}

impl Fixture {
    fn read(model: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("borrowed").join(format!("{model}.json"));
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    fn config(&self) -> BorrowedConfig {
        BorrowedConfig::parse(&self.config.to_string()).unwrap().expect("it is one of these families")
    }

    fn shards(&self) -> Shards<Cursor<Vec<u8>>> {
        Shards::read(vec![Cursor::new(safetensors(&self.tensors, self.norms))]).unwrap()
    }

    fn model(&self, dtype: DType) -> Arc<BorrowedModel> {
        let config = self.config();
        Arc::new(BorrowedModel::load_in(dtype, config, &mut self.shards(), &Device::Cpu).unwrap())
    }

    fn decoder(&self) -> BorrowedDecoder {
        BorrowedDecoder::new(self.model(DType::F32))
    }
}

#[track_caller]
fn assert_near(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    let most = differences.fold(0.0f32, f32::max);
    assert!(most < WITHIN, "{what}: {most}");
}

/// Reads a sequence in these pieces, and checks the logits after those whose last position is known.
fn check_pieces(decoder: &mut BorrowedDecoder, sequence: &Sequence, pieces: &[usize], what: &str) {
    let id = decoder.open(None).unwrap();
    let mut rest = &sequence.tokens[..];
    for n in pieces {
        let (piece, after) = rest.split_at(*n);
        let found = decoder.extend(id, piece, Wanted::Last).unwrap();
        if let Some(expected) = sequence.logits.get(&(decoder.length(id) - 1)) {
            assert_near(&found, expected, &format!("{what}, pieces {pieces:?}"));
        }
        rest = after;
    }
    assert!(rest.is_empty());
    decoder.close(id);
}

#[test]
fn logits_are_those_of_transformers_in_whatever_pieces() {
    for model in MODELS {
        let fixture = Fixture::read(model);
        let mut decoder = fixture.decoder();
        for sequence in &fixture.sequences {
            let n = sequence.tokens.len();
            for pieces in [vec![n], vec![n / 2, n - n / 2], vec![1, n - 1], vec![1; n]] {
                check_pieces(&mut decoder, sequence, &pieces, model);
            }
            let id = decoder.open(None).unwrap();
            let found = decoder.extend(id, &sequence.tokens, Wanted::All).unwrap();
            let width = found.len() / n;
            for (position, expected) in &sequence.logits {
                assert_near(&found[position * width..][..width], expected, &format!("{model}, all"));
            }
        }
    }
}

/// Three sequences, of which one continues another, take turns; their logits are those of sequences that are read without a break, bit for bit.
#[test]
fn sequences_in_turn_are_as_sequences_alone() {
    for model in MODELS {
        let fixture = Fixture::read(model);
        let (mut alone, mut in_turn) = (fixture.decoder(), fixture.decoder());
        let [short, middle, long] = &fixture.sequences[..] else { panic!("{model}") };
        let parent = in_turn.open(None).unwrap();
        in_turn.extend(parent, &long.tokens[..12], Wanted::Last).unwrap();
        let child = in_turn.open(Some(parent)).unwrap();
        let [first, second] = [(); 2].map(|()| in_turn.open(None).unwrap());
        for step in 0..12 {
            let mut rows = vec![(child, long.tokens[12 + step])];
            rows.extend(short.tokens.get(step).map(|token| (first, *token)));
            rows.extend(middle.tokens.get(step).map(|token| (second, *token)));
            let logits = in_turn.step(&rows).unwrap();
            if step == 11 {
                assert_near(&logits, &long.logits[&23], model);
            }
        }
        assert!(in_turn.extend(parent, &[3], Wanted::Last).is_err(), "{model}: a parent does not grow");
        in_turn.close(child);
        let id = alone.open(None).unwrap();
        alone.extend(id, &long.tokens[..12], Wanted::Last).unwrap();
        let again = in_turn.open(Some(parent)).unwrap();
        for token in &long.tokens[12..] {
            let expected = alone.step(&[(id, *token)]).unwrap();
            in_turn.step(&[(first, 3)]).unwrap();
            assert_eq!(in_turn.step(&[(again, *token)]).unwrap(), expected, "{model}");
        }
    }
}

/// What is wrong with a file is told before anything of it is read, and whatever it says, nothing panics.
#[test]
fn broken_configurations_are_errors() {
    let wrong =
        [json!(0), json!(3), json!(-1), json!(1u64 << 40), json!(0.3), json!("x"), json!([7]), Value::Null];
    for model in MODELS {
        let mut fixture = Fixture::read(model);
        let sound = fixture.config.clone();
        for key in sound.as_object().unwrap().keys().filter(|key| *key != "model_type") {
            for value in &wrong {
                fixture.config = sound.clone();
                fixture.config[key] = value.clone();
                let result = BorrowedConfig::parse(&fixture.config.to_string());
                let config = result.map(|config| config.expect("it is one of these families"));
                let loaded = config
                    .and_then(|config| BorrowedModel::load(config, &mut fixture.shards(), &Device::Cpu));
                let text = loaded.err().map(|error| error.to_string()).unwrap_or_default();
                let is_told = !text.contains("panicked") && !text.contains("computation failed");
                assert!(is_told, "{model}, {key} = {value}: {text}");
            }
        }
    }
}

#[test]
fn tensors_that_are_absent_or_of_another_shape_are_named() {
    for model in MODELS {
        let sound = Fixture::read(model);
        for name in sound.tensors.keys() {
            let error = |fixture: &Fixture| {
                let loaded = BorrowedModel::load(fixture.config(), &mut fixture.shards(), &Device::Cpu);
                loaded.expect_err(&format!("{model} without {name}")).to_string()
            };
            let mut fixture = Fixture::read(model);
            fixture.tensors.remove(name);
            let text = error(&fixture);
            assert!(text.contains(&format!("`{name}` is absent")), "{model}: {text}");
            fixture.tensors.insert(name.clone(), vec![1, 2, 3]);
            let text = error(&fixture);
            assert!(text.contains(&format!("`{name}` has shape [1, 2, 3]; expected")), "{model}: {text}");
        }
    }
}

/// The tokenizer's side of a configuration is read as for every other family.
#[test]
fn the_tokens_that_end_a_reply_are_read() {
    for model in MODELS {
        let config = HuggingFaceConfig::parse(&Fixture::read(model).config.to_string()).unwrap();
        assert_eq!(config.stop_tokens(None, usize::MAX).unwrap(), [2], "{model}");
    }
}

/// Weights that are not numbers make logits that are none, or an error.
#[test]
fn weights_that_are_not_numbers_do_no_harm() {
    for model in MODELS {
        let fixture = Fixture::read(model);
        let mut file = safetensors(&fixture.tensors, fixture.norms);
        let n_bytes = file.len();
        file[n_bytes / 2..].as_chunks_mut::<4>().0.iter_mut().for_each(|number| *number = [0xFF; 4]);
        let mut shards = Shards::read(vec![Cursor::new(file)]).unwrap();
        let loaded = BorrowedModel::load(fixture.config(), &mut shards, &Device::Cpu).unwrap();
        let mut decoder = BorrowedDecoder::new(Arc::new(loaded));
        let id = decoder.open(None).unwrap();
        if let Ok(logits) = decoder.extend(id, &[3, 4, 5], Wanted::Last) {
            assert!(logits.iter().any(|logit| logit.is_nan()), "{model}");
        }
    }
}

/// BF16 has 8 binary digits; the families that compute in it are near.
#[test]
fn half_precision_is_near() {
    for model in ["deepseek_v2", "helium", "lfm2"] {
        let fixture = Fixture::read(model);
        let mut decoder = BorrowedDecoder::new(fixture.model(DType::BF16));
        for Sequence { tokens, logits } in &fixture.sequences {
            let id = decoder.open(None).unwrap();
            let found = decoder.extend(id, tokens, Wanted::Last).unwrap();
            let expected = &logits[&(tokens.len() - 1)];
            let squares = |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|x| x * x).sum::<f32>();
            let difference = squares(&mut found.iter().zip(expected).map(|(a, b)| a - b));
            let share = difference / squares(&mut expected.iter().copied());
            assert!(share < 5e-3, "{model}: {share}");
        }
    }
}
