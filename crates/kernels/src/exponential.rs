//! The exponential function of numbers up to 0, and what is made of it, the same on every host.

use crate::bits::ROUND;
use std::f32::consts::LOG2_E;

/// ln 2 in two parts, the first of which has so few bits that its multiples are exact (Cody and Waite 1980, "Software manual for the elementary functions").
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// e to the power of `x`, for `x` at most 0; within 2 units in the last place, and 0 below −87.
///
/// It is made of additions, multiplications and shifts alone, which have the same bits everywhere and become vector code.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let clamped = if x < -87.0 { -87.0 } else { x };
    let rounded = clamped * LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (clamped - n * LN_2_HIGH) - n * LN_2_LOW;
    // The Taylor series up to the seventh power, whose next term is below 4e-9 for |r| up to ln 2 / 2.
    let mut series = 1.0 / 5040.0;
    series = series * r + 1.0 / 720.0;
    series = series * r + 1.0 / 120.0;
    series = series * r + 1.0 / 24.0;
    series = series * r + 1.0 / 6.0;
    series = series * r + 0.5;
    series = series * r + 1.0;
    series = series * r + 1.0;
    // The lowest bits of `rounded` are n.
    let power = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    if x < -87.0 { 0.0 } else { series * power }
}

/// The hyperbolic tangent, within 2e-7.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let falling = exp(-2.0 * x.abs());
    ((1.0 - falling) / (1.0 + falling)).copysign(x)
}

/// One over 1 + e to the power of −`x`, within 2e-7.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    // By an exponential that cannot overflow.
    let falling = exp(-x.abs());
    if x >= 0.0 { 1.0 / (1.0 + falling) } else { falling / (1.0 + falling) }
}

#[cfg(test)]
mod tests {
    use super::{exp, sigmoid, tanh};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn it_is_within_two_units_in_the_last_place() {
        let mut x = 0.0f32;
        while x > -87.0 {
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.4e-7, "exp({x}) is off by {error}");
            x -= 0.000_731;
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-100.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn what_is_made_of_it_is_within_a_few_units_too() {
        for step in -40_000..=40_000 {
            let x = step as f32 * 0.001_37;
            let wide = f64::from(x);
            assert!((f64::from(tanh(x)) - wide.tanh()).abs() < 2e-7, "tanh({x})");
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + (-wide).exp())).abs() < 2e-7, "sigmoid({x})");
        }
        assert_eq!((tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)), (1.0, -1.0));
        assert_eq!((sigmoid(f32::INFINITY), sigmoid(f32::NEG_INFINITY)), (1.0, 0.0));
        assert!(tanh(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
    }
}
