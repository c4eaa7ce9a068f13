//! Attention of all rows of a pass.

use super::cache::Cache;
use super::rows::{Row, Seen};
use super::share::{each, n_threads, split_blocks};
use super::weights::LayerWeights;
use crate::config::{Config, HeadNorm, LayerConfig};
use crate::decoder::rotation::Rotation;
use crate::error::Result;
use std::ops::Range;
use tiebreak_kernels::{
    Activations, BLOCK, KernelError, Kernels, LANES, Query, Remembered, Scoring, Stretch, Team,
};

/// What attention needs of a model, and the queries of a pass, whose memory is kept for the next; what is small, or one thread's alone, is asked for anew.
#[derive(Debug)]
pub(super) struct Attention {
    heads: usize,
    kv_heads: usize,
    key: usize,
    value: usize,
    epsilon: f32,
    scoring: Scoring,
    head_norm: HeadNorm,
    layers: Vec<LayerConfig>,
    /// (kv heads, rows, heads of a group)
    queries: Vec<Query>,
    /// (kv heads, rows, heads of a group, value)
    means: Vec<f32>,
    /// By rotation.
    turns: Vec<Turns>,
    /// The position of each row.
    positions: Vec<usize>,
}

/// By how much each row's queries and keys are turned.
#[derive(Debug, Default)]
struct Turns {
    adjacent: bool,
    n_pairs: usize,
    /// (rows, pairs): cosine and sine.
    angles: Vec<(f32, f32)>,
}

/// What is asked in one layer.
pub(super) struct Asked<'a> {
    /// (rows, heads × key), not yet turned.
    pub query: &'a [f32],
    pub layer: &'a LayerWeights,
    /// Which layer that is.
    pub number: usize,
    pub rows: usize,
    pub seen: &'a [Seen],
}

/// The queries of some rows to one head that remembers, which one thread answers.
struct Part<'a> {
    kv_head: usize,
    first_row: usize,
    queries: &'a mut [Query],
    means: &'a mut [f32],
}

impl Attention {
    pub fn new(config: &Config) -> Self {
        Self {
            heads: config.head_count,
            kv_heads: config.head_count_kv,
            key: config.key_length,
            value: config.value_length,
            epsilon: config.rms_epsilon,
            scoring: config.scoring,
            head_norm: config.head_norm,
            layers: config.layers.clone(),
            queries: Vec::new(),
            means: Vec::new(),
            turns: Vec::new(),
            positions: Vec::new(),
        }
    }

    /// Makes room for the rows of a pass, and computes their angles.
    pub fn turn_to(&mut self, rows: &[Row], rotations: &[Rotation]) {
        let value_width = self.value.next_multiple_of(LANES);
        self.queries.resize_with(rows.len() * self.heads, || Query::new(self.key, value_width));
        self.means.resize(rows.len() * self.heads * self.value, 0.0);
        self.turns.resize_with(rotations.len(), Turns::default);
        for (turns, rotation) in self.turns.iter_mut().zip(rotations) {
            turns.adjacent = rotation.adjacent;
            turns.n_pairs = rotation.n_pairs();
            turns.angles.clear();
            turns.angles.extend(rows.iter().flat_map(|row| rotation.angles(row.position())));
        }
        self.positions.clear();
        self.positions.extend(rows.iter().map(Row::position));
    }

    /// Normalises a row's query or key where the family does so for each head, and turns it.
    pub fn prepare(
        &self,
        (row, layer): (usize, usize),
        numbers: &mut [f32],
        norm: Option<&[f32]>,
        kernels: Kernels,
    ) -> std::result::Result<(), KernelError> {
        if let Some(weights) = norm.filter(|_| self.head_norm == HeadNorm::EachHead) {
            kernels.normalise(numbers, weights, self.epsilon)?;
        }
        let Some(rotation) = self.layers[layer].rotation else { return Ok(()) };
        let Turns { adjacent, n_pairs, angles } = &self.turns[rotation];
        kernels.turn(numbers, &angles[row * n_pairs..][..*n_pairs], *adjacent)
    }

    /// Normalises rows of queries or keys where the family does so over all heads.
    pub fn normalise_heads(
        &self,
        rows: &mut [f32],
        norm: Option<&[f32]>,
        kernels: Kernels,
    ) -> std::result::Result<(), KernelError> {
        let Some(weights) = norm.filter(|_| self.head_norm == HeadNorm::AllHeads) else { return Ok(()) };
        let mut rows = rows.chunks_exact_mut(weights.len());
        rows.try_for_each(|row| kernels.normalise(row, weights, self.epsilon))
    }

