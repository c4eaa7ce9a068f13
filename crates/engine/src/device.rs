//! What computes.

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

/// Whether the kernels have vector instructions of this processor.
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
