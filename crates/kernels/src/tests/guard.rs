//! No kernel touches memory outside its buffers: each lies between pages that may not be touched.
#![expect(unsafe_code, reason = "pages are the system's, and only it can say which may be touched")]

use super::{Kind, Random, all_kernels, bits, inputs, multiplied, portable, quantized, weight_bytes};
use crate::avx2::Avx2;
use crate::avx512::Avx512;
use crate::form::{
    Bytes, BytesInHalves, BytesInHalvesWithMinimum, BytesWithMinimum, KnownForm, Nibbles, NibblesWithMinimum,
};
use crate::portable::Portable;
use crate::tile::{Instructions, Tile};
use crate::{Columns, Format, PackedMatrix, STRIP, Shape};
use half::f16;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Which side of a buffer touches the forbidden page.
#[derive(Clone, Copy, Debug)]
enum Side {
    Start,
    End,
}

/// A copy of a slice that begins or ends at a page that may not be touched.
struct Guarded<T> {
    mapping: *mut libc::c_void,
    mapped: usize,
    values: NonNull<T>,
    length: usize,
}

impl<T: Copy> Guarded<T> {
    fn new(values: &[T], side: Side) -> Self {
        let bytes = size_of_val(values);
        // SAFETY: these calls have no precondition, and what they return is checked.
        let (page, mapped, mapping) = unsafe {
            let page = libc::sysconf(libc::_SC_PAGESIZE) as usize;
            let mapped = bytes.next_multiple_of(page) + 2 * page;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            (page, mapped, libc::mmap(std::ptr::null_mut(), mapped, libc::PROT_NONE, flags, -1, 0))
        };
        assert_ne!(mapping, libc::MAP_FAILED);
        let start = match side {
            Side::Start => page,
            Side::End => mapped - page - bytes,
        };
        // SAFETY: the pages between the first and the last belong to the mapping; `start` leaves room for all values before the last, aligned because sizes are multiples of alignments.
        let first = unsafe {
            let inner = mapping.byte_add(page);
            if mapped > 2 * page {
                assert_eq!(libc::mprotect(inner, mapped - 2 * page, libc::PROT_READ | libc::PROT_WRITE), 0);
            }
            let first = mapping.byte_add(start).cast::<T>();
            std::ptr::copy_nonoverlapping(values.as_ptr(), first, values.len());
            first
        };
        Self { mapping, mapped, values: NonNull::new(first).unwrap(), length: values.len() }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `new` has written that many values there.
        unsafe { std::slice::from_raw_parts(self.values.as_ptr(), self.length) }
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `new` has written that many values there, and they are this buffer's alone.
        unsafe { std::slice::from_raw_parts_mut(self.values.as_ptr(), self.length) }
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: it is what `new` mapped, and nothing of it is borrowed any more.
        unsafe { libc::munmap(self.mapping, self.mapped) };
    }
}

