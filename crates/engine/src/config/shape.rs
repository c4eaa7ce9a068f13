//! The widths that a file states, checked before anything is computed from them.

use super::{Architecture, Config, LayerConfig, RotationConfig};
use crate::Result;
use crate::error::EngineError;
use std::ops::RangeInclusive;
use tiebreak_kernels::Scoring;

/// What widths may be: no model that exists is beyond these, and products of them can be counted.
pub(crate) const WIDTHS: RangeInclusive<usize> = 1..=1 << 16;
pub(crate) const HEADS: RangeInclusive<usize> = 1..=1 << 12;
pub(crate) const LAYERS: RangeInclusive<usize> = 1..=512;
pub(crate) const FEED_FORWARD: RangeInclusive<usize> = 1..=1 << 20;
pub(crate) const CONTEXT: RangeInclusive<usize> = 1..=1 << 24;
pub(crate) const EXPERTS: RangeInclusive<usize> = 1..=1 << 12;
pub(crate) const VOCABULARY: RangeInclusive<usize> = 1..=1 << 22;

/// What every family states.
pub(super) struct Shape {
    pub architecture: Architecture,
    pub vocab_size: usize,
    pub context_length: usize,
    pub embedding_length: usize,
    pub block_count: usize,
    pub feed_forward_length: usize,
    pub head_count: usize,
    pub head_count_kv: usize,
    pub key_length: usize,
    pub value_length: usize,
    pub rms_epsilon: f32,
}

/// How a file calls what can be wrong with its shape; each makes the error that names it.
pub(super) trait Names {
    fn bad_head_count_kv(&self, problem: String) -> EngineError;
    fn bad_rotation(&self, problem: String) -> EngineError;
}

impl Shape {
    /// The configuration of a model of this shape whose layers are all alike, and see all positions.
    ///
    /// # Errors
    /// Where heads do not share keys evenly, or more is turned than there is.
    pub fn into_config(self, rotation: RotationConfig, names: &impl Names) -> Result<Config> {
        let Self { architecture, head_count, head_count_kv, key_length, .. } = self;
        if !head_count.is_multiple_of(head_count_kv) {
            let problem = format!("is {head_count_kv}, which does not divide the {head_count} heads");
            return Err(names.bad_head_count_kv(problem));
        }
        let dimension = rotation.dimension_count;
        if dimension < 2 || !dimension.is_multiple_of(2) || dimension > key_length {
            let problem = format!("is {dimension}; expected an even number up to {key_length}");
            return Err(names.bad_rotation(problem));
        }
        Ok(Config {
            architecture,
            vocab_size: self.vocab_size,
            context_length: self.context_length,
            embedding_length: self.embedding_length,
            feed_forward_length: self.feed_forward_length,
            head_count,
            head_count_kv,
            key_length,
            value_length: self.value_length,
            rms_epsilon: self.rms_epsilon,
            norms: architecture.norms(),
            norm_offset: 0.0,
            head_norm: architecture.head_norm(),
            scoring: Scoring { scale: one_over_root(key_length), soft_cap: None },
            activation: architecture.activation(),
            embedding_scale: if architecture.is_gemma() {
                (self.embedding_length as f32).sqrt()
            } else {
                1.0
            },
            residual_scale: 1.0,
            logit_scale: 1.0,
            logit_soft_cap: None,
            experts: None,
            rotations: vec![rotation],
            layers: vec![
                LayerConfig { window: None, rotation: Some(0), has_experts: false };
                self.block_count
            ],
        })
    }
}

pub(super) fn one_over_root(width: usize) -> f32 {
    1.0 / (width as f32).sqrt()
}
