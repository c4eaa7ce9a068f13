//! Rotary position embedding (Su et al. 2021), over adjacent pairs or over halves.

use crate::config::{Architecture, Config};

/// By which angles a head's numbers are turned, and which of them are a pair.
#[derive(Debug)]
pub(super) struct Rotation {
    frequencies: Vec<f64>,
    /// Whether pairs stand side by side, and not half the rotated numbers apart.
    pub adjacent: bool,
}

impl Rotation {
    /// `factors` are what each frequency is divided by.
    pub fn new(config: &Config, factors: Option<&[f32]>) -> Self {
        let dimension = config.rope_dimension_count;
        let frequencies = (0..dimension / 2)
            .map(|i| {
                let exponent = -((2 * i) as f64) / dimension as f64;
                let factor = factors.map_or(1.0, |factors| f64::from(factors[i]));
                libm::pow(f64::from(config.rope_freq_base), exponent)
                    / (factor * f64::from(config.rope_scale))
            })
            .collect();
        Self { frequencies, adjacent: config.architecture == Architecture::Llama }
    }

    /// How many pairs are turned.
    pub fn n_pairs(&self) -> usize {
        self.frequencies.len()
    }

    /// The cosine and the sine of each pair's angle at a position.
    pub fn angles(&self, position: usize) -> impl Iterator<Item = (f32, f32)> {
        let angle = move |frequency: &f64| position as f64 * frequency;
        self.frequencies.iter().map(angle).map(|a| (libm::cos(a) as f32, libm::sin(a) as f32))
    }
}
