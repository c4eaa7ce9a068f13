//! Products of weights that are kept as they are, against double precision, with the same bits on every path.

use super::products::{OUTPUTS, ROWS, exact};
use super::refusals::refusal;
use super::{KINDS, Kind, Random, all_kernels, bits, inputs, kept, normalised_error, portable, weight_bytes};
use crate::{Activations, Columns, DenseMatrix, Format, Keeps, KernelError, Kernels, Shape, Team};
use half::{bf16, f16};
use std::io::Read;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const FORMATS: [Format; 3] = [Format::F32, Format::F16, Format::Bf16];

fn packed(format: Format, shape: Shape, mut bytes: &[u8], threads: usize) -> DenseMatrix {
    let matrix = DenseMatrix::pack_pieces::<KernelError>(format, shape, &mut Team::new(threads), |piece| {
        bytes.read_exact(piece).unwrap();
        Ok(())
    });
    assert!(bytes.is_empty());
    matrix.unwrap()
}

/// Weights (outputs, inputs) as the file's numbers say.
fn weights_of(format: Format, bytes: &[u8]) -> Vec<f32> {
    let halves = || bytes.as_chunks().0.iter().copied();
    match format {
        Format::F32 => bytes.as_chunks().0.iter().copied().map(f32::from_le_bytes).collect(),
        Format::F16 => halves().map(|bytes| f16::from_le_bytes(bytes).to_f32()).collect(),
        _ => halves().map(|bytes| bf16::from_le_bytes(bytes).to_f32()).collect(),
    }
}

fn multiplied(kernels: Kernels, weights: &DenseMatrix, activations: &Activations) -> Vec<f32> {
    let (rows, outputs) = (activations.rows(), weights.shape().outputs);
    let mut output = vec![f32::NAN; rows * outputs];
    let mut columns = Columns::new(&mut output, rows, outputs).unwrap();
    kernels.multiply_dense(weights, 0..weights.strips(), activations, &mut columns).unwrap();
    output
}

#[test]
fn weights_are_those_of_the_file() {
    let mut random = Random(11);
    for format in FORMATS {
        for (outputs, inputs, threads) in [(1, 32, 1), (33, 96, 2), (700, 1024, 3)] {
            let shape = Shape { outputs, inputs };
            let bytes = weight_bytes(Kind::Extremes, format, shape, &mut random);
            let matrix = packed(format, shape, &bytes, threads);
            let mut weights = vec![0.0; inputs];
            for (output, expected) in weights_of(format, &bytes).chunks_exact(inputs).enumerate() {
                matrix.read_output(output, &mut weights).unwrap();
                assert_eq!(bits(&weights), bits(expected), "{format} {output}");
            }
        }
    }
}

#[test]
fn products_are_those_of_the_numbers_on_every_path_and_in_any_company() {
    let mut random = Random(12);
    for format in FORMATS {
        for (i, kind) in KINDS.into_iter().cycle().take(OUTPUTS.len()).enumerate() {
            let shape = Shape { outputs: OUTPUTS[i], inputs: [32, 160, 128, 256][i % 4] };
            let bytes = weight_bytes(kind, format, shape, &mut random);
            let matrix = packed(format, shape, &bytes, 1);
            let wide = |numbers: &[f32]| -> Vec<f64> { numbers.iter().map(|n| f64::from(*n)).collect() };
            for rows in ROWS {
                let input = inputs(kind, rows, shape.inputs, &mut random);
                let activations = kept(Keeps::Numbers, portable(), rows, &input);
                let expected = multiplied(portable(), &matrix, &activations);
                for kernels in all_kernels() {
                    let found = multiplied(kernels, &matrix, &kept(Keeps::Both, portable(), rows, &input));
                    assert_eq!(bits(&found), bits(&expected), "{format} {kind:?} {shape:?} {rows}");
                    let alone = multiplied(
                        kernels,
                        &matrix,
                        &kept(Keeps::Numbers, portable(), 1, &input[..shape.inputs]),
                    );
                    assert_eq!(bits(&alone), bits(&expected[..shape.outputs]), "{format} {shape:?} {rows}");
                }
                if matches!(kind, Kind::Ordinary | Kind::Outliers) {
                    let exact = exact(&wide(&input), &wide(&weights_of(format, &bytes)), shape.inputs);
                    let error = normalised_error(wide(&expected), &exact);
                    assert!(error < 1e-12, "{format} {kind:?}: {error}");
                }
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let shape = Shape { outputs: 16, inputs: 32 };
    let bytes = vec![0; 16 * 32 * 4];
    let matrix = packed(Format::F32, shape, &bytes, 1);
    let mut output = [0.0; 16];
    let mut columns = Columns::new(&mut output, 1, 16).unwrap();
    let quantized = kept(Keeps::Quantized, portable(), 1, &[0.0; 32]);
    let refused = portable().multiply_dense(&matrix, 0..1, &quantized, &mut columns);
    assert_eq!(refusal(refused), "blocks of activations in numbers: 0 where 1 belong");
    let numbers = kept(Keeps::Numbers, portable(), 1, &[0.0; 32]);
    assert_eq!(refusal(portable().multiply_dense(&matrix, 0..2, &numbers, &mut columns)), "strip 2 of 2");
    let packed = crate::PackedMatrix::pack(Format::F32, shape, &bytes).unwrap();
    let refused = portable().multiply(&packed, 0..1, &numbers, &mut columns);
    assert_eq!(refusal(refused), "blocks of quantized activations: 0 where 1 belong");
    let nothing = |_: &mut [u8]| Ok::<(), KernelError>(());
    for (format, outputs, inputs) in [(Format::Q8_0, 16, 32), (Format::F16, 0, 32), (Format::F16, 16, 33)] {
        let made = DenseMatrix::pack_pieces(format, Shape { outputs, inputs }, &mut Team::new(1), nothing);
        assert!(matches!(made.unwrap_err(), KernelError::Shape { .. }), "{format}");
    }
}
