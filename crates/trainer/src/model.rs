//! The network: its sizes, its parameters, and one pass forward and backward over a packed batch.
//!
//! Candle multiplies the matrices; [`crate::ops`] and [`crate::attention`] do the rest.
//! The backward pass is written out, because the architecture never changes and a written pass allocates no zeros.

use std::ops::{Deref, Range};

use anyhow::{Context, Result, bail};
use candle_core::{CpuStorage, Device, Storage, Tensor};
use serde::{Deserialize, Serialize};

use crate::attention::{Heads, Rotary, attention, attention_backward};
use crate::ops;
use crate::random::Random;

/// The sizes of a model of the Llama family with tied embeddings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Width of the residual stream.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Width between the two products of the feed-forward part.
    pub feed_forward: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Tokens in the vocabulary.
    pub vocabulary: usize,
    /// Longest sequence in tokens.
    pub context: usize,
    /// Base of the rotary angles.
    pub rope_theta: f64,
    /// Added to the mean square in RMSNorm.
    pub epsilon: f32,
}

impl Shape {
    /// The shape of the shipped model: widths are multiples of 256, where packed Q8_0 products work.
    pub const SHIPPED: Self = Self {
        width: 256,
        layers: 6,
        feed_forward: 768,
        heads: 4,
        kv_heads: 2,
        vocabulary: 4096,
        context: 1024,
        rope_theta: 10_000.0,
        epsilon: 1e-5,
    };

    /// Width of one head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    fn attention_heads(&self) -> Heads {
        Heads { queries: self.heads, keys: self.kv_heads, width: self.head_width() }
    }

    /// Names and sizes of the parameters in their fixed order; matrices are `input × output`.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let mut list = vec![("embedding".to_owned(), vec![self.vocabulary, self.width])];
        for layer in 0..self.layers {
            for (part, sizes) in [
                ("attention_norm", vec![self.width]),
                ("query_key_value", vec![self.width, self.attention_heads().row()]),
                ("attention_output", vec![self.width, self.width]),
                ("feed_forward_norm", vec![self.width]),
                ("gate_up", vec![self.width, 2 * self.feed_forward]),
                ("down", vec![self.feed_forward, self.width]),
            ] {
                list.push((format!("layer.{layer}.{part}"), sizes));
            }
        }
        list.push(("output_norm".to_owned(), vec![self.width]));
        list
    }
}

const PARTS: usize = 6;
const EMBEDDING: usize = 0;

/// Weight of the contrast, in units of the likelihood of its reply.
const CONTRAST_WEIGHT: f64 = 0.25;
/// Steepness of the contrast, per nat a token.
const CONTRAST_SLOPE: f64 = 4.0;

/// The same reply after a prompt that it fits and after one that it does not fit, as ranges of [`Batch::rows`].
#[derive(Clone, Debug)]
pub struct Contrast {
    /// The reply's rows after its own prompt.
    pub fitting: Range<usize>,
    /// The reply's rows after the other prompt; these are never learned as text.
    pub unfitting: Range<usize>,
    /// Whether the reply after its own prompt is learned as text, too.
    pub is_text: bool,
}

/// Documents in one long list of rows, and the rows whose next token is learned.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Input tokens of all documents, one after the other.
    pub tokens: Vec<u32>,
    /// Tokens of each document.
    pub lengths: Vec<usize>,
    /// Rows that carry loss, ascending.
    pub rows: Vec<u32>,
    /// The token that follows each of those rows.
    pub targets: Vec<u32>,
    /// Pairs of documents whose likelihoods are to differ.
    pub contrasts: Vec<Contrast>,
    /// Keys what is dropped, where something is.
    pub dropout: Option<u64>,
}

impl Batch {
    /// How many rows are learned as text.
    pub fn learned(&self) -> usize {
        let of_contrast = |contrast: &Contrast| {
            contrast.unfitting.len() + if contrast.is_text { 0 } else { contrast.fitting.len() }
        };
        self.rows.len() - self.contrasts.iter().map(of_contrast).sum::<usize>()
    }
}

/// The parameters and what one pass over them needs.
pub struct Model {
    /// The sizes.
    pub shape: Shape,
    /// The parameters, in the order of [`Shape::parameters`].
    pub parameters: Vec<Tensor>,
    rotary: Rotary,
}

