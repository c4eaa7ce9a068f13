//! The shapes that packed weights can have, at run time and at compile time.

/// How the weights of a block are packed: which is all that a kernel must know of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// 4 bits, of which 8 is zero; a scale for 32 weights.
    Nibbles,
    /// 4 bits from 0; a scale and a minimum for 32 weights.
    NibblesWithMinimum,
    /// 8 bits, of which 128 is zero; a scale for 32 weights.
    Bytes,
    /// 8 bits from 0, of which at most 31 is used; a scale and a minimum for 32 weights.
    BytesWithMinimum,
    /// 8 bits, of which 32 is zero and at most 63 is used; a scale for 16 weights.
    BytesInHalves,
    /// 8 bits from 0, of which at most 3 is used; a scale and a minimum for 16 weights.
    BytesInHalvesWithMinimum,
}

impl Form {
    /// Whether two weights share a byte.
    pub const fn is_nibbles(self) -> bool {
        matches!(self, Self::Nibbles | Self::NibblesWithMinimum)
    }

    /// Whether something is added to the scaled weight.
    pub const fn has_minimum(self) -> bool {
        matches!(self, Self::NibblesWithMinimum | Self::BytesWithMinimum | Self::BytesInHalvesWithMinimum)
    }

    /// How many scales a block has, and how many minimums where it has any.
    pub const fn groups(self) -> usize {
        if matches!(self, Self::BytesInHalves | Self::BytesInHalvesWithMinimum) { 2 } else { 1 }
    }

    /// How many cache lines of 64 bytes the 32 × 16 weights of a strip's block take.
    pub const fn lines(self) -> usize {
        if self.is_nibbles() { 4 } else { 8 }
    }

    /// The largest packed value.
    pub const fn largest(self) -> i32 {
        match self {
            Self::Nibbles | Self::NibblesWithMinimum => 15,
            Self::BytesWithMinimum => 31,
            Self::BytesInHalves => 63,
            Self::BytesInHalvesWithMinimum => 3,
            Self::Bytes => 255,
        }
    }

    /// The packed value that stands for zero before the minimum is added.
    pub const fn zero_point(self) -> i32 {
        match self {
            Self::Nibbles => 8,
            Self::Bytes => 128,
            Self::BytesInHalves => 32,
            Self::NibblesWithMinimum | Self::BytesWithMinimum | Self::BytesInHalvesWithMinimum => 0,
        }
    }
}

/// A [`Form`] as a type, so that a kernel is compiled for each.
pub(crate) trait KnownForm {
    /// The form.
    const FORM: Form;
    /// [`Form::is_nibbles`]
    const NIBBLES: bool = Self::FORM.is_nibbles();
    /// [`Form::has_minimum`]
    const MINIMUM: bool = Self::FORM.has_minimum();
    /// [`Form::groups`]
    const GROUPS: usize = Self::FORM.groups();
    /// How many groups of four inputs share a scale.
    const QUADS: usize = 8 / Self::GROUPS;
    /// [`Form::lines`]
    const LINES: usize = Self::FORM.lines();
    /// [`Form::largest`]
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_feature = "relaxed-simd")),
        expect(dead_code, reason = "other instructions multiply all bytes alike")
    )]
    const LARGEST: i32 = Self::FORM.largest();
    /// [`Form::zero_point`]
    const ZERO_POINT: i32 = Self::FORM.zero_point();
}

/// [`Form::Nibbles`]
pub(crate) struct Nibbles;
/// [`Form::NibblesWithMinimum`]
pub(crate) struct NibblesWithMinimum;
/// [`Form::Bytes`]
pub(crate) struct Bytes;
/// [`Form::BytesWithMinimum`]
pub(crate) struct BytesWithMinimum;
/// [`Form::BytesInHalves`]
pub(crate) struct BytesInHalves;
/// [`Form::BytesInHalvesWithMinimum`]
pub(crate) struct BytesInHalvesWithMinimum;

impl KnownForm for Nibbles {
    const FORM: Form = Form::Nibbles;
}
impl KnownForm for NibblesWithMinimum {
    const FORM: Form = Form::NibblesWithMinimum;
}
impl KnownForm for Bytes {
    const FORM: Form = Form::Bytes;
}
impl KnownForm for BytesWithMinimum {
    const FORM: Form = Form::BytesWithMinimum;
}
impl KnownForm for BytesInHalves {
    const FORM: Form = Form::BytesInHalves;
}
impl KnownForm for BytesInHalvesWithMinimum {
    const FORM: Form = Form::BytesInHalvesWithMinimum;
}
