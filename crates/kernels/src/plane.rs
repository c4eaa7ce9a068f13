//! The scales of a packed matrix, or its minimums.

use crate::STRIP;
use crate::kernels::Work;
use crate::tile::{Instructions, Lanes};
use half::f16;
use std::collections::TryReserveError;

/// A number for each (strip, group of inputs, output of the strip), in half precision, or an integer times a number in half precision that several groups share.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    /// (strips, groups / shared_by, STRIP)
    halves: Vec<f16>,
    /// (strips, groups, STRIP), or empty where every factor is 1.
    factors: Vec<i8>,
    groups: usize,
    shared_by: usize,
}

impl Plane {
    /// Zeros, or an error where no memory holds them; `shared_by` is 1 for numbers without factors, and divides `groups`.
    pub fn new(strips: usize, groups: usize, shared_by: usize) -> Result<Self, TryReserveError> {
        let n_factors = if shared_by == 1 { 0 } else { strips * groups * STRIP };
        let halves = zeros(strips * groups / shared_by * STRIP)?;
        Ok(Self { halves, factors: zeros(n_factors)?, groups, shared_by })
    }

    /// All of it, to be written.
    pub fn part_mut(&mut self) -> PlanePart<'_> {
        let Self { halves, factors, groups, shared_by } = self;
        PlanePart { halves, factors, groups: *groups, shared_by: *shared_by }
    }

    /// The number of `group` for output `output` of the whole matrix.
    pub fn get(&self, output: usize, group: usize) -> f32 {
        let (strip, lane) = (output / STRIP, output % STRIP);
        let group = strip * self.groups + group;
        let half = self.halves[group / self.shared_by * STRIP + lane].to_f32();
        if self.shared_by > 1 { half * f32::from(self.factors[group * STRIP + lane]) } else { half }
    }

    /// Writes the numbers of `strips` strips from `first_strip` on, (strips, groups, STRIP), into the beginning of `numbers`.
    ///
    /// They are exact: the product of a half and a byte has at most 19 bits.
    pub fn decode<I: Instructions>(
        &self,
        instructions: I,
        first_strip: usize,
        strips: usize,
        numbers: &mut [f32],
    ) {
        let per_strip = self.groups / self.shared_by * STRIP;
        let (halves, _) = self.halves[first_strip * per_strip..][..strips * per_strip].as_chunks();
        let (numbers, _) = numbers[..strips * self.groups * STRIP].as_chunks_mut();
        if self.shared_by == 1 {
            return instructions.widen(halves, numbers);
        }
        let (factors, _) = self.factors[first_strip * self.groups * STRIP..].as_chunks();
        let by_half = factors.chunks_exact(self.shared_by).zip(numbers.chunks_exact_mut(self.shared_by));
        for (half, (factors, numbers)) in halves.iter().zip(by_half) {
            let mut wide = [0.0; STRIP];
            instructions.widen(std::slice::from_ref(half), std::slice::from_mut(&mut wide));
            instructions.run(Scale { wide: &wide, factors, numbers });
        }
    }

    /// The memory that it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(self.halves.as_slice()) + size_of_val(self.factors.as_slice())
    }
}

fn zeros<T: Clone + Default>(n: usize) -> Result<Vec<T>, TryReserveError> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(n)?;
    zeros.resize(n, T::default());
    Ok(zeros)
}

/// The numbers of some strips, which are being written.
pub(crate) struct PlanePart<'a> {
    halves: &'a mut [f16],
    factors: &'a mut [i8],
    groups: usize,
    shared_by: usize,
}

impl PlanePart<'_> {
    /// The first `strips` strips, and the others.
    pub fn split_at(self, strips: usize) -> (Self, Self) {
        let (halves, other_halves) = self.halves.split_at_mut(strips * self.groups / self.shared_by * STRIP);
        let n_factors = if self.shared_by == 1 { 0 } else { strips * self.groups * STRIP };
        let (factors, other_factors) = self.factors.split_at_mut(n_factors);
        let others = Self { halves: other_halves, factors: other_factors, ..self };
        (Self { halves, factors, ..others }, others)
    }

    /// Writes the number of `group` for the `output`th of the strips' outputs.
    pub fn set(&mut self, output: usize, group: usize, half: f16, factor: i8) {
        let (strip, lane) = (output / STRIP, output % STRIP);
        let group = strip * self.groups + group;
        self.halves[group / self.shared_by * STRIP + lane] = half;
        if self.shared_by > 1 {
            self.factors[group * STRIP + lane] = factor;
        }
    }
}

/// The multiplication of a common number by the factors of its groups.
struct Scale<'a> {
    wide: &'a Lanes,
    /// (groups, STRIP)
    factors: &'a [[i8; STRIP]],
    /// (groups, STRIP)
    numbers: &'a mut [Lanes],
}

impl Work for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (numbers, factors) in self.numbers.iter_mut().zip(self.factors) {
            for lane in 0..STRIP {
                numbers[lane] = self.wide[lane] * f32::from(factors[lane]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portable::Portable;
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    use crate::simd128::Simd128;
    #[cfg(target_arch = "x86_64")]
    use crate::{avx2::Avx2, avx512::Avx512};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Each strip has one group, so that finite halves and others are decoded apart and together.
    fn check<I: Instructions>(instructions: I) {
        let halves: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        let strips = halves.len() / STRIP;
        let mut plane = Plane::new(strips, 1, 1).unwrap();
        for (output, half) in halves.iter().enumerate() {
            plane.part_mut().set(output, 0, *half, 1);
        }
        for at_once in [1, strips] {
            let mut numbers = vec![0.0; at_once * STRIP];
            for first in (0..strips).step_by(at_once) {
                plane.decode(instructions, first, at_once, &mut numbers);
                for (number, half) in numbers.iter().zip(&halves[first * STRIP..]) {
                    let expected = half.to_f32();
                    let same = number.to_bits() == expected.to_bits() || number.is_nan() && expected.is_nan();
                    assert!(same, "{number} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn every_half_is_decoded() {
        check(Portable);
        #[cfg(target_arch = "x86_64")]
        {
            Avx2::detect().into_iter().for_each(check);
            Avx512::detect().into_iter().for_each(check);
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        check(Simd128);
    }
}
