//! Attention of several queries over one stretch of keys and values, with the softmax carried along.
//!
//! Queries of many rows that share a prompt read its keys and values together, tile by tile, while they lie in the nearest cache.
//! Keys and values are numbers in single precision, or their upper halves (bfloat16): half the bytes, for an error below that of products in 8 bits.
//! What a query gets does not depend on the others: its sums go over positions in their order, and over a key's numbers in theirs, in every lane apart.

use crate::LANES;
use crate::bits::widened;
use crate::error::{Result, expect_at_least, expect_equal};
use crate::exponential::{exp, tanh};
use crate::kernels::{Kernels, Work};
use half::bf16;
use std::ops::Range;

/// Positions that are scored at once, so many that the rounding of the softmax seldom moves.
const TILE: usize = 4 * LANES;
/// Queries that read a tile's numbers together.
const TOGETHER: usize = 4;

/// A number of a key or a value, as it is kept.
pub trait Remembered: Copy + Default + std::fmt::Debug + Send + Sync + 'static {
    /// The nearest that can be kept.
    fn round(number: f32) -> Self;

    /// In single precision.
    fn widened(lanes: &[Self; LANES]) -> [f32; LANES];
}

impl Remembered for f32 {
    fn round(number: f32) -> Self {
        number
    }

    #[inline(always)]
    fn widened(lanes: &[Self; LANES]) -> [f32; LANES] {
        *lanes
    }
}

impl Remembered for bf16 {
    fn round(number: f32) -> Self {
        Self::from_f32(number)
    }

    #[inline(always)]
    fn widened(lanes: &[Self; LANES]) -> [f32; LANES] {
        lanes.map(widened)
    }
}

/// What one head remembers of consecutive positions.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a, T> {
    /// (positions / 16 rounded up, key width, 16): a key's numbers stand 16 apart.
    pub keys: &'a [T],
    /// (positions or more, value width), of which the width is a multiple of 16.
    pub values: &'a [T],
    /// How wide a value is.
    pub value_width: usize,
}

/// From the product of a query and a key to its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scoring {
    /// What the product is multiplied by; most models take one over the root of a key's width.
    pub scale: f32,
    /// What no score reaches, where there is such a bound `c`: a score `s` is `c tanh(s / c)` then (Gemma Team 2024, "Gemma 2", 2).
    pub soft_cap: Option<f32>,
}

/// A query, and what it has gathered.
#[derive(Clone, Debug)]
pub struct Query {
    /// The query, scaled.
    query: Vec<f32>,
    soft_cap: Option<f32>,
    /// The largest score.
    largest: f32,
    /// The sum of the scores' exponentials, by lane, over that of the largest.
    sums: [f32; LANES],
    /// The values, weighed by these exponentials.
    gathered: Vec<f32>,
}

impl Query {
    /// One that has gathered nothing; `value_width` is a multiple of 16.
    pub fn new(key_width: usize, value_width: usize) -> Self {
        Self {
            query: vec![0.0; key_width],
            soft_cap: None,
            largest: f32::NEG_INFINITY,
            sums: [0.0; LANES],
            gathered: vec![0.0; value_width],
        }
    }

    /// Asks for something else and forgets what was gathered.
    ///
    /// # Errors
    /// When the query is of another width.
    pub fn ask(&mut self, query: &[f32], scoring: Scoring) -> Result<()> {
        expect_equal("numbers of a query", query.len(), self.query.len())?;
        self.query.iter_mut().zip(query).for_each(|(own, number)| *own = number * scoring.scale);
        self.soft_cap = scoring.soft_cap;
        self.largest = f32::NEG_INFINITY;
        self.sums = [0.0; LANES];
        self.gathered.fill(0.0);
        Ok(())
    }

    /// The mean of the values, by the softmax of the scores; not numbers where no position was seen.
    pub fn mean(&self) -> impl Iterator<Item = f32> {
        let sum = self.sums.iter().fold(0.0, |sum, lane| sum + lane);
        self.gathered.iter().map(move |number| number / sum)
    }
}

impl Kernels {
    /// Lets each query see some positions of a stretch, its own ones.
    ///
    /// # Errors
    /// When the stretch is shorter than that, the queries differ in their widths, or a value is not as wide as they gather.
    pub fn attend<T: Remembered>(
        self,
        stretch: &Stretch<'_, T>,
        queries: &mut [(&mut Query, Range<usize>)],
    ) -> Result<()> {
        let (key_width, value_width) =
            (queries.first().map_or(0, |(query, _)| query.query.len()), stretch.value_width);
        expect_equal("width of a value beyond lanes", value_width % LANES, 0)?;
        for (query, visible) in queries.iter() {
            expect_equal("width of a query", query.query.len(), key_width)?;
            expect_equal("width of a value", value_width, query.gathered.len())?;
            let lanes = visible.end.div_ceil(LANES);
            let (keys, values) =
                (lanes.saturating_mul(LANES * key_width), visible.end.saturating_mul(value_width));
            expect_at_least("keys of a stretch", stretch.keys.len(), keys)?;
            expect_at_least("values of a stretch", stretch.values.len(), values)?;
        }
        self.vectorised(Attend { stretch, queries });
        Ok(())
    }
}

/// The work, to be compiled for each instruction set.
struct Attend<'a, 'b, T> {
    stretch: &'a Stretch<'a, T>,
    queries: &'a mut [(&'b mut Query, Range<usize>)],
}

