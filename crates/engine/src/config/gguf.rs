//! From a GGUF file's metadata.

mod experts;

use super::shape::{self, Names, Shape, one_over_root};
use super::yarn::Yarn;
use super::{Architecture, Config, RotationConfig, unsupported};
use crate::gguf::{List, Metadata, Value, bad_key};
use crate::source::TensorSource;
use crate::{EngineError, Result};
use std::ops::RangeInclusive;

/// Gemma 3 turns positions of layers with a window by this base; older files do not say so.
const GEMMA3_WINDOW_BASE: f32 = 10_000.0;
/// The largest models of Gemma 2 and 3, which nothing but their layers tells, as llama.cpp goes by them too: they scale scores by the width that heads would have had.
const GEMMA2_27B_LAYERS: usize = 46;
const GEMMA3_27B_LAYERS: usize = 62;
/// Every so many layers of SmolLM 3 know no positions; files do not say so.
const SMOLLM3_PERIOD: usize = 4;

impl Config {
    /// Reads what a file's metadata says, and checks that it can be a model.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for a family, a rotary scaling, a choice of experts or an attention that the decoders do not compute.
    /// [`EngineError::Metadata`] for a key that is absent, of the wrong type or out of range.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let architecture = Architecture::from_gguf(metadata.string("general.architecture")?)?;
        let keys = Keys { metadata, prefix: architecture.as_str() };
        refuse_unknown_parts(&keys)?;
        let shape = read_shape(architecture, &keys)?;
        let rotation = read_rotation(&shape, &keys)?;
        let mut config = shape.into_config(rotation, &keys)?;
        add_windows(&mut config, &keys)?;
        add_family(&mut config, &keys)?;
        experts::add(&mut config, &keys)?;
        Ok(config)
    }

    /// Reads the factors that some files divide the frequencies of rotation by, which lie among the tensors.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] for factors of another number, zero or not finite.
    pub fn read_rotation_factors(&mut self, source: &mut impl TensorSource) -> Result<()> {
        let short = "rope_factors_short.weight";
        if source.has_tensor(short) && self.architecture != Architecture::Phi3 {
            return Err(unsupported("rope scaling", "longrope", "none, linear, llama3; longrope of Phi 3"));
        }
        for name in ["rope_freqs.weight", short] {
            if source.has_tensor(name) {
                let rotation = &mut self.rotations[0];
                let factors = source.open(name, &[rotation.divisors.len()])?.numbers()?;
                if factors.iter().any(|factor| !factor.is_finite() || *factor == 0.0) {
                    let problem = "holds a number that is zero or not finite".to_owned();
                    return Err(EngineError::Tensor { name: name.to_owned(), problem });
                }
                rotation.divisors.iter_mut().zip(factors).for_each(|(divisor, factor)| *divisor *= factor);
            }
        }
        Ok(())
    }
}

fn read_shape(architecture: Architecture, keys: &Keys<'_>) -> Result<Shape> {
    let embedding_length = keys.size("embedding_length", shape::WIDTHS, None)?;
    let head_count = keys.size("attention.head_count", shape::HEADS, None)?;
    let even_share = embedding_length.is_multiple_of(head_count).then(|| embedding_length / head_count);
    Ok(Shape {
        architecture,
        vocab_size: vocabulary_size(keys.metadata)?,
        context_length: context_length(keys)?,
        embedding_length,
        block_count: keys.size("block_count", shape::LAYERS, None)?,
        feed_forward_length: keys.size("feed_forward_length", shape::FEED_FORWARD, None)?,
        head_count,
        head_count_kv: keys.size("attention.head_count_kv", shape::HEADS, Some(head_count))?,
        key_length: keys.size("attention.key_length", shape::HEADS, even_share)?,
        value_length: keys.size("attention.value_length", shape::HEADS, even_share)?,
        rms_epsilon: keys.positive("attention.layer_norm_rms_epsilon", None)?,
    })
}

fn vocabulary_size(metadata: &Metadata) -> Result<usize> {
    let key = "tokenizer.ggml.tokens";
    let count = metadata.texts(key)?.len();
    if shape::VOCABULARY.contains(&count) {
        return Ok(count);
    }
    Err(bad_key(key, format!("lists {count} tokens; expected 1 to {}", shape::VOCABULARY.end())))
}

fn refuse_unknown_parts(keys: &Keys<'_>) -> Result<()> {
    if keys.metadata.optional_bool(&keys.full("attention.causal"))? == Some(false) {
        return Err(unsupported("attention", "not causal", "causal"));
    }
    Ok(())
}

