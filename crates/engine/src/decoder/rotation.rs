//! Rotary position embedding (Su et al. 2021), over adjacent pairs or over halves.

use crate::config::RotationConfig;

/// By which angles a head's numbers are turned, and which of them are a pair.
#[derive(Debug)]
pub(super) struct Rotation {
    frequencies: Vec<f64>,
    magnitude: f32,
    /// Whether pairs stand side by side, and not half the rotated numbers apart.
    pub adjacent: bool,
}

impl Rotation {
    pub fn new(config: &RotationConfig) -> Self {
        let RotationConfig { dimension_count, freq_base, adjacent, magnitude, ref divisors } = *config;
        let frequency = |(pair, divisor): (usize, &f32)| {
            let exponent = -((2 * pair) as f64) / dimension_count as f64;
            libm::pow(f64::from(freq_base), exponent) / f64::from(*divisor)
        };
        Self { frequencies: divisors.iter().enumerate().map(frequency).collect(), magnitude, adjacent }
    }

    /// How many pairs are turned.
    pub fn n_pairs(&self) -> usize {
        self.frequencies.len()
    }

    /// The cosine and the sine of each pair's angle at a position, times the magnitude.
    pub fn angles(&self, position: usize) -> impl Iterator<Item = (f32, f32)> {
        let angle = move |frequency: &f64| position as f64 * frequency;
        let of_angle = |a| (libm::cos(a) as f32 * self.magnitude, libm::sin(a) as f32 * self.magnitude);
        self.frequencies.iter().map(angle).map(of_angle)
    }
}
