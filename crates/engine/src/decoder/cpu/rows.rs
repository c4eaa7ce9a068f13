//! The rows of one pass, and which of them see which keys and values.

use super::cache::Cache;
use crate::decoder::SequenceId;
use crate::error::Result;
use std::sync::Arc;
use tiebreak_kernels::Remembered;

/// One token to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub sequence: SequenceId,
    pub token: u32,
    /// How many tokens the sequence held before this pass.
    pub start: usize,
    /// How many tokens of the same sequence come before it in this pass.
    pub ahead: usize,
}

impl Row {
    pub fn position(&self) -> usize {
        self.start + self.ahead
    }
}

/// A block that some rows see.
#[derive(Debug)]
pub(super) struct Seen {
    /// One of its sequences, and the block's place among that sequence's blocks.
    pub sequence: SequenceId,
    pub place: usize,
    /// The position in its sequences of the block's first.
    pub start: usize,
    /// By row how many of its positions are seen; 0 where the block is none of the row's.
    pub positions: Vec<usize>,
}

/// The blocks of all rows, in an order in which each row meets its own from the oldest on: rows that share a prompt read it together.
pub(super) fn seen_blocks<T: Remembered>(cache: &Cache<T>, rows: &[Row]) -> Result<Vec<Seen>> {
    let mut by_place = Vec::<Vec<(*const (), Seen)>>::new();
    for (number, row) in rows.iter().enumerate() {
        let mut blocks = cache.blocks(row.sequence)?.enumerate().peekable();
        let mut start = 0;
        while let Some((place, block)) = blocks.next() {
            let pending = if blocks.peek().is_none() { row.ahead + 1 } else { 0 };
            if by_place.len() == place {
                by_place.push(Vec::new());
            }
            let (others, address) = (&mut by_place[place], Arc::as_ptr(block).cast());
            let at = others.iter().position(|(other, _)| *other == address).unwrap_or_else(|| {
                let positions = vec![0; rows.len()];
                others.push((address, Seen { sequence: row.sequence, place, start, positions }));
                others.len() - 1
            });
            others[at].1.positions[number] = block.length + pending;
            start += block.length;
        }
    }
    Ok(by_place.into_iter().flatten().map(|(_, seen)| seen).collect())
}
