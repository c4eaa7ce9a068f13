//! AdamW (Loshchilov and Hutter 2019) in one pass over each parameter.

use anyhow::Result;
use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::model::floats;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.95;
const EPSILON: f32 = 1e-8;
const WEIGHT_DECAY: f32 = 0.1;
const VALUES_PER_TASK: usize = 1 << 15;

/// First and second moments of every parameter.
pub struct Optimizer {
    /// Steps taken.
    pub steps: u64,
    /// Exponential means of the gradients and of their squares, for each parameter.
    pub moments: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Optimizer {
    /// Moments of zero for parameters like these.
    pub fn new(parameters: &[Tensor]) -> Self {
        let zeros = |tensor: &Tensor| vec![0f32; tensor.elem_count()];
        let moments = parameters.iter().map(|tensor| (zeros(tensor), zeros(tensor))).collect();
        Self { steps: 0, moments }
    }

    /// One step with the gradients times `scale`; only matrices decay.
    pub fn step(
        &mut self,
        parameters: &mut [Tensor],
        gradients: &[Tensor],
        scale: f32,
        learning_rate: f32,
    ) -> Result<()> {
        self.steps += 1;
        let correction = |beta: f32| (1.0 - libm::pow(f64::from(beta), self.steps as f64)) as f32;
        let (first_correction, second_correction) = (correction(BETA_1), correction(BETA_2));
        let all = parameters.iter_mut().zip(gradients).zip(&mut self.moments);
        for ((parameter, gradient), (first, second)) in all {
            let sizes = parameter.dims().to_vec();
            let decay = if sizes.len() > 1 { WEIGHT_DECAY } else { 0.0 };
            let keep = 1.0 - learning_rate * decay;
            let mut values = floats(parameter)?.to_vec();
            let gradient = floats(gradient)?;
            values
                .par_chunks_mut(VALUES_PER_TASK)
                .zip(gradient.par_chunks(VALUES_PER_TASK))
                .zip(first.par_chunks_mut(VALUES_PER_TASK))
                .zip(second.par_chunks_mut(VALUES_PER_TASK))
                .for_each(|(((values, gradient), first), second)| {
                    for index in 0..values.len() {
                        let g = gradient[index] * scale;
                        first[index] = BETA_1 * first[index] + (1.0 - BETA_1) * g;
                        second[index] = BETA_2 * second[index] + (1.0 - BETA_2) * g * g;
                        let step = (first[index] / first_correction)
                            / ((second[index] / second_correction).sqrt() + EPSILON);
                        values[index] = values[index] * keep - learning_rate * step;
                    }
                });
            *parameter = Tensor::from_vec(values, sizes, &Device::Cpu)?;
        }
        Ok(())
    }
}

/// The Euclidean norm of all gradients together.
pub fn norm(gradients: &[Tensor]) -> Result<f64> {
    let mut sum = 0f64;
    for gradient in gradients {
        let values = floats(gradient)?;
        let parts: Vec<f64> =
            values.par_chunks(VALUES_PER_TASK).map(|part| f64::from(crate::ops::dot(part, part))).collect();
        sum += parts.iter().sum::<f64>();
    }
    Ok(libm::sqrt(sum))
}