impl<T: Remembered> Work for Attend<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let first = self.queries.iter().map(|(_, visible)| visible.start).min().unwrap_or(0);
        let end = self.queries.iter().map(|(_, visible)| visible.end).max().unwrap_or(0);
        for start in (first / TILE * TILE..end).step_by(TILE) {
            let mut left: &mut [(&mut Query, Range<usize>)] = self.queries;
            while !left.is_empty() {
                let n = left.len().min(TOGETHER);
                let (now, later) = left.split_at_mut(n);
                left = later;
                match now {
                    [a, b, c, d] => together(self.stretch, start, [a, b, c, d]),
                    [a, b, c] => together(self.stretch, start, [a, b, c]),
                    [a, b] => together(self.stretch, start, [a, b]),
                    _ => now.iter_mut().for_each(|query| together(self.stretch, start, [query])),
                }
            }
        }
    }
}

/// One tile for some queries.
#[inline(always)]
fn together<T: Remembered, const N: usize>(
    stretch: &Stretch<'_, T>,
    start: usize,
    mut queries: [&mut (&mut Query, Range<usize>); N],
) {
    let within = |position: usize| position.saturating_sub(start).min(TILE);
    let seen: [Range<usize>; N] =
        std::array::from_fn(|i| within(queries[i].1.start)..within(queries[i].1.end));
    let most = seen.iter().filter(|seen| !seen.is_empty()).map(|seen| seen.end).max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let mut weights = scores(stretch, start, most, &queries);
    for ((weights, query), seen) in weights.iter_mut().zip(&mut queries).zip(seen) {
        query.0.weigh(weights, seen);
    }
    gather(stretch, start, most, &weights, &mut queries);
}

/// The scores of one tile; of positions that nobody sees, anything.
#[inline(always)]
fn scores<T: Remembered, const N: usize>(
    stretch: &Stretch<'_, T>,
    start: usize,
    most: usize,
    queries: &[&mut (&mut Query, Range<usize>); N],
) -> [[f32; TILE]; N] {
    let mut scores = [[0.0; TILE]; N];
    let width = queries[0].0.query.len();
    let numbers: [&[f32]; N] = std::array::from_fn(|i| &queries[i].0.query[..width]);
    for lanes in 0..most.div_ceil(LANES) {
        let keys = &stretch.keys[(start / LANES + lanes) * width * LANES..][..width * LANES];
        let mut sums = [[0.0; LANES]; N];
        for (at, keys) in keys.as_chunks::<LANES>().0.iter().enumerate().take(width) {
            let keys = T::widened(keys);
            for (sums, numbers) in sums.iter_mut().zip(&numbers) {
                let number = numbers[at];
                sums.iter_mut().zip(keys).for_each(|(sum, key)| *sum += number * key);
            }
        }
        for (scores, sums) in scores.iter_mut().zip(sums) {
            scores[lanes * LANES..][..LANES].copy_from_slice(&sums);
        }
    }
    scores
}

/// Adds a tile's values, each weighed, to what the queries have gathered.
#[inline(always)]
fn gather<T: Remembered, const N: usize>(
    stretch: &Stretch<'_, T>,
    start: usize,
    most: usize,
    weights: &[[f32; TILE]; N],
    queries: &mut [&mut (&mut Query, Range<usize>); N],
) {
    let width = stretch.value_width;
    for lanes in (0..width).step_by(LANES) {
        let mut sums = [[0.0; LANES]; N];
        for (sums, query) in sums.iter_mut().zip(queries.iter()) {
            sums.copy_from_slice(&query.0.gathered[lanes..][..LANES]);
        }
        let positions = stretch.values[start * width..(start + most) * width].chunks_exact(width);
        for (position, values) in positions.enumerate().take(TILE) {
            let values = T::widened(values[lanes..].first_chunk().expect("a value consists of whole lanes"));
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let weight = weights[position];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        for (sums, query) in sums.iter().zip(queries.iter_mut()) {
            query.0.gathered[lanes..][..LANES].copy_from_slice(sums);
        }
    }
}

impl Query {
    /// From scores to weights over the largest of all so far; what is not seen weighs nothing.
    #[inline(always)]
    fn weigh(&mut self, scores: &mut [f32; TILE], seen: Range<usize>) {
        if let Some(cap) = self.soft_cap {
            scores.iter_mut().for_each(|score| *score = cap * tanh(*score / cap));
        }
        scores[..seen.start].fill(f32::NEG_INFINITY);
        scores[seen.end..].fill(f32::NEG_INFINITY);
        let mut largest = [f32::NEG_INFINITY; LANES];
        for scores in scores.as_chunks::<LANES>().0 {
            largest.iter_mut().zip(scores).for_each(|(largest, score)| *largest = largest.max(*score));
        }
        let largest = largest.iter().copied().fold(self.largest, f32::max);
        if largest == f32::NEG_INFINITY {
            return scores.fill(0.0);
        }
        if largest > self.largest {
            let shrunk = exp(self.largest - largest);
            self.sums.iter_mut().for_each(|sum| *sum *= shrunk);
            self.gathered.iter_mut().for_each(|number| *number *= shrunk);
            self.largest = largest;
        }
        for scores in scores.as_chunks_mut::<LANES>().0 {
            for (score, sum) in scores.iter_mut().zip(&mut self.sums) {
                *score = exp(*score - largest);
                *sum += *score;
            }
        }
    }
}
