//! Quantized weights packed once, and int8 matrix products over them.
//!
//! A linear layer is `output = weights · input`: weights (outputs, inputs) as a GGUF file stores them, input (rows, inputs), output (rows, outputs).
//! Here that takes three steps:
//!
//! 1. [`PackedMatrix::pack`] rearranges a tensor's blocks, once, into strips of [`STRIP`] outputs, so that one vector register holds four inputs' weights of each of them. Nothing is lost: the packed weights are those of the file, except that F32, F16 and BF16 are rounded to 8 bits; a [`DenseMatrix`] keeps these as they are, for products in single precision.
//! 2. [`Activations`] hold the input in 8 bits with a scale for every [`BLOCK`] values. It is quantized once for all the layers that read it.
//! 3. [`Kernels::multiply`] computes some strips of the output, and [`Kernels::multiply_dense`] those of a [`DenseMatrix`]. The caller decides how many threads share them.
//!
//! ```
//! use tiebreak_kernels::{Activations, Columns, Format, Keeps, Kernels, PackedMatrix, Shape};
//!
//! // One output with the weights 2, 4, 6, ... 64, and one row of ones.
//! let mut bytes = half::f16::from_f32(2.0).to_le_bytes().to_vec();
//! bytes.extend(1..=32u8);
//! let weights = PackedMatrix::pack(Format::Q8_0, Shape { outputs: 1, inputs: 32 }, &bytes)?;
//!
//! let kernels = Kernels::detect();
//! let mut input = Activations::new(1, 32, Keeps::Quantized)?;
//! input.all_blocks().write_row(kernels, 0, &[1.0; 32])?;
//!
//! let mut output = [0.0];
//! kernels.multiply(&weights, 0..weights.strips(), &input, &mut Columns::new(&mut output, 1, 1)?)?;
//! assert!((output[0] - 1056.0).abs() < 0.001);
//! # Ok::<(), tiebreak_kernels::KernelError>(())
//! ```
//!
//! Beside products there is what lies between them in a transformer's layer:
//!
//! - [`Kernels::attend`]: many [queries](Query) over one [`Stretch`] of keys and values, with the softmax carried along from stretch to stretch.
//! - [`Kernels::normalise`], [`Kernels::gate`], [`Kernels::turn`] and their like, number by number, and the exponentials that a sampler needs.
//! - [`Team`]: threads that stay between one product and the next, and share the parts of a whole.
//!
//! # The same bits everywhere
//! A dot product of 32 weights is an exact integer on every processor; the few operations in f32 that follow are the same ones in the same order, without fused multiply-add.
//! So an output has the same bits on AVX-512, on AVX2, in WebAssembly and in plain Rust, for any number of rows beside its own, and for any division among threads.
//! (Only the payload of a NaN, which weights or inputs that are no numbers give, may differ.)
//!
//! # On a GPU
//! With the feature `cuda` there is one kernel for NVIDIA's GPUs too: it draws tokens from logits that lie there ([`DeviceDraw`], [`DeviceDrawn`]).
//!
//! # What it does not do
//! It reads no file, knows no model, and starts no thread but those that a [`Team`] is asked for: what computes runs on the thread that calls it.
#![deny(missing_docs)]

mod activations;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bits;
mod blocks;
mod columns;
#[cfg(feature = "cuda")]
mod cuda;
mod dense;
mod elementwise;
mod error;
mod exponential;
mod form;
mod format;
mod kernels;
mod pack;
mod packed;
mod plane;
mod portable;
#[cfg(target_arch = "x86_64")]
mod prefetch;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod relaxed;
mod sampling;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
mod sweep;
mod team;
mod tile;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

pub use activations::{ActivationBlocks, Activations, Keeps};
pub use attention::{Query, Remembered, Scoring, Stretch};
pub use columns::Columns;
#[cfg(feature = "cuda")]
pub use cuda::DeviceSampler;
pub use dense::DenseMatrix;
pub use elementwise::Activation;
pub use error::{KernelError, Result};
pub use format::{Format, Shape};
pub use kernels::{InstructionSet, Kernels};
pub use packed::PackedMatrix;
pub use sampling::{DeviceDraw, DeviceDrawn, MOST_DEVICE_TOKENS};
pub use team::Team;

/// How many numbers stand side by side, whatever the processor has: as many as a 512-bit register has lanes of 32 bits.
pub const LANES: usize = 16;

/// How many outputs stand side by side in a strip.
pub const STRIP: usize = LANES;

/// How many inputs share one scale of the activations.
pub const BLOCK: usize = 32;

#[cfg(test)]
mod tests;
