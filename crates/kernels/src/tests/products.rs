//! Products: every path and format against the portable one and against double precision.

use super::{
    KINDS, Kind, Random, all_kernels, bits, inputs, multiplied, normalised_error, parts_of_bytes, portable,
    quantized, weight_bytes, weights_of_bytes,
};
use crate::{Activations, BLOCK, Format, PackedMatrix, Shape};
#[cfg(not(target_arch = "wasm32"))]
use crate::{Columns, STRIP};
#[cfg(target_arch = "wasm32")]
use crate::{InstructionSet, Kernels};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Columns that end within a strip, at its end and after it, for tiles of one strip and of two.
pub(super) const OUTPUTS: [usize; 7] = [1, 15, 16, 17, 32, 33, 50];

/// Rows at every remainder of a tile, and enough for tiles of two strips.
pub(super) const ROWS: [usize; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 32, 33, 39];

/// A matrix, and the file's bytes of it.
fn packed(kind: Kind, format: Format, shape: Shape, random: &mut Random) -> (PackedMatrix, Vec<u8>) {
    let bytes = weight_bytes(kind, format, shape, random);
    (PackedMatrix::pack(format, shape, &bytes).unwrap(), bytes)
}

/// Whether a vector path was tested at all would else not be known.
#[cfg(target_arch = "wasm32")]
#[test]
fn a_module_has_the_paths_that_it_is_compiled_for() {
    let relaxed = cfg!(target_feature = "relaxed-simd");
    for (set, has) in [
        (InstructionSet::Simd128, cfg!(target_feature = "simd128")),
        (InstructionSet::RelaxedByTwos, relaxed),
        (InstructionSet::RelaxedByFours, relaxed),
    ] {
        assert_eq!(Kernels::of(set).is_some(), has, "{set}");
    }
    let chosen = Kernels::detect().instruction_set();
    assert_eq!(chosen > InstructionSet::Simd128, relaxed, "{chosen}");
}

#[test]
fn every_path_gives_the_same_bits() {
    let mut random = Random(1);
    for format in Format::ALL {
        for (i, kind) in KINDS.into_iter().cycle().take(2 * OUTPUTS.len()).enumerate() {
            let blocks = 1 + random.below(3) as usize;
            let shape = Shape { outputs: OUTPUTS[i % OUTPUTS.len()], inputs: blocks * format.block_values() };
            let (weights, _) = packed(kind, format, shape, &mut random);
            // Inputs that are no numbers would hide what weights do.
            let of_input = if kind == Kind::NotNumbers { Kind::Ordinary } else { kind };
            for rows in ROWS {
                let activations =
                    quantized(portable(), rows, &inputs(of_input, rows, shape.inputs, &mut random));
                let expected = bits(&multiplied(portable(), &weights, &activations));
                for kernels in all_kernels() {
                    let actual = bits(&multiplied(kernels, &weights, &activations));
                    assert!(
                        actual == expected,
                        "{format} {kind:?} {shape:?} {rows} rows: {}",
                        kernels.instruction_set()
                    );
                }
            }
        }
    }
}

/// The exact product (rows, outputs) of inputs (rows, inputs) with weights (outputs, inputs).
pub(super) fn exact(rows: &[f64], weights: &[f64], inputs: usize) -> Vec<f64> {
    let dot = |row: &[f64], output: &[f64]| row.iter().zip(output).map(|(a, b)| a * b).sum();
    rows.chunks_exact(inputs)
        .flat_map(|row| weights.chunks_exact(inputs).map(move |output| dot(row, output)))
        .collect()
}

/// The inputs that 8 bits left, (rows, inputs).
fn quantized_inputs(activations: &Activations) -> Vec<f64> {
    let rows = activations.rows();
    let value = |row: usize, i: usize| {
        let at = i / BLOCK * rows + row;
        f64::from(activations.values()[at].0[i % BLOCK]) * f64::from(activations.summaries()[at].scale)
    };
    (0..rows).flat_map(|row| (0..activations.inputs()).map(move |i| value(row, i))).collect()
}

/// Of inputs that are in 8 bits, every output is the exact one but for the roundings that its sum consists of.
#[test]
fn products_of_rounded_inputs_are_exact_but_for_their_sums() {
    let mut random = Random(2);
    for format in Format::ALL {
        for kind in [Kind::Ordinary, Kind::Outliers, Kind::Extremes] {
            for (i, rows) in ROWS.into_iter().enumerate() {
                let outputs = OUTPUTS[(i * 3 + rows) % OUTPUTS.len()];
                let shape = Shape { outputs, inputs: (1 + i % 3) * format.block_values() };
                let (weights, bytes) = packed(kind, format, shape, &mut random);
                let activations = quantized(portable(), rows, &inputs(kind, rows, shape.inputs, &mut random));
                let what = format!("{format} {kind:?} {shape:?} {rows} rows");
                check_sums(&weights, &bytes, &activations, &what);
            }
        }
    }
}

