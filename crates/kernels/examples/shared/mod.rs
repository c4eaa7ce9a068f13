//! Matrices to be measured.

use tiebreak_kernels::{Format, PackedMatrix, Result, Shape};

/// A matrix of arbitrary weights.
pub fn matrix(format: Format, shape: Shape) -> Result<PackedMatrix> {
    let length = shape.outputs * shape.inputs / format.block_values() * format.block_bytes();
    let mut state = 0u32;
    let bytes: Vec<u8> = (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // No half is infinite, no product overflows, and none is so small that processors take longer for it.
            (state >> 24) as u8 & 0x3B | 0x04
        })
        .collect();
    PackedMatrix::pack(format, shape, &bytes)
}

/// Equal matrices that fill `bytes` bytes.
pub fn matrices(format: Format, shape: Shape, bytes: usize) -> Result<Vec<PackedMatrix>> {
    let first = matrix(format, shape)?;
    let count = bytes.div_ceil(first.bytes());
    Ok(vec![first; count])
}

/// The inputs of one row.
pub fn input(inputs: usize) -> Vec<f32> {
    (0..inputs).map(|i| (i as f32).sin()).collect()
}
