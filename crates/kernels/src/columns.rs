//! Where outputs go.
#![expect(
    unsafe_code,
    reason = "threads write different columns of the same rows, which no slice can express"
)]

use crate::error::{KernelError, Result, expect_below, expect_equal};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Some columns of a row-major matrix, to be written by one thread while another writes others.
#[derive(Debug)]
pub struct Columns<'a> {
    /// The first of these columns in the first row.
    first: NonNull<f32>,
    rows: usize,
    columns: usize,
    /// From a row to the next, in numbers.
    stride: usize,
    matrix: PhantomData<&'a mut [f32]>,
}

// SAFETY: it stands for exclusive access to its columns of every row, as `&mut [f32]` does to a slice, and two of them never share a column.
unsafe impl Send for Columns<'_> {}

impl<'a> Columns<'a> {
    /// All columns of a matrix (rows, columns).
    ///
    /// # Errors
    /// When `matrix` has not that many numbers.
    pub fn new(matrix: &'a mut [f32], rows: usize, columns: usize) -> Result<Self> {
        let expected = rows.saturating_mul(columns);
        expect_equal("numbers of a matrix", matrix.len(), expected)?;
        let first = NonNull::from(matrix).cast();
        Ok(Self { first, rows, columns, stride: columns, matrix: PhantomData })
    }

    /// The first `columns` columns, and the others.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn split_at(self, columns: usize) -> Result<(Self, Self)> {
        let Some(others) = self.columns.checked_sub(columns) else {
            return Err(KernelError::OutOfRange { what: "column", index: columns, count: self.columns });
        };
        // SAFETY: at most the columns of the first row are skipped, so that the pointer stays in the matrix or one past its end.
        // A matrix without rows has no first row, and its pointer stays.
        let first = if self.rows == 0 { self.first } else { unsafe { self.first.add(columns) } };
        Ok((Self { columns, ..self }, Self { first, columns: others, ..self }))
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// These columns of one row.
    ///
    /// # Errors
    /// When there is no such row.
    pub fn row_mut(&mut self, row: usize) -> Result<&mut [f32]> {
        expect_below("row", row, self.rows)?;
        // SAFETY: the matrix has `rows` rows of `stride` numbers, which hold these columns; nobody else may touch them while `self` is borrowed.
        Ok(unsafe {
            std::slice::from_raw_parts_mut(self.first.add(row * self.stride).as_ptr(), self.columns)
        })
    }
}
