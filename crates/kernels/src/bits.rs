//! Conversions by the bits of a number: without a call or a branch, so that compilers turn them into vector code.

use half::bf16;

/// Adding it to a number between -2²² and 2²² leaves the nearest integer (of two, the even one) in the lowest bits; subtracting it again leaves that integer.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// A number of bfloat16, which is the upper half of one in single precision.
#[inline(always)]
pub(crate) fn widened(half: bf16) -> f32 {
    f32::from_bits(u32::from(half.to_bits()) << 16)
}
