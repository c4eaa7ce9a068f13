//! Blocks of a GGUF file, one after another, as ggml's `ggml-common.h` and `ggml-quants.c` define them.

use crate::BLOCK;
use crate::format::Format;
use half::{bf16, f16};

/// 32 weights of one output: `scale * factors * (quants - zero point) + minimum * minimum_factors`.
///
/// The zero point is the form's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    pub quants: [u8; BLOCK],
    pub scale: f16,
    /// For the first and the last 16 weights; 1 where scales are not nested.
    pub factors: [i8; 2],
    pub minimum: f16,
    /// For the first and the last 16 weights; 1 where minimums are not nested.
    pub minimum_factors: [i8; 2],
}

/// The largest number of half precision.
const LARGEST_SCALE: f32 = 65504.0;

/// Reads block `index` of one output, whose bytes are `output`.
///
/// `None` when a weight of an unquantized format cannot be packed.
///
/// # Panics
/// When `output` is shorter than `index + 1` blocks of 32.
pub(crate) fn read(format: Format, output: &[u8], index: usize) -> Option<Block> {
    let per_block = format.block_values() / BLOCK;
    let bytes = &output[index / per_block * format.block_bytes()..][..format.block_bytes()];
    let part = index % per_block;
    Some(match format {
        Format::F32 => return rounded(bytes, f32::from_le_bytes),
        Format::F16 => return rounded(bytes, |number| f16::from_le_bytes(number).to_f32()),
        Format::Bf16 => return rounded(bytes, |number| bf16::from_le_bytes(number).to_f32()),
        Format::Q4_0 => plain(nibbles(&bytes[2..]), half_at(bytes, 0)),
        Format::Q4_1 => with_minimum(nibbles(&bytes[4..]), bytes),
        Format::Q5_0 => plain(five_bits(&bytes[2..]).map(|q| q + 128 - 16), half_at(bytes, 0)),
        Format::Q5_1 => with_minimum(five_bits(&bytes[4..]), bytes),
        Format::Q8_0 => plain(std::array::from_fn(|i| bytes[2 + i] ^ 0x80), half_at(bytes, 0)),
        Format::Q2K => two_bits_of_part(bytes, part),
        Format::Q3K => three_bits_of_part(bytes, part),
        Format::Q4K => nested(nibbles_of_part(&bytes[16..], part), bytes, part),
        Format::Q5K => nested(five_bits_of_part(bytes, part), bytes, part),
        Format::Q6K => six_bits_of_part(bytes, part),
    })
}

fn half_at(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn plain(quants: [u8; BLOCK], scale: f16) -> Block {
    Block { quants, scale, factors: [1; 2], minimum: f16::ZERO, minimum_factors: [0; 2] }
}

fn with_minimum(quants: [u8; BLOCK], bytes: &[u8]) -> Block {
    Block { minimum: half_at(bytes, 2), minimum_factors: [1; 2], ..plain(quants, half_at(bytes, 0)) }
}

/// 32 numbers of 4 bits: the low halves of 16 bytes, then the high ones.
fn nibbles(bytes: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|i| if i < 16 { bytes[i] & 15 } else { bytes[i - 16] >> 4 })
}

/// 32 numbers of 5 bits: their fifth bits in one little-endian number, then the others.
fn five_bits(bytes: &[u8]) -> [u8; BLOCK] {
    let low = nibbles(&bytes[4..]);
    std::array::from_fn(|i| low[i] | (bytes[i / 8] >> (i % 8) & 1) << 4)
}

/// The 4-bit numbers of part `part` of eight: two parts share 32 bytes, the first in the low halves.
fn nibbles_of_part(bytes: &[u8], part: usize) -> [u8; BLOCK] {
    let bytes = &bytes[part / 2 * 32..];
    std::array::from_fn(|i| bytes[i] >> (4 * (part % 2)) & 15)
}

fn five_bits_of_part(bytes: &[u8], part: usize) -> [u8; BLOCK] {
    let (fifth, low) = (&bytes[16..48], nibbles_of_part(&bytes[48..], part));
    std::array::from_fn(|i| low[i] | (fifth[i] >> part & 1) << 4)
}

/// The 2-bit numbers of part `part` of eight: four parts share 32 bytes, the first in the lowest bits.
fn pairs_of_part(bytes: &[u8], part: usize) -> [u8; BLOCK] {
    let bytes = &bytes[part / 4 * 32..];
    std::array::from_fn(|i| bytes[i] >> (2 * (part % 4)) & 3)
}

