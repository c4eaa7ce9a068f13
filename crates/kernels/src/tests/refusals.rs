//! What does not fit is refused by an error that names it.

use super::{kept, portable, quantized};
use crate::{
    Activations, BLOCK, Columns, DenseMatrix, Format, Keeps, KernelError, PackedMatrix, STRIP, Shape, Team,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

pub(super) fn refusal<T>(result: Result<T, KernelError>) -> String {
    result.err().map_or_else(|| "accepted".to_owned(), |error| error.to_string())
}

#[test]
fn shapes_that_a_format_cannot_store() {
    for (format, outputs, inputs, length, expected) in [
        (
            Format::Q8_0,
            0,
            32,
            0,
            "a matrix of 0 outputs and 32 inputs; Q8_0 stores at least one output, a multiple of 32 inputs, and no more than memory holds",
        ),
        (
            Format::Q8_0,
            1,
            0,
            0,
            "a matrix of 1 outputs and 0 inputs; Q8_0 stores at least one output, a multiple of 32 inputs, and no more than memory holds",
        ),
        (
            Format::F16,
            1,
            33,
            66,
            "a matrix of 1 outputs and 33 inputs; F16 stores at least one output, a multiple of 32 inputs, and no more than memory holds",
        ),
        (
            Format::Q4K,
            1,
            32,
            18,
            "a matrix of 1 outputs and 32 inputs; Q4_K stores at least one output, a multiple of 256 inputs, and no more than memory holds",
        ),
        (Format::Q8_0, 2, 32, 34, "34 bytes of weights where the shape takes 68"),
        (Format::Q8_0, 1, 32, 35, "35 bytes of weights where the shape takes 34"),
    ] {
        let packed = PackedMatrix::pack(format, Shape { outputs, inputs }, &vec![0; length]);
        assert_eq!(refusal(packed), expected);
    }
}

#[test]
fn shapes_beyond_counting() {
    for (format, outputs, inputs) in [(Format::Q4_0, usize::MAX, 64), (Format::Q8_0, 1, usize::MAX - 31)] {
        let packed = PackedMatrix::pack(format, Shape { outputs, inputs }, &[0; 36]);
        let multiple = 32;
        assert_eq!(packed.unwrap_err(), KernelError::Shape { outputs, inputs, format, multiple });
    }
}

/// The bytes of the file can be counted, those of the packed strip not, or no memory holds them.
#[test]
fn packed_strips_beyond_counting() {
    let unheld = if usize::BITS == 64 { 55 } else { usize::BITS - 4 };
    let bits = [usize::BITS - 4, unheld];
    for (format, bits) in Format::ALL.into_iter().flat_map(|format| bits.map(|bits| (format, bits))) {
        let shape @ Shape { outputs, inputs } = Shape { outputs: 1, inputs: 1 << bits };
        let read = |_: &mut [u8]| panic!("nothing is read for {format}");
        let packed = PackedMatrix::pack_pieces::<KernelError>(format, shape, &mut Team::new(1), read);
        let multiple = format.block_values();
        assert_eq!(packed.unwrap_err(), KernelError::Shape { outputs, inputs, format, multiple });
    }
}

#[test]
fn weights_that_eight_bits_cannot_hold() {
    // Infinity, not a number, and 2^24, in BF16.
    for number in [0x7F80u16, 0xFFC0, 0x4B80] {
        let mut bytes = vec![0; 2 * 64 * 2];
        bytes[2 * (64 + 40)..][..2].copy_from_slice(&number.to_le_bytes());
        let packed = PackedMatrix::pack(Format::Bf16, Shape { outputs: 2, inputs: 64 }, &bytes);
        assert_eq!(packed.unwrap_err(), KernelError::Weight { output: 1, first_input: 32 });
    }
}

#[test]
fn activations_of_impossible_shapes() {
    let (many, more) = (1 << (usize::BITS - 7), 1 << (usize::BITS - 4));
    // The last can be counted, but no memory holds it.
    let beyond = usize::MAX / (BLOCK * size_of::<f32>());
    for (rows, inputs) in
        [(0, 32), (1, 0), (1, 31), (usize::MAX, 32), (more, 1 << 10), (many, 1 << 10), (beyond, BLOCK)]
    {
        let refused = KernelError::Activations { rows, inputs };
        assert_eq!(Activations::new(rows, inputs, Keeps::Both).unwrap_err(), refused);
        let mut activations = kept(Keeps::Both, portable(), 2, &[1.0; 128]);
        let before = activations.clone();
        assert_eq!(activations.reshape(rows, inputs), Err(refused));
        assert_eq!((activations.rows(), activations.inputs()), (2, 64));
        assert_eq!(activations.values(), before.values());
        assert_eq!(activations.numbers(), before.numbers());
    }
}

/// Of one output, whose strip is filled up to 16: its own bytes can be counted, and those of the strip not, or not held.
#[test]
fn dense_strips_beyond_counting() {
    for (format, inputs) in [
        (Format::F32, 1 << (usize::BITS - 4)),
        (Format::F16, 1 << (usize::BITS - 3)),
        (Format::Bf16, 1 << (usize::BITS - 6)),
        // This one can be counted.
        (Format::Bf16, 1 << if usize::BITS == 64 { 55 } else { usize::BITS - 6 }),
    ] {
        let shape = Shape { outputs: 1, inputs };
        let read = |_: &mut [u8]| panic!("nothing is read for {format}");
        let packed = DenseMatrix::pack_pieces::<KernelError>(format, shape, &mut Team::new(1), read);
        assert_eq!(packed.unwrap_err(), KernelError::Shape { outputs: 1, inputs, format, multiple: 32 });
    }
}

#[test]
fn parts_that_are_not_there() {
    let mut activations = Activations::new(2, 64, Keeps::Quantized).unwrap();
    assert_eq!(refusal(activations.all_blocks().write_row(portable(), 2, &[0.0; 64])), "row 2 of 2");
    assert_eq!(
        refusal(activations.all_blocks().write_row(portable(), 0, &[0.0; 32])),
        "inputs of one row: 32 where 64 belong"
    );
    assert_eq!(refusal(activations.all_blocks().split_at(3)), "block 3 of 3");
    let mut numbers = [0.0; 6];
    assert_eq!(refusal(Columns::new(&mut numbers, 2, 4)), "numbers of a matrix: 6 where 8 belong");
    let mut columns = Columns::new(&mut numbers, 2, 3).unwrap();
    assert_eq!(refusal(columns.row_mut(2)), "row 2 of 2");
    assert_eq!(refusal(columns.split_at(4)), "column 4 of 3");
    let weights = PackedMatrix::pack(Format::Q8_0, Shape { outputs: 1, inputs: 32 }, &[0; 34]).unwrap();
    assert_eq!(refusal(weights.read_output(1, &mut [0.0; 32])), "output 1 of 1");
    assert_eq!(refusal(weights.read_output(0, &mut [0.0; 31])), "weights of one output: 31 where 32 belong");
}

#[test]
fn products_whose_parts_do_not_fit() {
    let outputs = STRIP + 1;
    let weights =
        PackedMatrix::pack(Format::Q8_0, Shape { outputs, inputs: 64 }, &vec![0; outputs * 68]).unwrap();
    let attempt = |strips, rows, inputs, (output_rows, columns)| {
        let mut output = vec![0.0; output_rows * columns];
        let mut output = Columns::new(&mut output, output_rows, columns).unwrap();
        let activations = quantized(portable(), rows, &vec![1.0; rows * inputs]);
        refusal(portable().multiply(&weights, strips, &activations, &mut output))
    };
    assert_eq!(attempt(0..2, 3, 64, (3, outputs)), "accepted");
    assert_eq!(attempt(1..2, 3, 64, (3, 1)), "accepted");
    assert_eq!(attempt(2..2, 3, 64, (3, 0)), "accepted");
    assert_eq!(attempt(0..3, 3, 64, (3, outputs)), "strip 3 of 3");
    #[expect(clippy::reversed_empty_ranges, reason = "it is what is refused")]
    let reversed = 2..1;
    assert_eq!(attempt(reversed, 3, 64, (3, outputs)), "strip 2 of 2");
    assert_eq!(attempt(0..2, 3, 32, (3, outputs)), "inputs of the activations: 32 where 64 belong");
    assert_eq!(attempt(0..2, 3, 64, (2, outputs)), "rows of the output: 2 where 3 belong");
    assert_eq!(attempt(0..1, 3, 64, (3, outputs)), "columns of the output: 17 where 16 belong");
}
