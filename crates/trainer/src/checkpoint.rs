//! A folder that a run can resume from: `tokenizer.json`, `state.json` and `weights.safetensors`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use candle_core::{Device, Tensor, safetensors};
use serde::{Deserialize, Serialize};

use crate::model::{Model, Shape};
use crate::optimizer::Optimizer;
use crate::vocabulary::Vocabulary;

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The sizes of the model.
    pub shape: Shape,
    /// Keys the first parameters and the text.
    pub seed: u64,
    /// Steps done.
    pub steps: u64,
    /// Tokens read in them.
    pub tokens: u64,
    /// Seconds spent in them.
    pub elapsed_secs: f64,
    /// Mean loss of the last steps in nats a token.
    pub loss_nats: f64,
    /// Loss on held-out replies in nats a token, where such are at hand.
    pub held_out_nats: Option<f64>,
}

const STATE: &str = "state.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "weights.safetensors";

/// Whether a folder holds a checkpoint.
pub fn exists(folder: &Path) -> bool {
    folder.join(STATE).is_file()
}

/// Writes all files; each is complete or the former one, because it is written beside and then renamed.
pub fn write(
    folder: &Path,
    state: &State,
    vocabulary: &Vocabulary,
    (model, optimizer): (&Model, &Optimizer),
) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut tensors = HashMap::new();
    let named = state.shape.parameters().into_iter().zip(&model.parameters);
    for ((name, tensor), (first, second)) in named.map(|((n, _), t)| (n, t)).zip(&optimizer.moments) {
        let moment = |values: &Vec<f32>| Tensor::new(values.as_slice(), &Device::Cpu);
        tensors.insert(format!("first.{name}"), moment(first)?);
        tensors.insert(format!("second.{name}"), moment(second)?);
        tensors.insert(name, tensor.clone());
    }
    // The step stands beside the weights too, so that a break between the two renames is noticed.
    tensors.insert("step".to_owned(), Tensor::new(&[state.steps as i64], &Device::Cpu)?);
    replace(&folder.join(TOKENIZER), |path| Ok(fs::write(path, vocabulary.to_json()?)?))?;
    replace(&folder.join(WEIGHTS), |path| Ok(safetensors::save(&tensors, path)?))?;
    let json = serde_json::to_string_pretty(state)?;
    replace(&folder.join(STATE), |path| Ok(fs::write(path, &json)?))
}

fn replace(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let beside = path.with_extension("part");
    write(&beside).with_context(|| format!("cannot write {}", beside.display()))?;
    fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads all files.
pub fn read(folder: &Path) -> Result<(State, Vocabulary, Model, Optimizer)> {
    let path = folder.join(STATE);
    let context = || format!("cannot read {}", path.display());
    let text = fs::read_to_string(&path).with_context(context)?;
    let mut state: State = serde_json::from_str(&text).with_context(context)?;
    let path = folder.join(WEIGHTS);
    let mut tensors =
        safetensors::load(&path, &Device::Cpu).with_context(|| format!("cannot read {}", path.display()))?;
    let mut take =
        |name: String| tensors.remove(&name).with_context(|| format!("{} lacks {name}", path.display()));
    state.steps = take("step".to_owned())?.to_vec1::<i64>()?.first().copied().unwrap_or(0) as u64;
    let (mut parameters, mut moments) = (Vec::new(), Vec::new());
    for (name, _) in state.shape.parameters() {
        moments.push((take(format!("first.{name}"))?.to_vec1()?, take(format!("second.{name}"))?.to_vec1()?));
        parameters.push(take(name)?);
    }
    let model = Model::new(state.shape, parameters)?;
    let vocabulary = Vocabulary::read(&folder.join(TOKENIZER))?;
    let optimizer = Optimizer { steps: state.steps, moments };
    Ok((state, vocabulary, model, optimizer))
}
