//! Tiles by AVX2, eight outputs at a time.
//!
//! `vpmaddubsw` multiplies unsigned by signed bytes and adds pairs of products in 16 bits, where they saturate.
//! So that none does, weights of 8 bits give their sign to the values: a pair is then at most 2 * 128 * 127 = 32512.
//! Weights of fewer bits have no sign: a pair of 6 bits is at most 2 * 63 * 127 = 16002.
//! Nibbles are at most 15; all eight pairs of a block are at most 8 * 2 * 15 * 127 = 30480.
#![expect(unsafe_code, reason = "vector instructions must be known to exist, and their loads take pointers")]

use crate::STRIP;
use crate::activations::Values;
use crate::form::KnownForm;
use crate::kernels::Work;
use crate::packed::Line;
use crate::prefetch::prefetch;
use crate::tile::{Instructions, Lanes, Tile, quads};
use half::f16;
use std::arch::x86_64::*;
use std::borrow::Cow;

/// How many outputs a register has.
const HALF_STRIP: usize = STRIP / 2;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The proof, where it can be had.
    pub fn detect() -> Option<Self> {
        // Every processor with the one has the other.
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c")).then_some(Self(()))
    }
}

impl Instructions for Avx2 {
    type Values = Values;

    fn run<W: Work>(self, work: W) -> W::Output {
        // SAFETY: `self` exists only where the processor has the instructions.
        unsafe { run(work) }
    }

    fn widen(self, halves: &[[f16; STRIP]], numbers: &mut [Lanes]) {
        // SAFETY: `self` exists only where the processor has the instructions.
        unsafe { widen(halves, numbers) }
    }

    fn values<'a, F: KnownForm>(self, values: &'a [Values]) -> Cow<'a, [Values]> {
        Cow::Borrowed(values)
    }

    fn tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
        self,
        tile: &Tile<'_, Values>,
    ) -> [[Lanes; STRIPS]; ROWS] {
        let mut numbers = [[[0.0; STRIP]; STRIPS]; ROWS];
        for strip in 0..STRIPS {
            for half in 0..2 {
                // SAFETY: `self` exists only where the processor has the instructions.
                let totals = unsafe { half_tile::<F, ROWS, STRIPS>(tile, strip, half) };
                for (numbers, totals) in numbers.iter_mut().zip(&totals) {
                    numbers[strip][half * HALF_STRIP..][..HALF_STRIP].copy_from_slice(totals);
                }
            }
        }
        numbers
    }
}

#[target_feature(enable = "avx2")]
fn run<W: Work>(work: W) -> W::Output {
    work.run()
}

#[target_feature(enable = "avx2,f16c")]
fn widen(halves: &[[f16; STRIP]], numbers: &mut [Lanes]) {
    let halves = halves.as_flattened().as_chunks::<HALF_STRIP>().0;
    let numbers = numbers.as_flattened_mut().as_chunks_mut::<HALF_STRIP>().0;
    for (halves, numbers) in halves.iter().zip(numbers) {
        // SAFETY: there are 8 halves of 2 bytes, and there is room for 8 numbers of 4.
        unsafe {
            let wide = _mm256_cvtph_ps(_mm_loadu_si128(halves.as_ptr().cast()));
            _mm256_storeu_ps(numbers.as_mut_ptr(), wide);
        }
    }
}

