//! Tokens that an NVIDIA GPU draws where their logits lie.

use crate::error::Result;
use crate::sampler::device::{draw_for_device, sample_on_host, sampled_by_device};
use crate::sampler::{Draw, Sampled};
use candle_core::backend::BackendStorage;
use candle_core::{Device, Error, Storage, Tensor};
use tiebreak_kernels::{DeviceDraw, DeviceSampler, MOST_DEVICE_TOKENS};

/// The GPU's sampler, which is loaded when it is first asked.
#[derive(Debug, Default)]
pub(super) enum Sampler {
    #[default]
    Unasked,
    Loaded(DeviceSampler),
    /// The driver does not take it, and the host draws.
    Refused,
}

impl Sampler {
    /// Draws a token for each of `draws` from its row of logits, (draws, vocabulary).
    pub fn sample(&mut self, logits: &Tensor, draws: &[DeviceDraw]) -> Result<Vec<Sampled>> {
        let logits = logits.contiguous()?;
        let (storage, layout) = logits.storage_and_layout();
        let Storage::Cuda(storage) = &*storage else {
            return Err(Error::Msg("the logits lie on no NVIDIA GPU".into()).into());
        };
        if let Self::Unasked = self {
            *self = DeviceSampler::new(storage.device().cuda_stream()).map_or(Self::Refused, Self::Loaded);
        }
        let Self::Loaded(sampler) = self else {
            let rows = logits.to_vec2::<f32>()?;
            return rows.iter().zip(draws).map(|(row, draw)| sample_on_host(row, draw)).collect();
        };
        let start = layout.start_offset();
        let logits = storage.as_cuda_slice::<f32>()?.slice(start..start + layout.shape().elem_count());
        let drawn = sampler.sample(&logits, draws).map_err(Error::wrap)?;
        drawn.into_iter().map(sampled_by_device).collect()
    }
}

/// What the device is told of a step's draws; none where the host has to draw one of them.
pub(super) fn for_device(device: &Device, vocabulary: usize, draws: &[Draw<'_>]) -> Option<Vec<DeviceDraw>> {
    if !device.is_cuda() || vocabulary > MOST_DEVICE_TOKENS {
        return None;
    }
    draws.iter().map(draw_for_device).collect()
}
