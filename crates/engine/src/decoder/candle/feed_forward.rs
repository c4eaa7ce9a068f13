//! What follows attention in a layer.

use super::CandleDecoder;
use super::weights::{Experts, Gated, LayerWeights, Linear};
use crate::config::Activation;
use crate::decoder::weights::FeedForward;
use crate::error::Result;
use candle_core::Tensor;
use candle_nn::ops::sigmoid;

impl CandleDecoder {
    /// The feed-forward part with its residual, (rows, embedding).
    pub(super) fn feed_forward(
        &self,
        layer: &LayerWeights,
        hidden: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let input = self.norm_if(hidden.clone(), layer.feed_forward_norm.as_ref())?;
        let output = match &layer.feed_forward {
            FeedForward::Dense(gated) => self.gated(gated, &input, apply)?,
            FeedForward::Experts(experts) => self.experts(experts, &input, apply)?,
        };
        self.add(hidden, output, layer.after_feed_forward_norm.as_ref())
    }

    fn gated(
        &self,
        weights: &Gated,
        input: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let gate = apply(&weights.gate, input)?;
        let gate = match self.config.activation {
            Activation::Silu => gate.silu()?,
            Activation::Gelu => gate.gelu()?,
        };
        apply(&weights.down, &(gate * apply(&weights.up, input)?)?)
    }

    /// What the experts make that each row of `input`, (rows, embedding), chose; which ones is decided on the processor.
    fn experts(
        &self,
        experts: &Experts,
        input: &Tensor,
        apply: fn(&Linear, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let config = self.config.experts.as_ref().expect("layers have experts where a model does");
        let mut by_expert = vec![(Vec::new(), Vec::new()); config.count];
        for (row, scores) in apply(&experts.router, input)?.to_vec2::<f32>()?.iter().enumerate() {
            for (expert, weight) in config.choose(scores) {
                by_expert[expert].0.push(row as u32);
                by_expert[expert].1.push(weight);
            }
        }
        let mut output = input.zeros_like()?;
        for (expert, (rows, weights)) in experts.each.iter().zip(by_expert) {
            if rows.is_empty() {
                continue;
            }
            let n = rows.len();
            let (rows, weights) =
                (Tensor::from_vec(rows, n, &self.device)?, Tensor::from_vec(weights, (n, 1), &self.device)?);
            let own = self.gated(expert, &input.index_select(&rows, 0)?, apply)?;
            output = output.index_add(&rows, &own.broadcast_mul(&weights)?, 0)?;
        }
        let Some(shared) = &experts.shared else { return Ok(output) };
        let mut own = self.gated(&shared.gated, input, apply)?;
        if let Some(weight) = &shared.weight {
            let weights = sigmoid(&input.broadcast_mul(weight)?.sum_keepdim(1)?)?;
            own = own.broadcast_mul(&weights)?;
        }
        Ok((output + own)?)
    }
}
