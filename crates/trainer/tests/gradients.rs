//! Compares the written backward pass with candle's autograd of the plain expressions.

use std::ops::Range;

use anyhow::Result;
use candle_core::{D, Device, Tensor, Var};
use tiebreak_trainer::attention::{Heads, Rotary, attention};
use tiebreak_trainer::model::{Batch, Contrast, Model, Shape};
use tiebreak_trainer::ops;
use tiebreak_trainer::random::Random;

const TINY: Shape = Shape {
    width: 64,
    layers: 2,
    feed_forward: 48,
    heads: 2,
    kv_heads: 1,
    vocabulary: 50,
    context: 64,
    rope_theta: 10_000.0,
    epsilon: 1e-5,
};

fn batch() -> Batch {
    let random = &mut Random::new(7, 0, 0);
    let lengths = vec![37, 1, 5, 13];
    let tokens: Vec<u32> = (0..56).map(|_| random.below(TINY.vocabulary) as u32).collect();
    let rows: Vec<u32> = (0..56).filter(|row| row % 3 != 1).collect();
    let targets = rows.iter().map(|_| random.below(TINY.vocabulary) as u32).collect();
    // Replies of the same length, in documents of their own.
    let contrasts = vec![
        Contrast { fitting: 3..9, unfitting: 28..34, is_text: true },
        Contrast { fitting: 12..14, unfitting: 34..36, is_text: false },
    ];
    Batch { tokens, lengths, rows, targets, contrasts, dropout: Some(11) }
}

/// The model, with larger random parameters, so that no gradient is tiny.
fn model() -> Result<Model> {
    let mut random = Random::new(3, 0, 0);
    let parameters = TINY
        .parameters()
        .into_iter()
        .map(|(_, sizes)| {
            let count = sizes.iter().product();
            let base = if sizes.len() == 1 { 1.0 } else { 0.0 };
            let values: Vec<f32> = (0..count).map(|_| (base + 0.15 * random.normal()) as f32).collect();
            Ok(Tensor::from_vec(values, sizes, &Device::Cpu)?)
        })
        .collect::<Result<_>>()?;
    Model::new(TINY, parameters)
}

#[test]
fn all_gradients_match_autograd() -> Result<()> {
    let (model, batch) = (model()?, batch());
    let variables = model.parameters.iter().map(Var::from_tensor).collect::<Result<Vec<_>, _>>()?;
    let loss = plain_loss(&variables, &batch)?;
    let expected = loss.backward()?;
    let (found_loss, found) = model.gradients(&batch)?;
    let loss = f64::from(loss.to_scalar::<f32>()?);
    assert!((found_loss - loss).abs() < 1e-4 * loss, "{found_loss} is not {loss}");
    let names = TINY.parameters().into_iter().map(|(name, _)| name);
    for ((name, variable), found) in names.zip(&variables).zip(&found) {
        let expected = expected.get(variable).expect("every parameter is used");
        let difference = (expected - found)?.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt();
        let size = expected.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt();
        assert!(difference < 1e-4 * size, "{name} is off by {difference} of {size}");
    }
    Ok(())
}

/// The same network as one plain expression, one document at a time.
fn plain_loss(variables: &[Var], batch: &Batch) -> Result<Tensor> {
    let mut start = 0;
    let mut nats = Vec::new();
    let key = batch.dropout.expect("the batch drops something");
    let masks = (0..2 * TINY.layers as u64)
        .map(|branch| {
            let mask = ops::dropout(batch.tokens.len() * TINY.width, key, branch);
            Tensor::from_vec(mask, (batch.tokens.len(), TINY.width), &Device::Cpu)
        })
        .collect::<Result<Vec<_>, _>>()?;
    for length in &batch.lengths {
        let tokens = Tensor::new(&batch.tokens[start..start + length], &Device::Cpu)?;
        let mut x = variables[0].index_select(&tokens, 0)?;
        for layer in 0..TINY.layers {
            let part = |index: usize| variables[1 + layer * 6 + index].as_tensor();
            let inputs = plain_norm(&x, part(0))?.matmul(part(1))?;
            let kept = |branch: usize| masks[2 * layer + branch].narrow(0, start, *length);
            x = (x + (plain_attention(&inputs)?.matmul(part(2))? * kept(0)?)?)?;
            let both = plain_norm(&x, part(3))?.matmul(part(4))?;
            let gate = both.narrow(1, 0, TINY.feed_forward)?;
            let up = both.narrow(1, TINY.feed_forward, TINY.feed_forward)?;
            let silu = (&gate / ((gate.neg()?.exp()? + 1.0)?))?;
            x = (x + ((silu * up)?.matmul(part(5))? * kept(1)?)?)?;
        }
        let last = plain_norm(&x, variables[variables.len() - 1].as_tensor())?;
        let logits = last.matmul(&variables[0].t()?)?;
        let normalizer = logits.exp()?.sum(D::Minus1)?.log()?;
        for (row, target) in batch.rows.iter().zip(&batch.targets) {
            let row = *row as usize;
            if (start..start + length).contains(&row) {
                let logit = logits.get(row - start)?.get(*target as usize)?;
                nats.push((normalizer.get(row - start)? - logit)?);
            }
        }
        start += length;
    }
    let sum = |range: Range<usize>| Tensor::stack(&nats[range], 0)?.sum_all();
    let mut loss = sum(0..nats.len())?;
    for Contrast { fitting, unfitting, is_text } in &batch.contrasts {
        let (fits, differs) = (sum(fitting.clone())?, sum(unfitting.clone())?);
        let difference = ((&differs - &fits)? / fitting.len() as f64)?;
        // The logistic loss of four times the difference, a quarter of it for each token.
        let contrast = (((difference * -4.0)?.exp()? + 1.0)?.log()? * (fitting.len() as f64 / 4.0))?;
        loss = ((loss - differs)? + contrast)?;
        loss = if *is_text { loss } else { (loss - fits)? };
    }
    Ok(loss)
}

