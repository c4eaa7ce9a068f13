//! What a layer does between its products, number by number.

use crate::LANES;
use crate::error::{Result, expect_at_least, expect_equal};
use crate::exponential::{exp, sigmoid, tanh};
use crate::kernels::{Kernels, Work};

/// What a gate's numbers go through before they multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x σ(x) (Elfwing et al. 2017, "Sigmoid-weighted linear units").
    Silu,
    /// x Φ(x), the normal distribution's Φ taken as (1 + tanh(√(2 / π) (x + 0.044715 x³))) / 2 (Hendrycks and Gimpel 2016, "Gaussian error linear units").
    Gelu,
}

impl Kernels {
    /// One over the root of the mean square of `input`, to which `epsilon` is added (Zhang and Sennrich 2019, "Root mean square layer normalization").
    pub fn inverse_rms(self, input: &[f32], epsilon: f32) -> f32 {
        let sum = self.vectorised(SquareSum { input });
        1.0 / (sum / input.len() as f32 + epsilon).sqrt()
    }

    /// `output` is `input` times `factor` times `weights`, number by number.
    ///
    /// # Errors
    /// When the three are not equally long.
    pub fn scale(self, input: &[f32], factor: f32, weights: &[f32], output: &mut [f32]) -> Result<()> {
        expect_equal("numbers to scale", input.len(), output.len())?;
        expect_equal("weights to scale by", weights.len(), output.len())?;
        self.vectorised(Scale { input, factor, weights, output });
        Ok(())
    }

    /// `numbers` over the root of their mean square, to which `epsilon` is added, times `weights`, number by number.
    ///
    /// # Errors
    /// When there are not as many weights as numbers.
    pub fn normalise(self, numbers: &mut [f32], weights: &[f32], epsilon: f32) -> Result<()> {
        expect_equal("weights of a norm", weights.len(), numbers.len())?;
        let factor = self.inverse_rms(numbers, epsilon);
        self.vectorised(ScaleInPlace { numbers, factor, weights });
        Ok(())
    }

    /// `up` becomes `activation` of `gate` times `up`, number by number (Shazeer 2020, "GLU variants improve transformer").
    ///
    /// # Errors
    /// When the two are not equally long.
    pub fn gate(self, activation: Activation, gate: &[f32], up: &mut [f32]) -> Result<()> {
        expect_equal("gates", gate.len(), up.len())?;
        match activation {
            Activation::Silu => self.vectorised(SiluGate { gate, up }),
            Activation::Gelu => self.vectorised(GeluGate { gate, up }),
        }
        Ok(())
    }

    /// Each number `x` becomes `cap` tanh(x / `cap`).
    pub fn soft_cap(self, cap: f32, numbers: &mut [f32]) {
        self.vectorised(SoftCap { cap, numbers });
    }

    /// Turns pairs of numbers by angles, of which cosine and sine are given (Su et al. 2021, "RoFormer: enhanced transformer with rotary position embedding").
    ///
    /// The pairs stand side by side where they are `adjacent`, else as far apart as there are pairs; the numbers after them stay.
    ///
    /// # Errors
    /// When there are fewer numbers than the pairs have.
    pub fn turn(self, numbers: &mut [f32], angles: &[(f32, f32)], adjacent: bool) -> Result<()> {
        expect_at_least("numbers to turn", numbers.len(), 2 * angles.len())?;
        self.vectorised(Turn { numbers, angles, adjacent });
        Ok(())
    }

    /// The exponentials of `(number - largest) / temperature`, where `largest` is the largest finite number; 0 of numbers that are not finite.
    ///
    /// # Errors
    /// When there are not as many outputs as numbers.
    pub fn exponentials(
        self,
        numbers: &[f32],
        largest: f32,
        temperature: f32,
        output: &mut [f32],
    ) -> Result<()> {
        expect_equal("exponentials", output.len(), numbers.len())?;
        self.vectorised(Exponentials { numbers, largest, temperature, output });
        Ok(())
    }

    /// What the exponentials of `number - largest` add up to.
    pub fn sum_of_exponentials(self, numbers: &[f32], largest: f32) -> f64 {
        self.vectorised(ExponentialSum { numbers, largest })
    }