/// What the backward pass needs of one block.
struct Saved {
    input: Tensor,
    normed: Tensor,
    queries_keys_values: Tensor,
    attended: Tensor,
    middle: Tensor,
    middle_normed: Tensor,
    gate_up: Tensor,
    activated: Tensor,
    /// What the outputs of attention and of the feed-forward part were multiplied by.
    kept: Option<[Tensor; 2]>,
}

impl Saved {
    /// The gradient of a branch's output, of which some was dropped.
    fn through(&self, gradient: &Tensor, branch: usize) -> Result<Tensor> {
        Ok(match &self.kept {
            Some(masks) => (gradient * &masks[branch])?,
            None => gradient.clone(),
        })
    }
}

impl Model {
    /// A model with random parameters that depend on the seed alone.
    pub fn random(shape: Shape, seed: u64) -> Result<Self> {
        let residual = 1.0 / libm::sqrt(2.0 * shape.layers as f64);
        let mut parameters = Vec::new();
        for (index, (name, sizes)) in shape.parameters().into_iter().enumerate() {
            let count = sizes.iter().product();
            let values = if name.ends_with("norm") {
                vec![1f32; count]
            } else {
                let narrow = name.ends_with("attention_output") || name.ends_with("down");
                let deviation = 0.02 * if narrow { residual } else { 1.0 };
                let mut random = Random::new(seed, 1, index as u64);
                (0..count).map(|_| (random.normal() * deviation) as f32).collect()
            };
            parameters.push(Tensor::from_vec(values, sizes, &Device::Cpu)?);
        }
        Self::new(shape, parameters)
    }

    /// A model with the given parameters; fails when one of them has another size.
    pub fn new(shape: Shape, parameters: Vec<Tensor>) -> Result<Self> {
        let expected = shape.parameters();
        if parameters.len() != expected.len() {
            bail!("{} parameters given, {} expected", parameters.len(), expected.len());
        }
        for (tensor, (name, sizes)) in parameters.iter().zip(&expected) {
            if tensor.dims() != sizes.as_slice() {
                bail!("parameter {name} is {:?}, expected {sizes:?}", tensor.dims());
            }
        }
        let rotary = Rotary::new(shape.head_width(), shape.rope_theta, shape.context);
        Ok(Self { shape, parameters, rotary })
    }

    fn part(&self, layer: usize, part: usize) -> &Tensor {
        &self.parameters[1 + layer * PARTS + part]
    }

    /// The summed loss of the batch's targets in nats.
    pub fn loss(&self, batch: &Batch) -> Result<f64> {
        Ok(self.forward(batch)?.loss)
    }

    /// The logits of one sequence, `tokens × vocabulary`.
    pub fn logits(&self, tokens: &[u32]) -> Result<Tensor> {
        let (_, stream) = self.blocks(tokens, &[tokens.len()], None)?;
        let normed = self.norm(&stream, self.parameters.len() - 1)?;
        Ok(normed.matmul(&self.parameters[EMBEDDING].t()?)?)
    }

    fn forward(&self, batch: &Batch) -> Result<Forward> {
        let (saved, stream) = self.blocks(&batch.tokens, &batch.lengths, batch.dropout)?;
        let chosen = Tensor::new(batch.rows.as_slice(), &Device::Cpu)?;
        let last = stream.index_select(&chosen, 0)?;
        let normed = self.norm(&last, self.parameters.len() - 1)?;
        let logits = normed.matmul(&self.parameters[EMBEDDING].t()?)?;
        let (nats, mut gradient) = ops::cross_entropy(&floats(&logits)?, &batch.targets);
        let (loss, weights) = weigh(&nats, &batch.contrasts);
        ops::scale_rows(&mut gradient, &weights);
        let logit_gradient = matrix(gradient, batch.rows.len())?;
        Ok(Forward { loss, saved, last, normed, logit_gradient })
    }

    fn blocks(
        &self,
        tokens: &[u32],
        lengths: &[usize],
        dropout: Option<u64>,
    ) -> Result<(Vec<Saved>, Tensor)> {
        let table = floats(&self.parameters[EMBEDDING])?;
        let embedded = ops::embed(&table, self.shape.width, tokens);
        let mut stream = matrix(embedded, tokens.len())?;
        let mut saved = Vec::with_capacity(self.shape.layers);
        for layer in 0..self.shape.layers {
            let (block, output) = self.block(layer, stream, lengths, dropout)?;
            saved.push(block);
            stream = output;
        }
        Ok((saved, stream))
    }