/// The most tokens of a sequence: no more than the model was first trained with where longer ones need other factors (Phi 3's long ones), which change in the middle of a sequence.
fn context_length(keys: &Keys<'_>) -> Result<usize> {
    let context = keys.size("context_length", shape::CONTEXT, None)?;
    let original = keys.metadata.optional_usize(&keys.full("rope.scaling.original_context_length"))?;
    let is_short = keys.prefix == Architecture::Phi3.as_str();
    Ok(original
        .filter(|original| is_short && *original > 0)
        .map_or(context, |original| context.min(original)))
}

fn read_rotation(shape: &Shape, keys: &Keys<'_>) -> Result<RotationConfig> {
    let dimension_count = keys.size("rope.dimension_count", 2..=1 << 12, Some(shape.key_length))?;
    let base = keys.positive("rope.freq_base", Some(10_000.0))?;
    let mut rotation = RotationConfig::plain(dimension_count, base);
    rotation.adjacent = match shape.architecture {
        Architecture::Llama | Architecture::SmolLm3 | Architecture::Glm4 => true,
        architecture => architecture.is_granite(),
    };
    rotation.magnitude = keys.positive("rope.scaling.attn_factor", Some(1.0))?;
    match keys.metadata.optional_string(&keys.full("rope.scaling.type"))? {
        // The factors of these two lie among the tensors.
        Some("none" | "longrope" | "llama3") => {}
        None | Some("linear") => rotation.divisors.fill(linear_scale(keys)?),
        Some("yarn") => {
            let yarn = read_yarn(shape, keys)?;
            yarn.apply(&mut rotation);
            // As llama.cpp, which leaves `yarn_attn_factor` out too: converters write there what makers' code does not read.
            rotation.magnitude *= yarn.magnitude();
        }
        Some(other) => {
            return Err(unsupported("rope scaling", other, "none, linear, llama3, longrope, yarn"));
        }
    }
    Ok(rotation)
}

/// The factor of linear scaling, for which older files have a key of its own, and whose absence or 0 means 1.
fn linear_scale(keys: &Keys<'_>) -> Result<f32> {
    for name in ["rope.scaling.factor", "rope.scale_linear"] {
        if !matches!(keys.metadata.optional_f32(&keys.full(name))?, None | Some(0.0)) {
            return keys.positive(name, None);
        }
    }
    Ok(1.0)
}

fn read_yarn(shape: &Shape, keys: &Keys<'_>) -> Result<Yarn> {
    for (name, only) in [("rope.scaling.yarn_ext_factor", 1.0), ("rope.scaling.yarn_log_multiplier", 0.0)] {
        if keys.metadata.optional_f32(&keys.full(name))?.is_some_and(|number| number != only) {
            return Err(keys.bad(name, format!("is not {only}, which is all that is computed here")));
        }
    }
    let original = "rope.scaling.original_context_length";
    Ok(Yarn {
        factor: keys.positive("rope.scaling.factor", None)?,
        original_length: keys.size(original, shape::CONTEXT, Some(shape.context_length))?,
        beta_fast: keys.positive("rope.scaling.yarn_beta_fast", Some(32.0))?,
        beta_slow: keys.positive("rope.scaling.yarn_beta_slow", Some(1.0))?,
        truncate: true,
    })
}

/// Gives layers their windows, and those of Gemma 3 and OLMo 3 that have one their own rotation.
fn add_windows(config: &mut Config, keys: &Keys<'_>) -> Result<()> {
    let key = keys.full("attention.sliding_window");
    let Some(window) = keys.metadata.optional_usize(&key)?.filter(|window| *window > 0) else {
        return Ok(());
    };
    let architecture = config.architecture;
    let pattern = window_pattern(keys, config.layers.len())?;
    for (index, layer) in config.layers.iter_mut().enumerate() {
        let has_window = pattern.as_ref().map_or_else(|| architecture.has_window(index), |it| it[index]);
        layer.window = has_window.then_some(window);
    }
    let base = match architecture {
        Architecture::Gemma3 => GEMMA3_WINDOW_BASE,
        Architecture::Olmo2 => config.rotations[0].freq_base,
        _ => return Ok(()),
    };
    config.rotate_windows_by(keys.positive("rope.freq_base_swa", Some(base))?);
    Ok(())
}

