//! What all the tests share: weights and inputs of several kinds, and what they mean.

mod activations;
mod attention;
mod dense;
mod elementwise;
mod formats;
#[cfg(all(unix, target_arch = "x86_64"))]
mod guard;
mod products;
mod refusals;

use crate::blocks;
use crate::{Activations, BLOCK, Columns, Format, InstructionSet, Keeps, Kernels, PackedMatrix, Shape};
use half::{bf16, f16};

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    /// About normal with variance 1: the sum of twelve uniform numbers, less 6.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| (self.bits() >> 40) as f32 / (1u64 << 24) as f32).sum::<f32>() - 6.0
    }
}

/// What weights and inputs are like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// As a model's.
    Ordinary,
    /// As a model's, with a few that are a hundred times larger.
    Outliers,
    /// The largest and the smallest that can be written, and blocks of a single value.
    Extremes,
    /// With infinities and what is no number.
    NotNumbers,
}

const KINDS: [Kind; 4] = [Kind::Ordinary, Kind::Outliers, Kind::Extremes, Kind::NotNumbers];

impl Kind {
    /// A number of this kind whose ordinary size is `size`.
    fn number(self, random: &mut Random, size: f32) -> f32 {
        let ordinary = random.normal() * size;
        let one_of =
            |random: &mut Random, numbers: &[f32]| numbers[random.below(numbers.len() as u64) as usize];
        match self {
            Self::Ordinary => ordinary,
            Self::Outliers if random.below(50) == 0 => ordinary * 100.0,
            Self::Outliers => ordinary,
            Self::Extremes => one_of(random, &[0.0, -0.0, 65504.0, -65504.0, 6e-8, -6e-5, 1.0]),
            Self::NotNumbers => one_of(random, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, size, 0.0]),
        }
    }

    fn byte(self, random: &mut Random) -> u8 {
        match self {
            Self::Extremes => [0, 0xFF, 0x80, 0x7F, 0x0F, 0xF0][random.below(6) as usize],
            _ => random.bits() as u8,
        }
    }
}

/// The file's bytes of a matrix; unquantized weights are finite whatever the kind, because others are refused.
fn weight_bytes(kind: Kind, format: Format, shape: Shape, random: &mut Random) -> Vec<u8> {
    let blocks = shape.outputs * shape.inputs / format.block_values();
    (0..blocks).flat_map(|_| block_bytes(kind, format, random)).collect()
}

fn block_bytes(kind: Kind, format: Format, random: &mut Random) -> Vec<u8> {
    let finite = if kind == Kind::NotNumbers { Kind::Extremes } else { kind };
    match format {
        Format::F32 => (0..BLOCK).flat_map(|_| finite.number(random, 0.05).to_le_bytes()).collect(),
        Format::F16 => {
            (0..BLOCK).flat_map(|_| f16::from_f32(finite.number(random, 0.05)).to_le_bytes()).collect()
        }
        Format::Bf16 => {
            (0..BLOCK).flat_map(|_| bf16::from_f32(finite.number(random, 0.05)).to_le_bytes()).collect()
        }
        _ => {
            // An adversary repeats a byte through a block half of the time.
            let repeated = (kind == Kind::Extremes && random.below(2) == 0).then(|| kind.byte(random));
            let mut bytes: Vec<u8> =
                (0..format.block_bytes()).map(|_| repeated.unwrap_or_else(|| kind.byte(random))).collect();
            for &at in halves_of_block(format) {
                let half = f16::from_f32(kind.number(random, 0.01));
                bytes[at..at + 2].copy_from_slice(&half.to_le_bytes());
            }
            bytes
        }
    }
}

/// Where a block's numbers in half precision begin.
fn halves_of_block(format: Format) -> &'static [usize] {
    match format {
        Format::F32 | Format::F16 | Format::Bf16 => &[],
        Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => &[0],
        Format::Q4_1 | Format::Q5_1 | Format::Q4K | Format::Q5K => &[0, 2],
        Format::Q2K => &[80, 82],
        Format::Q3K => &[108],
        Format::Q6K => &[208],
    }
}

/// Weights (outputs, inputs) as the file's blocks say, without packing.
fn weights_of_bytes(format: Format, shape: Shape, bytes: &[u8]) -> Vec<f64> {
    parts_of_bytes(format, shape, bytes).into_iter().map(|[scaled, minimum]| scaled + minimum).collect()
}

/// The same in two parts, which add up to them: what is scaled, and the minimum.
fn parts_of_bytes(format: Format, shape: Shape, bytes: &[u8]) -> Vec<[f64; 2]> {
    let zero_point = format.form().zero_point();
    let output_bytes = bytes.len() / shape.outputs;
    let mut weights = Vec::new();
    for output in bytes.chunks_exact(output_bytes) {
        for index in 0..shape.inputs / BLOCK {
            let block = blocks::read(format, output, index).unwrap();
            weights.extend(block.quants.iter().enumerate().map(|(i, quant)| {
                let scale = block.scale.to_f64() * f64::from(block.factors[i / 16]);
                let minimum = block.minimum.to_f64() * f64::from(block.minimum_factors[i / 16]);
                [scale * f64::from(i32::from(*quant) - zero_point), minimum]
            }));
        }
    }
    weights
}

/// (rows, inputs)
fn inputs(kind: Kind, rows: usize, inputs: usize, random: &mut Random) -> Vec<f32> {
    (0..rows * inputs).map(|_| kind.number(random, 1.0)).collect()
}

fn quantized(kernels: Kernels, rows: usize, input: &[f32]) -> Activations {
    kept(Keeps::Quantized, kernels, rows, input)
}

/// Inputs (rows, inputs), of which `keeps` is kept.
fn kept(keeps: Keeps, kernels: Kernels, rows: usize, input: &[f32]) -> Activations {
    let inputs = input.len() / rows;
    let mut activations = Activations::new(rows, inputs, keeps).unwrap();
    for (row, input) in input.chunks_exact(inputs).enumerate() {
        activations.all_blocks().write_row(kernels, row, input).unwrap();
    }
    activations
}

/// (rows, outputs)
fn multiplied(kernels: Kernels, weights: &PackedMatrix, activations: &Activations) -> Vec<f32> {
    let (rows, outputs) = (activations.rows(), weights.shape().outputs);
    let mut output = vec![f32::NAN; rows * outputs];
    let mut columns = Columns::new(&mut output, rows, outputs).unwrap();
    kernels.multiply(weights, 0..weights.strips(), activations, &mut columns).unwrap();
    output
}

fn portable() -> Kernels {
    Kernels::of(InstructionSet::Portable).unwrap()
}

/// The paths that this processor has; in WebAssembly, those that the module is compiled with.
fn all_kernels() -> impl Iterator<Item = Kernels> {
    InstructionSet::ALL.into_iter().filter_map(Kernels::of)
}

/// Bits of numbers; all that are no numbers have the same.
fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| if number.is_nan() { f32::NAN.to_bits() } else { number.to_bits() }).collect()
}

/// The sum of squared differences, relative to the sum of squares of what is expected.
fn normalised_error(actual: impl IntoIterator<Item = f64>, expected: &[f64]) -> f64 {
    let squared: f64 = actual.into_iter().zip(expected).map(|(a, e)| (a - e).powi(2)).sum();
    squared / expected.iter().map(|e| e * e).sum::<f64>()
}
