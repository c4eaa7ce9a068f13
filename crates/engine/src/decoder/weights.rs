//! A model's weights, read for one decoder or the other.

use crate::config::{Config, ExpertsConfig, HeadNorm, Norms};
use crate::error::Result;
use crate::source::{OpenTensor, TensorSource};
use std::ops::Range;
use std::sync::Arc;

/// How a decoder keeps what it reads.
pub(super) trait Keep {
    type Matrix;
    type Vector;

    /// A matrix (outputs, inputs), all of whose weights `tensor` holds.
    fn matrix(&mut self, tensor: OpenTensor<'_>, shape: [usize; 2]) -> Result<Self::Matrix>;

    /// The same of weights that are few and decide much: they are not rounded.
    fn exact_matrix(&mut self, tensor: OpenTensor<'_>, shape: [usize; 2]) -> Result<Self::Matrix>;

    fn vector(&mut self, numbers: Vec<f32>) -> Result<Self::Vector>;
}

/// All weights of a model.
#[derive(Debug)]
pub(super) struct ModelWeights<M, V> {
    /// (vocabulary, embedding)
    pub embedding: Arc<M>,
    pub layers: Vec<LayerWeights<M, V>>,
    pub output_norm: V,
    pub output: Linear<M, V>,
}

#[derive(Debug)]
pub(super) struct LayerWeights<M, V> {
    pub attention_norm: Option<V>,
    pub query: Linear<M, V>,
    pub key: Linear<M, V>,
    pub value: Linear<M, V>,
    pub query_norm: Option<V>,
    pub key_norm: Option<V>,
    pub attention_output: Linear<M, V>,
    pub after_attention_norm: Option<V>,
    pub feed_forward_norm: Option<V>,
    pub feed_forward: FeedForward<M, V>,
    pub after_feed_forward_norm: Option<V>,
}

/// What follows attention in a layer.
#[derive(Debug)]
pub(super) enum FeedForward<M, V> {
    /// The same for all tokens.
    Dense(Gated<M, V>),
    /// Some of many for each token.
    Experts(Experts<M, V>),
}

/// down(activation(gate) × up)
#[derive(Debug)]
pub(super) struct Gated<M, V> {
    pub gate: Linear<M, V>,
    pub up: Linear<M, V>,
    pub down: Linear<M, V>,
}

/// Parts among which a token's are chosen.
#[derive(Debug)]
pub(super) struct Experts<M, V> {
    /// (experts, embedding): gives each expert's score.
    pub router: Linear<M, V>,
    pub each: Vec<Gated<M, V>>,
    pub shared: Option<SharedExpert<M, V>>,
}

/// What computes every token beside the experts that are chosen.
#[derive(Debug)]
pub(super) struct SharedExpert<M, V> {
    /// (embedding): the sigmoid of the product with it weighs what this one computes; it counts in full where there is none.
    pub weight: Option<V>,
    pub gated: Gated<M, V>,
}

/// A matrix (outputs, inputs) and what is added after it.
#[derive(Debug)]
pub(super) struct Linear<M, V> {
    pub matrix: Arc<M>,
    pub bias: Option<V>,
}

impl<M, V> ModelWeights<M, V> {
    /// Reads the weights that `config` asks for; an absent or misshapen one is named.
    pub fn load<K>(source: &mut impl TensorSource, config: &Config, keep: K) -> Result<Self>
    where
        K: Keep<Matrix = M, Vector = V>,
    {
        let mut loader = Loader { source, config, keep };
        let (vocab, width) = (config.vocab_size, config.embedding_length);
        let embedding = Arc::new(loader.matrix("token_embd.weight", [vocab, width])?);
        let is_shared = !loader.source.has_tensor("output.weight") && loader.source.may_share_output();
        let output = if is_shared {
            Linear { matrix: Arc::clone(&embedding), bias: None }
        } else {
            loader.linear("output", [vocab, width])?
        };
        let layers = (0..config.layers.len()).map(|i| loader.layer(i)).collect::<Result<_>>()?;
        let output_norm = loader.norm("output_norm.weight", width)?;
        Ok(Self { embedding, layers, output_norm, output })
    }

    /// All matrices, each once.
    pub fn matrices(&self) -> impl Iterator<Item = &M> {
        let output = (!Arc::ptr_eq(&self.output.matrix, &self.embedding)).then_some(&*self.output.matrix);
        let layers = self.layers.iter().flat_map(|layer| {
            let LayerWeights { query, key, value, attention_output, feed_forward, .. } = layer;
            let attention = [query, key, value, attention_output].map(|linear| &*linear.matrix);
            attention.into_iter().chain(feed_forward.matrices())
        });
        std::iter::once(&*self.embedding).chain(output).chain(layers)
    }
}

impl<M, V> FeedForward<M, V> {
    fn matrices(&self) -> Box<dyn Iterator<Item = &M> + '_> {
        match self {
            Self::Dense(gated) => Box::new(gated.matrices()),
            Self::Experts(Experts { router, each, shared }) => {
                let shared = shared.iter().map(|shared| &shared.gated);
                let all = each.iter().chain(shared).flat_map(Gated::matrices);
                Box::new(std::iter::once(&*router.matrix).chain(all))
            }
        }
    }
}

impl<M, V> Gated<M, V> {
    fn matrices(&self) -> impl Iterator<Item = &M> {
        [&self.gate, &self.up, &self.down].into_iter().map(|linear| &*linear.matrix)
    }
}

/// Reads weights by name, each of which must have the shape that the configuration asks for.
struct Loader<'a, S, K> {
    source: &'a mut S,
    config: &'a Config,
    keep: K,
}