fn plain_norm(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let mean = x.sqr()?.mean_keepdim(D::Minus1)?;
    let scale = (mean + f64::from(TINY.epsilon))?.sqrt()?;
    Ok(x.broadcast_div(&scale)?.broadcast_mul(weight)?)
}

fn plain_attention(inputs: &Tensor) -> Result<Tensor> {
    let (width, length) = (TINY.head_width(), inputs.dim(0)?);
    let mask: Vec<f32> =
        (0..length * length).map(|index| if index % length > index / length { -1e9 } else { 0.0 }).collect();
    let mask = Tensor::from_vec(mask, (length, length), &Device::Cpu)?;
    let group = TINY.heads / TINY.kv_heads;
    let mut outputs = Vec::new();
    for head in 0..TINY.heads {
        let keys = (TINY.heads + head / group) * width;
        let query = plain_rotation(&inputs.narrow(1, head * width, width)?)?;
        let key = plain_rotation(&inputs.narrow(1, keys, width)?)?;
        let value = inputs.narrow(1, keys + TINY.kv_heads * width, width)?;
        let scores = (query.matmul(&key.t()?)? / (width as f64).sqrt())?;
        let weights = (scores + &mask)?.exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        outputs.push(weights.matmul(&value.contiguous()?)?);
    }
    Ok(Tensor::cat(&outputs, 1)?)
}

/// Neighbouring pairs are turned, as candle's `rope_i` does.
fn plain_rotation(x: &Tensor) -> Result<Tensor> {
    let (length, width) = x.dims2()?;
    let angles: Vec<f32> = (0..length * width / 2)
        .map(|index| {
            let (position, pair) = (index / (width / 2), index % (width / 2));
            let power = -2.0 * pair as f64 / width as f64;
            (position as f64 * TINY.rope_theta.powf(power)) as f32
        })
        .collect();
    let angles = Tensor::from_vec(angles, (length, width / 2, 1), &Device::Cpu)?;
    let pairs = x.contiguous()?.reshape((length, width / 2, 2))?;
    let (first, second) = (pairs.narrow(2, 0, 1)?, pairs.narrow(2, 1, 1)?);
    let (cosine, sine) = (angles.cos()?, angles.sin()?);
    let turned = [((&first * &cosine)? - (&second * &sine)?)?, ((&first * &sine)? + (&second * &cosine)?)?];
    Ok(Tensor::cat(&turned, 2)?.reshape((length, width))?)
}

#[test]
fn a_document_does_not_see_its_neighbours() {
    let heads = Heads { queries: 2, keys: 1, width: 32 };
    let rotary = Rotary::new(32, 10_000.0, 16);
    let random = &mut Random::new(1, 0, 0);
    let inputs: Vec<f32> = (0..12 * heads.row()).map(|_| random.normal() as f32).collect();
    let together = attention(&inputs, &[5, 7], heads, &rotary);
    let (first, second) = inputs.split_at(5 * heads.row());
    let mut apart = attention(first, &[5], heads, &rotary);
    apart.extend(attention(second, &[7], heads, &rotary));
    assert_eq!(together, apart);
}

#[test]
fn cross_entropy_of_equal_logits_is_the_logarithm_of_their_number() {
    let (nats, gradient) = ops::cross_entropy(&[2.0; 8], &[1, 3]);
    assert!(nats.iter().all(|nats| (nats - 4f64.ln()).abs() < 1e-6));
    assert!((gradient[1] + 0.75).abs() < 1e-6 && (gradient[0] - 0.25).abs() < 1e-6);
}

#[test]
fn dropout_keeps_the_mean_and_depends_on_its_key() {
    let mask = ops::dropout(100_000, 5, 2);
    let dropped = mask.iter().filter(|value| **value == 0.0).count();
    assert!((9_500..10_500).contains(&dropped), "{dropped} of 100,000 were dropped");
    let mean = mask.iter().sum::<f32>() / mask.len() as f32;
    assert!((mean - 1.0).abs() < 0.01, "the mean is {mean}");
    assert_eq!(mask, ops::dropout(100_000, 5, 2));
    assert_ne!(mask, ops::dropout(100_000, 6, 2));
    assert_ne!(mask, ops::dropout(100_000, 5, 3));
}
