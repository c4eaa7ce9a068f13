//! Inputs in 8 bits.

use super::{KINDS, Kind, Random, all_kernels, inputs, portable, quantized};
use crate::{Activations, BLOCK, Keeps};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn every_path_quantizes_to_the_same_bits() {
    let mut random = Random(1);
    for kind in KINDS {
        let input = inputs(kind, 5, 160, &mut random);
        let expected = quantized(portable(), 5, &input);
        for kernels in all_kernels() {
            let actual = quantized(kernels, 5, &input);
            assert_eq!(actual.values(), expected.values(), "{kind:?} {}", kernels.instruction_set());
            for (actual, expected) in actual.summaries().iter().zip(expected.summaries()) {
                assert_eq!(
                    actual.scale.to_bits(),
                    expected.scale.to_bits(),
                    "{kind:?} {}",
                    kernels.instruction_set()
                );
                assert_eq!((actual.sum, actual.half_sum), (expected.sum, expected.half_sum));
            }
        }
    }
}

#[test]
fn values_are_within_half_a_scale() {
    let mut random = Random(2);
    for kind in [Kind::Ordinary, Kind::Outliers] {
        let input = inputs(kind, 3, 96, &mut random);
        let activations = quantized(portable(), 3, &input);
        for row in 0..3 {
            for i in 0..96 {
                let at = i / BLOCK * 3 + row;
                let scale = activations.summaries()[at].scale;
                let value = f32::from(activations.values()[at].0[i % BLOCK]) * scale;
                assert!(
                    (value - input[row * 96 + i]).abs() <= scale * 0.5001,
                    "{value} of {}",
                    input[row * 96 + i]
                );
            }
        }
    }
}

#[test]
fn sums_are_those_of_the_values() {
    let input = inputs(Kind::Ordinary, 2, 64, &mut Random(3));
    let activations = quantized(portable(), 2, &input);
    for (values, summary) in activations.values().iter().zip(activations.summaries()) {
        let sum = |values: &[i8]| values.iter().map(|value| i32::from(*value)).sum::<i32>();
        assert_eq!(summary.sum, sum(&values.0));
        assert_eq!(summary.half_sum, sum(&values.0[..16]));
        assert_eq!(summary.scaled_sum, summary.scale * summary.sum as f32);
    }
}

/// (a block's input, its scale, its first value)
#[test]
fn blocks_at_the_ends_of_the_range_are_defined() {
    let with = |first: f32, others: f32| {
        let mut block = [others; BLOCK];
        block[0] = first;
        block
    };
    for (block, scale, value) in [
        (with(0.0, -0.0), 0.0, 0),
        (with(1e-31, 0.0), 0.0, 0),
        (with(127.0, 1.0), 1.0, 127),
        (with(-127.0, 1.0), 1.0, -127),
        (with(f32::MAX, f32::MIN), f32::MAX / 127.0, 127),
        (with(2.5, 127.0), 1.0, 2),
        (with(f32::INFINITY, 1.0), f32::NAN, 0),
        (with(f32::NAN, 1.0), f32::NAN, 0),
        (with(1.0, f32::NEG_INFINITY), f32::NAN, 0),
    ] {
        let activations = quantized(portable(), 1, &block);
        let summary = activations.summaries()[0];
        assert!(summary.scale == scale || scale.is_nan() && summary.scale.is_nan(), "{block:?}: {summary:?}");
        assert_eq!(activations.values()[0].0[0], value, "{block:?}");
    }
}

#[test]
fn parts_quantized_apart_are_the_whole() {
    let input = inputs(Kind::Ordinary, 3, 128, &mut Random(4));
    let mut activations = Activations::new(3, 128, Keeps::Quantized).unwrap();
    let (mut first, mut second) = activations.all_blocks().split_at(1).unwrap();
    for row in 0..3 {
        let (left, right) = input[row * 128..(row + 1) * 128].split_at(32);
        second.write_row(portable(), row, right).unwrap();
        first.write_row(portable(), row, left).unwrap();
    }
    let whole = quantized(portable(), 3, &input);
    assert_eq!(activations.values(), whole.values());
    assert_eq!(activations.summaries(), whole.summaries());
}

#[test]
fn another_shape_keeps_nothing_of_the_last() {
    let mut activations = quantized(portable(), 4, &inputs(Kind::Ordinary, 4, 96, &mut Random(5)));
    let input = inputs(Kind::Ordinary, 2, 64, &mut Random(6));
    activations.reshape(2, 64).unwrap();
    for row in 0..2 {
        activations.all_blocks().write_row(portable(), row, &input[row * 64..(row + 1) * 64]).unwrap();
    }
    assert_eq!((activations.rows(), activations.inputs()), (2, 64));
    assert_eq!(activations.values(), quantized(portable(), 2, &input).values());
}