    /// Adds `factor` times `more` to `sum`, number by number.
    ///
    /// # Errors
    /// When the two are not equally long.
    pub fn add(self, sum: &mut [f32], factor: f32, more: &[f32]) -> Result<()> {
        expect_equal("numbers to add", more.len(), sum.len())?;
        self.vectorised(Add { sum, factor, more });
        Ok(())
    }
}

struct SquareSum<'a> {
    input: &'a [f32],
}

impl Work for SquareSum<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let mut sums = [0.0; LANES];
        let (chunks, rest) = self.input.as_chunks::<LANES>();
        for chunk in chunks {
            sums.iter_mut().zip(chunk).for_each(|(sum, number)| *sum += number * number);
        }
        sums.iter_mut().zip(rest).for_each(|(sum, number)| *sum += number * number);
        sums.iter().sum()
    }
}

struct Scale<'a> {
    input: &'a [f32],
    factor: f32,
    weights: &'a [f32],
    output: &'a mut [f32],
}

impl Work for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((output, input), weight) in self.output.iter_mut().zip(self.input).zip(self.weights) {
            *output = input * self.factor * weight;
        }
    }
}

struct ScaleInPlace<'a> {
    numbers: &'a mut [f32],
    factor: f32,
    weights: &'a [f32],
}

impl Work for ScaleInPlace<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (number, weight) in self.numbers.iter_mut().zip(self.weights) {
            *number = *number * self.factor * weight;
        }
    }
}

struct SiluGate<'a> {
    gate: &'a [f32],
    up: &'a mut [f32],
}

impl Work for SiluGate<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (up, gate) in self.up.iter_mut().zip(self.gate) {
            *up *= gate * sigmoid(*gate);
        }
    }
}

struct GeluGate<'a> {
    gate: &'a [f32],
    up: &'a mut [f32],
}

impl Work for GeluGate<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // (1 + tanh(x)) / 2 is σ(2 x).
        const DOUBLE_ROOT: f32 = std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::SQRT_2;
        for (up, gate) in self.up.iter_mut().zip(self.gate) {
            let cubic = gate + 0.044_715 * gate * gate * gate;
            *up *= gate * sigmoid(DOUBLE_ROOT * cubic);
        }
    }
}

struct SoftCap<'a> {
    cap: f32,
    numbers: &'a mut [f32],
}

impl Work for SoftCap<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.numbers.iter_mut().for_each(|number| *number = self.cap * tanh(*number / self.cap));
    }
}

struct Add<'a> {
    sum: &'a mut [f32],
    factor: f32,
    more: &'a [f32],
}

impl Work for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.sum.iter_mut().zip(self.more).for_each(|(sum, more)| *sum += self.factor * more);
    }
}

struct Turn<'a> {
    numbers: &'a mut [f32],
    angles: &'a [(f32, f32)],
    adjacent: bool,
}

impl Work for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        if self.adjacent {
            for ([a, b], (cos, sin)) in self.numbers.as_chunks_mut().0.iter_mut().zip(self.angles) {
                (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
            }
            return;
        }
        let (first, second) = self.numbers.split_at_mut(self.angles.len());
        for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(self.angles) {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        }
    }
}

struct Exponentials<'a> {
    numbers: &'a [f32],
    largest: f32,
    temperature: f32,
    output: &'a mut [f32],
}

impl Work for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (output, number) in self.output.iter_mut().zip(self.numbers) {
            *output = finite_exp(*number, self.largest, self.temperature);
        }
    }
}

struct ExponentialSum<'a> {
    numbers: &'a [f32],
    largest: f32,
}

impl Work for ExponentialSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut sums = [0.0f64; LANES];
        let (chunks, rest) = self.numbers.as_chunks::<LANES>();
        let own = |number: f32| f64::from(finite_exp(number, self.largest, 1.0));
        for chunk in chunks {
            sums.iter_mut().zip(chunk).for_each(|(sum, number)| *sum += own(*number));
        }
        sums.iter_mut().zip(rest).for_each(|(sum, number)| *sum += own(*number));
        sums.iter().sum()
    }
}

/// exp((number − largest) / temperature), and 0 for a number that is not finite.
#[inline(always)]
fn finite_exp(number: f32, largest: f32, temperature: f32) -> f32 {
    let exponential = exp((number - largest) / temperature);
    if number.is_finite() { exponential } else { 0.0 }
}
