//! How a GGUF file stores weights.

use crate::error::{KernelError, Result};
use crate::form::Form;
use std::fmt;

/// A storage format of GGUF that can be packed.
///
/// Packed, a weight takes the bits in the last column, which are those of the file for 4 and 8 bits: all others become bytes.
///
/// | format | bits in the file | bits packed |
/// |---|---|---|
/// | `Q2_K` | 2.625 | 9.125 |
/// | `Q3_K` | 3.4375 | 8.5625 |
/// | `Q4_0` | 4.5 | 4.5 |
/// | `Q4_1` | 5 | 5 |
/// | `Q4_K` | 4.5 | 4.625 |
/// | `Q5_0` | 5.5 | 8.5 |
/// | `Q5_1` | 6 | 9 |
/// | `Q5_K` | 5.5 | 8.625 |
/// | `Q6_K` | 6.5625 | 8.5625 |
/// | `Q8_0` | 8.5 | 8.5 |
/// | `F16`, `BF16` | 16 | 8.5 |
/// | `F32` | 32 | 8.5 |
///
/// Outputs are packed in strips of [`STRIP`](crate::STRIP): a last strip that is not full takes as much as a full one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Single precision. Packing rounds to 8 bits with a scale for 32 weights.
    F32,
    /// Half precision. Packing rounds to 8 bits with a scale for 32 weights.
    F16,
    /// The upper half of a single-precision number. Packing rounds to 8 bits with a scale for 32 weights.
    Bf16,
    /// 4 bits and a scale for 32 weights.
    Q4_0,
    /// 4 bits, a scale and a minimum for 32 weights.
    Q4_1,
    /// 5 bits and a scale for 32 weights.
    Q5_0,
    /// 5 bits, a scale and a minimum for 32 weights.
    Q5_1,
    /// 8 bits and a scale for 32 weights.
    Q8_0,
    /// 2 bits; a scale and a minimum for 16 weights in 4 bits each, with a common factor for 256.
    Q2K,
    /// 3 bits; a scale for 16 weights in 6 bits, with a common factor for 256.
    Q3K,
    /// 4 bits; a scale and a minimum for 32 weights in 6 bits each, with a common factor for 256.
    Q4K,
    /// 5 bits; scales and minimums as in [`Q4K`](Self::Q4K).
    Q5K,
    /// 6 bits; a scale for 16 weights in 8 bits, with a common factor for 256.
    Q6K,
}

impl Format {
    /// Every format, in the order in which they are declared.
    pub const ALL: [Self; 13] = [
        Self::F32,
        Self::F16,
        Self::Bf16,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2K,
        Self::Q3K,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
    ];

    /// The format that a GGUF header calls `number` (`ggml_type` in ggml's `ggml.h`), if it can be packed.
    pub fn from_ggml_type(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            10 => Self::Q2K,
            11 => Self::Q3K,
            12 => Self::Q4K,
            13 => Self::Q5K,
            14 => Self::Q6K,
            30 => Self::Bf16,
            _ => return None,
        })
    }

    /// How many weights of one output a block of the file holds.
    ///
    /// Unquantized weights stand alone in the file, and are packed by 32.
    pub const fn block_values(self) -> usize {
        match self {
            Self::Q2K | Self::Q3K | Self::Q4K | Self::Q5K | Self::Q6K => 256,
            _ => 32,
        }
    }

    /// How many bytes [`block_values`](Self::block_values) weights take in the file.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 128,
            Self::F16 | Self::Bf16 => 64,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 => 34,
            Self::Q2K => 84,
            Self::Q3K => 110,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
        }
    }

    /// How its weights are packed.
    pub(crate) const fn form(self) -> Form {
        match self {
            Self::Q4_0 => Form::Nibbles,
            Self::Q4_1 | Self::Q4K => Form::NibblesWithMinimum,
            Self::F32 | Self::F16 | Self::Bf16 | Self::Q5_0 | Self::Q8_0 => Form::Bytes,
            Self::Q5_1 | Self::Q5K => Form::BytesWithMinimum,
            Self::Q3K | Self::Q6K => Form::BytesInHalves,
            Self::Q2K => Form::BytesInHalvesWithMinimum,
        }
    }

    /// Whether scales are integers with a common factor for 256 weights.
    pub(crate) const fn has_nested_scales(self) -> bool {
        self.block_values() == 256
    }
}

/// As llama.cpp writes it.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q5_0 => "Q5_0",
            Self::Q5_1 => "Q5_1",
            Self::Q8_0 => "Q8_0",
            Self::Q2K => "Q2_K",
            Self::Q3K => "Q3_K",
            Self::Q4K => "Q4_K",
            Self::Q5K => "Q5_K",
            Self::Q6K => "Q6_K",
        })
    }
}

/// The most bytes that one piece of memory has.
const LARGEST_BYTES: usize = isize::MAX as usize;

/// The shape of a weight matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many outputs the layer has: the matrix's rows in the file.
    pub outputs: usize,
    /// How many inputs the layer has, which stand side by side in the file.
    pub inputs: usize,
}

impl Shape {
    /// How many bytes the weights take in a file of `format`.
    ///
    /// # Errors
    /// [`KernelError::Shape`] where the format cannot store it, or memory cannot hold it.
    pub fn bytes(self, format: Format) -> Result<usize> {
        let Self { outputs, inputs } = self;
        let multiple = format.block_values();
        let output_bytes = (inputs / multiple).checked_mul(format.block_bytes());
        match output_bytes.and_then(|bytes| bytes.checked_mul(outputs)) {
            Some(bytes @ 1..=LARGEST_BYTES) if inputs.is_multiple_of(multiple) => Ok(bytes),
            _ => Err(KernelError::Shape { outputs, inputs, format, multiple }),
        }
    }
}