/// Which layers have a window, where the file says it: one truth value a layer, or the number of layers of which the last has none.
fn window_pattern(keys: &Keys<'_>, layers: usize) -> Result<Option<Vec<bool>>> {
    let name = "attention.sliding_window_pattern";
    match keys.metadata.get(&keys.full(name)) {
        None => Ok(None),
        Some(Value::List(List::Bools(pattern))) if pattern.len() == layers => Ok(Some(pattern.clone())),
        Some(Value::Integer(period)) if (1..=512).contains(period) => {
            let period = *period as usize;
            Ok(Some((0..layers).map(|index| !(index + 1).is_multiple_of(period)).collect()))
        }
        Some(_) => Err(keys.bad(name, "is neither a number up to 512 nor one truth value for each layer")),
    }
}

fn add_family(config: &mut Config, keys: &Keys<'_>) -> Result<()> {
    let is_27b = match config.architecture {
        Architecture::Gemma2 => config.layers.len() == GEMMA2_27B_LAYERS,
        Architecture::Gemma3 => config.layers.len() == GEMMA3_27B_LAYERS,
        _ => false,
    };
    if is_27b {
        config.scoring.scale = one_over_root(config.embedding_length / config.head_count);
    }
    if matches!(config.architecture, Architecture::Gemma2 | Architecture::Gemma3) {
        config.scoring.soft_cap = keys.positive_if_present("attn_logit_softcapping")?;
        config.logit_soft_cap = keys.positive_if_present("final_logit_softcapping")?;
    }
    if config.architecture.is_granite() {
        config.scoring.scale = keys.positive("attention.scale", Some(config.scoring.scale))?;
        config.embedding_scale = keys.positive("embedding_scale", Some(1.0))?;
        config.residual_scale = keys.positive("residual_scale", Some(1.0))?;
        config.logit_scale = 1.0 / keys.positive("logit_scale", Some(1.0))?;
        // Of this family it tells whether any layer knows positions.
        if keys.metadata.optional_bool(&keys.full("rope.scaling.finetuned"))? == Some(false) {
            config.layers.iter_mut().for_each(|layer| layer.rotation = None);
        }
    }
    if config.architecture == Architecture::SmolLm3 {
        let without = config.layers.iter_mut().skip(SMOLLM3_PERIOD - 1).step_by(SMOLLM3_PERIOD);
        without.for_each(|layer| layer.rotation = None);
    }
    Ok(())
}

impl Config {
    /// Turns the positions of layers with a window by frequencies of another base, which nothing divides.
    pub(super) fn rotate_windows_by(&mut self, base: f32) {
        let rotation = &self.rotations[0];
        let own = RotationConfig {
            adjacent: rotation.adjacent,
            ..RotationConfig::plain(rotation.dimension_count, base)
        };
        self.rotations.push(own);
        let windowed = self.layers.iter_mut().filter(|layer| layer.window.is_some());
        windowed.for_each(|layer| layer.rotation = Some(1));
    }
}

/// The keys of one family, whose names begin with the family's.
struct Keys<'a> {
    metadata: &'a Metadata,
    prefix: &'static str,
}

impl Names for Keys<'_> {
    fn bad_head_count_kv(&self, problem: String) -> EngineError {
        self.bad("attention.head_count_kv", problem)
    }

    fn bad_rotation(&self, problem: String) -> EngineError {
        self.bad("rope.dimension_count", problem)
    }
}

impl Keys<'_> {
    fn full(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    fn bad(&self, name: &str, problem: impl Into<String>) -> EngineError {
        bad_key(&self.full(name), problem)
    }

    fn size(&self, name: &str, range: RangeInclusive<usize>, default: Option<usize>) -> Result<usize> {
        let key = self.full(name);
        let size = match (self.metadata.optional_size_of_layers(&key)?, default) {
            (Some(size), _) | (None, Some(size)) => size,
            (None, None) => self.metadata.usize(&key)?,
        };
        if range.contains(&size) {
            return Ok(size);
        }
        Err(bad_key(&key, format!("is {size}; expected {} to {}", range.start(), range.end())))
    }

    fn positive(&self, name: &str, default: Option<f32>) -> Result<f32> {
        match (self.positive_if_present(name)?, default) {
            (Some(number), _) | (None, Some(number)) => Ok(number),
            (None, None) => self.metadata.f32(&self.full(name)),
        }
    }

    fn positive_if_present(&self, name: &str) -> Result<Option<f32>> {
        match self.metadata.optional_f32(&self.full(name))? {
            Some(number) if number > 0.0 => Ok(Some(number)),
            None => Ok(None),
            Some(number) => Err(self.bad(name, format!("is {number}; expected more than 0"))),
        }
    }
}
