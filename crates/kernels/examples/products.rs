//! What products cost: MACs and bytes a second, for the shapes of SmolLM2-135M.
//!
//! Run it on an idle machine: `cargo run --release -p tiebreak-kernels --example products`.
//! Every shape has as many matrices as fill 160 MB, so that weights come from memory as in a model.
//! Threads share a matrix's strips and meet at the end of a pass over all matrices, so that what a barrier after each product costs is not in it.
//! The figures a second are those of the best pass.

mod shared;

use std::time::Instant;
use tiebreak_kernels::{
    Activations, Columns, Format, InstructionSet, Keeps, Kernels, PackedMatrix, Result, Shape,
};

/// (inputs, outputs)
const SHAPES: [(usize, usize); 4] = [(576, 576), (576, 1536), (1536, 576), (576, 49152)];
const BYTES: usize = 160_000_000;
const PASSES: usize = 9;

fn main() -> Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("kernels: {}; load before: {}", Kernels::detect().instruction_set(), load.trim());
    println!("format  inputs outputs rows threads    best ms  median ms   GMAC/s     GB/s   load");
    for format in [Format::Q8_0, Format::Q4_0] {
        for (inputs, outputs) in SHAPES {
            measure_shape(format, Shape { outputs, inputs })?;
        }
    }
    measure_instruction_sets()
}

/// Measures one shape with the fastest kernels.
fn measure_shape(format: Format, shape: Shape) -> Result<()> {
    let matrices = shared::matrices(format, shape, BYTES)?;
    let bytes: usize = matrices.iter().map(PackedMatrix::bytes).sum();
    for rows in [1, 8, 32] {
        for threads in [1, 2] {
            let (best, median) = time(Kernels::detect(), &matrices, rows, threads)?;
            let macs = (matrices.len() * shape.inputs * shape.outputs * rows) as f64;
            println!(
                "{:7} {:6} {:7} {rows:4} {threads:7} {:10.3} {:10.3} {:8.1} {:8.2} {:>6}",
                format.to_string(),
                shape.inputs,
                shape.outputs,
                1e3 * best / matrices.len() as f64,
                1e3 * median / matrices.len() as f64,
                macs / best / 1e9,
                bytes as f64 / best / 1e9,
                load_average(),
            );
        }
    }
    Ok(())
}

/// Measures every instruction set and format on one shape, whose weights stay in the cache.
fn measure_instruction_sets() -> Result<()> {
    println!(
        "\nformat  instructions   GMAC/s with 576 inputs and 1536 outputs, one thread, at 1, 8 and 32 rows"
    );
    for format in Format::ALL {
        // The formats with nested scales take multiples of 256 inputs.
        let inputs = 576_usize.next_multiple_of(format.block_values());
        let shape = Shape { outputs: 1536, inputs };
        let matrices = vec![shared::matrix(format, shape)?; 10];
        for kernels in InstructionSet::ALL.into_iter().filter_map(Kernels::of) {
            print!("{:7} {:14}", format.to_string(), kernels.instruction_set().to_string());
            for rows in [1, 8, 32] {
                let (best, _) = time(kernels, &matrices, rows, 1)?;
                let macs = (matrices.len() * rows * inputs * shape.outputs) as f64;
                print!(" {:7.1}", macs / best / 1e9);
            }
            println!();
        }
    }
    Ok(())
}

/// The best and the median time of a pass over all matrices, in seconds.
fn time(kernels: Kernels, matrices: &[PackedMatrix], rows: usize, threads: usize) -> Result<(f64, f64)> {
    let shape = matrices[0].shape();
    let input = shared::input(shape.inputs);
    let mut activations = Activations::new(rows, shape.inputs, Keeps::Quantized)?;
    for row in 0..rows {
        activations.all_blocks().write_row(kernels, row, &input)?;
    }
    let mut output = vec![0.0; rows * shape.outputs];
    let mut seconds = Vec::with_capacity(PASSES);
    for _ in 0..PASSES {
        let started = Instant::now();
        pass(kernels, matrices, &activations, threads, &mut output)?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok((seconds[0], seconds[PASSES / 2]))
}

/// One pass over all matrices, whose strips the threads share equally.
fn pass(
    kernels: Kernels,
    matrices: &[PackedMatrix],
    activations: &Activations,
    threads: usize,
    output: &mut [f32],
) -> Result<()> {
    let (shape, strips) = (matrices[0].shape(), matrices[0].strips());
    std::thread::scope(|scope| {
        let mut rest = Columns::new(output, activations.rows(), shape.outputs)?;
        let mut running = Vec::new();
        for thread in 0..threads {
            let share = strips * thread / threads..strips * (thread + 1) / threads;
            let columns = (share.len() * 16).min(rest.columns());
            let (mut mine, others) = rest.split_at(columns)?;
            rest = others;
            running.push(scope.spawn(move || {
                let share = || share.clone();
                matrices
                    .iter()
                    .try_for_each(|matrix| kernels.multiply(matrix, share(), activations, &mut mine))
            }));
        }
        running.into_iter().try_for_each(|thread| thread.join().expect("products do not panic"))
    })
}

fn load_average() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}
