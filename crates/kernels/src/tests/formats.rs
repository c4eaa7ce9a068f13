//! What blocks mean, and that packing keeps it.

use super::{KINDS, Kind, Random, normalised_error, weight_bytes, weights_of_bytes};
use crate::pack::PIECE_BYTES;
use crate::{Format, KernelError, PackedMatrix, Shape, Team};
use half::{bf16, f16};
use std::io::Read;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Blocks of one output and their weights, as the Python package `gguf` reads them (`tests/tools/quantized_blocks.py`).
#[derive(serde::Deserialize)]
struct Case {
    format: String,
    /// In hexadecimal.
    bytes: String,
    weights: Vec<f32>,
}

#[test]
fn blocks_mean_what_other_programs_read_in_them() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("blocks.json")).unwrap();
    for case in &cases {
        let format = Format::ALL.into_iter().find(|format| format.to_string() == case.format).unwrap();
        let bytes: Vec<u8> = (0..case.bytes.len() / 2)
            .map(|i| u8::from_str_radix(&case.bytes[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        let shape = Shape { outputs: 1, inputs: case.weights.len() };
        let packed = PackedMatrix::pack(format, shape, &bytes).unwrap();
        let mut weights = vec![0.0; shape.inputs];
        packed.read_output(0, &mut weights).unwrap();
        assert_eq!(weights, case.weights, "{format}");
    }
    assert_eq!(cases.len(), 10, "every quantized format has a case");
}

#[test]
fn packed_weights_are_those_of_the_file() {
    let mut random = Random(1);
    for format in Format::ALL {
        for kind in KINDS {
            let shape = Shape { outputs: 19, inputs: 2 * format.block_values() };
            let bytes = weight_bytes(kind, format, shape, &mut random);
            let packed = PackedMatrix::pack(format, shape, &bytes).unwrap();
            let expected = weights_of_bytes(format, shape, &bytes);
            for (output, expected) in expected.chunks_exact(shape.inputs).enumerate() {
                let mut weights = vec![0.0; shape.inputs];
                packed.read_output(output, &mut weights).unwrap();
                for (weight, expected) in weights.iter().zip(expected) {
                    let close = (f64::from(*weight) - expected).abs() <= 1e-6 * expected.abs().max(1e-3);
                    assert!(
                        close || *weight as f64 == *expected || expected.is_nan() && weight.is_nan(),
                        "{format} {kind:?}"
                    );
                }
            }
        }
    }
}

/// Three pieces and a bit, the last strip of one output, shared by three threads.
#[test]
fn a_matrix_is_packed_in_pieces() {
    let mut random = Random(3);
    for format in [Format::Q4_1, Format::Q8_0, Format::Q6K] {
        let inputs = 4096;
        let shape = Shape { outputs: 16 * (PIECE_BYTES * 3 / 16 / 1500) + 1, inputs };
        let bytes = weight_bytes(KINDS[0], format, shape, &mut random);
        let whole = PackedMatrix::pack(format, shape, &bytes).unwrap();
        let (mut unread, mut n_reads) = (bytes.as_slice(), 0);
        let pieces = PackedMatrix::pack_pieces::<KernelError>(format, shape, &mut Team::new(3), |piece| {
            n_reads += 1;
            unread.read_exact(piece).unwrap();
            Ok(())
        });
        let pieces = pieces.unwrap();
        assert!(n_reads > 3 && unread.is_empty(), "{format}: {n_reads}");
        let (mut expected, mut weights) = (vec![0.0; inputs], vec![0.0; inputs]);
        for output in 0..shape.outputs {
            whole.read_output(output, &mut expected).unwrap();
            pieces.read_output(output, &mut weights).unwrap();
            assert_eq!(weights, expected, "{format} {output}");
        }
    }
}

#[test]
fn an_error_ends_the_packing_of_pieces() {
    let shape = Shape { outputs: 16 * 100, inputs: 1 << 14 };
    let mut n_reads = 0;
    let mut read = |piece: &mut [u8]| {
        n_reads += 1;
        piece.fill(if n_reads == 2 { 0xFF } else { 0 });
        if n_reads == 3 { Err(KernelError::OutOfRange { what: "read", index: 3, count: 2 }) } else { Ok(()) }
    };
    let (format, two) = (Format::F16, &mut Team::new(2));
    let weight = PackedMatrix::pack_pieces(format, shape, two, &mut read).unwrap_err();
    assert_eq!(weight, KernelError::Weight { output: 32, first_input: 0 });
    let unread = PackedMatrix::pack_pieces(format, shape, two, &mut read).unwrap_err();
    assert!(matches!(unread, KernelError::OutOfRange { what: "read", .. }));
}

#[test]
fn unquantized_weights_are_rounded_to_eight_bits() {
    let mut random = Random(2);
    let shape = Shape { outputs: 16, inputs: 256 };
    for (kind, most) in [(Kind::Ordinary, 4e-5), (Kind::Outliers, 2e-4)] {
        let numbers: Vec<f32> = (0..16 * 256).map(|_| kind.number(&mut random, 0.02)).collect();
        let halves: Vec<f16> = numbers.iter().map(|number| f16::from_f32(*number)).collect();
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let brains: Vec<bf16> = numbers.iter().map(|number| bf16::from_f32(*number)).collect();
        let bytes_of_halves: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        let bytes_of_brains: Vec<u8> = brains.iter().flat_map(|brain| brain.to_le_bytes()).collect();
        for (format, bytes, exact) in [
            (Format::F32, bytes, numbers.iter().map(|number| f64::from(*number)).collect::<Vec<_>>()),
            (Format::F16, bytes_of_halves, halves.iter().map(|half| half.to_f64()).collect()),
            (Format::Bf16, bytes_of_brains, brains.iter().map(|brain| brain.to_f64()).collect()),
        ] {
            let error = normalised_error(weights_of_bytes(format, shape, &bytes), &exact);
            assert!(error < most, "{format} {kind:?}: {error}");
        }
    }
}

#[test]
fn packed_sizes_are_as_documented() {
    for (format, bits) in [
        (Format::F32, 8.5),
        (Format::F16, 8.5),
        (Format::Bf16, 8.5),
        (Format::Q2K, 9.125),
        (Format::Q3K, 8.5625),
        (Format::Q4_0, 4.5),
        (Format::Q4_1, 5.0),
        (Format::Q4K, 4.625),
        (Format::Q5_0, 8.5),
        (Format::Q5_1, 9.0),
        (Format::Q5K, 8.625),
        (Format::Q6K, 8.5625),
        (Format::Q8_0, 8.5),
    ] {
        let shape = Shape { outputs: 32, inputs: 512 };
        let bytes = weight_bytes(Kind::Ordinary, format, shape, &mut Random(3));
        let packed = PackedMatrix::pack(format, shape, &bytes).unwrap();
        assert_eq!(packed.bytes() as f64 * 8.0 / (32.0 * 512.0), bits, "{format}");
    }
}

#[test]
fn ggml_numbers_name_formats() {
    let known: Vec<Format> = (0..64).filter_map(Format::from_ggml_type).collect();
    let mut all = Format::ALL.to_vec();
    all.sort();
    assert_eq!(
        {
            let mut known = known.clone();
            known.sort();
            known
        },
        all
    );
    assert_eq!(Format::from_ggml_type(8), Some(Format::Q8_0));
    assert_eq!(Format::from_ggml_type(30), Some(Format::Bf16));
    assert_eq!(Format::from_ggml_type(0), Some(Format::F32));
    assert_eq!(Format::from_ggml_type(9), None);
}
