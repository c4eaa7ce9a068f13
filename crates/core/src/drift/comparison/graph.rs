//! Whether strengths exist: who was compared with whom, and who beat whom.

use super::Unfit;
use crate::statistics::Rows;

/// Strengths exist and are finite where everyone can be reached from everyone else along wins; a tie is a win of each.
///
/// Ford 1957, "Solution of a ranking problem from binary comparisons".
/// Votes on the same item twice, without items and of weight 0 say nothing.
pub(super) fn check(names: &[String], items: &[Option<[usize; 2]>], rows: Rows<'_>) -> Result<(), Unfit> {
    if names.len() < 2 {
        return Ok(());
    }
    let mut beats = vec![Vec::new(); names.len()];
    let mut loses = vec![Vec::new(); names.len()];
    for ([a, b], row) in items.iter().zip(rows.iter()).filter_map(|(items, row)| Some(((*items)?, row))) {
        if row.weight <= 0.0 || a == b {
            continue;
        }
        for (winner, loser, is_so) in [(a, b, row.outcome > 0.0), (b, a, row.outcome < 1.0)] {
            if is_so {
                beats[winner].push(loser);
                loses[loser].push(winner);
            }
        }
    }
    let name = |item: usize| names[item].clone();
    let missing = |reached: &[bool]| reached.iter().position(|reached| !reached);
    if let Some(other) = missing(&reached_from_first(&[&beats, &loses])) {
        return Err(Unfit::Unconnected { one: name(0), other: name(other) });
    }
    if let Some(winner) = missing(&reached_from_first(&[&beats])) {
        return Err(Unfit::AlwaysWins { winner: name(winner), loser: name(0) });
    }
    if let Some(loser) = missing(&reached_from_first(&[&loses])) {
        return Err(Unfit::AlwaysWins { winner: name(0), loser: name(loser) });
    }
    Ok(())
}

/// Which items the first one leads to along any of the edges.
fn reached_from_first(edges: &[&Vec<Vec<usize>>]) -> Vec<bool> {
    let mut reached = vec![false; edges[0].len()];
    reached[0] = true;
    let mut open = vec![0];
    while let Some(item) = open.pop() {
        for next in edges.iter().flat_map(|edges| &edges[item]) {
            if !reached[*next] {
                reached[*next] = true;
                open.push(*next);
            }
        }
    }
    reached
}
