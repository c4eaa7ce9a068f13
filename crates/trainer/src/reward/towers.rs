//! Two tables of rows that learn to point the same way where a message and a reply fit.
//!
//! Every reply of a batch stands against every message of it.
//! The loss is the cross-entropy of which replies fit a message, over all replies, and of which messages a reply fits (van den Oord et al. 2018, "Representation Learning with Contrastive Predictive Coding"; both ways as in Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision").
//! Where several of a batch have the same intent, they fit alike (Khosla et al. 2020, "Supervised Contrastive Learning").

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor, Var};
use tiebreak_engine::reward::{RewardHead, Tower};

use super::{Batch, Pair};
use crate::optimizer::Optimizer;
use crate::random::Random;

/// What cosines are multiplied by in the loss.
const LOSS_SCALE: f64 = 10.0;
/// The standard deviation of the first rows' numbers.
const FIRST_DEVIATION: f32 = 0.05;
/// Keeps the norm of a text without known words from being zero.
const LEAST_SQUARED_NORM: f64 = 1e-12;

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// That of messages.
    Prompt,
    /// That of replies.
    Reply,
}

/// Both tables while they learn.
pub struct Towers {
    /// The features that have a row, ascending; messages, then replies.
    features: [Vec<u32>; 2],
    /// Their rows: (features, width) each.
    parameters: Vec<Tensor>,
    optimizer: Optimizer,
}

impl Towers {
    /// Small random rows of `width` numbers for the features of messages and of replies, which ascend.
    pub fn random(features: [Vec<u32>; 2], width: usize, random: &mut Random) -> Result<Self> {
        let mut rows = |features: &Vec<u32>| {
            let numbers = (0..features.len() * width).map(|_| FIRST_DEVIATION * random.normal() as f32);
            Tensor::from_iter(numbers, &Device::Cpu)?.reshape((features.len(), width))
        };
        let parameters = vec![rows(&features[0])?, rows(&features[1])?];
        let optimizer = Optimizer::new(&parameters);
        Ok(Self { features, parameters, optimizer })
    }

    /// The rows of those features that have one.
    pub fn rows_of(&self, side: Side, features: &[u32]) -> Vec<u32> {
        let known = &self.features[side as usize];
        features.iter().filter_map(|one| known.binary_search(one).ok()).map(|at| at as u32).collect()
    }

    /// Learns from a batch and returns its loss in nats.
    pub fn step(&mut self, batch: &Batch, learning_rate: f32) -> Result<f32> {
        let variables = self.parameters.iter().map(Var::from_tensor).collect::<Result<Vec<_>, _>>()?;
        let loss = loss(&variables[0], &variables[1], batch)?;
        let gradients = loss.backward()?;
        let of = |variable: &Var| gradients.get(variable).cloned().context("a table has no gradient");
        let gradients = variables.iter().map(of).collect::<Result<Vec<_>>>()?;
        self.optimizer.step(&mut self.parameters, &gradients, 1.0, learning_rate)?;
        Ok(loss.to_scalar()?)
    }

    /// What was learned, in integers, with a slope of 1 and an offset of 0.
    pub fn head(&self) -> Result<RewardHead> {
        let (prompt, reply) = (self.quantized(Side::Prompt)?, self.quantized(Side::Reply)?);
        Ok(RewardHead { prompt, reply, slope: 1.0, offset: 0.0 })
    }

    /// A table in integers up to 127, which any largest number may become, because only directions count.
    fn quantized(&self, side: Side) -> Result<Tower> {
        let rows = &self.parameters[side as usize];
        let (_, width) = rows.dims2()?;
        let rows: Vec<f32> = rows.flatten_all()?.to_vec1()?;
        let largest = rows.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        ensure!(largest.is_finite() && largest > 0.0, "the training of the reward head diverged");
        let rows = rows.iter().map(|number| (number / largest * 127.0).round() as i8).collect();
        Tower::new(self.features[side as usize].clone(), rows, width).context("a row is missing")
    }
}

/// The mean cross-entropy both ways, in nats.
pub fn loss(prompt_rows: &Tensor, reply_rows: &Tensor, batch: &Batch) -> Result<Tensor> {
    let n = batch.pairs.len();
    let prompts = directions(prompt_rows, batch.pairs.iter().map(|pair| &pair.prompt[..]))?;
    let replies = batch.pairs.iter().map(|pair| &pair.reply).chain(&batch.bad_replies);
    let replies = directions(reply_rows, replies.map(|rows| &rows[..]))?;
    let logits = (prompts.matmul(&replies.t()?)? * LOSS_SCALE)?;
    let fits = fitting(&batch.pairs)?;
    let of_replies = cross_entropy(&logits, &fits.pad_with_zeros(1, 0, batch.bad_replies.len())?)?;
    let of_prompts = cross_entropy(&logits.narrow(1, 0, n)?.t()?, &fits)?;
    Ok((of_replies + of_prompts)?)
}

/// Unit vectors in the direction of the sums of each text's rows: (texts, width).
fn directions<'a>(rows: &Tensor, texts: impl Iterator<Item = &'a [u32]>) -> Result<Tensor> {
    let (mut chosen, mut owners, mut n) = (Vec::new(), Vec::new(), 0_u32);
    for text in texts {
        chosen.extend(text);
        owners.extend(std::iter::repeat_n(n, text.len()));
        n += 1;
    }
    let indices = |list: Vec<u32>| Tensor::new(list, &Device::Cpu);
    let zeros = Tensor::zeros((n as usize, rows.dim(1)?), rows.dtype(), &Device::Cpu)?;
    let sums = zeros.index_add(&indices(owners)?, &rows.index_select(&indices(chosen)?, 0)?, 0)?;
    let norms = (sums.sqr()?.sum_keepdim(1)? + LEAST_SQUARED_NORM)?.sqrt()?;
    Ok(sums.broadcast_div(&norms)?)
}

/// For each pair, which pairs have its intent, as shares that sum to 1: (pairs, pairs), symmetric.
fn fitting(pairs: &[Pair]) -> Result<Tensor> {
    let share = |one: &Pair, other: &Pair| {
        let alike = pairs.iter().filter(|pair| pair.intent == one.intent).count();
        if one.intent == other.intent { 1.0 / alike as f32 } else { 0.0 }
    };
    let shares: Vec<f32> =
        pairs.iter().flat_map(|one| pairs.iter().map(move |other| share(one, other))).collect();
    Ok(Tensor::from_vec(shares, (pairs.len(), pairs.len()), &Device::Cpu)?)
}

/// The mean over rows of −Σ target · log softmax; logits are small enough for their exponentials.
fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let log_sums = logits.exp()?.sum_keepdim(1)?.log()?;
    let logprobs = logits.broadcast_sub(&log_sums)?;
    Ok((logprobs.mul(targets)?.sum_all()? / -(logits.dim(0)? as f64))?)
}
