//! A model's weights, read for one decoder or the other.

use crate::config::{Architecture, Config, HeadNorm, Norms};
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
    pub gate: Linear<M, V>,
    pub up: Linear<M, V>,
    pub down: Linear<M, V>,
    pub after_feed_forward_norm: Option<V>,
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
            let LayerWeights { query, key, value, attention_output, gate, up, down, .. } = layer;
            [query, key, value, attention_output, gate, up, down].map(|linear| &*linear.matrix)
        });
        std::iter::once(&*self.embedding).chain(output).chain(layers)
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
        let (width, forward) = (config.embedding_length, config.feed_forward_length);
        let queries = config.head_count * config.key_length;
        let keys = config.head_count_kv * config.key_length;
        let values = config.head_count_kv * config.value_length;
        let name = |part: &str| format!("blk.{i}.{part}");
        let (before, after) = (config.norms != Norms::After, config.norms != Norms::Before);
        let shared = name("attn_qkv");
        let all = queries + keys + values;
        // Where gates share a matrix with what they multiply, GGUF calls it by the name of the latter.
        let gates_alone =
            config.architecture != Architecture::Phi3 || self.source.has_tensor(&name("ffn_gate.weight"));
        let (gate_name, all_gates) =
            if gates_alone { ("ffn_gate", forward) } else { ("ffn_up", 2 * forward) };
        let (up_rows, all_ups) =
            if gates_alone { (0..forward, forward) } else { (forward..2 * forward, 2 * forward) };
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
            gate: self.linear_rows(&name(gate_name), all_gates, 0..forward, width)?,
            up: self.linear_rows(&name("ffn_up"), all_ups, up_rows, width)?,
            down: self.linear(&name("ffn_down"), [width, forward])?,
            after_feed_forward_norm: self.norm_if(after, &name("post_ffw_norm.weight"), width)?,
        })
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
