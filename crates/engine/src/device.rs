//! What computes.

#[cfg(feature = "candle")]
use crate::error::Result;
#[cfg(feature = "candle")]
use tiebreak_kernels::{InstructionSet, Kernels};

/// What a model is loaded for.
#[derive(Clone, Debug)]
pub enum Device {
    /// The processor, by packed weights and vector kernels; by candle where there are none for it or for the file.
    Cpu,
    /// A device of candle's, its processor among them: slower there, and what the kernels are compared with.
    #[cfg(feature = "candle")]
    Candle(candle_core::Device),
}

impl Device {
    /// Whether the engine was built with the feature `cuda`.
    pub const KNOWS_CUDA: bool = cfg!(feature = "cuda");

    /// The GPU that CUDA counts as the `number`th, from 0.
    ///
    /// # Errors
    /// [`EngineError::Compute`](crate::EngineError::Compute) where there is none, where its driver or CUDA's libraries are absent, and where the engine was built without the feature `cuda`.
    #[cfg(feature = "candle")]
    pub fn cuda(number: usize) -> Result<Self> {
        Ok(Self::Candle(candle_core::Device::new_cuda(number)?))
    }

    /// Why the host draws tokens from the logits that a GPU computes; none where the GPU draws them, and where there is none.
    #[cfg(feature = "candle")]
    pub fn drawing_problem(&self) -> Option<String> {
        #[cfg(feature = "cuda")]
        if let Self::Candle(candle_core::Device::Cuda(gpu)) = self {
            let sampler = tiebreak_kernels::DeviceSampler::new(gpu.cuda_stream());
            return sampler.err().map(|error| error.to_string());
        }
        None
    }
}

/// Whether the kernels have vector instructions of this processor; elsewhere candle computes, which has some for NEON.
///
/// The portable kernels are the reference, and were never measured beside candle's on such a processor.
#[cfg(feature = "candle")]
pub(crate) fn has_fast_kernels() -> bool {
    Kernels::detect().instruction_set() != InstructionSet::Portable
}

/// How many threads compute: what `RAYON_NUM_THREADS` says, else one for each processor; one where there are no threads.
pub(crate) fn n_threads() -> usize {
    let said = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok());
    said.filter(|threads| *threads > 0)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}
