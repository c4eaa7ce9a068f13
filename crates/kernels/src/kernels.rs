//! Which instructions compute, chosen when the program runs.

use crate::STRIP;
use crate::activations::Activations;
#[cfg(target_arch = "x86_64")]
use crate::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use crate::avx512::Avx512;
use crate::columns::Columns;
use crate::error::{Result, expect_below, expect_equal};
use crate::form::{
    Bytes, BytesInHalves, BytesInHalvesWithMinimum, BytesWithMinimum, Form, Nibbles, NibblesWithMinimum,
};
use crate::format::Shape;
use crate::packed::PackedMatrix;
use crate::portable::Portable;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
use crate::relaxed::{Relaxed, adds_by_fours};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::simd128::Simd128;
use crate::sweep::{self, Product};
use crate::tile::Instructions;
use std::fmt;
use std::ops::Range;

/// The instructions that products are computed with; all give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstructionSet {
    /// Plain Rust, on every processor.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 with VNNI.
    Avx512,
    /// WebAssembly's 128-bit vectors.
    Simd128,
    /// WebAssembly's relaxed SIMD, adding products by twos.
    RelaxedByTwos,
    /// WebAssembly's relaxed SIMD, adding products by fours.
    RelaxedByFours,
}

impl InstructionSet {
    /// All of them, the slowest first.
    pub const ALL: [Self; 6] =
        [Self::Portable, Self::Avx2, Self::Avx512, Self::Simd128, Self::RelaxedByTwos, Self::RelaxedByFours];

    /// How people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512 VNNI",
            Self::Simd128 => "simd128",
            Self::RelaxedByTwos => "relaxed SIMD by twos",
            Self::RelaxedByFours => "relaxed SIMD by fours",
        }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The kernels of an instruction set that this processor has.
#[derive(Clone, Copy, Debug)]
pub struct Kernels(Chosen);

#[derive(Clone, Copy, Debug)]
enum Chosen {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128(Simd128),
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    RelaxedByTwos(Relaxed<false>),
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    RelaxedByFours(Relaxed<true>),
}

impl Kernels {
    /// The fastest kernels that this processor has.
    pub fn detect() -> Self {
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        if !adds_by_fours() {
            return Self(Chosen::RelaxedByTwos(Relaxed));
        }
        let fastest = InstructionSet::ALL.into_iter().rev().find_map(Self::of);
        fastest.unwrap_or(Self(Chosen::Portable(Portable)))
    }

    /// The kernels of `set`, if this processor has its instructions.
    pub fn of(set: InstructionSet) -> Option<Self> {
        Some(Self(match set {
            InstructionSet::Portable => Chosen::Portable(Portable),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => Chosen::Avx2(Avx2::detect()?),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => Chosen::Avx512(Avx512::detect()?),
            #[cfg(not(target_arch = "x86_64"))]
            InstructionSet::Avx2 | InstructionSet::Avx512 => return None,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            InstructionSet::Simd128 => Chosen::Simd128(Simd128),
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            InstructionSet::Simd128 => return None,
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            InstructionSet::RelaxedByTwos => Chosen::RelaxedByTwos(Relaxed),
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            InstructionSet::RelaxedByFours => Chosen::RelaxedByFours(Relaxed),
            #[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
            InstructionSet::RelaxedByTwos | InstructionSet::RelaxedByFours => return None,
        }))
    }

    /// Which instructions these are.
    pub fn instruction_set(self) -> InstructionSet {
        match self.0 {
            Chosen::Portable(_) => InstructionSet::Portable,
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx2(_) => InstructionSet::Avx2,
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx512(_) => InstructionSet::Avx512,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Chosen::Simd128(_) => InstructionSet::Simd128,
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Chosen::RelaxedByTwos(_) => InstructionSet::RelaxedByTwos,
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Chosen::RelaxedByFours(_) => InstructionSet::RelaxedByFours,
        }
    }

