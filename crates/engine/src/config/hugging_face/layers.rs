//! What a folder says of its layers: which have windows, and which know positions.

use super::super::{Architecture, Config};
use super::rope::Kind;
use super::{HuggingFaceConfig, bad, positive};
use crate::Result;

impl HuggingFaceConfig {
    /// Gives layers their windows, and those of Gemma 3 and OLMo 3 that have one their own rotation.
    pub(super) fn add_windows(&self, config: &mut Config) -> Result<()> {
        let layers = config.layers.len();
        if self.layer_types.as_ref().is_some_and(|types| types.len() != layers) {
            return Err(bad("layer_types", format!("does not list {layers} layers")));
        }
        let Some(window) = self.sliding_window.filter(|_| self.use_sliding_window != Some(false)) else {
            return Ok(());
        };
        if window == 0 {
            return Err(bad("sliding_window", "is 0; expected at least 1, or none"));
        }
        for index in 0..layers {
            let has_window = self.has_window(config.architecture, index);
            config.layers[index].window = has_window.then_some(window);
        }
        let base = match config.architecture {
            Architecture::Gemma3 => 10_000.0,
            Architecture::Olmo2 => config.rotations[0].freq_base,
            _ => return Ok(()),
        };
        let rope = self.rope(Kind::SlidingAttention);
        config.rotate_windows_by(positive("rope_local_base_freq", rope.rope_theta.or(Some(base)))?);
        Ok(())
    }

    fn has_window(&self, architecture: Architecture, index: usize) -> bool {
        match (&self.layer_types, architecture) {
            (Some(types), _) => types[index] == "sliding_attention",
            (None, Architecture::Qwen2 | Architecture::Qwen3) => index >= self.max_window_layers.unwrap_or(0),
            (None, Architecture::Qwen2Moe) => {
                index.is_multiple_of(2) && index < self.max_window_layers.unwrap_or(0)
            }
            // Those that know no positions, where windows are used at all.
            (None, Architecture::SmolLm3) => !self.turns(index),
            (None, Architecture::Gemma3) => {
                !(index + 1).is_multiple_of(self.sliding_window_pattern.unwrap_or(6).max(1))
            }
            (None, architecture) => architecture.has_window(index),
        }
    }

    pub(super) fn leave_out_rotations(&self, config: &mut Config) -> Result<()> {
        if self.no_rope_layers.as_ref().is_some_and(|turns| turns.len() != config.layers.len()) {
            return Err(bad("no_rope_layers", format!("does not list {} layers", config.layers.len())));
        }
        for (index, layer) in config.layers.iter_mut().enumerate() {
            layer.rotation = self.turns(index).then_some(0);
        }
        Ok(())
    }

    /// Whether a layer of SmolLM 3 knows positions, for which 1 stands in the list.
    fn turns(&self, index: usize) -> bool {
        let period = self.no_rope_layer_interval.unwrap_or(4).max(1);
        let listed = self.no_rope_layers.as_ref().and_then(|turns| turns.get(index));
        listed.map_or(!(index + 1).is_multiple_of(period), |turns| *turns != 0)
    }
}
