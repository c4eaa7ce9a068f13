//! Frequencies for contexts longer than the first one (Peng et al. 2023, "YaRN: efficient context window extension of large language models").

use super::RotationConfig;
use std::f64::consts::TAU;

/// By how much, and between which frequencies.
pub(super) struct Yarn {
    /// The context over that which the model was first trained with.
    pub factor: f32,
    /// The context that the model was first trained with.
    pub original_length: usize,
    /// Frequencies that turn at least so often in the original context stay as they are.
    pub beta_fast: f32,
    /// Those that turn at most so often are divided by the factor.
    pub beta_slow: f32,
    /// Whether the first and the last pair between them are whole numbers.
    pub truncate: bool,
}

impl Yarn {
    /// Divides the frequencies, more the slower they turn.
    pub fn apply(&self, rotation: &mut RotationConfig) {
        let last = (rotation.dimension_count - 1) as f64;
        let (mut low, mut high) = (self.pair(self.beta_fast, rotation), self.pair(self.beta_slow, rotation));
        if self.truncate {
            (low, high) = (low.floor(), high.ceil());
        }
        (low, high) = (low.max(0.0), high.min(last));
        let width = if high == low { 0.001 } else { high - low };
        for (pair, divisor) in rotation.divisors.iter_mut().enumerate() {
            let slope = ((pair as f64 - low) / width).clamp(0.0, 1.0);
            *divisor = (1.0 / (slope / f64::from(self.factor) + 1.0 - slope)) as f32;
        }
    }

    /// What cosines and sines are multiplied by where nothing says it: they make scores as sharp as they were.
    pub fn magnitude(&self) -> f32 {
        magnitude(self.factor, 1.0)
    }

    /// The pair that turns so often in the original context.
    fn pair(&self, turns: f32, rotation: &RotationConfig) -> f64 {
        let length = self.original_length as f64 / (f64::from(turns) * TAU);
        rotation.dimension_count as f64 * libm::log(length) / (2.0 * libm::log(f64::from(rotation.freq_base)))
    }
}

/// 1 and more, by a factor above 1.
pub(super) fn magnitude(factor: f32, scale: f32) -> f32 {
    if factor > 1.0 { 0.1 * scale * libm::logf(factor) + 1.0 } else { 1.0 }
}
