//! Products of integers by WebAssembly's relaxed SIMD.
//!
//! `relaxed_dot_i8x16_i7x16` multiplies signed bytes by bytes of 7 bits, and adds the products by twos in 16 bits or by fours in 32.
//! Engines may differ in bytes of 8 bits and in sums that overflow: there are none here, so that all compute the same.
//! Weights are the 7 bits; those of 8 bits are taken apart into nibbles.

use crate::STRIP;
use crate::activations::Values;
use crate::form::KnownForm;
use crate::packed::Line;
use crate::tile::{Instructions, Lanes, Tile};
use crate::wasm::{self, Dots, counted, load_quarter};
use half::f16;
use std::arch::wasm32::*;
use std::borrow::Cow;
use std::hint::black_box;

/// Relaxed SIMD: `BY_FOURS` where the engine adds products by fours with one instruction of the processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relaxed<const BY_FOURS: bool>;

/// Whether adding by fours takes one instruction of the processor.
///
/// Where a processor only adds by twos, with saturation, engines add the two sums by further instructions; a second operand of 8 bits shows whether this one does.
pub(crate) fn adds_by_fours() -> bool {
    const BY_TWOS: i32 = 2 * i16::MAX as i32;
    let (values, weights) = (black_box(i8x16_splat(127)), black_box(u8x16_splat(255)));
    i32x4_extract_lane::<0>(i32x4_relaxed_dot_i8x16_i7x16_add(values, weights, i32x4_splat(0))) != BY_TWOS
}

impl<const BY_FOURS: bool> Instructions for Relaxed<BY_FOURS> {
    type Values = Values;

    fn widen(self, halves: &[[f16; STRIP]], numbers: &mut [Lanes]) {
        wasm::widen(halves.as_flattened(), numbers.as_flattened_mut());
    }

    fn values<'a, F: KnownForm>(self, values: &'a [Values]) -> Cow<'a, [Values]> {
        Cow::Borrowed(values)
    }

    fn tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
        self,
        tile: &Tile<'_, Values>,
    ) -> [[Lanes; STRIPS]; ROWS] {
        wasm::tile::<Self, F, ROWS, STRIPS>(self, tile)
    }
}

impl<const BY_FOURS: bool> Dots for Relaxed<BY_FOURS> {
    #[inline(always)]
    fn dots<F: KnownForm, const ROWS: usize, const QUARTERS: usize>(
        self,
        values: &[Values; ROWS],
        lines: &[Line],
        group: usize,
        first: usize,
    ) -> [[v128; ROWS]; QUARTERS] {
        if F::NIBBLES {
            return self.dots_of_nibbles(values, lines, first);
        }
        if F::LARGEST > i8::MAX as i32 {
            return self.dots_of_halves(values, lines, first);
        }
        let mut dots = [[i32x4_splat(0); ROWS]; QUARTERS];
        // As many quads as 16 bits hold the products of.
        let together = F::QUADS.min((i16::MAX as i32 / (2 * 127 * F::LARGEST)) as usize);
        for part in 0..F::QUADS / together {
            let first_quad = group * F::QUADS + part * together;
            let mut sums = [[i32x4_splat(0); ROWS]; QUARTERS];
            for (quad, line) in lines[first_quad..][..counted::<ROWS>(together)].iter().enumerate() {
                let quad = (first_quad + quad) % 8;
                for (i, sums) in sums.iter_mut().enumerate() {
                    let line = load_quarter(line, first + i);
                    for (sum, values) in sums.iter_mut().zip(values) {
                        self.add_dot(sum, line, values.quad(quad));
                    }
                }
            }
            for (dots, sums) in dots.iter_mut().zip(sums) {
                for (dot, sum) in dots.iter_mut().zip(sums) {
                    *dot = i32x4_add(*dot, self.by_output(sum));
                }
            }
        }
        dots
    }
}

impl<const BY_FOURS: bool> Relaxed<BY_FOURS> {
    /// The products of all 32 inputs are at most 8 * 2 * 15 * 127 = 30480.
    #[inline(always)]
    fn dots_of_nibbles<const ROWS: usize, const QUARTERS: usize>(
        self,
        values: &[Values; ROWS],
        lines: &[Line],
        first: usize,
    ) -> [[v128; ROWS]; QUARTERS] {
        let mut sums = [[i32x4_splat(0); ROWS]; QUARTERS];
        for (quad, line) in lines[..counted::<ROWS>(4)].iter().enumerate() {
            let quad = quad % 4;
            for (i, sums) in sums.iter_mut().enumerate() {
                let (low, high) = nibbles(load_quarter(line, first + i));
                for (sum, values) in sums.iter_mut().zip(values) {
                    self.add_dot(sum, low, values.quad(quad));
                    self.add_dot(sum, high, values.quad(quad + 4));
                }
            }
        }
        sums.map(|sums| sums.map(|sum| self.by_output(sum)))
    }

    /// Of bytes, whose halves are multiplied apart.
    #[inline(always)]
    fn dots_of_halves<const ROWS: usize, const QUARTERS: usize>(
        self,
        values: &[Values; ROWS],
        lines: &[Line],
        first: usize,
    ) -> [[v128; ROWS]; QUARTERS] {
        let mut sums = [[[i32x4_splat(0); 2]; ROWS]; QUARTERS];
        for (quad, line) in lines[..counted::<ROWS>(8)].iter().enumerate() {
            let quad = quad % 8;
            for (i, sums) in sums.iter_mut().enumerate() {
                let (low, high) = nibbles(load_quarter(line, first + i));
                for ([of_low, of_high], values) in sums.iter_mut().zip(values) {
                    self.add_dot(of_low, low, values.quad(quad));
                    self.add_dot(of_high, high, values.quad(quad));
                }
            }
        }
        let whole =
            |[low, high]: [v128; 2]| i32x4_add(self.by_output(low), i32x4_shl(self.by_output(high), 4));
        sums.map(|sums| sums.map(whole))
    }

    /// Adds the products of four outputs' weights with four values.
    #[inline(always)]
    fn add_dot(self, sums: &mut v128, weights: v128, values: i32) {
        let values = i32x4_splat(values);
        *sums = if BY_FOURS {
            i32x4_relaxed_dot_i8x16_i7x16_add(values, weights, *sums)
        } else {
            i16x8_add(*sums, i16x8_relaxed_dot_i8x16_i7x16(values, weights))
        };
    }

    /// What was added up, a number for each output.
    #[inline(always)]
    fn by_output(self, sums: v128) -> v128 {
        if BY_FOURS { sums } else { i32x4_extadd_pairwise_i16x8(sums) }
    }
}

/// The lower and the upper halves of bytes.
#[inline(always)]
fn nibbles(bytes: v128) -> (v128, v128) {
    let mask = u8x16_splat(15);
    (v128_and(bytes, mask), v128_and(u16x8_shr(bytes, 4), mask))
}