    fn block(
        &self,
        layer: usize,
        input: Tensor,
        lengths: &[usize],
        dropout: Option<u64>,
    ) -> Result<(Saved, Tensor)> {
        let rows = input.dim(0)?;
        let mask = |key, branch| matrix(ops::dropout(rows * self.shape.width, key, branch), rows);
        let branch = 2 * layer as u64;
        let kept = dropout.map(|key| anyhow::Ok([mask(key, branch)?, mask(key, branch + 1)?])).transpose()?;
        let keep = |output: Tensor, which: usize| match &kept {
            Some(masks) => output * &masks[which],
            None => Ok(output),
        };
        let index = 1 + layer * PARTS;
        let normed = self.norm(&input, index)?;
        let queries_keys_values = normed.matmul(self.part(layer, 1))?;
        let attended = {
            let inputs = floats(&queries_keys_values)?;
            attention(&inputs, lengths, self.shape.attention_heads(), &self.rotary)
        };
        let attended = matrix(attended, rows)?;
        let middle = (&input + keep(attended.matmul(self.part(layer, 2))?, 0)?)?;
        let middle_normed = self.norm(&middle, index + 3)?;
        let gate_up = middle_normed.matmul(self.part(layer, 4))?;
        let activated = ops::swiglu(&floats(&gate_up)?, self.shape.feed_forward);
        let activated = matrix(activated, rows)?;
        let output = (&middle + keep(activated.matmul(self.part(layer, 5))?, 1)?)?;
        let saved = Saved {
            input,
            normed,
            queries_keys_values,
            attended,
            middle,
            middle_normed,
            gate_up,
            activated,
            kept,
        };
        Ok((saved, output))
    }

    fn norm(&self, input: &Tensor, parameter: usize) -> Result<Tensor> {
        let weight = floats(&self.parameters[parameter])?;
        let output = ops::rms_norm(&floats(input)?, &weight, self.shape.epsilon);
        matrix(output, input.dim(0)?)
    }

    /// Adds the gradient of a norm's input to `stream` and returns that of its weight.
    fn norm_backward(
        &self,
        input: &Tensor,
        parameter: usize,
        gradient: &Tensor,
        stream: &mut [f32],
    ) -> Result<Tensor> {
        let weight = floats(&self.parameters[parameter])?;
        let (input, gradient) = (floats(input)?, floats(gradient)?);
        let epsilon = self.shape.epsilon;
        let output = ops::rms_norm_backward(&input, &weight, epsilon, &gradient, stream);
        Ok(Tensor::from_vec(output, weight.len(), &Device::Cpu)?)
    }

    /// The summed loss in nats and the gradients of all parameters, in their order.
    pub fn gradients(&self, batch: &Batch) -> Result<(f64, Vec<Tensor>)> {
        let shape = self.shape;
        let forward = self.forward(batch)?;
        let table = &self.parameters[EMBEDDING];
        let mut reversed = Vec::with_capacity(self.parameters.len());

        let to_normed = forward.logit_gradient.matmul(table)?;
        let to_table = forward.logit_gradient.t()?.matmul(&forward.normed)?;
        let mut to_last = vec![0f32; batch.rows.len() * shape.width];
        let last_norm = self.parameters.len() - 1;
        reversed.push(self.norm_backward(&forward.last, last_norm, &to_normed, &mut to_last)?);
        let mut stream = vec![0f32; batch.tokens.len() * shape.width];
        for (row, values) in batch.rows.iter().zip(to_last.chunks(shape.width)) {
            let start = *row as usize * shape.width;
            stream[start..start + shape.width].copy_from_slice(values);
        }
        for (layer, saved) in forward.saved.iter().enumerate().rev() {
            stream = self.block_backward(layer, saved, stream, &batch.lengths, &mut reversed)?;
        }
        let mut to_table = owned(to_table)?;
        ops::embed_backward(&mut to_table, shape.width, &batch.tokens, &stream);
        reversed.push(matrix(to_table, shape.vocabulary)?);
        reversed.reverse();
        Ok((forward.loss, reversed))
    }