/// Q2_K: 16 bytes with a factor of a scale in the low half and one of a minimum in the high one, 64 bytes of weights, what multiplies all scales, what multiplies all minimums.
fn two_bits_of_part(bytes: &[u8], part: usize) -> Block {
    let factors = [bytes[2 * part], bytes[2 * part + 1]];
    Block {
        quants: pairs_of_part(&bytes[16..], part),
        scale: half_at(bytes, 80),
        factors: factors.map(|factors| (factors & 15) as i8),
        // The file's minimums are subtracted.
        minimum: -half_at(bytes, 82),
        minimum_factors: factors.map(|factors| (factors >> 4) as i8),
    }
}

/// Q3_K: 32 bytes of third bits, 64 of the lower two, 16 factors of 6 bits of which 32 is zero, and what multiplies them all.
fn three_bits_of_part(bytes: &[u8], part: usize) -> Block {
    let (third, low) = (&bytes[..32], pairs_of_part(&bytes[32..], part));
    let quants = std::array::from_fn(|i| (low[i] | (third[i] >> part & 1) << 2) + 32 - 4);
    let packed = &bytes[96..108];
    // The lower four bits of factors 0 to 7 and 8 to 15 share bytes; so do the upper two of every fourth factor.
    let factor = |i: usize| {
        let low = packed[i % 8] >> (4 * (i / 8)) & 15;
        (low | (packed[8 + i % 4] >> (2 * (i / 4)) & 3) << 4) as i8 - 32
    };
    Block { factors: [factor(2 * part), factor(2 * part + 1)], ..plain(quants, half_at(bytes, 108)) }
}

/// Q4_K and Q5_K: a factor of all scales, a factor of all minimums, then eight of each in 6 bits.
fn nested(quants: [u8; BLOCK], bytes: &[u8], part: usize) -> Block {
    let packed = &bytes[4..16];
    let (scale, minimum) = if part < 4 {
        (packed[part] & 63, packed[part + 4] & 63)
    } else {
        let (scale_top, minimum_top) = (packed[part - 4] >> 6, packed[part] >> 6);
        (packed[part + 4] & 15 | scale_top << 4, packed[part + 4] >> 4 | minimum_top << 4)
    };
    Block {
        quants,
        scale: half_at(bytes, 0),
        factors: [scale as i8; 2],
        // The file's minimums are subtracted.
        minimum: -half_at(bytes, 2),
        minimum_factors: [minimum as i8; 2],
    }
}

/// Q6_K: 128 bytes of low halves, 64 of the upper two bits, 16 factors, and what multiplies them all.
fn six_bits_of_part(bytes: &[u8], part: usize) -> Block {
    let (half, quarter) = (part / 4, part % 4);
    let low = &bytes[64 * half + 32 * (quarter % 2)..];
    let top = &bytes[128 + 32 * half..];
    let quants =
        std::array::from_fn(|i| low[i] >> (4 * (quarter / 2)) & 15 | (top[i] >> (2 * quarter) & 3) << 4);
    let factor = |i: usize| bytes[192 + 2 * part + i] as i8;
    Block { factors: [factor(0), factor(1)], ..plain(quants, half_at(bytes, 208)) }
}

/// Rounds 32 unquantized weights to multiples of a 127th of the largest.
fn rounded<const BYTES: usize>(bytes: &[u8], number: impl Fn([u8; BYTES]) -> f32) -> Option<Block> {
    let (numbers, _) = bytes.as_chunks::<BYTES>();
    let weights: [f32; BLOCK] = std::array::from_fn(|i| number(numbers[i]));
    let largest = weights.iter().fold(0.0f32, |largest, weight| largest.max(weight.abs()));
    if weights.iter().any(|weight| !weight.is_finite()) || largest > 127.0 * LARGEST_SCALE {
        return None;
    }
    let scale = half_not_below(largest / 127.0);
    let step = if scale == f16::ZERO { f32::INFINITY } else { scale.to_f32() };
    let quants = weights.map(|weight| ((weight / step).round_ties_even() as i32 + 128) as u8);
    Some(plain(quants, scale))
}

/// The least number of half precision that is at least `number`, so that what it scales stays within 8 bits.
fn half_not_below(number: f32) -> f16 {
    let half = f16::from_f32(number);
    if half.to_f32() < number { f16::from_bits(half.to_bits() + 1) } else { half }
}
