//! A run that is broken off and resumed, and what it leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use candle_core::quantized::gguf_file;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use tiebreak_trainer::checkpoint;
use tiebreak_trainer::export::export;
use tiebreak_trainer::model::{Model, Shape};
use tiebreak_trainer::train::{Length, Settings, train};

const TINY: Shape = Shape {
    width: 64,
    layers: 2,
    feed_forward: 64,
    heads: 2,
    kv_heads: 1,
    vocabulary: 400,
    context: 512,
    rope_theta: 10_000.0,
    epsilon: 1e-5,
};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn settings(out: PathBuf) -> Settings {
    Settings {
        length: Length::Steps(4),
        seed: 5,
        out,
        texts: Path::new(env!("CARGO_MANIFEST_DIR")).join("data"),
        data: None,
        resume: false,
        pause_after: None,
        shape: TINY,
    }
}

#[test]
fn a_resumed_run_ends_like_an_unbroken_one() -> Result<()> {
    let whole = settings(folder("whole"));
    train(&whole)?;
    let broken = Settings { pause_after: Some(2), ..settings(folder("broken")) };
    assert_eq!(train(&broken)?.steps, 2);
    assert!(train(&broken).is_err(), "a checkpoint must not be overwritten");
    let resumed = Settings { resume: true, pause_after: None, ..broken };
    assert_eq!(train(&resumed)?.steps, 4);

    let (first, _, first_model, first_optimizer) = checkpoint::read(&whole.out)?;
    let (second, _, second_model, second_optimizer) = checkpoint::read(&resumed.out)?;
    assert_eq!((first.tokens, first.loss_nats), (second.tokens, second.loss_nats));
    assert_eq!(first_optimizer.moments, second_optimizer.moments);
    for (a, b) in first_model.parameters.iter().zip(&second_model.parameters) {
        assert_eq!(a.flatten_all()?.to_vec1::<f32>()?, b.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(())
}

#[test]
fn the_exported_file_gives_the_same_logits_in_candle_transformers() -> Result<()> {
    let settings = Settings { length: Length::Steps(1), ..settings(folder("exported")) };
    train(&settings)?;
    let (_, vocabulary, _, _) = checkpoint::read(&settings.out)?;
    let model = Model::random(TINY, 9)?;
    // Larger weights, so that positions and attention matter.
    let scaled = model.parameters.iter().map(|tensor| match tensor.rank() {
        1 => Ok(tensor.clone()),
        _ => tensor * 8.0,
    });
    let model = Model::new(TINY, scaled.collect::<Result<_, _>>()?)?;
    let path = settings.out.join("model.gguf");
    let bytes = export(&model, &vocabulary, &path)?;
    assert_eq!(bytes, fs::metadata(&path)?.len());

    let mut file = fs::File::open(&path)?;
    let content = gguf_file::Content::read(&mut file)?;
    assert_eq!(content.metadata["tokenizer.ggml.pre"].to_string()?, "smollm");
    assert_eq!(content.metadata["tokenizer.ggml.tokens"].to_vec()?.len(), TINY.vocabulary);
    let mut other = ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
    let tokens: Vec<u32> = (0..40).map(|index| index * 7 % 400).collect();
    let found = other.forward(&Tensor::new(tokens.as_slice(), &Device::Cpu)?.unsqueeze(0)?, 0)?.squeeze(0)?;
    let expected = model.logits(&tokens)?.get(39)?;
    let cosine = |a: &Tensor, b: &Tensor| -> Result<f32> {
        let product = |a: &Tensor, b: &Tensor| (a * b)?.sum_all()?.to_scalar::<f32>();
        Ok(product(a, b)? / (product(a, a)? * product(b, b)?).sqrt())
    };
    let cosine = cosine(&found, &expected)?;
    assert!(cosine > 0.999, "the logits point elsewhere: {cosine}");
    Ok(())
}
