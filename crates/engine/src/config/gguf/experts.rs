//! What a GGUF file says of experts.

use super::super::shape;
use super::super::{Architecture, Config, ExpertsConfig, unsupported};
use super::Keys;
use crate::Result;

/// The families that have experts, for messages.
const SUPPORTED: &str = "llama (Mixtral), qwen2moe, qwen3moe, olmoe, granitemoe";
/// How llama.cpp numbers the way from scores to weights that is computed here.
const SOFTMAX: usize = 1;

/// Makes all layers choose among experts, where there are any.
pub(super) fn add(config: &mut Config, keys: &Keys<'_>) -> Result<()> {
    let is_dense = keys.metadata.optional_usize(&keys.full("expert_count"))?.unwrap_or(0) == 0;
    // Files do not say whether weights sum to 1, which llama.cpp tells from the family too.
    let is_normalised = match config.architecture {
        Architecture::Qwen3Moe | Architecture::GraniteMoe => true,
        Architecture::Qwen2Moe | Architecture::Olmoe => false,
        _ if is_dense => return Ok(()),
        Architecture::Llama => true,
        other => return Err(unsupported("mixture of experts", other.as_str(), SUPPORTED)),
    };
    refuse_other_choices(keys)?;
    let count = keys.size("expert_count", shape::EXPERTS, None)?;
    let default = Some(config.feed_forward_length);
    let is_normal = keys.metadata.optional_bool(&keys.full("expert_weights_norm"))?;
    config.experts = Some(ExpertsConfig {
        count,
        used: keys.size("expert_used_count", 1..=count, None)?,
        feed_forward_length: keys.size("expert_feed_forward_length", shape::FEED_FORWARD, default)?,
        is_normalised: is_normal.unwrap_or(is_normalised),
        shared_feed_forward_length: shared_length(config, keys)?,
    });
    config.layers.iter_mut().for_each(|layer| layer.has_experts = true);
    Ok(())
}

fn refuse_other_choices(keys: &Keys<'_>) -> Result<()> {
    let only = [("expert_gating_func", SOFTMAX), ("leading_dense_block_count", 0), ("expert_group_count", 1)];
    for (name, only) in only {
        let said = keys.metadata.optional_usize(&keys.full(name))?.filter(|number| *number > 0);
        if said.is_some_and(|number| number != only) {
            return Err(keys.bad(name, format!("is not {only}, which is all that is computed here")));
        }
    }
    match keys.positive_if_present("expert_weights_scale")? {
        None | Some(1.0) => Ok(()),
        Some(_) => Err(keys.bad("expert_weights_scale", "is not 1, which is all that is computed here")),
    }
}

/// The width of the expert that computes every token, which Qwen 2 always has.
fn shared_length(config: &Config, keys: &Keys<'_>) -> Result<Option<usize>> {
    let name = "expert_shared_feed_forward_length";
    if keys.metadata.optional_usize(&keys.full(name))?.is_some_and(|length| length > 0) {
        return keys.size(name, shape::FEED_FORWARD, None).map(Some);
    }
    Ok((config.architecture == Architecture::Qwen2Moe).then_some(config.feed_forward_length))
}
