//! Tiles by WebAssembly's 128-bit vectors, whichever instructions multiply.
#![expect(unsafe_code, reason = "vector loads and stores take pointers")]

use crate::STRIP;
use crate::form::KnownForm;
use crate::packed::Line;
use crate::tile::{Instructions, Lanes, Tile};
use half::f16;
use std::arch::wasm32::*;
use std::hint::black_box;

/// How many outputs a vector has.
const QUARTER: usize = STRIP / 4;

/// Instructions that multiply integers. A module that has them at all is compiled with them.
pub(crate) trait Dots: Instructions {
    /// The dot products of one group with `QUARTERS` quarters of a strip from `first` on, the zero point not yet taken off.
    fn dots<F: KnownForm, const ROWS: usize, const QUARTERS: usize>(
        self,
        values: &[Self::Values; ROWS],
        lines: &[Line],
        group: usize,
        first: usize,
    ) -> [[v128; ROWS]; QUARTERS];
}

/// The product of `ROWS` rows with `STRIPS` strips.
///
/// It goes over one strip after another, and with many rows twice over each, so that the sums and what they are made of fit into the 16 registers that most processors have.
#[inline]
pub(crate) fn tile<D: Dots, F: KnownForm, const ROWS: usize, const STRIPS: usize>(
    dots: D,
    tile: &Tile<'_, D::Values>,
) -> [[Lanes; STRIPS]; ROWS] {
    let mut numbers = [[[0.0; STRIP]; STRIPS]; ROWS];
    for strip in 0..STRIPS {
        if ROWS <= 2 {
            let totals = quarters::<D, F, ROWS, STRIPS, 4>(dots, tile, strip, 0);
            store(&totals, strip, 0, &mut numbers);
        } else {
            for first in [0, 2] {
                let totals = quarters::<D, F, ROWS, STRIPS, 2>(dots, tile, strip, first);
                store(&totals, strip, first, &mut numbers);
            }
        }
    }
    numbers
}

/// The product of `ROWS` rows with `QUARTERS` quarters of one strip from `first` on.
///
/// It is never inlined: browsers' compilers keep sums in registers where a function is small.
#[inline(never)]
fn quarters<D: Dots, F: KnownForm, const ROWS: usize, const STRIPS: usize, const QUARTERS: usize>(
    dots: D,
    tile: &Tile<'_, D::Values>,
    strip: usize,
    first: usize,
) -> [[v128; ROWS]; QUARTERS] {
    let mut totals = [[f32x4_splat(0.0); ROWS]; QUARTERS];
    for block in 0..tile.blocks() {
        let (values, summaries) = (tile.values::<ROWS>(block), tile.summaries::<ROWS>(block));
        let lines = tile.lines::<F, STRIPS>(strip, block);
        for group in 0..F::GROUPS {
            let scales = tile.scales::<F, STRIPS>(strip, block, group);
            let dots = dots.dots::<F, ROWS, QUARTERS>(values, lines, group, first);
            for (row, summary) in summaries.iter().enumerate() {
                let zero = i32x4_splat(F::ZERO_POINT * summary.group_sum::<F>(group));
                for (i, (totals, dots)) in totals.iter_mut().zip(&dots).enumerate() {
                    let scale = f32x4_mul(load_numbers(scales, first + i), f32x4_splat(summary.scale));
                    let scaled = f32x4_mul(f32x4_convert_i32x4(i32x4_sub(dots[row], zero)), scale);
                    totals[row] = f32x4_add(totals[row], scaled);
                }
            }
            if F::MINIMUM {
                let minimums = tile.minimums::<F, STRIPS>(strip, block, group);
                for (i, totals) in totals.iter_mut().enumerate() {
                    let minimums = load_numbers(minimums, first + i);
                    for (total, summary) in totals.iter_mut().zip(summaries) {
                        let sum = f32x4_splat(summary.scaled_group_sum::<F>(group));
                        *total = f32x4_add(*total, f32x4_mul(minimums, sum));
                    }
                }
            }
        }
    }
    totals
}

/// `quads` groups of four inputs, counted when the program runs where there is one row.
///
/// A loop over quads that compilers unroll needs more registers than there are, as they then go over one output after another; with more rows they do not.
#[inline(always)]
pub(crate) fn counted<const ROWS: usize>(quads: usize) -> usize {
    if ROWS == 1 { black_box(quads) } else { quads }
}

/// Four inputs' packed weights of four outputs.
#[inline(always)]
pub(crate) fn load_quarter(line: &Line, quarter: usize) -> v128 {
    load_bytes(&line.0.as_chunks().0[quarter])
}

#[inline(always)]
pub(crate) fn load_bytes(bytes: &[u8; 16]) -> v128 {
    // SAFETY: there are 16 bytes.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

#[inline(always)]
fn load_numbers(numbers: &Lanes, quarter: usize) -> v128 {
    let numbers = &numbers.as_chunks::<QUARTER>().0[quarter];
    // SAFETY: there are 4 numbers of 4 bytes.
    unsafe { v128_load(numbers.as_ptr().cast()) }
}

/// Writes what belongs to quarters of one strip from `first` on.
#[inline(always)]
fn store<const ROWS: usize, const STRIPS: usize, const QUARTERS: usize>(
    totals: &[[v128; ROWS]; QUARTERS],
    strip: usize,
    first: usize,
    numbers: &mut [[Lanes; STRIPS]; ROWS],
) {
    for (i, totals) in totals.iter().enumerate() {
        for (total, numbers) in totals.iter().zip(&mut *numbers) {
            let numbers = &mut numbers[strip].as_chunks_mut::<QUARTER>().0[first + i];
            // SAFETY: there is room for 4 numbers of 4 bytes.
            unsafe { v128_store(numbers.as_mut_ptr().cast(), *total) };
        }
    }
}

/// Writes each of `halves`, of whole strips, in single precision.
pub(crate) fn widen(halves: &[f16], numbers: &mut [f32]) {
    /// All ones in infinities and in what is no number.
    const EXPONENT: u16 = 0x7C00;
    let mut exponents = u16x8_splat(0);
    for (halves, numbers) in halves.as_chunks::<8>().0.iter().zip(numbers.as_chunks_mut::<8>().0) {
        // SAFETY: there are 8 numbers of 2 bytes.
        let bits = unsafe { v128_load(halves.as_ptr().cast()) };
        exponents = u16x8_max(exponents, v128_and(bits, u16x8_splat(EXPONENT)));
        let (low, high) = (widened(i32x4_extend_low_i16x8(bits)), widened(i32x4_extend_high_i16x8(bits)));
        // SAFETY: there is room for 8 numbers of 4 bytes.
        unsafe {
            v128_store(numbers.as_mut_ptr().cast(), low);
            v128_store(numbers.as_mut_ptr().add(4).cast(), high);
        }
    }
    if v128_any_true(u16x8_eq(exponents, u16x8_splat(EXPONENT))) {
        halves.iter().zip(numbers).for_each(|(half, number)| *number = half.to_f32());
    }
}

/// Finite numbers of half precision, whose bits are given with their sign continued, in single precision.
#[inline(always)]
fn widened(bits: v128) -> v128 {
    /// Sign, exponent and mantissa, where those of single precision stand.
    const BITS: i32 = 0x8FFF_E000_u32 as i32;
    /// The exponent there is too small by 127 - 15.
    const REBIAS: f32 = f32::from_bits((127 + 112) << 23);
    f32x4_mul(v128_and(i32x4_shl(bits, 13), i32x4_splat(BITS)), f32x4_splat(REBIAS))
}
