//! Asking for memory before it is read.
#![expect(unsafe_code, reason = "the instruction takes a pointer")]

use crate::packed::Line;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Prefetches part `part` of `parts` of `lines`, so that the last parts ask for their end.
#[inline(always)]
pub(crate) fn prefetch(lines: &[Line], part: usize, parts: usize) {
    let each = lines.len().div_ceil(parts);
    for line in lines.iter().skip(part * each).take(each) {
        // SAFETY: every x86-64 processor has the instruction, which reads nothing that the program could see and never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.0.as_ptr().cast()) };
    }
}
