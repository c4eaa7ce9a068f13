//! What is refused, and why.

use crate::format::Format;

/// The crate's one error; every variant names what is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// A matrix without outputs, with a number of inputs that its format cannot store, or of more bytes than can be counted.
    #[error(
        "a matrix of {outputs} outputs and {inputs} inputs; {format} stores at least one output, a multiple of {multiple} inputs, and no more than memory holds"
    )]
    Shape {
        /// The matrix's outputs (rows in the file).
        outputs: usize,
        /// The matrix's inputs (columns in the file).
        inputs: usize,
        /// How the file stores it.
        format: Format,
        /// What the number of inputs must be a multiple of.
        multiple: usize,
    },
    /// The bytes do not fill the shape, or overfill it.
    #[error("{actual} bytes of weights where the shape takes {expected}")]
    Length {
        /// The bytes that the shape takes.
        expected: usize,
        /// The bytes that were given.
        actual: usize,
    },
    /// A weight of an unquantized matrix that 8 bits and a scale in half precision cannot hold.
    #[error(
        "inputs {first_input} and on of output {output} hold a weight that is not finite or above 8,319,008"
    )]
    Weight {
        /// The output that the weight belongs to.
        output: usize,
        /// The first of the 32 inputs among which it is.
        first_input: usize,
    },
    /// Activations of an impossible shape.
    #[error(
        "activations of {rows} rows and {inputs} inputs; at least one row, a multiple of 32 inputs, and no more than memory holds"
    )]
    Activations {
        /// The rows that were asked for.
        rows: usize,
        /// The inputs that were asked for.
        inputs: usize,
    },
    /// Two things that belong together have different sizes.
    #[error("{what}: {actual} where {expected} belong")]
    Mismatch {
        /// What was counted.
        what: &'static str,
        /// What it should be.
        expected: usize,
        /// What it is.
        actual: usize,
    },
    /// A row, an output or a strip that is not there.
    #[error("{what} {index} of {count}")]
    OutOfRange {
        /// What was asked for.
        what: &'static str,
        /// Its index, from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
}

/// The crate's result.
pub type Result<T> = std::result::Result<T, KernelError>;

/// `Ok` when the two are equal, else the error that says what was counted.
pub(crate) fn expect_equal(what: &'static str, actual: usize, expected: usize) -> Result<()> {
    if actual == expected { Ok(()) } else { Err(KernelError::Mismatch { what, expected, actual }) }
}

/// `Ok` when there are at least as many as expected, else the error that says what was counted.
pub(crate) fn expect_at_least(what: &'static str, actual: usize, expected: usize) -> Result<()> {
    if actual >= expected { Ok(()) } else { Err(KernelError::Mismatch { what, expected, actual }) }
}

/// `Ok` when `index` is below `count`, else the error that says what was asked for.
pub(crate) fn expect_below(what: &'static str, index: usize, count: usize) -> Result<()> {
    if index < count { Ok(()) } else { Err(KernelError::OutOfRange { what, index, count }) }
}

/// `Ok` when there are as many bytes as a shape takes.
pub(crate) fn expect_length(expected: usize, actual: usize) -> Result<()> {
    if actual == expected { Ok(()) } else { Err(KernelError::Length { expected, actual }) }
}
