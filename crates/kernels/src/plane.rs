//! The scales of a packed matrix, or its minimums.

use crate::STRIP;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::wasm::widen;
use half::f16;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use half::slice::HalfFloatSliceExt;

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
    /// Zeros; `shared_by` is 1 for numbers without factors, and divides `groups`.
    pub fn new(strips: usize, groups: usize, shared_by: usize) -> Self {
        let factors = if shared_by == 1 { 0 } else { strips * groups * STRIP };
        Self {
            halves: vec![f16::ZERO; strips * groups / shared_by * STRIP],
            factors: vec![0; factors],
            groups,
            shared_by,
        }
    }

    /// Writes the number of `group` for output `output` of the whole matrix.
    pub fn set(&mut self, output: usize, group: usize, half: f16, factor: i8) {
        let (strip, lane) = (output / STRIP, output % STRIP);
        let group = strip * self.groups + group;
        self.halves[group / self.shared_by * STRIP + lane] = half;
        if self.shared_by > 1 {
            self.factors[group * STRIP + lane] = factor;
        }
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
    pub fn decode(&self, first_strip: usize, strips: usize, numbers: &mut [f32]) {
        let per_strip = self.groups / self.shared_by * STRIP;
        let halves = &self.halves[first_strip * per_strip..][..strips * per_strip];
        let numbers = &mut numbers[..strips * self.groups * STRIP];
        if self.shared_by == 1 {
            widen(halves, numbers);
            return;
        }
        let (halves, _) = halves.as_chunks::<STRIP>();
        let (factors, _) = self.factors[first_strip * self.groups * STRIP..].as_chunks::<STRIP>();
        let (numbers, _) = numbers.as_chunks_mut::<STRIP>();
        let by_half = factors.chunks_exact(self.shared_by).zip(numbers.chunks_exact_mut(self.shared_by));
        for (halves, (factors, numbers)) in halves.iter().zip(by_half) {
            let mut wide = [0.0; STRIP];
            widen(halves, &mut wide);
            for (numbers, factors) in numbers.iter_mut().zip(factors) {
                for lane in 0..STRIP {
                    numbers[lane] = wide[lane] * f32::from(factors[lane]);
                }
            }
        }
    }

    /// The memory that it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(self.halves.as_slice()) + size_of_val(self.factors.as_slice())
    }
}

/// Writes each of `halves` in single precision.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn widen(halves: &[f16], numbers: &mut [f32]) {
    halves.convert_to_f32_slice(numbers);
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Each strip has one group, so that finite halves and others are decoded apart and together.
    #[test]
    fn every_half_is_decoded() {
        let halves: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        let strips = halves.len() / STRIP;
        let mut plane = Plane::new(strips, 1, 1);
        for (output, half) in halves.iter().enumerate() {
            plane.set(output, 0, *half, 1);
        }
        for at_once in [1, strips] {
            let mut numbers = vec![0.0; at_once * STRIP];
            for first in (0..strips).step_by(at_once) {
                plane.decode(first, at_once, &mut numbers);
                for (number, half) in numbers.iter().zip(&halves[first * STRIP..]) {
                    let expected = half.to_f32();
                    let same = number.to_bits() == expected.to_bits() || number.is_nan() && expected.is_nan();
                    assert!(same, "{number} is not {expected}");
                }
            }
        }
    }
}