/// A sum of n products, each rounded thrice, is off by at most n + 3 half units in the last place of what all of them have without their signs (Higham 2002, "Accuracy and stability of numerical algorithms", 3.1).
fn check_sums(weights: &PackedMatrix, bytes: &[u8], activations: &Activations, what: &str) {
    let (format, shape) = (weights.format(), weights.shape());
    let rows = quantized_inputs(activations);
    let expected = exact(&rows, &weights_of_bytes(format, shape, bytes), shape.inputs);
    let size_of_parts = |[scaled, minimum]: [f64; 2]| scaled.abs() + minimum.abs();
    let sizes = parts_of_bytes(format, shape, bytes).into_iter().map(size_of_parts);
    let row_sizes: Vec<f64> = rows.iter().map(|number| number.abs()).collect();
    let most = exact(&row_sizes, &sizes.collect::<Vec<_>>(), shape.inputs);
    // A block has at most two groups, and a group a product and a minimum.
    let share = f64::from(f32::EPSILON) / 2.0 * (4 * shape.inputs / BLOCK + 3) as f64;
    for kernels in all_kernels() {
        let found = multiplied(kernels, weights, activations);
        for ((found, expected), most) in found.iter().zip(&expected).zip(&most) {
            let error = (f64::from(*found) - expected).abs();
            assert!(error <= share * most, "{what} {kernels:?}: {found} instead of {expected}");
        }
    }
}

#[test]
fn inputs_in_eight_bits_change_products_little() {
    let mut random = Random(5);
    for format in Format::ALL {
        for (kind, most) in [(Kind::Ordinary, 1e-4), (Kind::Outliers, 3e-3)] {
            let shape = Shape { outputs: 33, inputs: 3 * format.block_values() };
            let (weights, bytes) = packed(kind, format, shape, &mut random);
            let input = inputs(kind, 7, shape.inputs, &mut random);
            let wide: Vec<f64> = input.iter().map(|number| f64::from(*number)).collect();
            let expected = exact(&wide, &weights_of_bytes(format, shape, &bytes), shape.inputs);
            for kernels in all_kernels() {
                let output = multiplied(kernels, &weights, &quantized(kernels, 7, &input));
                let error = normalised_error(output.into_iter().map(f64::from), &expected);
                assert!(error < most, "{format} {kind:?} {}: {error}", kernels.instruction_set());
            }
        }
    }
}

#[test]
fn all_at_the_end_of_the_range_is_exact() {
    // Weights of -128 and inputs of -127: the largest sums of products that there are.
    for (byte, sign) in [(0x80u8, 1.0), (0x7F, -1.0)] {
        let shape = Shape { outputs: 16, inputs: 64 };
        let block: Vec<u8> = [0x00, 0x3C].into_iter().chain([byte; 32]).collect();
        let weights = PackedMatrix::pack(Format::Q8_0, shape, &block.repeat(32)).unwrap();
        let input = [-127.0 * sign; 64];
        let expected = -127.0 * sign * 64.0 * f32::from(byte as i8);
        for kernels in all_kernels() {
            let output = multiplied(kernels, &weights, &quantized(kernels, 1, &input));
            assert_eq!(output, [expected; 16], "{}", kernels.instruction_set());
        }
    }
}

#[test]
fn a_row_does_not_depend_on_those_beside_it() {
    let mut random = Random(3);
    for format in Format::ALL {
        let shape = Shape { outputs: 40, inputs: format.block_values() };
        let (weights, _) = packed(Kind::Ordinary, format, shape, &mut random);
        let input = inputs(Kind::Ordinary, 39, shape.inputs, &mut random);
        for kernels in all_kernels() {
            let together = multiplied(kernels, &weights, &quantized(kernels, 39, &input));
            for (together, input) in together.chunks_exact(40).zip(input.chunks_exact(shape.inputs)) {
                assert_eq!(
                    multiplied(kernels, &weights, &quantized(kernels, 1, input)),
                    together,
                    "{format}"
                );
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn threads_that_share_strips_write_the_same() {
    let mut random = Random(4);
    let shape = Shape { outputs: 90, inputs: 64 };
    for (format, rows) in [(Format::Q8_0, 3), (Format::Q4_0, 33)] {
        let (weights, _) = packed(Kind::Ordinary, format, shape, &mut random);
        let input = inputs(Kind::Ordinary, rows, 64, &mut random);
        for kernels in all_kernels() {
            let activations = quantized(kernels, rows, &input);
            let mut shared = vec![f32::NAN; rows * 90];
            std::thread::scope(|scope| {
                let mut rest = Columns::new(&mut shared, rows, 90).unwrap();
                for strips in [0..1, 1..4, 4..4, 4..6] {
                    let outputs = (strips.end * STRIP).min(90) - strips.start * STRIP;
                    let (mut mine, others) = rest.split_at(outputs).unwrap();
                    rest = others;
                    let (weights, activations) = (&weights, &activations);
                    scope.spawn(move || kernels.multiply(weights, strips, activations, &mut mine).unwrap());
                }
            });
            assert_eq!(shared, multiplied(kernels, &weights, &activations), "{}", kernels.instruction_set());
        }
    }
}