/// The product of `ROWS` rows with half of one strip.
#[target_feature(enable = "avx2")]
fn half_tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
    tile: &Tile<'_, Values>,
    strip: usize,
    half: usize,
) -> [[f32; HALF_STRIP]; ROWS] {
    let mut totals = [_mm256_setzero_ps(); ROWS];
    let blocks = tile.blocks();
    for block in 0..blocks {
        prefetch(tile.ahead, (2 * strip + half) * blocks + block, 2 * STRIPS * blocks);
        let (values, summaries) = (tile.values::<ROWS>(block), tile.summaries::<ROWS>(block));
        let lines = tile.lines::<F, STRIPS>(strip, block);
        for group in 0..F::GROUPS {
            let scales = load_numbers(tile.scales::<F, STRIPS>(strip, block, group), half);
            let mut dots = if F::NIBBLES {
                dots_of_nibbles(values, lines, half)
            } else {
                dots_of_bytes::<F, ROWS>(values, lines, half, group)
            };
            for row in 0..ROWS {
                if F::LARGEST <= i8::MAX as i32 && F::ZERO_POINT != 0 {
                    let zero = _mm256_set1_epi32(F::ZERO_POINT * summaries[row].group_sum::<F>(group));
                    dots[row] = _mm256_sub_epi32(dots[row], zero);
                }
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(summaries[row].scale));
                let scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(dots[row]), scale);
                totals[row] = _mm256_add_ps(totals[row], scaled);
            }
            if F::MINIMUM {
                let minimums = load_numbers(tile.minimums::<F, STRIPS>(strip, block, group), half);
                for row in 0..ROWS {
                    let sum = _mm256_set1_ps(summaries[row].scaled_group_sum::<F>(group));
                    totals[row] = _mm256_add_ps(totals[row], _mm256_mul_ps(minimums, sum));
                }
            }
        }
    }
    stored(&totals)
}

/// The dot products of one block's nibbles, the zero point not yet taken off.
#[inline]
#[target_feature(enable = "avx2")]
fn dots_of_nibbles<const ROWS: usize>(
    values: &[Values; ROWS],
    lines: &[Line],
    half: usize,
) -> [__m256i; ROWS] {
    let mask = _mm256_set1_epi8(15);
    let mut sums = [_mm256_setzero_si256(); ROWS];
    for (quad, line) in lines.iter().enumerate() {
        let line = load_half(line, half);
        let low = _mm256_and_si256(line, mask);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(line), mask);
        for row in 0..ROWS {
            let of_low = _mm256_maddubs_epi16(low, _mm256_set1_epi32(values[row].quad(quad)));
            let of_high = _mm256_maddubs_epi16(high, _mm256_set1_epi32(values[row].quad(quad + 4)));
            sums[row] = _mm256_add_epi16(sums[row], _mm256_add_epi16(of_low, of_high));
        }
    }
    for sum in &mut sums {
        *sum = _mm256_madd_epi16(*sum, _mm256_set1_epi16(1));
    }
    sums
}

/// The dot products of one group's bytes; the zero point is taken off where they have 8 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn dots_of_bytes<F: KnownForm, const ROWS: usize>(
    values: &[Values; ROWS],
    lines: &[Line],
    half: usize,
    group: usize,
) -> [__m256i; ROWS] {
    let mut dots = [_mm256_setzero_si256(); ROWS];
    for quad in quads::<F>(group) {
        let line = load_half(&lines[quad], half);
        // To flip the highest bit of 8 is to take 128 off.
        let weights = _mm256_xor_si256(line, _mm256_set1_epi8(i8::MIN));
        let magnitudes = _mm256_abs_epi8(weights);
        for row in 0..ROWS {
            let values = _mm256_set1_epi32(values[row].quad(quad));
            let pairs = if F::LARGEST <= i8::MAX as i32 {
                _mm256_maddubs_epi16(line, values)
            } else {
                _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(values, weights))
            };
            dots[row] = _mm256_add_epi32(dots[row], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
        }
    }
    dots
}

/// The first or the second eight outputs' weights.
#[inline]
#[target_feature(enable = "avx2")]
fn load_half(line: &Line, half: usize) -> __m256i {
    let bytes = &line.0.as_chunks::<32>().0[half];
    // SAFETY: there are 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// The first or the second eight outputs' numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn load_numbers(numbers: &Lanes, half: usize) -> __m256 {
    let numbers = &numbers.as_chunks::<HALF_STRIP>().0[half];
    // SAFETY: there are 8 numbers of 4 bytes.
    unsafe { _mm256_loadu_ps(numbers.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn stored<const ROWS: usize>(totals: &[__m256; ROWS]) -> [[f32; HALF_STRIP]; ROWS] {
    let mut numbers = [[0.0; HALF_STRIP]; ROWS];
    for (numbers, total) in numbers.iter_mut().zip(totals) {
        // SAFETY: there is room for 8 numbers of 4 bytes.
        unsafe { _mm256_storeu_ps(numbers.as_mut_ptr(), *total) };
    }
    numbers
}