#[test]
fn the_pages_around_a_buffer_are_forbidden() {
    for (side, offset) in [(Side::Start, -1), (Side::End, 8)] {
        let guarded = Guarded::new(&[1u8; 8], side);
        // SAFETY: the child does nothing but read outside the buffer, on purpose, and end.
        let status = unsafe {
            let child = libc::fork();
            if child == 0 {
                std::ptr::read_volatile(guarded.values.as_ptr().offset(offset));
                libc::_exit(0);
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            status
        };
        assert!(libc::WIFSIGNALED(status), "{side:?}");
    }
}

#[test]
fn kernels_stay_within_their_buffers() {
    check_form::<Nibbles>(Format::Q4_0);
    check_form::<NibblesWithMinimum>(Format::Q4K);
    check_form::<Bytes>(Format::Q8_0);
    check_form::<BytesWithMinimum>(Format::Q5_1);
    check_form::<BytesInHalves>(Format::Q6K);
    check_form::<BytesInHalvesWithMinimum>(Format::Q2K);
}

fn check_form<F: KnownForm>(format: Format) {
    for side in [Side::Start, Side::End] {
        check_tile::<F, 1, 1>(format, side);
        check_tile::<F, 2, 1>(format, side);
        check_tile::<F, 4, 1>(format, side);
        check_tile::<F, 1, 2>(format, side);
        check_tile::<F, 2, 2>(format, side);
        check_tile::<F, 4, 2>(format, side);
    }
}

/// Computes one tile of a matrix that has no more than it, every buffer guarded.
fn check_tile<F: KnownForm, const ROWS: usize, const STRIPS: usize>(format: Format, side: Side) {
    let mut random = Random(1);
    let shape = Shape { outputs: STRIPS * STRIP, inputs: format.block_values() };
    let weights =
        PackedMatrix::pack(format, shape, &weight_bytes(Kind::Ordinary, format, shape, &mut random)).unwrap();
    let activations = quantized(portable(), ROWS, &inputs(Kind::Ordinary, ROWS, shape.inputs, &mut random));
    let mut scales = vec![0.0; STRIPS * weights.blocks() * F::GROUPS * STRIP];
    weights.scales.decode(Portable, 0, STRIPS, &mut scales);
    let mut minimums = vec![0.0; if F::MINIMUM { scales.len() } else { 0 }];
    if let Some(plane) = &weights.minimums {
        plane.decode(Portable, 0, STRIPS, &mut minimums);
    }
    let quants = Guarded::new(weights.lines(0, STRIPS), side);
    let (scales, minimums) = (Guarded::new(&scales, side), Guarded::new(&minimums, side));
    let values = Guarded::new(activations.values(), side);
    let summaries = Guarded::new(activations.summaries(), side);
    let tile = Tile {
        quants: &quants,
        scales: &scales,
        minimums: &minimums,
        values: &values,
        summaries: &summaries,
        rows: ROWS,
        row: 0,
        ahead: &quants,
    };
    let expected = Portable.tile::<F, ROWS, STRIPS>(&tile);
    if let Some(instructions) = Avx2::detect() {
        assert_eq!(instructions.tile::<F, ROWS, STRIPS>(&tile), expected, "{format} {side:?}");
    }
    if let Some(instructions) = Avx512::detect() {
        assert_eq!(instructions.tile::<F, ROWS, STRIPS>(&tile), expected, "{format} {side:?}");
    }
}

#[test]
fn widening_stays_within_its_buffers() {
    fn check<I: Instructions>(instructions: I) {
        let halves: [[f16; STRIP]; 3] =
            std::array::from_fn(|i| std::array::from_fn(|j| f16::from_f32((i * STRIP + j) as f32)));
        for (side, n) in [Side::Start, Side::End].into_iter().flat_map(|side| [(side, 1), (side, 3)]) {
            let halves = Guarded::new(&halves[..n], side);
            let mut numbers = Guarded::new(&vec![[f32::NAN; STRIP]; n], side);
            instructions.widen(&halves, &mut numbers);
            let expected: Vec<f32> = (0..n * STRIP).map(|i| i as f32).collect();
            assert_eq!(numbers.as_flattened(), expected, "{side:?}");
        }
    }
    check(Portable);
    Avx2::detect().into_iter().for_each(check);
    Avx512::detect().into_iter().for_each(check);
}

#[test]
fn outputs_stay_within_their_buffer() {
    let mut random = Random(2);
    for (rows, outputs) in [(1, 1), (3, 17), (33, 31), (5, 50)] {
        let shape = Shape { outputs, inputs: 64 };
        let bytes = weight_bytes(Kind::Ordinary, Format::Q8_0, shape, &mut random);
        let weights = PackedMatrix::pack(Format::Q8_0, shape, &bytes).unwrap();
        let activations = quantized(portable(), rows, &inputs(Kind::Ordinary, rows, 64, &mut random));
        for (kernels, side) in
            all_kernels().flat_map(|kernels| [(kernels, Side::Start), (kernels, Side::End)])
        {
            let mut output = Guarded::new(&vec![f32::NAN; rows * outputs], side);
            let mut columns = Columns::new(&mut output, rows, outputs).unwrap();
            kernels.multiply(&weights, 0..weights.strips(), &activations, &mut columns).unwrap();
            assert_eq!(bits(&output), bits(&multiplied(portable(), &weights, &activations)));
        }
    }
}