    /// Pushes the gradients of one block, last parameter first, and returns that of its input.
    fn block_backward(
        &self,
        layer: usize,
        saved: &Saved,
        stream: Vec<f32>,
        lengths: &[usize],
        reversed: &mut Vec<Tensor>,
    ) -> Result<Vec<f32>> {
        let index = 1 + layer * PARTS;
        let rows = saved.input.dim(0)?;
        let gradient = matrix(stream, rows)?;
        let to_output = saved.through(&gradient, 1)?;
        reversed.push(saved.activated.t()?.matmul(&to_output)?);
        let to_activated = to_output.matmul(&self.part(layer, 5).t()?)?;
        let to_gate_up =
            ops::swiglu_backward(&floats(&saved.gate_up)?, &floats(&to_activated)?, self.shape.feed_forward);
        let to_gate_up = matrix(to_gate_up, rows)?;
        reversed.push(saved.middle_normed.t()?.matmul(&to_gate_up)?);
        let to_normed = to_gate_up.matmul(&self.part(layer, 4).t()?)?;
        let mut stream = owned(gradient)?;
        reversed.push(self.norm_backward(&saved.middle, index + 3, &to_normed, &mut stream)?);

        let gradient = matrix(stream, rows)?;
        let to_output = saved.through(&gradient, 0)?;
        reversed.push(saved.attended.t()?.matmul(&to_output)?);
        let to_attended = to_output.matmul(&self.part(layer, 2).t()?)?;
        let to_inputs = attention_backward(
            &floats(&saved.queries_keys_values)?,
            &floats(&saved.attended)?,
            &floats(&to_attended)?,
            lengths,
            (self.shape.attention_heads(), &self.rotary),
        );
        let to_inputs = matrix(to_inputs, rows)?;
        reversed.push(saved.normed.t()?.matmul(&to_inputs)?);
        let to_normed = to_inputs.matmul(&self.part(layer, 1).t()?)?;
        let mut stream = owned(gradient)?;
        reversed.push(self.norm_backward(&saved.input, index, &to_normed, &mut stream)?);
        Ok(stream)
    }
}

/// The loss of all rows together, and the weight of each row's gradient.
///
/// A row counts with its own nats, but for those of unfitting prompts and of contrasts that are no text.
/// A contrast adds the logistic loss of the difference of the mean log-likelihoods, as often as its reply has tokens:
/// the pairwise form of training for mutual information (Li et al. 2016 use it when decoding only),
/// so that a reply becomes likelier after its own prompt than after another.
fn weigh(nats: &[f64], contrasts: &[Contrast]) -> (f64, Vec<f32>) {
    let mut weights = vec![1f32; nats.len()];
    let mut loss: f64 = nats.iter().sum();
    for Contrast { fitting, unfitting, is_text } in contrasts {
        let tokens = fitting.len() as f64;
        let sum = |range: &Range<usize>| nats[range.clone()].iter().sum::<f64>();
        let margin = CONTRAST_SLOPE * (sum(unfitting) - sum(fitting)) / tokens;
        loss += CONTRAST_WEIGHT * tokens * libm::log1p(libm::exp(-margin)) - sum(unfitting);
        if !is_text {
            loss -= sum(fitting);
            weights[fitting.clone()].fill(0.0);
        }
        let pull = (CONTRAST_WEIGHT * CONTRAST_SLOPE / (1.0 + libm::exp(margin))) as f32;
        for weight in &mut weights[fitting.clone()] {
            *weight += pull;
        }
        for weight in &mut weights[unfitting.clone()] {
            *weight = -pull;
        }
    }
    (loss, weights)
}

/// What the backward pass needs of the forward pass.
struct Forward {
    loss: f64,
    saved: Vec<Saved>,
    last: Tensor,
    normed: Tensor,
    logit_gradient: Tensor,
}

/// A tensor's values, borrowed; the tensor must be contiguous, on the CPU, and of `f32`.
pub(crate) fn floats(tensor: &Tensor) -> Result<Floats<impl Deref<Target = Storage>>> {
    let (storage, layout) = tensor.storage_and_layout();
    let range = layout.contiguous_offsets().context("a tensor is not contiguous")?;
    if !matches!(&*storage, Storage::Cpu(CpuStorage::F32(_))) {
        bail!("a tensor holds no f32 values on the CPU");
    }
    Ok(Floats { storage, range })
}

/// Values borrowed from a tensor.
pub(crate) struct Floats<Guard> {
    storage: Guard,
    range: (usize, usize),
}

impl<Guard: Deref<Target = Storage>> Deref for Floats<Guard> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(values)) => &values[self.range.0..self.range.1],
            _ => unreachable!("checked where the values were borrowed"),
        }
    }
}

fn matrix(values: Vec<f32>, rows: usize) -> Result<Tensor> {
    let columns = values.len() / rows.max(1);
    Ok(Tensor::from_vec(values, (rows, columns), &Device::Cpu)?)
}

fn owned(tensor: Tensor) -> Result<Vec<f32>> {
    Ok(floats(&tensor)?.to_vec())
}
