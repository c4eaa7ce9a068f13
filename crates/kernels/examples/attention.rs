//! What attention costs: microseconds and MACs a second of one head that remembers, for the shapes of SmolLM2-135M.
//!
//! Run it on an idle machine: `cargo run --release -p tiebreak-kernels --example attention`.
//! Rows of three queries each see a prompt that they share and a stretch of their own; the figures are those of the best pass.

use half::bf16;
use std::time::Instant;
use tiebreak_kernels::{InstructionSet, Kernels, LANES, Query, Result, Scoring, Stretch};

const WIDTH: usize = 64;
const GROUP: usize = 3;
const PASSES: usize = 200;
const SCORING: Scoring = Scoring { scale: 0.125, soft_cap: None };

/// Keys and values of some positions.
struct Memory {
    keys: Vec<bf16>,
    values: Vec<bf16>,
    positions: usize,
}

impl Memory {
    fn new(positions: usize) -> Self {
        let numbers = |salt: usize, n: usize| {
            (0..n).map(|i| bf16::from_f32(((i * 7_919 + salt) % 997) as f32 / 498.5 - 1.0)).collect()
        };
        let whole = positions.next_multiple_of(LANES);
        Self { keys: numbers(1, whole * WIDTH), values: numbers(2, positions * WIDTH), positions }
    }

    fn stretch(&self) -> Stretch<'_, bf16> {
        Stretch { keys: &self.keys, values: &self.values, value_width: WIDTH }
    }
}

fn main() -> Result<()> {
    println!("kernels        rows  shared   own         us   GMAC/s");
    for set in InstructionSet::ALL {
        let Some(kernels) = Kernels::of(set) else { continue };
        for (rows, shared, own) in [(1, 384, 0), (8, 256, 128), (32, 256, 0), (32, 0, 128), (32, 256, 128)] {
            let seconds = best(kernels, rows, &Memory::new(shared), &Memory::new(own))?;
            let macs = (rows * GROUP * (shared + own) * WIDTH * 2) as f64;
            let set = set.to_string();
            println!(
                "{set:12} {rows:6} {shared:7} {own:5} {:10.1} {:8.1}",
                seconds * 1e6,
                macs / seconds / 1e9
            );
        }
    }
    Ok(())
}

/// Seconds of the fastest pass.
fn best(kernels: Kernels, rows: usize, shared: &Memory, own: &Memory) -> Result<f64> {
    let numbers: Vec<f32> = (0..WIDTH).map(|i| (i as f32 - 31.5) / 16.0).collect();
    let mut queries = vec![Query::new(WIDTH, WIDTH); rows * GROUP];
    let mut best = f64::INFINITY;
    for _ in 0..PASSES {
        queries.iter_mut().try_for_each(|query| query.ask(&numbers, SCORING))?;
        let start = Instant::now();
        let mut looking: Vec<_> = queries.iter_mut().map(|query| (query, 0..shared.positions)).collect();
        kernels.attend(&shared.stretch(), &mut looking)?;
        for queries in queries.chunks_exact_mut(GROUP) {
            let mut looking: Vec<_> = queries.iter_mut().map(|query| (query, 0..own.positions)).collect();
            kernels.attend(&own.stretch(), &mut looking)?;
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}
