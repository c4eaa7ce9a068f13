//! How a file stores the numbers of a tensor.

/// A storage type of GGUF: blocks of some numbers in some bytes.
///
/// Numbers and names are those of `ggml_type` in ggml's `ggml.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageType {
    /// The number by which a header calls it.
    pub code: u32,
    /// The name that llama.cpp writes.
    pub name: &'static str,
    /// How many numbers a block holds.
    pub block_numbers: usize,
    /// How many bytes a block takes.
    pub block_bytes: usize,
}

impl StorageType {
    /// Those that models are stored in.
    pub const ALL: [Self; 13] = [
        Self::new(0, "F32", 1, 4),
        Self::new(1, "F16", 1, 2),
        Self::new(2, "Q4_0", 32, 18),
        Self::new(3, "Q4_1", 32, 20),
        Self::new(6, "Q5_0", 32, 22),
        Self::new(7, "Q5_1", 32, 24),
        Self::new(8, "Q8_0", 32, 34),
        Self::new(10, "Q2_K", 256, 84),
        Self::new(11, "Q3_K", 256, 110),
        Self::new(12, "Q4_K", 256, 144),
        Self::new(13, "Q5_K", 256, 176),
        Self::new(14, "Q6_K", 256, 210),
        Self::new(30, "BF16", 1, 2),
    ];

    const fn new(code: u32, name: &'static str, block_numbers: usize, block_bytes: usize) -> Self {
        Self { code, name, block_numbers, block_bytes }
    }

    /// The name of a type that nothing here reads.
    pub(super) fn other_name(code: u32) -> Option<&'static str> {
        Some(match code {
            16 => "IQ2_XXS",
            17 => "IQ2_XS",
            18 => "IQ3_XXS",
            19 => "IQ1_S",
            20 => "IQ4_NL",
            21 => "IQ3_S",
            22 => "IQ2_S",
            23 => "IQ4_XS",
            29 => "IQ1_M",
            34 => "TQ1_0",
            35 => "TQ2_0",
            39 => "MXFP4",
            _ => return None,
        })
    }

    pub(super) fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code == code)
    }
}