impl<S: TensorSource, K: Keep> Loader<'_, S, K> {
    fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<K::Matrix> {
        let tensor = self.source.open(name, &shape)?;
        self.keep.matrix(tensor, shape)
    }

    fn numbers(&mut self, name: &str, length: usize) -> Result<Vec<f32>> {
        self.source.open(name, &[length])?.numbers()
    }

    fn norm(&mut self, name: &str, length: usize) -> Result<K::Vector> {
        let mut numbers = self.numbers(name, length)?;
        numbers.iter_mut().for_each(|number| *number += self.config.norm_offset);
        self.keep.vector(numbers)
    }

    fn linear(&mut self, name: &str, [outputs, inputs]: [usize; 2]) -> Result<Linear<K::Matrix, K::Vector>> {
        self.linear_rows(name, outputs, 0..outputs, inputs)
    }

    /// Some of a matrix's `all` outputs.
    fn linear_rows(
        &mut self,
        name: &str,
        all: usize,
        rows: Range<usize>,
        inputs: usize,
    ) -> Result<Linear<K::Matrix, K::Vector>> {
        let shape = [rows.len(), inputs];
        let tensor = self.source.open(&format!("{name}.weight"), &[all, inputs])?.rows(rows.clone(), all)?;
        let matrix = Arc::new(self.keep.matrix(tensor, shape)?);
        let bias = format!("{name}.bias");
        let bias = if self.source.has_tensor(&bias) {
            let numbers = self.numbers(&bias, all)?;
            Some(self.keep.vector(numbers[rows].to_vec())?)
        } else {
            None
        };
        Ok(Linear { matrix, bias })
    }

    /// A matrix of its own, or where the file has none of that name some rows of one that several share.
    fn part(
        &mut self,
        name: &str,
        (shared, all): (&str, usize),
        rows: Range<usize>,
        inputs: usize,
    ) -> Result<Linear<K::Matrix, K::Vector>> {
        let is_shared = self.source.has_tensor(&format!("{shared}.weight"));
        let (name, all, rows) =
            if is_shared { (shared, all, rows) } else { (name, rows.len(), 0..rows.len()) };
        self.linear_rows(name, all, rows, inputs)
    }

    fn layer(&mut self, i: usize) -> Result<LayerWeights<K::Matrix, K::Vector>> {
        let config = self.config;
        let width = config.embedding_length;
        let queries = config.head_count * config.key_length;
        let keys = config.head_count_kv * config.key_length;
        let values = config.head_count_kv * config.value_length;
        let name = |part: &str| format!("blk.{i}.{part}");
        let (before, after) = (config.norms != Norms::After, config.norms != Norms::Before);
        let shared = name("attn_qkv");
        let all = queries + keys + values;
        Ok(LayerWeights {
            attention_norm: self.norm_if(before, &name("attn_norm.weight"), width)?,
            query: self.part(&name("attn_q"), (&shared, all), 0..queries, width)?,
            key: self.part(&name("attn_k"), (&shared, all), queries..queries + keys, width)?,
            value: self.part(&name("attn_v"), (&shared, all), queries + keys..all, width)?,
            query_norm: self.head_norm(&name("attn_q_norm.weight"), queries)?,
            key_norm: self.head_norm(&name("attn_k_norm.weight"), keys)?,
            attention_output: self
                .linear(&name("attn_output"), [width, config.head_count * config.value_length])?,
            after_attention_norm: self.norm_if(after, &name("post_attention_norm.weight"), width)?,
            feed_forward_norm: self.norm_if(before, &name("ffn_norm.weight"), width)?,
            feed_forward: match &config.experts {
                Some(experts) if config.layers[i].has_experts => {
                    FeedForward::Experts(self.experts(&format!("blk.{i}"), experts)?)
                }
                _ => {
                    let forward = config.feed_forward_length;
                    FeedForward::Dense(self.gated(["ffn_gate", "ffn_up", "ffn_down"].map(name), forward)?)
                }
            },
            after_feed_forward_norm: self.norm_if(after, &name("post_ffw_norm.weight"), width)?,
        })
    }

    /// Matrices of these names; where gates share one with what they multiply, GGUF calls it by the name of the latter.
    fn gated(
        &mut self,
        [gate, up, down]: [String; 3],
        forward: usize,
    ) -> Result<Gated<K::Matrix, K::Vector>> {
        let width = self.config.embedding_length;
        let has_gates = self.source.has_tensor(&format!("{gate}.weight"));
        let (gate, up) = if has_gates || !self.config.architecture.may_share_gates() {
            (self.linear(&gate, [forward, width])?, self.linear(&up, [forward, width])?)
        } else {
            let all = 2 * forward;
            (self.linear_rows(&up, all, 0..forward, width)?, self.linear_rows(&up, all, forward..all, width)?)
        };
        Ok(Gated { gate, up, down: self.linear(&down, [width, forward])? })
    }

    fn experts(&mut self, layer: &str, config: &ExpertsConfig) -> Result<Experts<K::Matrix, K::Vector>> {
        let width = self.config.embedding_length;
        let shape = [config.count, width];
        let tensor = self.source.open(&format!("{layer}.ffn_gate_inp.weight"), &shape)?;
        let router = Linear { matrix: Arc::new(self.keep.exact_matrix(tensor, shape)?), bias: None };
        let each =
            (0..config.count).map(|expert| self.expert(layer, expert, config)).collect::<Result<_>>()?;
        let shared = match config.shared_feed_forward_length {
            Some(forward) => {
                let weight = format!("{layer}.ffn_gate_inp_shexp.weight");
                let weight = if self.source.has_tensor(&weight) {
                    // Of newer files it is a matrix of one row, as in folders.
                    let tensor = self.source.open(&weight, &[1, width]).and_then(OpenTensor::numbers);
                    let numbers = tensor.or_else(|_| self.numbers(&weight, width))?;
                    Some(self.keep.vector(numbers)?)
                } else {
                    None
                };
                let names = ["ffn_gate_shexp", "ffn_up_shexp", "ffn_down_shexp"];
                let gated = self.gated(names.map(|name| format!("{layer}.{name}")), forward)?;
                Some(SharedExpert { weight, gated })
            }
            None => None,
        };
        Ok(Experts { router, each, shared })
    }

    /// One expert, whose matrices lie in those of all experts, (experts, outputs, inputs), or stand alone.
    fn expert(
        &mut self,
        layer: &str,
        expert: usize,
        config: &ExpertsConfig,
    ) -> Result<Gated<K::Matrix, K::Vector>> {
        let (width, forward) = (self.config.embedding_length, config.feed_forward_length);
        let together = format!("{layer}.ffn_gate_up_exps");
        let of_all = (expert, config.count);
        let mut matrix = |name: &str, [outputs, inputs]: [usize; 2]| {
            if name != "ffn_down" && self.source.has_tensor(&format!("{together}.weight")) {
                let start = if name == "ffn_up" { outputs } else { 0 };
                return self.expert_rows(&together, of_all, start..start + outputs, [2 * outputs, inputs]);
            }
            let shared = format!("{layer}.{name}_exps");
            if self.source.has_tensor(&format!("{shared}.weight")) {
                return self.expert_rows(&shared, of_all, 0..outputs, [outputs, inputs]);
            }
            self.linear(&format!("{layer}.{name}.{expert}"), [outputs, inputs])
        };
        Ok(Gated {
            gate: matrix("ffn_gate", [forward, width])?,
            up: matrix("ffn_up", [forward, width])?,
            down: matrix("ffn_down", [width, forward])?,
        })
    }

    /// Some of the outputs of one of many matrices (outputs, inputs) that lie in one tensor.
    fn expert_rows(
        &mut self,
        name: &str,
        (expert, count): (usize, usize),
        rows: Range<usize>,
        [outputs, inputs]: [usize; 2],
    ) -> Result<Linear<K::Matrix, K::Vector>> {
        let shape = [rows.len(), inputs];
        let own = expert * outputs + rows.start..expert * outputs + rows.end;
        let tensor = self.source.open(&format!("{name}.weight"), &[count, outputs, inputs])?;
        let matrix = self.keep.matrix(tensor.rows(own, count * outputs)?, shape)?;
        Ok(Linear { matrix: Arc::new(matrix), bias: None })
    }

    fn norm_if(&mut self, has: bool, name: &str, length: usize) -> Result<Option<K::Vector>> {
        if has { self.norm(name, length).map(Some) } else { Ok(None) }
    }

    /// The norm of queries or keys, which are `all` numbers over all heads.
    fn head_norm(&mut self, name: &str, all: usize) -> Result<Option<K::Vector>> {
        match self.config.head_norm {
            HeadNorm::None => Ok(None),
            HeadNorm::EachHead => self.norm(name, self.config.key_length).map(Some),
            HeadNorm::AllHeads => self.norm(name, all).map(Some),
        }
    }
}
