//! The chi-square distribution.

/// The probability that a chi-square distributed number with so many degrees of freedom is above `x`: a test's p-value.
///
/// From one and two degrees, which have closed forms, upwards by recurrence (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.4.8).
/// No degree of freedom gives 1 for `x` of at most 0, and 0 above.
pub fn chi_square_survival(x: f64, degrees: u32) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let half = x / 2.0;
    let is_odd = degrees % 2 == 1;
    let mut survival = if is_odd { libm::erfc(libm::sqrt(half)) } else { 0.0 };
    // Terms are half^s e^(−half) / Γ(s + 1), with s = 1/2, 3/2, … or 0, 1, …
    let mut s = if is_odd { 0.5 } else { 0.0 };
    while 2.0 * s < f64::from(degrees) {
        survival += libm::exp(s * libm::log(half) - half - libm::lgamma(s + 1.0));
        s += 1.0;
    }
    survival.min(1.0)
}
