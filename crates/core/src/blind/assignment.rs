//! Which pairs an annotator gets, without a server that knows of the others.

use crate::schema::ContentHash;

/// What is dealt out to lists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dealt<'a> {
    /// Places of pairs that are to be annotated equally often.
    pub ordinary: &'a [usize],
    /// Places of pairs of which every list gets some: gold and anchors.
    pub checks: &'a [usize],
    /// How many of the checks each list gets.
    pub checks_per_list: usize,
    /// How many pairs of each list come a second time.
    pub repeats_per_list: usize,
}

impl Dealt<'_> {
    fn checks(&self, length: usize) -> usize {
        self.checks_per_list.min(self.checks.len()).min(length)
    }

    fn repeats(&self, length: usize) -> usize {
        self.repeats_per_list.min((length - self.checks(length)) / 2)
    }

    /// How many ordinary pairs a list of `length` turns gets.
    pub fn fresh(&self, length: usize) -> usize {
        (length - self.checks(length) - self.repeats(length)).min(self.ordinary.len())
    }
}

/// Deals pairs out to `n_lists` lists of `length` turns each, checks and repeats included.
///
/// Every ordinary pair stands in as many lists as any other, give or take one, and in no list twice; the same holds for the checks.
/// The same key gives the same lists.
pub fn lists(dealt: &Dealt, n_lists: usize, length: usize, key: &str) -> Vec<Vec<usize>> {
    let (fresh, repeats) = (dealt.fresh(length), dealt.repeats(length));
    let mut ordinary = Deck::new(dealt.ordinary, key, "ordinary");
    let mut checks = Deck::new(dealt.checks, key, "checks");
    (0..n_lists)
        .map(|_| {
            let mut list = ordinary.deal(fresh);
            let again = repeats.min(list.len());
            list.extend(checks.deal(dealt.checks(length)));
            list.extend_from_within(..again);
            list
        })
        .collect()
}

/// Cards that are dealt round and round, shuffled anew each time around.
struct Deck<'a> {
    cards: &'a [usize],
    key: &'a str,
    name: &'static str,
    round: u64,
    left: Vec<usize>,
}

impl<'a> Deck<'a> {
    fn new(cards: &'a [usize], key: &'a str, name: &'static str) -> Self {
        Self { cards, key, name, round: 0, left: Vec::new() }
    }

    /// `count` different cards; at most as many as there are.
    fn deal(&mut self, count: usize) -> Vec<usize> {
        let mut hand: Vec<usize> = Vec::with_capacity(count);
        let mut held_back = Vec::new();
        while hand.len() < count.min(self.cards.len()) {
            if self.left.is_empty() {
                self.left = self.shuffled();
                self.round += 1;
            }
            // A card of the next round that the hand holds already goes to the next hand.
            match self.left.pop() {
                Some(card) if hand.contains(&card) => held_back.push(card),
                Some(card) => hand.push(card),
                None => break,
            }
        }
        self.left.append(&mut held_back);
        hand
    }

    fn shuffled(&self) -> Vec<usize> {
        let place = |card: &usize| {
            let mut hash = ContentHash::new("tiebreak/deal/1");
            for part in [self.key, self.name, &self.round.to_string(), &card.to_string()] {
                hash.text(part);
            }
            hash.number()
        };
        let mut cards = self.cards.to_vec();
        cards.sort_by_cached_key(place);
        cards
    }
}

/// The list of an annotator whose link names none.
pub fn slot_of(order_key: &str, annotator: &str, n_lists: usize) -> usize {
    let mut hash = ContentHash::new("tiebreak/slot/1");
    hash.text(order_key);
    hash.text(annotator);
    // The remainder favours small numbers by less than 2^-40 for any number of lists that fits a file.
    (hash.number() % n_lists.max(1) as u64) as usize
}

/// How many annotations pairs are to expect.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The share of ordinary pairs with 0, 1, 2 … annotations; the last entry stands for that many or more.
    pub shares: Vec<f64>,
    /// Mean annotations of an ordinary pair.
    pub mean: f64,
}

