//! How a folder says that positions turn queries and keys, in the ways of transformers 4 and 5.

use super::super::shape::{self, Shape};
use super::super::yarn::{self, Yarn};
use super::super::{Architecture, RotationConfig, unsupported};
use super::{HuggingFaceConfig, bad, positive, positive_number, size};
use crate::Result;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::f32::consts::PI;

const ORIGINAL: &str = "rope_scaling.original_max_position_embeddings";

/// How positions turn queries and keys: the same for all layers, or by the kind of a layer.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum RopeParameters {
    ByKind(BTreeMap<Kind, Rope>),
    Same(Rope),
}

/// The kinds of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    FullAttention,
    SlidingAttention,
}

/// What a file says of a rotation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rope {
    pub(super) rope_theta: Option<f32>,
    rope_type: Option<String>,
    /// The name of `rope_type` in older files; some have both.
    #[serde(rename = "type")]
    older_type: Option<String>,
    pub(super) factor: Option<f32>,
    low_freq_factor: Option<f32>,
    high_freq_factor: Option<f32>,
    pub(super) original_max_position_embeddings: Option<usize>,
    partial_rotary_factor: Option<f32>,
    short_factor: Option<Vec<f32>>,
    attention_factor: Option<f32>,
    beta_fast: Option<f32>,
    beta_slow: Option<f32>,
    mscale: Option<f32>,
    mscale_all_dim: Option<f32>,
    truncate: Option<bool>,
}

impl Rope {
    pub(super) fn kind(&self) -> Option<&str> {
        self.rope_type.as_deref().or(self.older_type.as_deref())
    }
}

impl HuggingFaceConfig {
    /// What the file says of the rotation of a kind of layers, in the way of transformers 4 or 5.
    pub(super) fn rope(&self, kind: Kind) -> Rope {
        match (&self.rope_parameters, kind) {
            (Some(RopeParameters::ByKind(by_kind)), kind) => by_kind.get(&kind).cloned().unwrap_or_default(),
            (Some(RopeParameters::Same(rope)), _) => rope.clone(),
            (None, Kind::FullAttention) => self.rope_scaling.clone().unwrap_or_default(),
            (None, Kind::SlidingAttention) => {
                Rope { rope_theta: self.rope_local_base_freq, ..Rope::default() }
            }
        }
    }

    /// The rotation of a kind of layers.
    pub(super) fn rotation(&self, shape: &Shape, kind: Kind) -> Result<RotationConfig> {
        let rope = self.rope(kind);
        let share = rope.partial_rotary_factor.or(self.partial_rotary_factor).unwrap_or(1.0);
        if !(share > 0.0 && share <= 1.0) {
            return Err(bad("partial_rotary_factor", format!("is {share}; expected above 0, up to 1")));
        }
        let dimension = (shape.key_length as f32 * share) as usize;
        let base = rope.rope_theta.or(self.rope_theta).unwrap_or(10_000.0);
        if base.is_nan() || base <= 0.0 {
            return Err(bad("rope_theta", format!("is {base}; expected more than 0")));
        }
        let mut rotation = RotationConfig::plain(dimension, base);
        rotation.adjacent = shape.architecture == Architecture::Glm4;
        match rope.kind() {
            None | Some("default") => {}
            Some("linear") => rotation.divisors.fill(positive("rope_scaling.factor", rope.factor)?),
            Some("llama3") => divide_as_llama3(&mut rotation, &rope, shape.context_length)?,
            Some("longrope" | "su") => self.divide_by_short_factors(&mut rotation, &rope)?,
            Some("yarn") => self.divide_as_yarn(&mut rotation, &rope, shape.context_length)?,
            Some(name) => {
                return Err(unsupported("rope scaling", name, "default, linear, llama3, longrope, yarn"));
            }
        }
        Ok(rotation)
    }

    fn divide_as_yarn(&self, rotation: &mut RotationConfig, rope: &Rope, context: usize) -> Result<()> {
        let original = rope.original_max_position_embeddings.or(self.original_max_position_embeddings);
        let original = size(ORIGINAL, original.or(Some(context)), shape::CONTEXT)?;
        let factor = rope.factor.unwrap_or(context as f32 / original as f32);
        let yarn = Yarn {
            factor: positive("rope_scaling.factor", Some(factor))?,
            original_length: original,
            beta_fast: positive("rope_scaling.beta_fast", rope.beta_fast.or(Some(32.0)))?,
            beta_slow: positive("rope_scaling.beta_slow", rope.beta_slow.or(Some(1.0)))?,
            truncate: rope.truncate.unwrap_or(true),
        };
        yarn.apply(rotation);
        let said = rope.attention_factor.filter(|factor| positive_number(*factor));
        let of_both = rope.mscale.zip(rope.mscale_all_dim).filter(|(one, all)| *one != 0.0 && *all != 0.0);
        rotation.magnitude = match (said, of_both) {
            (Some(said), _) => said,
            (None, Some((one, all))) => yarn::magnitude(factor, one) / yarn::magnitude(factor, all),
            (None, None) => yarn.magnitude(),
        };
        Ok(())
    }

    /// Phi 3's factors for sequences up to the length that the model was first trained with (Ding et al. 2024, "LongRoPE").
    fn divide_by_short_factors(&self, rotation: &mut RotationConfig, rope: &Rope) -> Result<()> {
        let factors = rope.short_factor.as_deref().unwrap_or_default();
        if factors.len() != rotation.divisors.len() || factors.iter().any(|factor| !positive_number(*factor))
        {
            let problem = format!("is not {} numbers above 0", rotation.divisors.len());
            return Err(bad("rope_scaling.short_factor", problem));
        }
        rotation.divisors.copy_from_slice(factors);
        let original = rope.original_max_position_embeddings.or(self.original_max_position_embeddings);
        let original = original.or(self.max_position_embeddings).unwrap_or(1).max(2) as f32;
        let longest = self.max_position_embeddings.unwrap_or(1) as f32;
        let by_length = (1.0 + libm::logf(longest / original) / libm::logf(original)).sqrt();
        let magnitude = if longest > original { by_length } else { 1.0 };
        rotation.magnitude =
            rope.attention_factor.filter(|factor| positive_number(*factor)).unwrap_or(magnitude);
        Ok(())
    }
}

/// Llama 3's factors: frequencies of long waves are divided, those of short ones are not, and between them goes a slope (Llama Team 2024, "The Llama 3 herd of models").
fn divide_as_llama3(rotation: &mut RotationConfig, rope: &Rope, context: usize) -> Result<()> {
    let factor = positive("rope_scaling.factor", rope.factor)?;
    let low = positive("rope_scaling.low_freq_factor", rope.low_freq_factor)?;
    let high = positive("rope_scaling.high_freq_factor", rope.high_freq_factor)?;
    if high <= low {
        return Err(bad("rope_scaling.high_freq_factor", format!("is {high}; expected more than {low}")));
    }
    let original = rope.original_max_position_embeddings.unwrap_or(context) as f32;
    let (base, dimension) = (rotation.freq_base, rotation.dimension_count as f32);
    for (pair, divisor) in rotation.divisors.iter_mut().enumerate() {
        let wavelength = 2.0 * PI * libm::powf(base, (2 * pair) as f32 / dimension);
        let slope = ((original / wavelength - low) / (high - low)).clamp(0.0, 1.0);
        *divisor = 1.0 / ((1.0 - slope) / factor + slope);
    }
    Ok(())
}
