//! What a folder says of experts.

use super::super::shape;
use super::super::{Architecture, Config, ExpertsConfig};
use super::{HuggingFaceConfig, bad, size};
use crate::Result;

impl HuggingFaceConfig {
    /// How many experts there are; 0 where there are none.
    pub(super) fn n_experts(&self) -> usize {
        self.num_local_experts.or(self.num_experts).unwrap_or(0)
    }

    /// The width inside the feed-forward part of layers without experts.
    pub(super) fn feed_forward_length(&self) -> Result<usize> {
        if self.is_hybrid() && self.n_experts() == 0 {
            return size("shared_intermediate_size", self.shared_intermediate_size, shape::FEED_FORWARD);
        }
        size("intermediate_size", self.intermediate_size, shape::FEED_FORWARD)
    }

    /// Makes layers choose among experts, where there are any.
    pub(super) fn add_experts(&self, config: &mut Config) -> Result<()> {
        let said = self.norm_topk_prob.unwrap_or(false);
        let (key, length, is_normalised) = match config.architecture {
            Architecture::Llama | Architecture::GraniteMoe if self.n_experts() > 0 => {
                ("intermediate_size", self.intermediate_size, true)
            }
            Architecture::Olmoe => ("intermediate_size", self.intermediate_size, said),
            Architecture::Qwen2Moe | Architecture::Qwen3Moe => {
                ("moe_intermediate_size", self.moe_intermediate_size, said)
            }
            _ => return Ok(()),
        };
        let (shared_key, shared) = match config.architecture {
            Architecture::Qwen2Moe => {
                ("shared_expert_intermediate_size", self.shared_expert_intermediate_size)
            }
            Architecture::GraniteMoe => {
                ("shared_intermediate_size", self.shared_intermediate_size.filter(|length| *length > 0))
            }
            _ => ("", None),
        };
        let shared = shared.map(|length| size(shared_key, Some(length), shape::FEED_FORWARD)).transpose()?;
        let count = size("num_experts", Some(self.n_experts()), shape::EXPERTS)?;
        config.experts = Some(ExpertsConfig {
            count,
            used: size("num_experts_per_tok", self.num_experts_per_tok, 1..=count)?,
            feed_forward_length: size(key, length, shape::FEED_FORWARD)?,
            is_normalised,
            shared_feed_forward_length: shared,
        });
        self.spread_experts(config)
    }

    /// Tells which layers have experts.
    fn spread_experts(&self, config: &mut Config) -> Result<()> {
        let (step, without) = (self.decoder_sparse_step.unwrap_or(1), self.mlp_only_layers.as_deref());
        if step == 0 {
            return Err(bad("decoder_sparse_step", "is 0; expected at least 1"));
        }
        for (index, layer) in config.layers.iter_mut().enumerate() {
            let is_left_out = without.is_some_and(|without| without.contains(&index));
            layer.has_experts = !is_left_out && (index + 1).is_multiple_of(step);
        }
        Ok(())
    }
}