/// Simulates `n_annotators` who come without slots and finish their lists, `runs` times.
pub fn coverage(lists: &[Vec<usize>], ordinary: &[usize], n_annotators: usize, runs: u32) -> Coverage {
    const MOST: usize = 8;
    let n_items = lists.iter().flatten().chain(ordinary).max().map_or(0, |most| most + 1);
    let (mut shares, mut total) = (vec![0.0; MOST + 1], 0.0);
    for run in 0..runs {
        let mut counts = vec![0usize; n_items];
        for annotator in 0..n_annotators {
            let list = &lists[slot_of(&format!("run {run}"), &annotator.to_string(), lists.len())];
            let mut seen: Vec<usize> = list.clone();
            seen.sort_unstable();
            seen.dedup();
            seen.into_iter().for_each(|item| counts[item] += 1);
        }
        for item in ordinary {
            shares[counts[*item].min(MOST)] += 1.0;
            total += counts[*item] as f64;
        }
    }
    let pairs = (f64::from(runs) * ordinary.len() as f64).max(1.0);
    shares.iter_mut().for_each(|share| *share /= pairs);
    while shares.len() > 1 && shares.last() == Some(&0.0) {
        shares.pop();
    }
    Coverage { shares, mean: total / pairs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn deal(n_pairs: usize, n_lists: usize, length: usize) -> (Vec<usize>, Vec<usize>, Vec<Vec<usize>>) {
        let ordinary: Vec<usize> = (0..n_pairs).collect();
        let checks: Vec<usize> = (n_pairs..n_pairs + 6).collect();
        let dealt = Dealt { ordinary: &ordinary, checks: &checks, checks_per_list: 2, repeats_per_list: 3 };
        let lists = lists(&dealt, n_lists, length, "key");
        (ordinary, checks, lists)
    }

    #[test]
    fn pairs_are_dealt_equally_often_and_never_twice_to_one_list() {
        for (n_pairs, n_lists, length) in [(100, 15, 25), (97, 13, 20), (20, 7, 25), (500, 3, 10)] {
            let (ordinary, checks, lists) = deal(n_pairs, n_lists, length);
            let mut counts: BTreeMap<usize, usize> =
                ordinary.iter().chain(&checks).map(|i| (*i, 0)).collect();
            for list in &lists {
                assert!(list.len() <= length);
                let different: BTreeSet<usize> = list.iter().copied().collect();
                assert_eq!(list.len() - different.len(), 3, "three repeats");
                assert_eq!(different.iter().filter(|i| checks.contains(i)).count(), 2);
                different.iter().for_each(|item| *counts.get_mut(item).unwrap() += 1);
            }
            for group in [&ordinary, &checks] {
                let of_group: Vec<usize> = group.iter().map(|i| counts[i]).collect();
                let (least, most) = (of_group.iter().min().unwrap(), of_group.iter().max().unwrap());
                assert!(most - least <= 1, "{n_pairs} pairs: {least} to {most}");
            }
        }
    }

    #[test]
    fn nothing_to_deal_gives_empty_lists() {
        let dealt = Dealt { ordinary: &[], checks: &[], checks_per_list: 2, repeats_per_list: 1 };
        assert_eq!(lists(&dealt, 2, 10, "key"), vec![Vec::<usize>::new(); 2]);
        assert_eq!(coverage(&[vec![]], &[], 5, 3).mean, 0.0);
    }

    #[test]
    fn coverage_without_slots_is_that_of_balls_in_urns() {
        let (ordinary, _, lists) = deal(200, 30, 25);
        let found = coverage(&lists, &ordinary, 30, 200);
        // Each annotator sees 20 of 200 pairs, so 30 of them give 3 to a pair in the mean.
        assert!((found.mean - 3.0).abs() < 0.02, "{found:?}");
        assert!((found.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        // A pair in three of thirty lists is seen by Binomial(30, 0.1) annotators.
        assert!((found.shares[0] - 0.9f64.powi(30)).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn slots_are_spread_evenly() {
        let mut counts = [0usize; 10];
        (0..20_000).for_each(|i| counts[slot_of("key", &format!("person {i}"), 10)] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(2000) < 200), "{counts:?}");
    }
}
