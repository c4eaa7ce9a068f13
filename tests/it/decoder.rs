//! The decoder against candle-transformers' own models, and rows in company against the same rows alone.

use crate::shipped;
use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{Device as CandleDevice, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;
use tiebreak_engine::config::Config;
use tiebreak_engine::decoder::{CpuWeights, Decoder, SequenceId, Wanted, cpu_decoder};
use tiebreak_engine::gguf::GgufFile;
use tiebreak_engine::{Device, Model, Unquantized};
use tiebreak_kernels::{InstructionSet, Kernels, Team};
use tiebreak_tests::random_model::{Shape, bytes};

/// A model of candle-transformers, which reads one sequence at a time.
enum Oracle {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
}

impl Oracle {
    fn load(file: &[u8]) -> Self {
        let mut reader = Cursor::new(file);
        let content = gguf_file::Content::read(&mut reader).unwrap();
        let family = content.metadata["general.architecture"].to_string().unwrap().clone();
        match family.as_str() {
            "llama" => Self::Llama(
                quantized_llama::ModelWeights::from_gguf(content, &mut reader, &CandleDevice::Cpu).unwrap(),
            ),
            "qwen2" => Self::Qwen2(
                quantized_qwen2::ModelWeights::from_gguf(content, &mut reader, &CandleDevice::Cpu).unwrap(),
            ),
            _ => Self::Qwen3(
                quantized_qwen3::ModelWeights::from_gguf(content, &mut reader, &CandleDevice::Cpu).unwrap(),
            ),
        }
    }

    fn forward(&mut self, tokens: &[u32], position: usize) -> Vec<f32> {
        let input = Tensor::new(tokens, &CandleDevice::Cpu).unwrap().unsqueeze(0).unwrap();
        let logits = match self {
            Self::Llama(model) => model.forward(&input, position),
            Self::Qwen2(model) => model.forward(&input, position),
            Self::Qwen3(model) => model.forward(&input, position),
        };
        logits.unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }
}

fn load(file: &[u8]) -> Model {
    Model::load(Cursor::new(file), &Device::Cpu).unwrap()
}

/// The squares of all differences are at most `most` of the squares of what is expected.
fn assert_close(found: &[f32], expected: &[f32], most: f64, what: &str) {
    assert_eq!(found.len(), expected.len());
    let squares = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>();
    let differences = squares(&mut found.iter().zip(expected).map(|(a, b)| f64::from(a - b)));
    let error = differences / squares(&mut expected.iter().map(|number| f64::from(*number)));
    assert!(error <= most, "{what}: the error is {error}, expected at most {most}");
}

/// The same model with its weights in 32 bits.
fn dequantized(file: &[u8]) -> Vec<u8> {
    let mut reader = Cursor::new(file);
    let content = gguf_file::Content::read(&mut reader).unwrap();
    let mut widened = |name: &String| {
        let tensor = content.tensor(&mut reader, name, &CandleDevice::Cpu).unwrap();
        QTensor::quantize(&tensor.dequantize(&CandleDevice::Cpu).unwrap(), GgmlDType::F32).unwrap()
    };
    let tensors: Vec<(&String, QTensor)> =
        content.tensor_infos.keys().map(|name| (name, widened(name))).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let metadata: Vec<(&str, &gguf_file::Value)> =
        content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let mut output = Cursor::new(Vec::new());
    gguf_file::write(&mut output, &metadata, &tensors).unwrap();
    output.into_inner()
}

/// The logits after a prompt and after each of three single steps.
fn steps(file: &[u8], device: &Device, tokens: &[u32]) -> Vec<Vec<f32>> {
    let mut decoder = Model::load(Cursor::new(file), device).unwrap().decoder();
    let sequence = decoder.open(None).unwrap();
    let (prompt, rest) = tokens.split_at(tokens.len() - 3);
    let mut logits = vec![decoder.extend(sequence, prompt, Wanted::Last).unwrap()];
    logits.extend(rest.iter().map(|token| decoder.step(&[(sequence, *token)]).unwrap()));
    logits
}

/// The same by candle-transformers, with the weights in 32 bits.
fn steps_of_oracle(file: &[u8], tokens: &[u32]) -> Vec<Vec<f32>> {
    let mut oracle = Oracle::load(&dequantized(file));
    let (prompt, rest) = tokens.split_at(tokens.len() - 3);
    let mut logits = vec![oracle.forward(prompt, 0)];
    logits.extend((prompt.len()..).zip(rest).map(|(position, token)| oracle.forward(&[*token], position)));
    logits
}

/// Logits are those of the same weights in 32 bits but for `of_wide`, and those that candle's own products give but for `of_candle`, in squares.
fn check_against_candle(file: &[u8], tokens: &[u32], [of_wide, of_candle]: [f64; 2], what: &str) {
    let ours = steps(file, &Device::Cpu, tokens);
    let candles = steps(file, &Device::Candle(CandleDevice::Cpu), tokens);
    let wide = steps_of_oracle(file, tokens);
    for (step, ours) in ours.iter().enumerate() {
        assert_close(ours, &wide[step], of_wide, &format!("{what}, step {step}, 32 bits"));
        assert_close(ours, &candles[step], of_candle, &format!("{what}, step {step}, candle"));
    }
}

/// `n` tokens of a vocabulary of `vocab`, in no order.
fn tokens(n: usize, vocab: usize) -> Vec<u32> {
    (0..n).map(|i| ((i * 7_919 + 31) % vocab) as u32).collect()
}

/// Weights that no file quantizes are multiplied in single precision, which tests all that lies around products.
const IN_SINGLE_PRECISION: [f64; 2] = [1e-10; 2];

/// By type what rounding inputs to 8 bits changes in a model of random weights, and what it does where candle rounds too: for types with 256 weights in a block with one scale for as many inputs, where ours has eight.
///
/// A product alone is off by less than 1e-4, as the kernels' tests see to; seven of them a layer add up to more. Measured are up to 6.6e-4 beside 32 bits, where candle's own products are off by up to 1.1e-3.
const BOUNDS: [(GgmlDType, [f64; 2]); 13] = [
    (GgmlDType::F32, IN_SINGLE_PRECISION),
    (GgmlDType::F16, IN_SINGLE_PRECISION),
    (GgmlDType::BF16, IN_SINGLE_PRECISION),
    (GgmlDType::Q4_0, [5e-4, 7e-4]),
    (GgmlDType::Q4_1, [6e-4, 8e-4]),
    (GgmlDType::Q5_0, [6e-4, 7e-4]),
    (GgmlDType::Q5_1, [7e-4, 8e-4]),
    (GgmlDType::Q8_0, [7e-4, 1.4e-3]),
    (GgmlDType::Q2K, [6e-4, 1.7e-3]),
    (GgmlDType::Q3K, [6e-4, 1.5e-3]),
    (GgmlDType::Q4K, [6e-4, 1.7e-3]),
    (GgmlDType::Q5K, [6e-4, 1.4e-3]),
    (GgmlDType::Q6K, [5e-4, 1.7e-3]),
];

#[test]
fn every_family_agrees_with_candles_models() {
    for family in ["llama", "qwen2", "qwen3"] {
        for (kind, most) in BOUNDS {
            for tied in [true, false] {
                let shape = Shape { tied, ..Shape::tiny(family, kind) };
                let what = format!("{family} {kind:?} tied {tied}");
                check_against_candle(&bytes(&shape), &tokens(19, shape.vocab), most, &what);
            }
        }
    }
}

/// Trained weights in Q8_0; measured are 1.07e-4 beside 32 bits, where candle's own products are off by 1.67e-4.
#[test]
fn the_shipped_model_agrees_with_candles() {
    let file = shipped::bytes();
    let tokens =
        load(&file).tokenizer().encode("Where is my order? I have been waiting for two weeks.").unwrap();
    check_against_candle(&file, &tokens, [1.1e-4, 3.5e-4], "shipped");
}

/// What continues a prompt in the ways `rows` in two steps that they make together: all logits, (steps, rows, vocabulary).
fn continued(decoder: &mut dyn Decoder, prompt: SequenceId, rows: Range<usize>) -> Vec<f32> {
    let children: Vec<_> = rows.map(|row| (decoder.open(Some(prompt)).unwrap(), row)).collect();
    let mut logits = Vec::new();
    for step in 0..2 {
        let inputs: Vec<_> = children.iter().map(|(child, row)| (*child, (7 * row + step) as u32)).collect();
        logits.extend(decoder.step(&inputs).unwrap());
    }
    children.iter().for_each(|(child, _)| decoder.close(*child));
    logits
}

/// The logits of every row have the same bits by every instruction set, on any number of threads and in any company as by one thread and alone.
#[test]
fn instructions_threads_and_company_change_no_bit() {
    for kind in [GgmlDType::Q8_0, GgmlDType::Q4_0, GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::F16] {
        let shape = Shape { feed_forward: 256, ..Shape::tiny("llama", kind) };
        let bytes = bytes(&shape);
        let mut file = GgufFile::read(Cursor::new(&bytes)).unwrap();
        let config = Arc::new(Config::from_gguf(file.metadata()).unwrap());
        let weights =
            Arc::new(CpuWeights::load(&mut file, &config, Unquantized::Kept, &mut Team::new(3)).unwrap());
        let begun = |kernels, threads| {
            let mut decoder = cpu_decoder(Arc::clone(&config), Arc::clone(&weights), kernels, threads);
            let prompt = decoder.open(None).unwrap();
            let of_prompt = decoder.extend(prompt, &tokens(70, shape.vocab), Wanted::All).unwrap();
            (decoder, prompt, of_prompt)
        };
        let (mut decoder, prompt, of_prompt) = begun(Kernels::detect(), 1);
        let alone: Vec<Vec<f32>> =
            (0..40).map(|row| continued(&mut *decoder, prompt, row..row + 1)).collect();
        for kernels in InstructionSet::ALL.into_iter().filter_map(Kernels::of) {
            for threads in [1, 2, 4] {
                let what = format!("{kind:?} {kernels:?} {threads} threads");
                let (mut decoder, prompt, found) = begun(kernels, threads);
                assert!(bits(&found) == bits(&of_prompt), "{what}: the prompt");
                for rows in [1, 3, 8, 32, 40] {
                    let found = continued(&mut *decoder, prompt, 0..rows);
                    assert_eq!(found.len(), 2 * rows * shape.vocab);
                    for (at, found) in found.chunks_exact(shape.vocab).enumerate() {
                        let (step, row) = (at / rows, at % rows);
                        let expected = &alone[row][step * shape.vocab..][..shape.vocab];
                        assert!(bits(found) == bits(expected), "{what}: row {row} of {rows}, step {step}");
                    }
                }
            }
        }
    }
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// With the same factor for every frequency, `rope_freqs.weight` is linear scaling; and either changes something.
#[test]
fn rope_factors_divide_frequencies() {
    let logits = |rope_freqs, rope_scale| {
        let shape = Shape { rope_freqs, rope_scale, ..Shape::tiny("llama", GgmlDType::F32) };
        let mut decoder = load(&bytes(&shape)).decoder();
        let sequence = decoder.open(None).unwrap();
        decoder.extend(sequence, &tokens(12, shape.vocab), Wanted::Last).unwrap()
    };
    assert_eq!(logits(Some(4.0), None), logits(None, Some(4.0)));
    assert_eq!(logits(Some(1.0), None), logits(None, None));
    assert_ne!(logits(Some(4.0), None), logits(None, None));
}

/// A head's width need not be the model's width divided by the heads.
#[test]
fn key_length_is_read_and_not_guessed() {
    let shape = Shape { head_width: 32, ..Shape::tiny("qwen3", GgmlDType::F32) };
    check_against_candle(&bytes(&shape), &tokens(9, shape.vocab), IN_SINGLE_PRECISION, "narrow heads");
}

/// Rows of different lengths, some of them sharing a prompt, give in one step the very bits that each gives alone.
#[test]
fn a_row_does_not_depend_on_its_neighbours() {
    for kind in [GgmlDType::F32, GgmlDType::Q8_0, GgmlDType::Q4_0, GgmlDType::Q4K, GgmlDType::Q6K] {
        let shape = Shape::tiny("llama", kind);
        let model = load(&bytes(&shape));
        for n_rows in [2, 3, 17, 33, 40] {
            let prompts: Vec<Vec<u32>> = (0..n_rows).map(|i| tokens(1 + i / 2, shape.vocab)).collect();
            let mut together = model.decoder();
            let mut rows = Vec::new();
            for (i, prompt) in prompts.iter().enumerate() {
                let parent = together.open(None).unwrap();
                together.extend(parent, prompt, Wanted::Last).unwrap();
                rows.push((together.open(Some(parent)).unwrap(), i as u32));
            }
            for _ in 0..2 {
                let logits = together.step(&rows).unwrap();
                for row in [0, n_rows / 2, n_rows - 1] {
                    let mut alone = model.decoder();
                    let parent = alone.open(None).unwrap();
                    alone.extend(parent, &prompts[row], Wanted::Last).unwrap();
                    let sequence = alone.open(Some(parent)).unwrap();
                    // In the second round every row has read its token twice.
                    let steps = together.length(rows[row].0) - prompts[row].len();
                    let mut expected = Vec::new();
                    for _ in 0..steps {
                        expected = alone.step(&[(sequence, rows[row].1)]).unwrap();
                    }
                    assert_eq!(
                        &logits[row * shape.vocab..(row + 1) * shape.vocab],
                        &expected[..],
                        "{kind:?}, row {row} of {n_rows}"
                    );
                }
            }
        }
    }
}

/// A continuation sees what its parent holds, and a parent with continuations does not grow.
#[test]
fn a_continuation_equals_one_sequence() {
    let shape = Shape::tiny("qwen2", GgmlDType::Q8_0);
    let model = load(&bytes(&shape));
    let tokens = tokens(30, shape.vocab);
    let mut decoder = model.decoder();
    let whole = decoder.open(None).unwrap();
    let expected = decoder.extend(whole, &tokens, Wanted::Last).unwrap();
    let parent = decoder.open(None).unwrap();
    decoder.extend(parent, &tokens[..10], Wanted::Last).unwrap();
    let child = decoder.open(Some(parent)).unwrap();
    decoder.extend(child, &tokens[10..20], Wanted::Last).unwrap();
    let grandchild = decoder.open(Some(child)).unwrap();
    let got = decoder.extend(grandchild, &tokens[20..], Wanted::Last).unwrap();
    assert_close(&got, &expected, 1e-8, "grandchild");
    assert_eq!(decoder.length(grandchild), 30);
    assert!(decoder.step(&[(parent, 1)]).unwrap_err().to_string().contains("cannot grow"));
    decoder.close(grandchild);
    decoder.close(child);
    decoder.step(&[(parent, 1)]).unwrap();
    assert_eq!(decoder.length(parent), 11);
}

#[test]
fn what_does_not_fit_or_exist_is_an_error() {
    let shape = Shape::tiny("llama", GgmlDType::Q8_0);
    let mut decoder = load(&bytes(&shape)).decoder();
    let sequence = decoder.open(None).unwrap();
    let too_long = tokens(shape.context + 1, shape.vocab);
    assert!(
        decoder.extend(sequence, &too_long, Wanted::Last).unwrap_err().to_string().contains("257 tokens")
    );
    assert!(decoder.extend(sequence, &[shape.vocab as u32], Wanted::Last).is_err());
    decoder.extend(sequence, &too_long[..shape.context], Wanted::Last).unwrap();
    assert!(decoder.step(&[(sequence, 0)]).is_err());
    let other = decoder.open(None).unwrap();
    assert!(decoder.step(&[(other, 0), (other, 1)]).is_err());
    decoder.close(other);
    assert!(decoder.step(&[(other, 0)]).is_err());
}
