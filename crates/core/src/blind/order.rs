//! Which pair comes when, and which response stands where.

use crate::schema::{ContentHash, Side};
use std::collections::{BTreeMap, BTreeSet};

/// One showing of a pair to an annotator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The place of the pair among the study's items.
    pub item: usize,
    /// How often the annotator has seen the pair before.
    pub repeat: u32,
}

/// Which response of a pair stands first on an annotator's screen.
///
/// One bit of a hash over the study's order key, the annotator and the pair: balanced over many pairs, and not correlated between annotators.
/// Each repeat turns the sides around.
pub fn shown_first(order_key: &str, annotator: &str, pair: &str, repeat: u32) -> Side {
    let mut hash = ContentHash::new("tiebreak/order/1");
    for part in [order_key, annotator, pair] {
        hash.text(part);
    }
    match (hash.number() & 1) ^ u64::from(repeat & 1) {
        0 => Side::First,
        _ => Side::Second,
    }
}

/// The order in which an annotator sees the pairs of a list; an item that stands in it twice is seen twice.
///
/// The first showings come in an order keyed by the annotator.
/// Repeats come after all first showings of the same list's first half, as late as they can, in that order again,
/// so that a repeat is as far from its first showing as the list allows.
pub fn turns(order_key: &str, annotator: &str, list: &[usize]) -> Vec<Turn> {
    let mut seen = BTreeSet::new();
    let (mut first, mut again): (Vec<usize>, Vec<usize>) = list.iter().partition(|item| seen.insert(**item));
    let comes_again: BTreeSet<usize> = again.iter().copied().collect();
    let place = |item: &usize| {
        let mut hash = ContentHash::new("tiebreak/turn/1");
        for part in [order_key, annotator, &item.to_string()] {
            hash.text(part);
        }
        hash.number()
    };
    // What comes again is seen early, so that much lies in between.
    first.sort_by_cached_key(|item| (!comes_again.contains(item), place(item)));
    let early = first.len().div_ceil(2).max(comes_again.len());
    first[..early].sort_by_cached_key(place);
    again.sort_by_cached_key(place);
    interleave(first, again)
}

/// Spreads the repeats over the second half of the turns.
fn interleave(first: Vec<usize>, again: Vec<usize>) -> Vec<Turn> {
    let (n_first, n_again) = (first.len(), again.len());
    let start = n_first / 2;
    let mut turns = Turns::default();
    let mut again = again.into_iter().enumerate().peekable();
    for (i, item) in first.into_iter().enumerate() {
        turns.push(item);
        while let Some((k, _)) = again.peek() {
            // The k-th repeat comes after its share of the second half.
            let due = start + (k + 1) * (n_first - start) / (n_again + 1);
            if i + 1 < due.max(start + 1) {
                break;
            }
            if let Some((_, item)) = again.next() {
                turns.push(item);
            }
        }
    }
    for (_, item) in again {
        turns.push(item);
    }
    turns.list
}

/// Turns, and how often each item stands among them.
#[derive(Default)]
struct Turns {
    list: Vec<Turn>,
    counts: BTreeMap<usize, u32>,
}

impl Turns {
    fn push(&mut self, item: usize) {
        let count = self.counts.entry(item).or_default();
        self.list.push(Turn { item, repeat: *count });
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit(annotator: &str, pair: usize) -> f64 {
        match shown_first("key", annotator, &format!("p{pair}"), 0) {
            Side::First => 1.0,
            Side::Second => -1.0,
        }
    }

    #[test]
    fn sides_are_balanced_and_not_correlated_between_annotators() {
        let n = 20_000;
        let mean = |values: &dyn Fn(usize) -> f64| (0..n).map(values).sum::<f64>() / n as f64;
        // Four standard errors of a fair coin.
        let bound = 4.0 / (n as f64).sqrt();
        assert!(mean(&|i| bit("ann", i)).abs() < bound);
        assert!(mean(&|i| bit("ann", i) * bit("bob", i)).abs() < bound);
        assert!(mean(&|i| bit("ann", i) * bit("ann", i + 1)).abs() < bound);
        let by_person = (0..n).map(|i| bit(&format!("person {i}"), 7)).sum::<f64>() / n as f64;
        assert!(by_person.abs() < bound);
    }

    #[test]
    fn a_repeat_turns_the_sides_around() {
        for pair in ["p1", "p2", "p3"] {
            let sides = [0, 1, 2].map(|repeat| shown_first("key", "ann", pair, repeat));
            assert_ne!(sides[0], sides[1]);
            assert_eq!(sides[0], sides[2]);
        }
    }

    #[test]
    fn every_pair_of_the_list_comes_as_often_as_it_stands_there_and_repeats_come_late() {
        let list: Vec<usize> = (0..40).chain([3, 9, 17, 33]).collect();
        for annotator in ["ann", "bob", "eve"] {
            let turns = turns("key", annotator, &list);
            assert_eq!(turns.len(), 44);
            let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
            for (at, turn) in turns.iter().enumerate() {
                match seen.insert(turn.item, at) {
                    None => assert_eq!(turn.repeat, 0),
                    Some(before) => {
                        assert_eq!(turn.repeat, 1);
                        assert!(at >= 20 && at - before > 2, "{annotator}: {before} and {at}");
                    }
                }
            }
        }
        assert_ne!(turns("key", "ann", &list), turns("key", "bob", &list));
    }

    #[test]
    fn short_lists_and_many_repeats_work() {
        for list in [vec![], vec![5], vec![5, 5], vec![5, 5, 5], vec![1, 2, 1, 2], vec![1, 1, 2, 2, 3, 3]] {
            let turns = turns("key", "ann", &list);
            let mut items: Vec<usize> = turns.iter().map(|turn| turn.item).collect();
            let mut expected = list.clone();
            items.sort_unstable();
            expected.sort_unstable();
            assert_eq!(items, expected);
        }
    }
}
