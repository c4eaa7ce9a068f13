//! e to the power of a number of at most 0, for a loop in which nothing else takes as long.
//!
//! Half the time of Dawid-Skene went into `libm::exp`, whose branches depend on the number and are taken by chance.
//! This one has none; it is made of additions and multiplications alone, which give the same bits on every host.

use std::f64::consts::{LN_2, LOG2_E};

/// Whatever is lower counts as this: e to the power of it is 10⁻³⁰⁴, not far from the smallest number there is.
const LOWEST: f64 = -700.0;
/// Added to a number of less than 2⁵¹ it leaves no bits for a fraction, so that the sum is rounded to a whole number.
const ROUNDING: f64 = 1.5 * (1u64 << 52) as f64;
/// The logarithm of 2 in two parts (Cody and Waite 1980, "Software manual for the elementary functions"): the first has so few bits that its product with a whole number is exact.
const LN_2_HIGH: f64 = f64::from_bits(LN_2.to_bits() & !0xFFF_FFFF);
/// The second, with the bits of the logarithm that double precision leaves out.
const LN_2_LOW: f64 = (LN_2 - LN_2_HIGH) + 2.319_046_813_846_299_6e-17;

/// e^x for `x` of at most 0, with a relative error below 5 · 10⁻¹⁶; e^−700 for all below that.
#[inline(always)]
pub(super) fn decaying_exp(x: f64) -> f64 {
    let x = x.max(LOWEST);
    // x = k ln 2 + rest, with |rest| of at most half of ln 2.
    let rounded = x * LOG2_E + ROUNDING;
    let k = rounded - ROUNDING;
    let rest = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    // The lowest bits of `rounded` are k, and the exponent of a power of 2 stands above the 52 bits of its fraction.
    let power_of_two = f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52);
    power_of_two * series(rest)
}

/// The exponential series up to the thirteenth power, which leaves out less than 10⁻¹⁷ for |x| of at most 0.35.
///
/// Terms are added up by twos and fours (Estrin 1960, "Organization of computer systems: the fixed plus variable structure computer"), so that few wait for each other.
#[inline(always)]
fn series(x: f64) -> f64 {
    let square = x * x;
    let fourth = square * square;
    let two = |a: f64, b: f64| a + b * x;
    let four = |a: f64, b: f64, c: f64, d: f64| two(a, b) + two(c, d) * square;
    let from_0 = four(1.0, 1.0, 1.0 / 2.0, 1.0 / 6.0);
    let from_4 = four(1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5_040.0);
    let from_8 = four(1.0 / 40_320.0, 1.0 / 362_880.0, 1.0 / 3_628_800.0, 1.0 / 39_916_800.0);
    let from_12 = two(1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0);
    from_0 + (from_4 + (from_8 + from_12 * fourth) * fourth) * fourth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential() {
        for i in 0..200_000 {
            let x = -f64::from(i) * 0.003_499_7;
            let (found, expected) = (decaying_exp(x), libm::exp(x));
            assert!((found / expected - 1.0).abs() < 5e-16, "e^{x} is {expected}, not {found}");
        }
        assert_eq!((decaying_exp(0.0), decaying_exp(-1e-320)), (1.0, 1.0));
        assert_eq!(decaying_exp(f64::NEG_INFINITY), decaying_exp(LOWEST));
    }
}
