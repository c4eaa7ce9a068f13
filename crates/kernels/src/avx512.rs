//! Tiles by AVX-512 with its instructions for neural networks: `vpdpbusd` multiplies 64 pairs of bytes and adds them by fours.
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

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// The proof, where it can be had.
    pub fn detect() -> Option<Self> {
        let detected = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        detected.then_some(Self(()))
    }
}

impl Instructions for Avx512 {
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
        input: &Tile<'_, Values>,
    ) -> [[Lanes; STRIPS]; ROWS] {
        // SAFETY: `self` exists only where the processor has the instructions.
        unsafe { tile::<F, ROWS, STRIPS>(input) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn run<W: Work>(work: W) -> W::Output {
    work.run()
}

#[target_feature(enable = "avx512f")]
fn widen(halves: &[[f16; STRIP]], numbers: &mut [Lanes]) {
    for (halves, numbers) in halves.iter().zip(numbers) {
        // SAFETY: there are 16 halves of 2 bytes, and there is room for 16 numbers of 4.
        unsafe {
            let wide = _mm512_cvtph_ps(_mm256_loadu_si256(halves.as_ptr().cast()));
            _mm512_storeu_ps(numbers.as_mut_ptr(), wide);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
    tile: &Tile<'_, Values>,
) -> [[Lanes; STRIPS]; ROWS] {
    let mut totals = [[_mm512_setzero_ps(); STRIPS]; ROWS];
    let blocks = tile.blocks();
    for block in 0..blocks {
        prefetch(tile.ahead, block, blocks);
        let summaries = tile.summaries::<ROWS>(block);
        for group in 0..F::GROUPS {
            let dots = dots::<F, ROWS, STRIPS>(tile, block, group);
            for strip in 0..STRIPS {
                let scales = load_numbers(tile.scales::<F, STRIPS>(strip, block, group));
                for row in 0..ROWS {
                    let scale = _mm512_mul_ps(scales, _mm512_set1_ps(summaries[row].scale));
                    let scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(dots[row][strip]), scale);
                    totals[row][strip] = _mm512_add_ps(totals[row][strip], scaled);
                }
            }
            if F::MINIMUM {
                add_minimums::<F, ROWS, STRIPS>(tile, block, group, &mut totals);
            }
        }
    }
    stored(&totals)
}

/// The dot products of one group, which start at what the zero point takes from them.
///
/// The weights are the instruction's unsigned side, and products of four bytes stay below 2¹⁷, so that nothing overflows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn dots<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
    tile: &Tile<'_, Values>,
    block: usize,
    group: usize,
) -> [[__m512i; STRIPS]; ROWS] {
    let values = tile.values::<ROWS>(block);
    let mut dots = [[_mm512_setzero_si512(); STRIPS]; ROWS];
    if F::ZERO_POINT != 0 {
        let summaries = tile.summaries::<ROWS>(block);
        for row in 0..ROWS {
            let sum = _mm512_set1_epi32(summaries[row].group_sum::<F>(group));
            dots[row] = [_mm512_mullo_epi32(sum, _mm512_set1_epi32(-F::ZERO_POINT)); STRIPS];
        }
    }
    for quad in quads::<F>(group) {
        let mut weights = [_mm512_setzero_si512(); STRIPS];
        for (strip, weights) in weights.iter_mut().enumerate() {
            *weights = weights_of_quad::<F>(tile.lines::<F, STRIPS>(strip, block), quad);
        }
        for row in 0..ROWS {
            let values = _mm512_set1_epi32(values[row].quad(quad));
            for strip in 0..STRIPS {
                dots[row][strip] = _mm512_dpbusd_epi32(dots[row][strip], weights[strip], values);
            }
        }
    }
    dots
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn add_minimums<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
    tile: &Tile<'_, Values>,
    block: usize,
    group: usize,
    totals: &mut [[__m512; STRIPS]; ROWS],
) {
    for strip in 0..STRIPS {
        let minimums = load_numbers(tile.minimums::<F, STRIPS>(strip, block, group));
        for (totals, summary) in totals.iter_mut().zip(tile.summaries::<ROWS>(block)) {
            let sum = _mm512_set1_ps(summary.scaled_group_sum::<F>(group));
            totals[strip] = _mm512_add_ps(totals[strip], _mm512_mul_ps(minimums, sum));
        }
    }
}

/// Four inputs' weights of 16 outputs, a byte each.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn weights_of_quad<F: KnownForm>(lines: &[Line], quad: usize) -> __m512i {
    if !F::NIBBLES {
        return load_line(&lines[quad]);
    }
    let line = load_line(&lines[quad % 4]);
    let nibbles = if quad < 4 { line } else { _mm512_srli_epi16::<4>(line) };
    _mm512_and_si512(nibbles, _mm512_set1_epi8(15))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_line(line: &Line) -> __m512i {
    // SAFETY: a line has 64 bytes.
    unsafe { _mm512_loadu_si512(line.0.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_numbers(numbers: &Lanes) -> __m512 {
    // SAFETY: there are 16 numbers of 4 bytes.
    unsafe { _mm512_loadu_ps(numbers.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn stored<const ROWS: usize, const STRIPS: usize>(
    totals: &[[__m512; STRIPS]; ROWS],
) -> [[Lanes; STRIPS]; ROWS] {
    let mut numbers = [[[0.0; STRIP]; STRIPS]; ROWS];
    for row in 0..ROWS {
        for strip in 0..STRIPS {
            // SAFETY: there is room for 16 numbers of 4 bytes.
            unsafe { _mm512_storeu_ps(numbers[row][strip].as_mut_ptr(), totals[row][strip]) };
        }
    }
    numbers
}