    /// Answers all queries of a layer.
    pub fn attend<T: Remembered>(
        &mut self,
        asked: &Asked<'_>,
        cache: &Cache<T>,
        kernels: Kernels,
        team: &mut Team,
    ) -> Result<()> {
        let mut blocks = Vec::with_capacity(asked.seen.len());
        for seen in asked.seen {
            blocks.extend(cache.blocks(seen.sequence)?.nth(seen.place));
        }
        let (mut queries, mut means) = (std::mem::take(&mut self.queries), std::mem::take(&mut self.means));
        let this = &*self;
        let parts = this.parts(asked.rows, team.threads(), &mut queries, &mut means);
        let done = each(team, parts, |part| {
            this.ask(asked, part, kernels)?;
            for (block, seen) in blocks.iter().zip(asked.seen) {
                let stretch = cache.stretch(block, asked.number, part.kv_head);
                this.look(&stretch, seen, this.layers[asked.number].window, part, kernels)?;
            }
            for (mean, query) in part.means.chunks_exact_mut(this.value).zip(&*part.queries) {
                mean.iter_mut().zip(query.mean()).for_each(|(mean, number)| *mean = number);
            }
            Ok(())
        });
        (self.queries, self.means) = (queries, means);
        done
    }

    /// The work in parts: each a head that remembers, and where these are few, some of the rows.
    fn parts<'a>(
        &self,
        rows: usize,
        threads: usize,
        queries: &'a mut [Query],
        means: &'a mut [f32],
    ) -> Vec<Part<'a>> {
        let group = self.heads / self.kv_heads;
        let chunks = (2 * threads).div_ceil(self.kv_heads).min(rows);
        let rows_each = if threads == 1 { rows } else { rows.div_ceil(chunks) };
        let heads =
            queries.chunks_exact_mut(rows * group).zip(means.chunks_exact_mut(rows * group * self.value));
        heads
            .enumerate()
            .flat_map(|(kv_head, (queries, means))| {
                let queries = queries.chunks_mut(rows_each * group);
                let means = means.chunks_mut(rows_each * group * self.value);
                queries.zip(means).enumerate().map(move |(chunk, (queries, means))| Part {
                    kv_head,
                    first_row: chunk * rows_each,
                    queries,
                    means,
                })
            })
            .collect()
    }

    fn ask(
        &self,
        asked: &Asked<'_>,
        part: &mut Part<'_>,
        kernels: Kernels,
    ) -> std::result::Result<(), KernelError> {
        let group = self.heads / self.kv_heads;
        let mut numbers = vec![0.0; self.key];
        for (at, query) in part.queries.iter_mut().enumerate() {
            let (row, head) = (part.first_row + at / group, part.kv_head * group + at % group);
            numbers.copy_from_slice(&asked.query[(row * self.heads + head) * self.key..][..self.key]);
            self.prepare((row, asked.number), &mut numbers, asked.layer.query_norm.as_deref(), kernels)?;
            query.ask(&numbers, self.scoring)?;
        }
        Ok(())
    }

    /// Lets the part's queries see a block, as far as the layer's window reaches.
    fn look<T: Remembered>(
        &self,
        stretch: &Stretch<'_, T>,
        seen: &Seen,
        window: Option<usize>,
        part: &mut Part<'_>,
        kernels: Kernels,
    ) -> std::result::Result<(), KernelError> {
        let group = self.heads / self.kv_heads;
        let visible = |at: usize| {
            let row = part.first_row + at / group;
            let first = window.map_or(0, |window| (self.positions[row] + 1).saturating_sub(window));
            first.saturating_sub(seen.start)..seen.positions[row]
        };
        let mut looking: Vec<(&mut Query, Range<usize>)> = part
            .queries
            .iter_mut()
            .enumerate()
            .map(|(at, query)| (query, visible(at)))
            .filter(|(_, visible)| !visible.is_empty())
            .collect();
        kernels.attend(stretch, &mut looking)
    }

    /// Quantizes what was answered, (rows, heads × value).
    pub fn quantize(
        &self,
        rows: usize,
        output: &mut Activations,
        kernels: Kernels,
        team: &mut Team,
    ) -> Result<()> {
        let n_parts = n_threads(team, self.means.len());
        let parts = split_blocks(output, n_parts)?;
        each(team, parts, |(first, blocks)| {
            let mut numbers = vec![0.0; blocks.blocks() * BLOCK];
            for row in 0..rows {
                self.copy_means(row, rows, *first, &mut numbers);
                blocks.write_row(kernels, row, &numbers)?;
            }
            Ok(())
        })
    }

    /// Writes a row's answers from the `first` number on.
    fn copy_means(&self, row: usize, rows: usize, first: usize, numbers: &mut [f32]) {
        let width = self.heads / self.kv_heads * self.value;
        let mut done = 0;
        while done < numbers.len() {
            let (kv_head, within) = ((first + done) / width, (first + done) % width);
            let n = (width - within).min(numbers.len() - done);
            let from = (kv_head * rows + row) * width + within;
            numbers[done..done + n].copy_from_slice(&self.means[from..from + n]);
            done += n;
        }
    }
}
