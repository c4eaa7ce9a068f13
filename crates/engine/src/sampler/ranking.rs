//! The likeliest tokens in their order, without sorting the others.
//!
//! Probabilities are put into buckets by their first bits, whose order is that of the numbers.
//! Where a sum or a number of tokens is reached, one bucket alone has to be sorted: some hundred tokens of a vocabulary of 50,000, however flat its distribution.

use std::cmp::Ordering;

/// A token that may be drawn, and its probability times an unknown constant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub token: u32,
    pub mass: f32,
}

impl Candidate {
    /// The likelier one first; of two alike the one with the smaller id.
    pub fn by_likelihood(a: &Self, b: &Self) -> Ordering {
        b.mass.total_cmp(&a.mass).then(a.token.cmp(&b.token))
    }
}

/// How many of a number's bits tell its bucket: sign, exponent and the first five of its fraction, so that a bucket's numbers differ by at most a 32nd.
const BUCKET_BITS: u32 = 14;
/// The bucket of 1, the largest of masses.
const LAST: u32 = 1f32.to_bits() >> (32 - BUCKET_BITS);
/// Masses below 2⁻³² share the first bucket: of 50,000 tokens they make up a hundred-thousandth.
const N_BUCKETS: usize = 32 * 32 + 1;
const FIRST: u32 = LAST + 1 - N_BUCKETS as u32;

/// Masses by their buckets.
pub(super) struct Ranking<'a> {
    /// By token, 0 to 1; 0 is impossible.
    masses: &'a [f32],
    sums: [f64; N_BUCKETS],
    counts: [u32; N_BUCKETS],
}

/// A token's place among all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub last: Candidate,
    /// The mass of it and of all likelier tokens.
    pub sum: f64,
}

impl Place {
    /// Whether a token is this one or a likelier one.
    pub fn holds(&self, candidate: &Candidate) -> bool {
        Candidate::by_likelihood(candidate, &self.last) != Ordering::Greater
    }
}

impl<'a> Ranking<'a> {
    pub fn new(masses: &'a [f32]) -> Self {
        let (mut sums, mut counts) = ([0.0; N_BUCKETS], [0; N_BUCKETS]);
        for mass in masses {
            let bucket = bucket(*mass);
            sums[bucket] += f64::from(*mass);
            counts[bucket] += u32::from(*mass > 0.0);
        }
        Self { masses, sums, counts }
    }

    /// The mass of all tokens.
    ///
    /// To ask for the last one's place instead would sort the first bucket, in which most of a vocabulary may lie.
    pub fn total(&self) -> f64 {
        self.sums.iter().rev().sum()
    }

    /// The first token, from the likeliest on, at which the mass and the number of tokens so far are enough; the last one where they never are, none where no token is possible.
    pub fn first_where(&self, is_enough: impl Fn(f64, u32) -> bool) -> Option<Place> {
        let (mut sum, mut count) = (0.0, 0);
        let mut filled = (0..N_BUCKETS).rev().filter(|bucket| self.counts[*bucket] > 0).peekable();
        while let Some(bucket) = filled.next() {
            let with_all = (sum + self.sums[bucket], count + self.counts[bucket]);
            if is_enough(with_all.0, with_all.1) || filled.peek().is_none() {
                return self.within(bucket, (sum, count), is_enough);
            }
            (sum, count) = with_all;
        }
        None
    }

    /// The last token, from the likeliest on, whose mass is at least `least`.
    pub fn last_of_at_least(&self, least: f64) -> Option<Place> {
        let lowest = bucket(least as f32);
        let above = |bucket: &usize| *bucket > lowest && self.counts[*bucket] > 0;
        let mut sum: f64 = (0..N_BUCKETS).rev().filter(above).map(|bucket| self.sums[bucket]).sum();
        let mut last = None;
        for candidate in self.sorted(lowest) {
            if f64::from(candidate.mass) < least {
                break;
            }
            sum += f64::from(candidate.mass);
            last = Some(candidate);
        }
        let last = match last {
            Some(last) => last,
            None => *self.sorted((0..N_BUCKETS).find(above)?).last()?,
        };
        Some(Place { last, sum })
    }

    /// The same within one bucket, before which there were a mass and a number of tokens.
    fn within(
        &self,
        bucket: usize,
        (mut sum, mut count): (f64, u32),
        is_enough: impl Fn(f64, u32) -> bool,
    ) -> Option<Place> {
        let mut found = None;
        for candidate in self.sorted(bucket) {
            sum += f64::from(candidate.mass);
            count += 1;
            found = Some(Place { last: candidate, sum });
            if is_enough(sum, count) {
                break;
            }
        }
        found
    }

    fn sorted(&self, of: usize) -> Vec<Candidate> {
        let is_own = |mass: f32| bucket(mass) == of && mass > 0.0;
        let candidates = (0..).zip(self.masses).filter(|(_, mass)| is_own(**mass));
        let mut own: Vec<Candidate> =
            candidates.map(|(token, mass)| Candidate { token, mass: *mass }).collect();
        own.sort_unstable_by(Candidate::by_likelihood);
        own
    }
}

fn bucket(mass: f32) -> usize {
    (mass.to_bits() >> (32 - BUCKET_BITS)).saturating_sub(FIRST) as usize
}
