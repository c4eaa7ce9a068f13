//! The same draws on a GPU, by the kernels' `cuda/sample.cu`.

use super::{Draw, LEAST_TEMPERATURE, Sampled, no_finite_logit, sample};
use crate::error::Result;
use std::collections::BTreeSet;
use tiebreak_core::schema::{Extra, Sampling};
use tiebreak_kernels::{DeviceDraw, DeviceDrawn};

/// What the GPU is told of a draw; none of one with a repetition penalty.
///
/// A penalty would need all that a response and its prompt hold there, for a setting that is rarely used.
pub(crate) fn draw_for_device(draw: &Draw<'_>) -> Option<DeviceDraw> {
    let sampling = draw.sampling;
    let is_greedy = sampling.temperature < LEAST_TEMPERATURE;
    let draw = DeviceDraw {
        uniform: draw.uniform,
        top_p: sampling.top_p,
        top_k: sampling.top_k.map_or(0, u64::from),
        temperature: if is_greedy { 0.0 } else { sampling.temperature as f32 },
        min_p: rounded_up(sampling.min_p),
    };
    (sampling.repetition_penalty == 1.0).then_some(draw)
}

/// The token that the GPU drew; an error where the row held no finite logit.
pub(crate) fn sampled_by_device(drawn: DeviceDrawn) -> Result<Sampled> {
    let token = drawn.token().ok_or_else(no_finite_logit)?;
    let logprob_nats = f64::from(drawn.below_largest) - libm::log(drawn.exponential_sum());
    Ok(Sampled { token, logprob_nats })
}

/// The same draw where the GPU cannot make it: the token that [`sample`] draws.
pub(crate) fn sample_on_host(logits: &[f32], draw: &DeviceDraw) -> Result<Sampled> {
    let sampling = Sampling {
        temperature: f64::from(draw.temperature),
        top_p: draw.top_p,
        top_k: u32::try_from(draw.top_k).ok().filter(|k| *k > 0),
        min_p: f64::from(draw.min_p),
        repetition_penalty: 1.0,
        max_tokens: 1,
        stop: Vec::new(),
        seed: 0,
        extra: Extra::new(),
    };
    sample(logits, Draw { sampling: &sampling, seen: &BTreeSet::new(), uniform: draw.uniform })
}

/// The smallest number of 32 bits that is at least `number`: the masses that reach the one reach the other.
fn rounded_up(number: f64) -> f32 {
    let nearest = number as f32;
    if f64::from(nearest) < number { nearest.next_up() } else { nearest }
}

#[cfg(test)]
mod tests;
