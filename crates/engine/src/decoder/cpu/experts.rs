//! The feed-forward part of layers that choose some of many experts for each token.
//!
//! The rows that chose an expert are multiplied with its weights together, so that a batch reads the weights of each expert once.
//! What a row gets depends on its own numbers alone: its experts' outputs are added in the order of their numbers.

use super::share::{Product, each, gate_blocks, multiply, normalise, split_blocks, split_outputs};
use super::weights::{Experts, Gated};
use crate::config::{Activation, ExpertsConfig};
use crate::error::Result;
use tiebreak_kernels::{ActivationBlocks, Activations, BLOCK, Keeps, Kernels, Team};

/// Memory that is kept from layer to layer.
#[derive(Debug)]
pub(super) struct ByExpert {
    keeps: Keeps,
    /// (rows, embedding): the normalised input.
    normed: Vec<f32>,
    /// (rows, experts)
    scores: Vec<f32>,
    /// One for each expert that any row chose.
    between: Vec<Between>,
}

/// What lies between the products of one expert.
#[derive(Debug)]
struct Between {
    /// (its rows, embedding)
    input: Activations,
    /// (its rows, feed-forward)
    gated: Activations,
    /// (its rows, embedding)
    output: Vec<f32>,
}

/// An expert that some rows chose.
struct Job<'a> {
    expert: &'a Gated,
    /// Each row, and what the expert's output is multiplied by.
    rows: Vec<(usize, f32)>,
}

/// A layer's experts, and what they have in common with other parts of it.
pub(super) struct Layer<'a> {
    pub experts: &'a Experts,
    pub config: &'a ExpertsConfig,
    pub activation: Activation,
    /// The weights of the norm before them, and the width of a row.
    pub norm: (Option<&'a [f32]>, usize),
    pub epsilon: f32,
}

impl ByExpert {
    pub fn new(keeps: Keeps) -> Self {
        Self { keeps, normed: Vec::new(), scores: Vec::new(), between: Vec::new() }
    }

    /// Writes what the layer's experts make of `hidden` to `output`, both (rows, embedding); `input` becomes the normalised rows.
    pub fn compute(
        &mut self,
        layer: &Layer<'_>,
        (hidden, input): (&[f32], &mut Activations),
        output: &mut [f32],
        kernels: Kernels,
        team: &mut Team,
    ) -> Result<()> {
        let width = layer.norm.1;
        normalise(hidden, layer.norm, layer.epsilon, input, kernels, team)?;
        self.scores.resize(input.rows() * layer.config.count, 0.0);
        multiply([(&layer.experts.router, self.scores.as_mut_slice())], input, kernels, team)?;
        self.write_normed(layer, hidden, kernels)?;
        let jobs = self.jobs(layer);
        // With many experts there is enough to share out; with few, each is shared.
        let n_parts = if jobs.len() >= 2 * team.threads() { 1 } else { team.threads() };
        self.prepare(&jobs, width, kernels, team)?;
        self.gate(layer.activation, &jobs, n_parts, kernels, team)?;
        self.multiply_down(&jobs, n_parts, kernels, team)?;
        output.fill(0.0);
        for (Job { rows, .. }, between) in jobs.iter().zip(&self.between) {
            for ((row, weight), own) in rows.iter().zip(between.output.chunks_exact(width)) {
                kernels.add(&mut output[row * width..][..width], *weight, own)?;
            }
        }
        Ok(())
    }

    fn write_normed(&mut self, layer: &Layer<'_>, hidden: &[f32], kernels: Kernels) -> Result<()> {
        let (weights, width) = layer.norm;
        self.normed.clear();
        self.normed.extend_from_slice(hidden);
        if let Some(weights) = weights {
            let mut rows = self.normed.chunks_exact_mut(width);
            rows.try_for_each(|row| kernels.normalise(row, weights, layer.epsilon))?;
        }
        Ok(())
    }

    /// The experts that any row chose, in the order of their numbers, and after them the one for all rows.
    fn jobs<'a>(&self, layer: &Layer<'a>) -> Vec<Job<'a>> {
        let mut by_expert = vec![Vec::new(); layer.config.count];
        for (row, scores) in self.scores.chunks_exact(layer.config.count).enumerate() {
            for (expert, weight) in layer.config.choose(scores) {
                by_expert[expert].push((row, weight));
            }
        }
        let chosen = layer.experts.each.iter().zip(by_expert).filter(|(_, rows)| !rows.is_empty());
        let shared = layer.experts.shared.iter().map(|shared| {
            let rows = self.normed.chunks_exact(layer.norm.1);
            let weight = |row| shared.weight.as_ref().map_or(1.0, |weight| sigmoid_of_product(row, weight));
            (&shared.gated, rows.map(weight).enumerate().collect())
        });
        chosen.chain(shared).map(|(expert, rows)| Job { expert, rows }).collect()
    }

    /// Writes the rows of each job as its input, and makes room for what comes after.
    fn prepare(&mut self, jobs: &[Job<'_>], width: usize, kernels: Kernels, team: &mut Team) -> Result<()> {
        while self.between.len() < jobs.len() {
            let empty = || Activations::new(1, BLOCK, self.keeps);
            self.between.push(Between { input: empty()?, gated: empty()?, output: Vec::new() });
        }
        for (Job { expert, rows }, between) in jobs.iter().zip(&mut self.between) {
            between.input.reshape(rows.len(), width)?;
            between.gated.reshape(rows.len(), expert.gate.matrix.outputs())?;
            between.output.resize(rows.len() * width, 0.0);
        }
        let parts = jobs.iter().zip(&mut self.between).collect();
        each(team, parts, |(Job { rows, .. }, between): &mut (&Job<'_>, &mut Between)| {
            let mut blocks = between.input.all_blocks();
            let mut rows = rows.iter().enumerate();
            rows.try_for_each(|(at, (row, _))| {
                blocks.write_row(kernels, at, &self.normed[row * width..][..width])
            })
        })
    }

    fn gate(
        &mut self,
        activation: Activation,
        jobs: &[Job<'_>],
        n_parts: usize,
        kernels: Kernels,
        team: &mut Team,
    ) -> Result<()> {
        let mut parts = Vec::new();
        for (Job { expert, .. }, Between { input, gated, .. }) in jobs.iter().zip(&mut self.between) {
            let blocks = split_blocks(gated, n_parts)?;
            parts.extend(blocks.into_iter().map(|part| (*expert, &*input, part)));
        }
        type Part<'a> = (&'a Gated, &'a Activations, (usize, ActivationBlocks<'a>));
        each(team, parts, |(expert, input, part): &mut Part<'_>| {
            gate_blocks(activation, [&expert.gate, &expert.up], input, part, kernels)
        })
    }

    fn multiply_down(
        &mut self,
        jobs: &[Job<'_>],
        n_parts: usize,
        kernels: Kernels,
        team: &mut Team,
    ) -> Result<()> {
        let mut parts = Vec::new();
        for (Job { expert, rows }, Between { gated, output, .. }) in jobs.iter().zip(&mut self.between) {
            let products = split_outputs(&expert.down, output, rows.len(), n_parts)?;
            parts.extend(products.into_iter().map(|product| (product, &*gated)));
        }
        each(team, parts, |(product, gated): &mut (Product<'_>, &Activations)| {
            product.compute(gated, kernels)
        })
    }
}

fn sigmoid_of_product(row: &[f32], weights: &[f32]) -> f32 {
    let products = row.iter().zip(weights).map(|(a, b)| f64::from(*a) * f64::from(*b));
    (1.0 / (1.0 + libm::exp(-products.sum::<f64>()))) as f32
}
