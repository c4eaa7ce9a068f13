//! Products of integers by WebAssembly's 128-bit vectors.
//!
//! `i32x4.dot_i16x8_s` multiplies numbers of 16 bits and adds each two products in 32.
//! A vector of packed bytes has four inputs of four outputs: read as numbers of 16 bits, the even inputs are their lower halves and the odd ones their upper halves.
//! Widened where they stand, they are pairs of one output, so that sums have an output a lane and nothing moves between lanes.

use crate::STRIP;
use crate::activations::Values;
use crate::form::KnownForm;
use crate::packed::Line;
use crate::tile::{Instructions, Lanes, Tile};
use crate::wasm::{self, Dots, counted, load_quarter};
use half::f16;
use std::arch::wasm32::*;
use std::borrow::Cow;

/// The vectors that every browser has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Simd128;

/// 32 values of one row in 16 bits, two in each number: those at the even inputs of each quad, and those at the odd ones.
#[derive(Clone)]
pub(crate) struct Pairs {
    even: [i32; 8],
    odd: [i32; 8],
}

/// How many bits a sum of nibbles' products stands to the left, so that most nibbles can be multiplied where they are.
const SHIFT: u32 = 8;

/// How many bits to the left the nibbles of a quad's even or odd inputs stand when they are multiplied.
const fn place(quad: usize, odd: usize) -> u32 {
    match (quad < 4, odd) {
        (true, 0) => 0,
        (false, 0) => 4,
        (true, _) => 8,
        // The highest would be negative, and are moved.
        (false, _) => 0,
    }
}

impl Instructions for Simd128 {
    type Values = Pairs;

    fn widen(self, halves: &[[f16; STRIP]], numbers: &mut [Lanes]) {
        wasm::widen(halves.as_flattened(), numbers.as_flattened_mut());
    }

    fn values<'a, F: KnownForm>(self, values: &'a [Values]) -> Cow<'a, [Pairs]> {
        values.iter().map(Pairs::new::<F>).collect()
    }

    fn tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(
        self,
        tile: &Tile<'_, Pairs>,
    ) -> [[Lanes; STRIPS]; ROWS] {
        wasm::tile::<Self, F, ROWS, STRIPS>(self, tile)
    }
}

impl Pairs {
    #[inline(always)]
    fn new<F: KnownForm>(values: &Values) -> Self {
        let pairs = |odd: usize| {
            std::array::from_fn(|quad| {
                let shift = if F::NIBBLES { SHIFT - place(quad, odd) } else { 0 };
                let [first, second] = [odd, odd + 2].map(|i| i32::from(values.0[4 * quad + i]) << shift);
                first & 0xFFFF | second << 16
            })
        };
        Self { even: pairs(0), odd: pairs(1) }
    }
}

impl Dots for Simd128 {
    #[inline(always)]
    fn dots<F: KnownForm, const ROWS: usize, const QUARTERS: usize>(
        self,
        values: &[Pairs; ROWS],
        lines: &[Line],
        group: usize,
        first: usize,
    ) -> [[v128; ROWS]; QUARTERS] {
        if F::NIBBLES {
            return dots_of_nibbles(values, lines, first);
        }
        let mut sums = [[i32x4_splat(0); ROWS]; QUARTERS];
        let first_quad = group * F::QUADS;
        for (quad, line) in lines[first_quad..][..counted::<ROWS>(F::QUADS)].iter().enumerate() {
            let quad = (first_quad + quad) % 8;
            for (i, sums) in sums.iter_mut().enumerate() {
                let line = load_quarter(line, first + i);
                let (even, odd) = (v128_and(line, u16x8_splat(0x00FF)), u16x8_shr(line, 8));
                for (sum, values) in sums.iter_mut().zip(values) {
                    add_dot(sum, even, values.even[quad]);
                    add_dot(sum, odd, values.odd[quad]);
                }
            }
        }
        sums
    }
}

#[inline(always)]
fn dots_of_nibbles<const ROWS: usize, const QUARTERS: usize>(
    values: &[Pairs; ROWS],
    lines: &[Line],
    first: usize,
) -> [[v128; ROWS]; QUARTERS] {
    let mut sums = [[i32x4_splat(0); ROWS]; QUARTERS];
    for (quad, line) in lines[..counted::<ROWS>(4)].iter().enumerate() {
        let quad = quad % 4;
        for (i, sums) in sums.iter_mut().enumerate() {
            let line = load_quarter(line, first + i);
            let (even, odd) = (v128_and(line, u16x8_splat(0x000F)), v128_and(line, u16x8_splat(0x0F00)));
            let (high_even, high_odd) = (v128_and(line, u16x8_splat(0x00F0)), u16x8_shr(line, 12));
            for (sum, values) in sums.iter_mut().zip(values) {
                add_dot(sum, even, values.even[quad]);
                add_dot(sum, odd, values.odd[quad]);
                add_dot(sum, high_even, values.even[quad + 4]);
                add_dot(sum, high_odd, values.odd[quad + 4]);
            }
        }
    }
    // What is shifted out is zero.
    sums.map(|sums| sums.map(|sum| i32x4_shr(sum, SHIFT)))
}

/// Adds the products of pairs of weights with one pair of values.
#[inline(always)]
fn add_dot(sums: &mut v128, weights: v128, pair: i32) {
    *sums = i32x4_add(*sums, i32x4_dot_i16x8(weights, i32x4_splat(pair)));
}
