//! What products cost in a browser: what `tests/browser/bench-kernels.mjs` calls and times.
#![cfg(target_arch = "wasm32")]
#![expect(unsafe_code, reason = "a name that is exported as it stands must be the only one")]

mod shared;

use std::cell::RefCell;
use tiebreak_kernels::{
    Activations, Columns, Format, InstructionSet, Keeps, Kernels, PackedMatrix, Result, Shape,
};

/// What is measured.
struct Product {
    kernels: Kernels,
    matrices: Vec<PackedMatrix>,
    activations: Activations,
    output: Vec<f32>,
}

thread_local! {
    static PRODUCT: RefCell<Option<Product>> = const { RefCell::new(None) };
}

/// Makes matrices of [`Format::ALL`]`[format]` that fill `bytes` bytes, to be multiplied with [`InstructionSet::ALL`]`[set]`; returns how many, and 0 where there are no such instructions.
// SAFETY: nothing else in the module has the name.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(
    set: usize,
    format: usize,
    inputs: usize,
    outputs: usize,
    rows: usize,
    bytes: usize,
) -> usize {
    let Some(kernels) = Kernels::of(InstructionSet::ALL[set]) else { return 0 };
    PRODUCT.replace(None);
    let product = product(kernels, Format::ALL[format], Shape { outputs, inputs }, [rows, bytes]);
    let product = product.expect("the caller's shapes fit the format");
    let count = product.matrices.len();
    PRODUCT.replace(Some(product));
    count
}

/// Multiplies all rows with each matrix.
// SAFETY: nothing else in the module has the name.
#[unsafe(no_mangle)]
pub extern "C" fn pass() {
    PRODUCT.with_borrow_mut(|product| {
        let Product { kernels, matrices, activations, output } = product.as_mut().expect("it was prepared");
        for matrix in matrices {
            let mut output = Columns::new(output, activations.rows(), matrix.shape().outputs)
                .expect("the output is of this shape");
            kernels.multiply(matrix, 0..matrix.strips(), activations, &mut output).expect("all shapes fit");
        }
    });
}

fn product(kernels: Kernels, format: Format, shape: Shape, [rows, bytes]: [usize; 2]) -> Result<Product> {
    let mut activations = Activations::new(rows, shape.inputs, Keeps::Quantized)?;
    for row in 0..rows {
        activations.all_blocks().write_row(kernels, row, &shared::input(shape.inputs))?;
    }
    let matrices = shared::matrices(format, shape, bytes)?;
    Ok(Product { kernels, matrices, activations, output: vec![0.0; rows * shape.outputs] })
}