    /// Multiplies all rows of `activations` with the strips `strips` of `weights`, and writes (rows, outputs of the strips) to `output`.
    ///
    /// # Errors
    /// When there are no such strips, or the shapes do not fit each other.
    pub fn multiply(
        self,
        weights: &PackedMatrix,
        strips: Range<usize>,
        activations: &Activations,
        output: &mut Columns<'_>,
    ) -> Result<()> {
        check_product(weights.shape(), &strips, activations, output)?;
        let expected = activations.rows() * weights.blocks();
        expect_equal("blocks of quantized activations", activations.values().len(), expected)?;
        let product = Product { weights, strips, activations, output };
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        if let (Chosen::RelaxedByTwos(_), Form::Bytes) = (self.0, weights.form()) {
            // Two nibbles by twos cost more than a byte by halves.
            return sweep::multiply::<_, Bytes>(Simd128, product);
        }
        self.dispatch(product)
    }

    /// Does work with the vector instructions of the set.
    pub(crate) fn vectorised<W: Work>(self, work: W) -> W::Output {
        self.dispatch(Vectorised(work))
    }

    /// Computes something by the instructions of the set.
    pub(crate) fn dispatch<C: Compute>(self, compute: C) -> C::Output {
        match self.0 {
            Chosen::Portable(instructions) => compute.compute(instructions),
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx2(instructions) => compute.compute(instructions),
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx512(instructions) => compute.compute(instructions),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Chosen::Simd128(instructions) => compute.compute(instructions),
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Chosen::RelaxedByTwos(instructions) => compute.compute(instructions),
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Chosen::RelaxedByFours(instructions) => compute.compute(instructions),
        }
    }
}

/// That there are such strips, and that a matrix, its input and where its outputs go fit each other.
pub(crate) fn check_product(
    shape: Shape,
    strips: &Range<usize>,
    activations: &Activations,
    output: &Columns<'_>,
) -> Result<()> {
    expect_below("strip", strips.end, shape.outputs.div_ceil(STRIP) + 1)?;
    expect_below("strip", strips.start, strips.end + 1)?;
    let outputs_before = |strip: usize| (strip * STRIP).min(shape.outputs);
    let outputs = outputs_before(strips.end) - outputs_before(strips.start);
    expect_equal("inputs of the activations", activations.inputs(), shape.inputs)?;
    expect_equal("rows of the output", output.rows(), activations.rows())?;
    expect_equal("columns of the output", output.columns(), outputs)
}

/// What can be computed by any instructions, and is compiled for each.
pub(crate) trait Compute {
    type Output;

    fn compute<I: Instructions>(self, instructions: I) -> Self::Output;
}

/// Plain loops by vector instructions.
struct Vectorised<W>(W);

impl<W: Work> Compute for Vectorised<W> {
    type Output = W::Output;

    fn compute<I: Instructions>(self, instructions: I) -> W::Output {
        instructions.run(self.0)
    }
}

/// Plain loops, compiled anew for each instruction set where they are always inlined.
pub(crate) trait Work {
    type Output;

    fn run(self) -> Self::Output;
}

impl Compute for Product<'_, '_> {
    type Output = Result<()>;

    fn compute<I: Instructions>(self, instructions: I) -> Result<()> {
        match self.weights.form() {
            Form::Nibbles => sweep::multiply::<I, Nibbles>(instructions, self),
            Form::NibblesWithMinimum => sweep::multiply::<I, NibblesWithMinimum>(instructions, self),
            Form::Bytes => sweep::multiply::<I, Bytes>(instructions, self),
            Form::BytesWithMinimum => sweep::multiply::<I, BytesWithMinimum>(instructions, self),
            Form::BytesInHalves => sweep::multiply::<I, BytesInHalves>(instructions, self),
            Form::BytesInHalvesWithMinimum => {
                sweep::multiply::<I, BytesInHalvesWithMinimum>(instructions, self)
            }
        }
    }
}
